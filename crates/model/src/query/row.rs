//! Rows in memory that a query can be asked of.

use super::{Field, Moment, Value};
use crate::{
    exposure::Pap,
    group::GroupKind,
    id::ImportId,
    indicator::Indicator,
    marking::Tlp,
    opinion::{Grade, HostRole, Use},
    time::Time,
};

/// An indicator as one owner holds it, with what is associated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table of fields says what each is")]
pub struct IndicatorRow {
    pub indicator: Indicator,
    pub owner: String,
    pub rating: Option<u8>,
    /// As it has waned by now.
    pub confidence: Option<u8>,
    pub usage: Use,
    pub role: HostRole,
    pub grade: Option<Grade>,
    pub tlp: Tlp,
    pub pap: Pap,
    pub active: bool,
    pub pending: bool,
    pub added: Time,
    pub modified: Time,
    pub first_seen: Option<Time>,
    pub last_seen: Option<Time>,
    pub expires: Option<Time>,
    pub sightings: u32,
    pub false_positives: u32,
    pub tags: Vec<String>,
    pub description: Option<String>,
    pub source: Option<String>,
    pub import: Option<ImportId>,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
    pub groups: Vec<GroupRow>,
    pub indicators: Vec<IndicatorRow>,
}

/// A group, with what is associated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table of fields says what each is")]
pub struct GroupRow {
    pub kind: GroupKind,
    pub name: String,
    pub owner: String,
    pub tlp: Tlp,
    pub pap: Pap,
    pub pending: bool,
    pub added: Time,
    pub modified: Time,
    pub first_seen: Option<Time>,
    pub last_seen: Option<Time>,
    pub tags: Vec<String>,
    pub description: Option<String>,
    pub technique: Option<String>,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
    pub groups: Vec<GroupRow>,
    pub indicators: Vec<IndicatorRow>,
}

/// A row of either kind.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// An indicator as one owner holds it.
    Indicator(&'a IndicatorRow),
    /// A group.
    Group(&'a GroupRow),
}

impl<'a> From<&'a IndicatorRow> for Row<'a> {
    fn from(row: &'a IndicatorRow) -> Row<'a> {
        Row::Indicator(row)
    }
}

impl<'a> From<&'a GroupRow> for Row<'a> {
    fn from(row: &'a GroupRow) -> Row<'a> {
        Row::Group(row)
    }
}

impl<'a> Row<'a> {
    pub(super) fn groups(self) -> &'a [GroupRow] {
        match self {
            Row::Indicator(row) => &row.groups,
            Row::Group(row) => &row.groups,
        }
    }

    pub(super) fn indicators(self) -> &'a [IndicatorRow] {
        match self {
            Row::Indicator(row) => &row.indicators,
            Row::Group(row) => &row.indicators,
        }
    }

    /// What the row holds in a field; nothing in a field that it does not have.
    pub(super) fn values(self, field: &Field) -> Vec<Value> {
        match self {
            Row::Indicator(row) => row.values(field),
            Row::Group(row) => row.values(field),
        }
    }
}

impl IndicatorRow {
    fn values(&self, field: &Field) -> Vec<Value> {
        match field {
            Field::Type => vec![Value::IndicatorType(self.indicator.kind())],
            Field::Value => vec![text(&self.indicator.canonical())],
            Field::Owner => vec![text(&self.owner)],
            Field::Rating => optional(self.rating, |rating| Value::Number(rating.into())),
            Field::Confidence => optional(self.confidence, |confidence| Value::Number(confidence.into())),
            Field::Use => vec![Value::Use(self.usage)],
            Field::Role => vec![Value::Role(self.role)],
            Field::Grade => optional(self.grade, |grade| Value::Text(grade.to_string())),
            Field::Tlp => vec![Value::Tlp(self.tlp)],
            Field::Pap => vec![Value::Pap(self.pap)],
            Field::Active => vec![Value::Flag(self.active)],
            Field::Pending => vec![Value::Flag(self.pending)],
            Field::Added => vec![moment(self.added)],
            Field::Modified => vec![moment(self.modified)],
            Field::FirstSeen => optional(self.first_seen, moment),
            Field::LastSeen => optional(self.last_seen, moment),
            Field::Expires => optional(self.expires, moment),
            Field::Tag => self.tags.iter().map(|tag| text(tag)).collect(),
            Field::Description => optional(self.description.as_deref(), text),
            Field::Source => optional(self.source.as_deref(), text),
            Field::Sightings => vec![Value::Number(self.sightings)],
            Field::FalsePositives => vec![Value::Number(self.false_positives)],
            Field::Under => super::value::place(&self.indicator).into_iter().collect(),
            Field::Import => optional(self.import, Value::Import),
            Field::Attribute(name) => attribute(&self.attributes, name),
            Field::Name | Field::Technique => Vec::new(),
        }
    }
}

impl GroupRow {
    fn values(&self, field: &Field) -> Vec<Value> {
        match field {
            Field::Type => vec![Value::GroupKind(self.kind)],
            Field::Name => vec![text(&self.name)],
            Field::Owner => vec![text(&self.owner)],
            Field::Tlp => vec![Value::Tlp(self.tlp)],
            Field::Pap => vec![Value::Pap(self.pap)],
            Field::Pending => vec![Value::Flag(self.pending)],
            Field::Added => vec![moment(self.added)],
            Field::Modified => vec![moment(self.modified)],
            Field::FirstSeen => optional(self.first_seen, moment),
            Field::LastSeen => optional(self.last_seen, moment),
            Field::Tag => self.tags.iter().map(|tag| text(tag)).collect(),
            Field::Description => optional(self.description.as_deref(), text),
            Field::Technique => optional(self.technique.as_deref(), text),
            Field::Attribute(name) => attribute(&self.attributes, name),
            _ => Vec::new(),
        }
    }
}

fn optional<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Vec<Value> {
    value.map(make).into_iter().collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn moment(time: Time) -> Value {
    Value::Moment(Moment::At(time))
}

fn attribute(attributes: &[(String, String)], name: &str) -> Vec<Value> {
    let name = name.to_lowercase();
    attributes.iter().filter(|(known, _)| known.to_lowercase() == name).map(|(_, value)| text(value)).collect()
}
