//! What the store should answer, by the plainest means: everything ever said is kept, and every answer is computed
//! from all of it. It shares no code with the store but the types of questions and answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    Appended, Arrival, Batch, BatchId, Counts, Fences, Forgotten, Matching, Novelty, Record, Subject, ValueHit,
};
use model::{
    Atom, Counting, Field, Name, Observation, Readable, RecordType, Registration, RegistrationRecord, Role, Seen,
    Source, SourceId, Span, Spell, SuffixList, Time, Tuple,
};

/// Seconds without a sighting after which a new spell begins.
pub const GAP: i64 = 7 * 86_400;

/// Everything that was said, by tuple and source, by version and source.
#[derive(Clone, Debug)]
pub struct Oracle {
    suffixes: Arc<SuffixList>,
    sources: BTreeMap<SourceId, Counting>,
    rows: BTreeMap<(Tuple, SourceId), Vec<(Span, u64)>>,
    batches: BTreeSet<BatchId>,
    arrivals: BTreeMap<(Name, SourceId), Time>,
    versions: BTreeMap<(Name, SourceId, String), Said>,
    values: BTreeMap<(Atom, Name, SourceId), Vec<(Span, u64)>>,
    ages: Vec<(SourceId, Time)>,
}

/// What was said of one version of a registration.
#[derive(Clone, Debug)]
pub struct Said {
    /// What was read, without what changes at every look.
    pub registration: Registration,
    /// Every answer that said it.
    pub records: Vec<RegistrationRecord>,
}

/// A version as it should be answered, with every record that may stand behind it.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Who said it.
    pub source: SourceId,
    /// When, and how often.
    pub seen: Seen,
    /// What.
    pub said: Said,
}

impl Default for Oracle {
    fn default() -> Oracle {
        Oracle::new()
    }
}

impl Oracle {
    /// Of an empty store.
    pub fn new() -> Oracle {
        Oracle {
            suffixes: SuffixList::bundled(),
            sources: BTreeMap::new(),
            rows: BTreeMap::new(),
            batches: BTreeSet::new(),
            arrivals: BTreeMap::new(),
            versions: BTreeMap::new(),
            values: BTreeMap::new(),
            ages: Vec::new(),
        }
    }

    /// Knows how a source counts.
    pub fn add_source(&mut self, source: &Source) {
        self.sources.insert(source.id, source.counting);
    }

    /// Takes a batch in, unless one of its id was.
    pub fn append(&mut self, batch: &Batch) -> Appended {
        if let Some(id) = batch.id
            && !self.batches.insert(id)
        {
            return Appended::Known;
        }
        for row in &batch.observations {
            self.observe(batch, row);
        }
        for record in &batch.registrations {
            let plain = record.registration.without_noise();
            let key = (record.domain.clone(), batch.source, format!("{plain:?}"));
            let said = self.versions.entry(key).or_insert(Said { registration: plain, records: Vec::new() });
            said.records.push(record.clone());
            for atom in record.registration.atoms() {
                let key = (atom, record.domain.clone(), batch.source);
                self.values.entry(key).or_default().push((Span::at(record.observed), 1));
            }
        }
        Appended::Stored
    }

    fn observe(&mut self, batch: &Batch, row: &Observation) {
        self.rows.entry((row.tuple.clone(), batch.source)).or_default().push((row.span, row.count));
        if let Some(found) = self.suffixes.registrable(&row.tuple.rrname) {
            let hour = Time(batch.arrived.0.div_euclid(3600) * 3600);
            let first = self.arrivals.entry((found.domain, batch.source)).or_insert(hour);
            *first = hour.min(*first);
        }
    }

    /// Everything that a source said is gone.
    pub fn drop_source(&mut self, source: SourceId) {
        self.rows.retain(|(_, of), _| *of != source);
        self.arrivals.retain(|(_, of), _| *of != source);
        self.versions.retain(|(_, of, _), _| *of != source);
        self.values.retain(|(_, _, of), _| *of != source);
    }

    /// A value is forgotten: what holds it is gone.
    pub fn forget_value(&mut self, value: &Forgotten) {
        let text = match value {
            Forgotten::Name(name) => Some(name.to_string()),
            Forgotten::Text(text) => Some(text.clone()),
            Forgotten::Address(_) | Forgotten::Stale { .. } => None,
        };
        let is = |name: &Name| matches!(value, Forgotten::Name(asked) if asked == name);
        let says = |atom: &Atom| text.as_ref() == Some(&atom.value);
        self.rows.retain(|(tuple, _), _| !is_about(tuple, value));
        self.arrivals.retain(|(domain, _), _| !is(domain));
        self.values.retain(|(atom, domain, _), _| !is(domain) && !says(atom));
        self.versions.retain(|(domain, ..), said| !is(domain) && !said.registration.atoms().iter().any(says));
    }

    /// Hides, from now on, what this source saw last before `limit`.
    pub fn limit_age(&mut self, source: SourceId, limit: Time) {
        self.ages.push((source, limit));
    }

    /// A full compaction: what is too old is forgotten, and does not come back with a newer sighting.
    pub fn forget(&mut self) {
        let ages = std::mem::take(&mut self.ages);
        self.rows.retain(|(_, source), said| is_kept(&ages, *source, said));
        self.values.retain(|(_, _, source), said| is_kept(&ages, *source, said));
        self.versions.retain(|(_, source, _), said| is_kept(&ages, *source, &said.spans()));
        self.ages = ages;
    }

    /// Every tuple, for choosing questions.
    pub fn tuples(&self) -> BTreeSet<&Tuple> {
        let kept = self.rows.iter().filter(|((_, source), said)| is_kept(&self.ages, *source, said));
        kept.map(|((tuple, _), _)| tuple).collect()
    }

    /// The answer in order of tuples.
    pub fn records(&self, subject: &Subject, types: &[RecordType], fences: Fences, readable: &Readable) -> Vec<Record> {
        let mut records: BTreeMap<&Tuple, Vec<(SourceId, Seen)>> = BTreeMap::new();
        for ((tuple, source), spans) in &self.rows {
            let asked = (types.is_empty() || types.contains(&tuple.rrtype)) && readable.allows(*source);
            if asked && concerns(subject, tuple) && is_kept(&self.ages, *source, spans) {
                let seen = seen(spans, self.sources[source]);
                if fences.admit(seen.span) {
                    records.entry(tuple).or_default().push((*source, seen));
                }
            }
        }
        records.into_iter().map(|(tuple, sightings)| Record { tuple: tuple.clone(), sightings }).collect()
    }

    /// What a count of these records should say.
    pub fn counts(&self, records: &[Record]) -> Counts {
        let names: BTreeSet<&Name> = records.iter().map(|record| &record.tuple.rrname).collect();
        let domains: BTreeSet<Name> =
            names.iter().filter_map(|name| Some(self.suffixes.registrable(name)?.domain)).collect();
        Counts {
            tuples: records.len() as u64,
            names: names.len() as u64,
            domains: domains.len() as u64,
            at_least: false,
        }
    }

    /// What a sighting is for those who may read these sources.
    pub fn novelty(&self, row: &Observation, readable: &Readable) -> Novelty {
        let mut last = None;
        for ((tuple, source), spans) in &self.rows {
            if *tuple == row.tuple && readable.allows(*source) && is_kept(&self.ages, *source, spans) {
                last = last.max(spans.iter().map(|(span, _)| span.last()).max());
            }
        }
        match last {
            None => Novelty::New,
            Some(last) if row.span.first() > last.plus(GAP) => Novelty::BackAfterGap { last },
            Some(_) => Novelty::SeenAgain,
        }
    }

    /// Which domains came first in these hours.
    pub fn arrivals(&self, from: Time, to: Time, readable: &Readable) -> Vec<Arrival> {
        let within =
            self.arrivals.iter().filter(|((_, source), hour)| readable.allows(*source) && (from..=to).contains(hour));
        let mut arrivals: Vec<Arrival> = within
            .map(|((domain, source), hour)| Arrival { hour: *hour, domain: domain.clone(), source: *source })
            .collect();
        arrivals.sort();
        arrivals
    }

    /// What was said of a domain's registration, oldest first.
    pub fn versions(&self, domain: &Name, readable: &Readable) -> Vec<Expected> {
        let own = self.versions.iter().filter(|((of, source, _), said)| {
            of == domain && readable.allows(*source) && is_kept(&self.ages, *source, &said.spans())
        });
        let mut versions: Vec<Expected> = own
            .map(|((_, source, _), said)| Expected {
                source: *source,
                seen: seen(&said.spans(), self.sources[source]),
                said: said.clone(),
            })
            .collect();
        versions.sort_by_key(|version| version.seen.span.first());
        versions
    }

    /// Which registrations hold a value.
    pub fn hits(&self, field: Field, role: Option<Role>, matching: &Matching, readable: &Readable) -> Vec<ValueHit> {
        let asked = self.values.iter().filter(|((atom, _, source), said)| {
            atom.field == field
                && role.is_none_or(|role| role == atom.role)
                && matches(matching, &atom.value)
                && readable.allows(*source)
                && is_kept(&self.ages, *source, said)
        });
        let mut hits: Vec<ValueHit> = asked
            .map(|((atom, domain, source), said)| ValueHit {
                value: atom.value.clone(),
                role: atom.role,
                domain: domain.clone(),
                source: *source,
                seen: seen(said, self.sources[source]),
            })
            .collect();
        hits.sort_by(|a, b| (&a.value, a.role, &a.domain, a.source).cmp(&(&b.value, b.role, &b.domain, b.source)));
        hits
    }

    /// Every domain whose registration was spoken of.
    pub fn registered_domains(&self) -> BTreeSet<&Name> {
        self.versions.keys().map(|(domain, ..)| domain).collect()
    }

    /// Every searchable value, for choosing questions.
    pub fn values(&self) -> BTreeSet<&Atom> {
        self.values.keys().map(|(atom, ..)| atom).collect()
    }
}

impl Said {
    fn spans(&self) -> Vec<(Span, u64)> {
        self.records.iter().map(|record| (Span::at(record.observed), 1)).collect()
    }
}

/// Whether a source's age limits leave a row standing.
fn is_kept(ages: &[(SourceId, Time)], source: SourceId, said: &[(Span, u64)]) -> bool {
    let last = said.iter().map(|(span, _)| span.last()).max();
    ages.iter().all(|(of, limit)| *of != source || last >= Some(*limit))
}

/// Whether a tuple holds a name or address.
fn is_about(tuple: &Tuple, value: &Forgotten) -> bool {
    match value {
        Forgotten::Name(name) => tuple.rrname == *name || targets(tuple).contains(name),
        Forgotten::Address(address) => address_of(tuple) == Some(*address),
        Forgotten::Text(_) | Forgotten::Stale { .. } => false,
    }
}

fn matches(matching: &Matching, value: &str) -> bool {
    match matching {
        Matching::Exact(text) => value == text,
        Matching::Prefix(text) => value.starts_with(text),
        Matching::Suffix(text) => value.ends_with(text),
    }
}

/// First, last, count and spells of everything that was said.
pub fn seen(said: &[(Span, u64)], counting: Counting) -> Seen {
    let span = said.iter().map(|(span, _)| *span).reduce(Span::union).expect("something was said");
    let counts = said.iter().map(|(_, count)| *count);
    let count = match counting {
        Counting::Stream => counts.fold(0, u64::saturating_add),
        Counting::Statement => counts.max().unwrap_or(0),
    };
    let mut spans: Vec<Span> = said.iter().map(|(span, _)| *span).collect();
    spans.sort();
    let mut spells: Vec<Spell> = Vec::new();
    for span in spans {
        let reported = span.last().0 - span.first().0 > GAP;
        match spells.last_mut().filter(|spell| spell.span.within(span, GAP)) {
            Some(spell) => *spell = Spell { span: spell.span.union(span), reported: spell.reported || reported },
            None => spells.push(Spell { span, reported }),
        }
    }
    Seen { span, count, spells }
}

fn concerns(subject: &Subject, tuple: &Tuple) -> bool {
    let owner = &tuple.rrname;
    match subject {
        Subject::Name(name) => owner == name,
        Subject::Within(name) => owner.is_within(name),
        Subject::Beginning(labels) => {
            owner.label_count() > labels.len() && owner.labels().zip(labels).all(|(own, asked)| own == &asked[..])
        }
        Subject::Address(address) => address_of(tuple) == Some(*address),
        Subject::Prefix(prefix) => address_of(tuple).is_some_and(|address| prefix.contains(address)),
        Subject::Target(name) => targets(tuple).contains(name),
        Subject::TargetWithin(name) => targets(tuple).iter().any(|target| target.is_within(name)),
        Subject::Rdata(octets) => tuple.rdata.as_octets() == &octets[..],
    }
}

/// The address that a record points to.
pub fn address_of(tuple: &Tuple) -> Option<std::net::IpAddr> {
    let octets = tuple.rdata.as_octets();
    match tuple.rrtype {
        RecordType::A => <[u8; 4]>::try_from(octets).ok().map(Into::into),
        RecordType::AAAA => <[u8; 16]>::try_from(octets).ok().map(Into::into),
        _ => None,
    }
}

/// The names that a record points to.
pub fn targets(tuple: &Tuple) -> Vec<Name> {
    let octets = tuple.rdata.as_octets();
    let whole = |at: usize| octets.get(at..).and_then(|rest| Name::from_wire(rest).ok()).into_iter().collect();
    match tuple.rrtype {
        RecordType::NS | RecordType::CNAME | RecordType::DNAME | RecordType::PTR => whole(0),
        RecordType::MX => whole(2),
        RecordType::SRV => whole(6),
        RecordType::SVCB | RecordType::HTTPS => {
            octets.get(2..).and_then(|rest| Name::split_wire(rest).ok()).map(|(name, _)| name).into_iter().collect()
        }
        RecordType::SOA => {
            let Ok((mname, used)) = Name::split_wire(octets) else { return Vec::new() };
            let Ok((rname, _)) = Name::split_wire(&octets[used..]) else { return Vec::new() };
            vec![mname, rname]
        }
        _ => Vec::new(),
    }
}
