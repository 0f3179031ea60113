//! Bundles on their way in.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{GroupKind, Indicator, opinion::Use};
use serde_json::Value;

use super::{
    opinion::{add_opinion, observable_values},
    pattern::values_of,
    property::time,
    stated::{StatedAssociation, StatedGroup, group_kind},
    stream,
};
use crate::{
    list::{Refusal, Stated, Taken, value},
    member::{text, texts},
    remark::{Remark, RemarkKind},
};

/// The largest bundle, in octets.
pub const BUNDLE_OCTETS_MAX: usize = 1 << 30;
/// How many objects of a bundle are read.
pub const BUNDLE_OBJECTS_MAX: usize = 1_000_000;
/// How many opinions about one observable are taken.
const OPINIONS_MAX: usize = 100;
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
        reader.object(number, object);
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
    /// Opinions about observables, and for each observable which of them are about it.
    observed: Vec<Value>,
    observed_of: HashMap<String, Vec<usize>>,
    /// Names of identities, and who made which indicator.
    identities: HashMap<String, String>,
    makers: HashMap<String, String>,
}

impl Reader {
    fn limit(&mut self, text: &str) {
        self.read.taken.remark(Remark::whole(RemarkKind::Limit, text));
    }

    fn pass_over(&mut self, kind: &str) {
        *self.read.passed_over.entry(kind.chars().take(60).collect()).or_default() += 1;
    }

    fn refuse(&mut self, line: usize, text: &str, why: impl Into<String>) {
        self.read.taken.add(Err(Refusal::new(line, text, why)));
    }

    fn object(&mut self, line: usize, object: Value) {
        let kind = text(&object, "type").unwrap_or_default();
        match kind {
            "indicator" => self.indicator(line, &object),
            "observed-data" => self.observed_data(object),
            "relationship" => self.relationship(line, &object),
            "identity" => self.identity(&object),
            "marking-definition" => {}
            _ => match (group_kind(kind), observable_values(kind, &object)) {
                (Some(group), _) => self.group(line, &object, group),
                (None, Some(values)) => {
                    for (kind, text) in values {
                        match value::read(&text, Some(kind)) {
                            Ok(found) => self.observable(line, found.indicator, &object),
                            Err(why) => self.refuse(line, &text, why),
                        }
                    }
                }
                (None, None) => self.pass_over(kind),
            },
        }
    }

    fn indicator(&mut self, line: usize, object: &Value) {
        let is_stix = text(object, "pattern_type").is_none_or(|language| language == "stix");
        let values = if is_stix { values_of(text(object, "pattern").unwrap_or_default()) } else { Ok(Vec::new()) };
        if let (Some(id), Some(maker)) = (text(object, "id"), text(object, "created_by_ref")) {
            self.makers.insert(id.to_owned(), maker.to_owned());
        }
        match values {
            Ok(values) if !values.is_empty() => {
                for value in values {
                    let mut stated = Stated::new(line, value);
                    stated.reference = text(object, "id").map(str::to_owned);
                    add_opinion(&mut stated, object, Use::Alert);
                    self.read.taken.add(Ok(stated));
                }
            }
            Ok(_) => self.group(line, object, GroupKind::Signature),
            Err(why) => {
                let why = format!("kept as text, not as values: {why}");
                let path = format!("objects[{}]", line - 1);
                self.read.taken.remark(Remark::member(path, RemarkKind::NotUnderstood, &why));
                self.group(line, object, GroupKind::Signature);
            }
        }
    }

    fn observable(&mut self, line: usize, indicator: Indicator, object: &Value) {
        let mut stated = Stated::new(line, indicator);
        stated.reference = text(object, "id").map(str::to_owned);
        add_opinion(&mut stated, object, Use::Context);
        self.observables.push(stated);
    }

    fn observed_data(&mut self, object: Value) {
        if object.get("objects").is_some() {
            self.pass_over("observed-data with embedded objects");
        }
        for id in texts(&object, "object_refs") {
            self.observed_of.entry(id.to_owned()).or_default().push(self.observed.len());
        }
        self.observed.push(object);
    }

    fn identity(&mut self, object: &Value) {
        if let (Some(id), Some(name)) = (text(object, "id"), text(object, "name")) {
            self.identities.insert(id.to_owned(), name.chars().take(NAME_CHARS_MAX).collect());
        }
    }

    fn group(&mut self, line: usize, object: &Value, kind: GroupKind) {
        match StatedGroup::of(line, object, kind) {
            Some(group) => self.read.groups.push(group),
            None => self.refuse(line, "", "an object without an id"),
        }
    }

    fn relationship(&mut self, line: usize, object: &Value) {
        match StatedAssociation::of(line, object) {
            // What an indicator is based on is in the bundle itself.
            Some(association) if association.word == "based-on" => {}
            Some(association) => self.read.associations.push(association),
            None => self.refuse(line, "", "a relationship without type or ends"),
        }
    }

    /// Brings together what stood in different objects.
    fn finish(mut self) -> Read {
        self.name_makers();
        let mut by_value: HashMap<Indicator, Vec<usize>> = HashMap::new();
        for (at, stated) in self.read.taken.stated.iter().enumerate() {
            by_value.entry(stated.indicator.clone()).or_default().push(at);
        }
        let mut same = HashMap::new();
        for observable in std::mem::take(&mut self.observables) {
            let places = by_value.get(&observable.indicator);
            let Some(places) = places else {
                self.context(observable);
                continue;
            };
            self.date(places, &observable);
            let indicator = places.first().and_then(|at| self.read.taken.stated.get(*at));
            let ids = observable.reference.zip(indicator.and_then(|indicator| indicator.reference.clone()));
            same.extend(ids);
        }
        self.tie_ends(&same);
        self.read
    }

    fn name_makers(&mut self) {
        for stated in &mut self.read.taken.stated {
            let maker = stated.reference.as_ref().and_then(|id| self.makers.get(id));
            stated.owner = maker.and_then(|id| self.identities.get(id)).cloned();
        }
    }

    /// What is observed of an observable, in the order of the bundle.
    fn observed<'a>(&'a self, observable: &Stated) -> impl Iterator<Item = &'a Value> {
        let places = observable.reference.as_ref().and_then(|id| self.observed_of.get(id));
        places.into_iter().flatten().take(OPINIONS_MAX).filter_map(|at| self.observed.get(*at))
    }

    /// A value that no indicator states: one statement for each opinion about it, or that of the observable alone.
    fn context(&mut self, observable: Stated) {
        let about = |object: &Value| {
            let mut stated = observable.clone();
            stated.owner = text(object, "created_by_ref").and_then(|id| self.identities.get(id)).cloned();
            add_opinion(&mut stated, object, Use::Context);
            stated
        };
        let mut opinions: Vec<Stated> = self.observed(&observable).map(about).collect();
        if opinions.is_empty() {
            opinions.push(observable);
        }
        for stated in opinions {
            self.read.taken.add(Ok(stated));
        }
    }

    /// Indicators have no times of observation: they are with what was observed.
    fn date(&mut self, places: &[usize], observable: &Stated) {
        let first = self.observed(observable).filter_map(|object| time(object, "first_observed")).min();
        let last = self.observed(observable).filter_map(|object| time(object, "last_observed")).max();
        for at in places {
            if let Some(stated) = self.read.taken.stated.get_mut(*at) {
                stated.first_seen = stated.first_seen.or(first);
                stated.last_seen = stated.last_seen.or(last);
            }
        }
    }

    /// Relationships with an observable whose value an indicator states are with the indicator; those with something
    /// that was not taken are dropped, and counted.
    fn tie_ends(&mut self, same: &HashMap<String, String>) {
        let groups = self.read.groups.iter().map(|group| group.reference.as_str());
        let values = self.read.taken.stated.iter().filter_map(|stated| stated.reference.as_deref());
        let known: HashSet<&str> = groups.chain(values).collect();
        let before = self.read.associations.len();
        self.read.associations.retain_mut(|association| {
            [&mut association.from, &mut association.to].into_iter().all(|end| {
                if let Some(indicator) = same.get(end) {
                    end.clone_from(indicator);
                }
                known.contains(end.as_str())
            })
        });
        let dropped = before - self.read.associations.len();
        if dropped > 0 {
            self.read.passed_over.insert("relationship to something that is not taken".into(), dropped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_observable_of_an_indicator_is_said_of_the_indicator() {
        let bundle = r#"[{"type":"domain-name","id":"domain-name--1","value":"widgets.example","defanged":false},
            {"type":"observed-data","id":"observed-data--1","object_refs":["domain-name--1"],"first_observed":"2026-01-31T00:00:00Z"},
            {"type":"malware","id":"malware--1","name":"Widget"},
            {"type":"relationship","id":"relationship--1","relationship_type":"communicates-with","source_ref":"malware--1","target_ref":"domain-name--1"},
            {"type":"relationship","id":"relationship--2","relationship_type":"uses","source_ref":"malware--1","target_ref":"tool--9"},
            {"type":"indicator","id":"indicator--1","pattern":"[domain-name:value = 'widgets.example']"}]"#;
        let read = read(bundle.as_bytes());
        let [stated] = read.taken.stated.as_slice() else { panic!("{read:?}") };
        assert_eq!(
            (stated.usage, stated.first_seen.map(|time| time.day())),
            (Some(Use::Alert), Some("2026-01-31".into()))
        );
        assert_eq!(read.associations.len(), 1);
        assert_eq!(read.values(&read.associations[0].to).count(), 1);
        assert_eq!(read.passed_over.values().sum::<usize>(), 1);
    }

    #[test]
    fn each_opinion_about_an_observable_is_a_statement_and_the_strictest_label_holds() {
        let bundle = r#"{"objects":[{"type":"identity","id":"identity--1","name":"One"},{"type":"identity","id":"identity--2","name":"Two"},
            {"type":"domain-name","id":"domain-name--1","value":"widgets.example","object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]},
            {"type":"observed-data","created_by_ref":"identity--1","object_refs":["domain-name--1"],"labels":["spoor:rating=2"]},
            {"type":"observed-data","created_by_ref":"identity--2","object_refs":["domain-name--1"],"labels":["tag"],
             "object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}]}"#;
        let read = read(bundle.as_bytes());
        let said: Vec<_> =
            read.taken.stated.iter().map(|s| (s.owner.as_deref(), s.rating, s.tags.len(), s.tlp)).collect();
        let red = Some(model::Tlp::Red);
        assert_eq!(said, [(Some("One"), Some(2), 0, red), (Some("Two"), None, 1, red)]);
    }
}
