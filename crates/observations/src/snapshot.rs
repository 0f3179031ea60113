//! What the store held at one moment, and the questions about DNS that it answers.

use std::{collections::HashSet, ops::ControlFlow};

use model::{Name, Observation, Prefix, Readable, Registrable, SourceId, Time, Tuple};

use crate::{
    cursor::{Row, Skip},
    error::Error,
    freeze::arrival_hour,
    key::{self, ARRIVAL, DOMAIN, FORWARD, INVERSE, NAME, class},
    query::{Arrival, Counts, Cursor, Interrupt, Novelty, Page, Population, Query, Record, Subject},
    sketch::Sketch,
    view::{Probe, Range, View, source_mask},
    writer::domain_hash,
};

/// Rows between two looks at the clock.
const CLOCK: u64 = 2048;

/// The store as it was at one moment. Holding one keeps the files that it reads.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) view: View,
    /// Segments that could not be opened.
    pub(crate) lost: usize,
}

/// What a walk over tuples is told to do next.
type Flow = ControlFlow<()>;

/// How a walk ended.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) damaged: usize,
    pub(crate) interrupted: bool,
    pub(crate) rows: u64,
}

impl Walked {
    /// Whether to stop; looked at every few thousand rows.
    pub(crate) fn is_due(&mut self, interrupt: &Interrupt) -> bool {
        self.rows += 1;
        self.interrupted |= self.rows.is_multiple_of(CLOCK) && interrupt.is_due();
        self.interrupted
    }
}

impl Snapshot {
    /// Records of a subject, tuple by tuple in the order of the key space.
    pub fn dns(&self, query: &Query) -> Result<Page<Record>, Error> {
        let mut rows: Vec<Record> = Vec::new();
        let mut next = None;
        let mut last = Vec::new();
        let walked = self.walk(query, &mut |front, record| {
            if rows.len() == query.limit {
                next = Some(Cursor(last.clone()));
                return Flow::Break(());
            }
            last.clear();
            last.extend_from_slice(front);
            rows.push(record);
            Flow::Continue(())
        })?;
        if walked.interrupted {
            next = next.or_else(|| (!last.is_empty()).then_some(Cursor(last)).or_else(|| query.cursor.clone()));
        }
        let damaged = walked.damaged + self.lost;
        Ok(Page { rows, next, interrupted: walked.interrupted, damaged })
    }

    /// How many tuples, names and registrable domains a subject has; counting stops at `cap` names.
    pub fn count(&self, query: &Query, cap: u64) -> Result<Counts, Error> {
        let (mut names, mut domains) = (HashSet::new(), HashSet::new());
        let mut counts = Counts::default();
        let suffixes = &self.view.catalog.suffixes;
        let walked = self.walk(query, &mut |_, record| {
            if !names.contains(&record.tuple.rrname) {
                if names.len() as u64 >= cap {
                    counts.at_least = true;
                    return Flow::Break(());
                }
                domains.extend(suffixes.registrable(&record.tuple.rrname).map(|found| found.domain));
                names.insert(record.tuple.rrname);
            }
            counts.tuples += 1;
            Flow::Continue(())
        })?;
        counts.names = names.len() as u64;
        counts.domains = domains.len() as u64;
        counts.at_least |= walked.interrupted || walked.damaged + self.lost > 0;
        Ok(counts)
    }

    /// Distinct registrable domains of a subject's owner names, sorted; at most `cap`, and `next` says no more than
    /// that there are others.
    pub fn domains(&self, query: &Query, cap: usize) -> Result<Page<Name>, Error> {
        let mut domains = std::collections::BTreeSet::new();
        let mut next = None;
        let suffixes = &self.view.catalog.suffixes;
        let walked = self.walk(query, &mut |front, record| {
            if let Some(Registrable { domain, .. }) = suffixes.registrable(&record.tuple.rrname)
                && !domains.contains(&domain)
            {
                if domains.len() >= cap {
                    next = Some(Cursor(front.to_vec()));
                    return Flow::Break(());
                }
                domains.insert(domain);
            }
            Flow::Continue(())
        })?;
        let rows = domains.into_iter().collect();
        Ok(Page { rows, next, interrupted: walked.interrupted, damaged: walked.damaged + self.lost })
    }

    /// Calls `visit` with each tuple of a subject and the key that a cursor needs.
    fn walk(&self, query: &Query, visit: &mut dyn FnMut(&[u8], Record) -> Flow) -> Result<Walked, Error> {
        let mut walked = Walked::default();
        if let Subject::Beginning(labels) = &query.subject {
            self.walk_names(query, labels, &mut walked, visit)?;
            return Ok(walked);
        }
        let after = query.cursor.as_ref().map(|cursor| [&cursor.0[..], &[0xff]].concat());
        for range in self.ranges(&query.subject) {
            let start = after.clone().filter(|after| *after > range.start).unwrap_or_else(|| range.start.clone());
            if start >= range.end {
                continue;
            }
            let range = Range { start, ..range };
            if self.walk_range(query, &range, &mut walked, visit)?.is_break() {
                break;
            }
        }
        Ok(walked)
    }

    fn walk_range(
        &self,
        query: &Query,
        range: &Range,
        walked: &mut Walked,
        visit: &mut dyn FnMut(&[u8], Record) -> Flow,
    ) -> Result<Flow, Error> {
        let mut merge = self.view.scan(range, &skip(query))?;
        let mut group = Group::default();
        let mut flow = Flow::Continue(());
        while flow.is_continue() {
            if walked.is_due(&query.interrupt) {
                flow = Flow::Break(());
                break;
            }
            let Some(row) = merge.next()? else { break };
            let Some((front, source)) = key::split_source(&row.key) else { continue };
            if group.front != front {
                flow = group.give(query, visit);
                group.begin(front);
            }
            if flow.is_continue() && self.admits(query, row, source) {
                group.sightings.push((source, row.sighting.seen()));
            }
        }
        if flow.is_continue() {
            flow = group.give(query, visit);
        }
        walked.damaged += merge.damaged();
        Ok(flow)
    }

    fn admits(&self, query: &Query, row: &Row, source: SourceId) -> bool {
        let of_type = query.rrtypes.is_empty()
            || key::rrtype(&row.key).is_some_and(|rrtype| query.rrtypes.iter().any(|wanted| wanted.0 == rrtype));
        of_type
            && query.sources.allows(source)
            && query.fences.admit(row.sighting.span())
            && !self.view.catalog.is_too_old(&row.key, row.sighting.last)
    }

    /// Names that begin with these labels, then what is known of each.
    fn walk_names(
        &self,
        query: &Query,
        labels: &[Box<[u8]>],
        walked: &mut Walked,
        visit: &mut dyn FnMut(&[u8], Record) -> Flow,
    ) -> Result<(), Error> {
        let mut front = vec![NAME];
        labels.iter().for_each(|label| key::put_escaped(&mut front, &label.to_ascii_lowercase()));
        let mut range = Range::prefix(&front);
        // At least one more label follows: its end would stand here.
        range.start.push(1);
        if let Some(name) = query.cursor.as_ref().and_then(|cursor| cursor_name(&cursor.0)) {
            range.start = range.start.max(name_key(&name));
        }
        let mut names = self.view.scan(&range, &Skip { sources: source_mask(&query.sources), ..Skip::nothing() })?;
        let mut before: Option<Name> = None;
        while let Some(row) = names.next()? {
            let Some(name) = key::take_name_forward(&mut crate::octets::Input(&row.key[1..])) else { continue };
            if walked.is_due(&query.interrupt) {
                break;
            }
            if before.as_ref() != Some(&name) && self.walk_name(query, &name, walked, visit)?.is_break() {
                break;
            }
            before = Some(name);
        }
        walked.damaged += names.damaged();
        Ok(())
    }

    fn walk_name(
        &self,
        query: &Query,
        name: &Name,
        walked: &mut Walked,
        visit: &mut dyn FnMut(&[u8], Record) -> Flow,
    ) -> Result<Flow, Error> {
        let mut range = exact(FORWARD, name);
        if let Some(cursor) = query.cursor.as_ref().filter(|cursor| cursor_name(&cursor.0).as_ref() == Some(name)) {
            range.start = range.start.max([&cursor.0[..], &[0xff]].concat());
        }
        self.walk_range(query, &range, walked, visit)
    }

    /// The ranges of keys that hold a subject, in order.
    fn ranges(&self, subject: &Subject) -> Vec<Range> {
        match subject {
            Subject::Name(name) => vec![exact(FORWARD, name)],
            Subject::Within(name) => vec![self.within(&[FORWARD], name)],
            Subject::Beginning(_) => Vec::new(),
            Subject::Address(address) => match address {
                std::net::IpAddr::V4(v4) => vec![Range::known_front(&address_front(class::IPV4, &v4.octets()))],
                std::net::IpAddr::V6(v6) => vec![Range::known_front(&address_front(class::IPV6, &v6.octets()))],
            },
            Subject::Prefix(prefix) => vec![prefix_range(*prefix)],
            Subject::Target(name) => {
                let mut front = vec![INVERSE, class::NAME];
                key::put_name(&mut front, name);
                vec![Range::known_front(&front)]
            }
            Subject::TargetWithin(name) => vec![self.within(&[INVERSE, class::NAME], name)],
            Subject::Rdata(rdata) => rdata_ranges(rdata),
        }
    }

    /// A name and everything below it; filters know registrable domains.
    fn within(&self, front: &[u8], name: &Name) -> Range {
        let mut labels = Vec::new();
        key::put_labels_reversed(&mut labels, name);
        let range = Range::prefix(&[front, &labels].concat());
        let Some(Registrable { domain, .. }) = self.view.catalog.suffixes.registrable(name) else { return range };
        let mut cut = Vec::new();
        key::put_labels_reversed(&mut cut, &domain);
        Range { probe: Some(Probe::Domain(domain_hash(front[0], &cut))), ..range }
    }

    /// Whether each observation's tuple is new to these sources, seen again, or back after the store's gap.
    pub fn novelty(&self, observations: &[Observation], sources: &Readable) -> Result<Vec<Novelty>, Error> {
        observations.iter().map(|observation| self.novelty_of(observation, sources)).collect()
    }

    fn novelty_of(&self, observation: &Observation, sources: &Readable) -> Result<Novelty, Error> {
        let mut front = Vec::with_capacity(96);
        key::put_tuple(&mut front, &observation.tuple);
        let end = key::name_end(&front, 1).unwrap_or(front.len());
        let probe = Range::known_front(&front[..end]).probe;
        let mut merge = self.view.scan(&Range { probe, ..Range::prefix(&front) }, &Skip::nothing())?;
        let mut last: Option<i64> = None;
        while let Some(row) = merge.next()? {
            let allowed = key::split_source(&row.key).is_some_and(|(_, source)| sources.allows(source));
            if allowed && !self.view.catalog.is_too_old(&row.key, row.sighting.last) {
                last = last.max(Some(row.sighting.last));
            }
        }
        let gap = self.view.catalog.gap;
        Ok(match last {
            None => Novelty::New,
            Some(last) if observation.span.first().0 > last.saturating_add(gap) => {
                Novelty::BackAfterGap { last: Time(last) }
            }
            Some(_) => Novelty::SeenAgain,
        })
    }

    /// Registrable domains that arrived here for the first time between two moments (each source by itself), by hour,
    /// domain and source. The hours in which the moments stand are included.
    pub fn arrivals(
        &self,
        from: Time,
        to: Time,
        sources: &Readable,
        limit: usize,
        cursor: Option<Cursor>,
    ) -> Result<Page<Arrival>, Error> {
        let hour = |at: Time| [&[ARRIVAL][..], &arrival_hour(crate::record::hour(at))].concat();
        let mut range = Range { start: hour(from), end: crate::view::after(&hour(to)), probe: None };
        if let Some(cursor) = cursor {
            range.start = range.start.max([&cursor.0[..], &[0]].concat());
        }
        let mut page = Page { rows: Vec::new(), next: None, interrupted: false, damaged: self.lost };
        if range.start >= range.end {
            return Ok(page);
        }
        let mut merge = self.view.scan(&range, &Skip { sources: source_mask(sources), ..Skip::nothing() })?;
        let mut last = Vec::new();
        while let Some(row) = merge.next()? {
            let Some(arrival) = parse_arrival(&row.key) else { continue };
            if !sources.allows(arrival.source) || !self.is_first(&row.key, arrival.hour)? {
                continue;
            }
            if page.rows.len() == limit {
                page.next = Some(Cursor(last));
                break;
            }
            last.clone_from(&row.key);
            page.rows.push(arrival);
        }
        page.damaged += merge.damaged();
        Ok(page)
    }

    /// Whether a domain was not known in an earlier hour: batches may come in any order.
    fn is_first(&self, arrival: &[u8], hour: Time) -> Result<bool, Error> {
        let key = [&[DOMAIN], arrival.get(9..).unwrap_or_default()].concat();
        let mut merge = self.view.scan(&Range::prefix(&key), &Skip::nothing())?;
        Ok(merge.next()?.is_none_or(|row| row.key != key || row.sighting.first == hour.0))
    }

    /// How much a source holds.
    pub fn population(&self, source: SourceId) -> Population {
        let (mut dns, mut registrations) = (Sketch::default(), Sketch::default());
        let mut newest = None;
        for segment in &self.view.segments {
            let Some(summary) = segment.summary.sources.get(&source.0) else { continue };
            if !self.view.catalog.hidden(segment).contains(&source) {
                dns.merge(&summary.dns);
                registrations.merge(&summary.registrations);
                newest = newest.max(summary.newest);
            }
        }
        Population { dns_domains: dns.estimate(), registrations: registrations.estimate(), newest: newest.map(Time) }
    }
}

/// What several sources say of one tuple.
#[derive(Debug, Default)]
struct Group {
    front: Vec<u8>,
    sightings: Vec<(SourceId, model::Seen)>,
}

impl Group {
    fn begin(&mut self, front: &[u8]) {
        self.front.clear();
        self.front.extend_from_slice(front);
        self.sightings.clear();
    }

    fn give(&mut self, query: &Query, visit: &mut dyn FnMut(&[u8], Record) -> Flow) -> Flow {
        if self.sightings.is_empty() {
            return Flow::Continue(());
        }
        let mut sightings = std::mem::take(&mut self.sightings);
        let Some(tuple) = parse(&self.front, &query.subject) else { return Flow::Continue(()) };
        sightings.sort_by_key(|(source, _)| *source);
        visit(&self.front, Record { tuple, sightings })
    }
}

/// The tuple of a key, unless it stands elsewhere in the answer or is not what was asked for.
fn parse(front: &[u8], subject: &Subject) -> Option<Tuple> {
    if front.first() == Some(&FORWARD) {
        return key::split_forward(front)?.tuple();
    }
    let asked: &[u8] = if let Subject::Rdata(rdata) = subject { rdata } else { &[] };
    let found = key::parse_inverse(front, asked)?;
    let first = || {
        let target = key::target(found.tuple.rrtype.0, found.tuple.rdata.as_octets(), 0)?;
        Name::from_wire(target.wire).ok()
    };
    let repeated = match subject {
        Subject::Target(name) => found.position == 1 && first().as_ref() == Some(name),
        Subject::TargetWithin(name) => found.position == 1 && first().is_some_and(|first| first.is_within(name)),
        Subject::Rdata(rdata) => found.position == 1 || found.tuple.rdata.as_octets() != rdata.as_slice(),
        _ => false,
    };
    (!repeated).then_some(found.tuple)
}

fn skip(query: &Query) -> Skip {
    let types = query.rrtypes.iter().fold(0, |mask, rrtype| mask | 1 << (rrtype.0 % 64));
    let fences = &query.fences;
    let times = (fences.first_before.map_or(i64::MAX, |at| at.0), fences.last_after.map_or(i64::MIN, |at| at.0));
    Skip { types, sources: source_mask(&query.sources), times: Some(times) }
}

fn exact(space: u8, name: &Name) -> Range {
    let mut front = vec![space];
    key::put_name(&mut front, name);
    Range::known_front(&front)
}

fn name_key(name: &Name) -> Vec<u8> {
    let mut key = vec![NAME];
    name.labels().for_each(|label| key::put_escaped(&mut key, label));
    key.push(0);
    key
}

/// The owner name in a cursor of the forward space.
fn cursor_name(cursor: &[u8]) -> Option<Name> {
    key::take_name(&mut crate::octets::Input(cursor.get(1..key::name_end(cursor, 1)?)?))
}

fn address_front(class: u8, octets: &[u8]) -> Vec<u8> {
    let mut front = vec![INVERSE];
    key::put_address(&mut front, class, octets);
    front
}

fn prefix_range(prefix: Prefix) -> Range {
    let (start, last) = match (prefix.first(), prefix.last()) {
        (std::net::IpAddr::V6(first), std::net::IpAddr::V6(last)) => {
            (address_front(class::IPV6, &first.octets()), address_front(class::IPV6, &last.octets()))
        }
        (std::net::IpAddr::V4(first), std::net::IpAddr::V4(last)) => {
            (address_front(class::IPV4, &first.octets()), address_front(class::IPV4, &last.octets()))
        }
        _ => (Vec::new(), Vec::new()),
    };
    Range { start, end: crate::view::after(&last), probe: None }
}

/// Data of any type: an address, a name at one of the places where types have one, or other data.
fn rdata_ranges(rdata: &[u8]) -> Vec<Range> {
    let mut ranges = Vec::new();
    match rdata.len() {
        4 => ranges.push(Range::known_front(&address_front(class::IPV4, rdata))),
        16 => ranges.push(Range::known_front(&address_front(class::IPV6, rdata))),
        _ => {}
    }
    for offset in [0, 2, 6] {
        let Some((name, _)) = rdata.get(offset..).and_then(|rest| Name::split_wire(rest).ok()) else { continue };
        let mut front = vec![INVERSE, class::NAME];
        key::put_name(&mut front, &name);
        ranges.push(Range::known_front(&front));
    }
    let mut front = vec![INVERSE];
    key::put_other(&mut front, rdata);
    ranges.push(Range::known_front(&front));
    ranges.sort_by(|a, b| a.start.cmp(&b.start));
    ranges.dedup_by(|a, b| a.start == b.start);
    ranges
}

fn parse_arrival(key: &[u8]) -> Option<Arrival> {
    let (front, source) = key::split_source(key)?;
    let mut input = crate::octets::Input(front.get(1..)?);
    let hour = Time((input.u64()? ^ 1 << 63) as i64);
    Some(Arrival { hour, domain: key::take_name(&mut input)?, source })
}
