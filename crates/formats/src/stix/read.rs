//! Bundles on their way in.

use std::collections::{BTreeMap, HashMap};

use model::{GroupKind, Indicator, IndicatorType, Time, opinion::Use};
use serde_json::Value;

use super::{
    pattern::values_of,
    property::{markings, number, source, time},
    stated::{StatedAssociation, StatedGroup, group_kind},
    stream,
};
use crate::{
    list::{Field, Refusal, Stated, Taken},
    member::{is_true, text, texts},
    remark::{Remark, RemarkKind},
};

/// The largest bundle, in octets.
pub const BUNDLE_OCTETS_MAX: usize = 1 << 30;
/// How many objects of a bundle are read.
pub const BUNDLE_OBJECTS_MAX: usize = 1_000_000;
/// How long a name may be, in characters.
const NAME_CHARS_MAX: usize = 500;

/// What a bundle says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Values, from indicators and observables. A value that an indicator states is not repeated for its observable.
    pub taken: Taken,
    /// Groups.
    pub groups: Vec<StatedGroup>,
    /// Associations whose two ends are in the bundle.
    pub associations: Vec<StatedAssociation>,
    /// How many objects of each type were passed over.
    pub passed_over: BTreeMap<String, usize>,
}

impl Read {
    /// The values that a sender's id stands for, as `from` and `to` of associations name them. It looks through all of
    /// them: whoever asks for many makes a map first.
    pub fn values(&self, reference: &str) -> impl Iterator<Item = &Stated> {
        self.taken.stated.iter().filter(move |stated| stated.reference.as_deref() == Some(reference))
    }
}

/// Reads a bundle.
pub fn read(octets: &[u8]) -> Read {
    let mut reader = Reader::default();
    if octets.len() > BUNDLE_OCTETS_MAX {
        reader.limit(&format!("a bundle of more than {BUNDLE_OCTETS_MAX} octets is not read"));
        return reader.read;
    }
    let end = stream::objects(octets, |number, object| {
        if number > BUNDLE_OBJECTS_MAX {
            reader.limit(&format!("more than {BUNDLE_OBJECTS_MAX} objects: the rest was not read"));
            return false;
        }
        reader.object(number, &object);
        true
    });
    if let Err(error) = end {
        reader.read.taken.remark(Remark::whole(RemarkKind::NotUnderstood, &format!("not a bundle in JSON: {error}")));
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    read: Read,
    /// Statements from observables, held back until it is known which values indicators state.
    observables: Vec<Stated>,
    /// Names of identities, and who made which statement.
    identities: HashMap<String, String>,
    makers: HashMap<String, String>,
    /// What `observed-data` says of the observables it refers to.
    observed: HashMap<String, Observed>,
}

/// Opinions and times about an observable.
#[derive(Default)]
struct Observed {
    object: Value,
    first: Option<Time>,
    last: Option<Time>,
}

impl Reader {
    fn limit(&mut self, text: &str) {
        self.read.taken.remark(Remark::whole(RemarkKind::Limit, text));
    }

    fn object(&mut self, line: usize, object: &Value) {
        let kind = text(object, "type").unwrap_or_default();
        if let (Some(id), Some(maker)) = (text(object, "id"), text(object, "created_by_ref")) {
            self.makers.insert(id.to_owned(), maker.to_owned());
        }
        match kind {
            "indicator" => self.indicator(line, object),
            "observed-data" => self.observed_data(object),
            "relationship" => self.relationship(line, object),
            "identity" => self.identity(object),
            "marking-definition" => {}
            _ if group_kind(kind).is_some() => self.group(line, object, group_kind(kind).unwrap_or(GroupKind::Report)),
            _ if !self.observable(line, kind, object) => {
                let known: String = kind.chars().take(60).collect();
                *self.read.passed_over.entry(known).or_default() += 1;
            }
            _ => {}
        }
    }

    fn indicator(&mut self, line: usize, object: &Value) {
        let pattern = text(object, "pattern").unwrap_or_default();
        let language = text(object, "pattern_type").unwrap_or("stix");
        let values = match language {
            "stix" => values_of(pattern),
            _ => Ok(Vec::new()),
        };
        match values {
            Ok(values) if !values.is_empty() => {
                for value in values {
                    let stated = self.opinion(Stated::new(line, value), object, Use::Alert);
                    self.read.taken.add(Ok(stated));
                }
            }
            values => {
                if let Err(why) = values {
                    let why = format!("kept as text, not as values: {why}");
                    self.read.taken.remark(Remark::member(
                        format!("objects[{}]", line - 1),
                        RemarkKind::NotUnderstood,
                        &why,
                    ));
                }
                self.group(line, object, GroupKind::Signature);
            }
        }
    }

    /// What an object says beside its value.
    fn opinion(&self, mut stated: Stated, object: &Value, usage: Use) -> Stated {
        stated.usage = Some(usage);
        stated.reference = text(object, "id").map(str::to_owned);
        stated.confidence = number(object, "confidence");
        stated.added = time(object, "created");
        stated.modified = time(object, "modified");
        stated.expires = time(object, "valid_until");
        if is_true(object, "revoked") {
            stated.active = Some(false);
        }
        (stated.tlp, stated.pap) = markings(object);
        let name = text(object, "name").filter(|name| *name != stated.indicator.defanged());
        let words = text(object, "description").or(name).filter(|words| *words != stated.indicator.canonical());
        stated.description = words.and_then(|words| stated.cut(words));
        stated.source = source(object);
        if texts(object, "indicator_types").any(|kind| kind == "benign") {
            stated.rating = Some(0);
        }
        texts(object, "labels").for_each(|label| label_of(&mut stated, label));
        stated
    }

    /// Whether it was one of a known type. Each hash of a file is a value.
    fn observable(&mut self, line: usize, kind: &str, object: &Value) -> bool {
        let hashes = |of: IndicatorType| {
            let hashes = object.get("hashes").and_then(Value::as_object).into_iter().flatten();
            hashes.filter_map(move |(name, hash)| Some((of, named_hash(name, hash.as_str()?, of)?))).collect::<Vec<_>>()
        };
        let one = |of: IndicatorType, property: &str| {
            object.get(property).and_then(scalar).map(|text| (of, text)).into_iter().collect::<Vec<_>>()
        };
        let values = match kind {
            "domain-name" => one(IndicatorType::Host, "value"),
            "ipv4-addr" | "ipv6-addr" => one(IndicatorType::Address, "value"),
            "url" => one(IndicatorType::Url, "value"),
            "email-addr" => one(IndicatorType::EmailAddress, "value"),
            "autonomous-system" => one(IndicatorType::Asn, "number"),
            "mutex" => one(IndicatorType::Mutex, "name"),
            "windows-registry-key" => one(IndicatorType::RegistryKey, "key"),
            "file" => hashes(IndicatorType::File),
            "x509-certificate" => hashes(IndicatorType::Certificate),
            _ => return false,
        };
        for (kind, text) in values {
            match value_of(kind, &text) {
                Ok(value) => {
                    let stated = self.opinion(Stated::new(line, value), object, Use::Context);
                    self.observables.push(stated);
                }
                Err(why) => drop(self.read.taken.add(Err(Refusal::new(line, &text, why)))),
            }
        }
        true
    }

    fn observed_data(&mut self, object: &Value) {
        if object.get("objects").is_some() {
            *self.read.passed_over.entry("observed-data with embedded objects".into()).or_default() += 1;
        }
        let (first, last) = (time(object, "first_observed"), time(object, "last_observed"));
        for id in texts(object, "object_refs") {
            self.observed.insert(id.to_owned(), Observed { object: object.clone(), first, last });
        }
    }

    fn identity(&mut self, object: &Value) {
        if let (Some(id), Some(name)) = (text(object, "id"), text(object, "name")) {
            self.identities.insert(id.to_owned(), name.chars().take(NAME_CHARS_MAX).collect());
        }
    }

    fn group(&mut self, line: usize, object: &Value, kind: GroupKind) {
        match StatedGroup::of(line, object, kind) {
            Some(group) => self.read.groups.push(group),
            None => drop(self.read.taken.add(Err(Refusal::new(line, "", "an object without an id")))),
        }
    }

    fn relationship(&mut self, line: usize, object: &Value) {
        match StatedAssociation::of(line, object) {
            // What an indicator is based on is in the bundle itself.
            Some(association) if association.word == "based-on" => {}
            Some(association) => self.read.associations.push(association),
            None => drop(self.read.taken.add(Err(Refusal::new(line, "", "a relationship without type or ends")))),
        }
    }

    /// Brings together what stood in different objects.
    fn finish(mut self) -> Read {
        let mut by_value: HashMap<Indicator, Vec<usize>> = HashMap::new();
        for (at, stated) in self.read.taken.stated.iter().enumerate() {
            by_value.entry(stated.indicator.clone()).or_default().push(at);
        }
        for mut stated in std::mem::take(&mut self.observables) {
            let observed = stated.reference.as_ref().and_then(|id| self.observed.get(id));
            match by_value.get(&stated.indicator) {
                Some(places) => places.iter().for_each(|at| {
                    if let (Some(indicator), Some(observed)) = (self.read.taken.stated.get_mut(*at), observed) {
                        seen(indicator, observed);
                    }
                }),
                None => {
                    if let Some(observed) = observed {
                        stated = Stated { note: stated.note.clone(), ..observed_opinion(&self, stated, observed) };
                    }
                    self.read.taken.add(Ok(stated));
                }
            }
        }
        self.name_makers();
        self.drop_loose_ends();
        self.read
    }

    fn name_makers(&mut self) {
        for stated in &mut self.read.taken.stated {
            let maker = stated.reference.as_ref().and_then(|id| self.makers.get(id));
            stated.owner = stated.owner.take().or_else(|| maker.and_then(|id| self.identities.get(id)).cloned());
        }
    }

    fn drop_loose_ends(&mut self) {
        let groups = self.read.groups.iter().map(|group| group.reference.as_str());
        let values = self.read.taken.stated.iter().filter_map(|stated| stated.reference.as_deref());
        let known: std::collections::HashSet<String> = groups.chain(values).map(str::to_owned).collect();
        let before = self.read.associations.len();
        self.read
            .associations
            .retain(|association| known.contains(&association.from) && known.contains(&association.to));
        let dropped = before - self.read.associations.len();
        if dropped > 0 {
            self.read.passed_over.insert("relationship to something that is not taken".into(), dropped);
        }
    }
}

/// The opinion of an `observed-data` object about its observable.
fn observed_opinion(reader: &Reader, stated: Stated, observed: &Observed) -> Stated {
    let reference = stated.reference.clone();
    let maker = text(&observed.object, "created_by_ref").and_then(|id| reader.identities.get(id)).cloned();
    let mut stated = reader.opinion(stated, &observed.object, Use::Context);
    stated.reference = reference;
    stated.owner = maker;
    seen(&mut stated, observed);
    stated
}

fn seen(stated: &mut Stated, observed: &Observed) {
    stated.first_seen = stated.first_seen.or(observed.first);
    stated.last_seen = stated.last_seen.or(observed.last);
}

const OWN_LABELS: &str = "spoor:";

/// A label is a tag, or one of the words in which our exports say more than STIX can.
fn label_of(stated: &mut Stated, label: &str) {
    let own = label.strip_prefix(OWN_LABELS).and_then(|own| own.split_once('='));
    match own.and_then(|(name, text)| Some((name.parse::<Field>().ok()?, text))) {
        Some((field @ (Field::Use | Field::Rating | Field::Role | Field::Grade), text)) => {
            if stated.set(field, text, ',').is_err() {
                stated.note("a label of ours has a value that is none");
            }
        }
        _ => stated.tag(label),
    }
}

fn value_of(kind: IndicatorType, text: &str) -> Result<Indicator, String> {
    let found = Indicator::parse(kind, text);
    let found = match kind {
        IndicatorType::Address => found.or_else(|error| Indicator::parse(IndicatorType::Cidr, text).map_err(|_| error)),
        _ => found,
    };
    found.map_err(|error| error.to_string())
}

/// Hashes of a kind that we have no type for are left out.
fn named_hash(name: &str, hash: &str, of: IndicatorType) -> Option<String> {
    let name = name.to_ascii_lowercase().replace('-', "");
    let wanted = match of {
        IndicatorType::Certificate => matches!(name.as_str(), "sha1" | "sha256"),
        _ => matches!(name.as_str(), "md5" | "sha1" | "sha256" | "sha512"),
    };
    wanted.then(|| hash.to_owned())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
