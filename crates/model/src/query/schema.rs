//! What can be asked: subjects, fields, operators.

use self::Presence::{Many, One, Optional};
use super::{Subject, Value};
use crate::{opinion::RATING_MAX, source::words};

/// A field's value against others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// Which field.
    pub field: Field,
    /// How it is compared.
    pub operator: Operator,
    /// With what, each of the field's kind: none for `is null` and `is not null`, one or more for `in` and `not in`,
    /// one for the others.
    pub values: Vec<Value>,
}

/// A field of either subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the table of fields says what each is")]
pub enum Field {
    Type,
    Value,
    Name,
    Owner,
    Rating,
    Confidence,
    Use,
    Role,
    Grade,
    Tlp,
    Pap,
    Active,
    Pending,
    Added,
    Modified,
    FirstSeen,
    LastSeen,
    Expires,
    Tag,
    Description,
    Source,
    Technique,
    Sightings,
    FalsePositives,
    Under,
    Import,
    /// An attribute by its name, which compares without regard to case; in the table of fields the name is empty.
    Attribute(String),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    IsNull,
    IsNotNull,
}

words!(Operator, "operator",
    "=, !=, <, <=, >, >=, in, not in, ~, !~, startsWith, not startsWith, endsWith, not endsWith, is null, is not null",
    "=" => Operator::Equal, "!=" => Operator::NotEqual, "<" => Operator::Less, "<=" => Operator::LessOrEqual,
    ">" => Operator::Greater, ">=" => Operator::GreaterOrEqual, "in" => Operator::In, "not in" => Operator::NotIn,
    "~" => Operator::Contains, "!~" => Operator::NotContains, "startsWith" => Operator::StartsWith,
    "not startsWith" => Operator::NotStartsWith, "endsWith" => Operator::EndsWith,
    "not endsWith" => Operator::NotEndsWith, "is null" => Operator::IsNull, "is not null" => Operator::IsNotNull);

impl Operator {
    /// Where this operator only says no to another: that one. Its result is the opposite for every row.
    pub fn negates(self) -> Option<Operator> {
        Some(match self {
            Operator::NotEqual => Operator::Equal,
            Operator::NotIn => Operator::In,
            Operator::NotContains => Operator::Contains,
            Operator::NotStartsWith => Operator::StartsWith,
            Operator::NotEndsWith => Operator::EndsWith,
            Operator::IsNotNull => Operator::IsNull,
            _ => return None,
        })
    }
}

/// What kind of values a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`crate::IndicatorType`].
    IndicatorType,
    /// [`crate::GroupKind`].
    GroupKind,
    /// [`crate::Use`].
    Use,
    /// [`crate::HostRole`].
    Role,
    /// [`crate::Tlp`], in its order.
    Tlp,
    /// [`crate::Pap`], in its order.
    Pap,
    /// `true` or `false`.
    Flag,
    /// Whole numbers from 0 to this.
    Number(u32),
    /// Moments.
    Moment,
    /// Text.
    Text,
    /// The id of an import.
    Import,
    /// A domain or an address prefix: where something stands.
    Place,
}

/// How many values a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Always one.
    One,
    /// One or none.
    Optional,
    /// Any number.
    Many,
}

/// A row of the table of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The field.
    pub field: Field,
    /// Its name in queries.
    pub name: &'static str,
    /// What kind of values it holds.
    pub kind: Kind,
    /// How many.
    pub presence: Presence,
    /// What it is, in a line.
    pub about: &'static str,
}

const fn row(field: Field, name: &'static str, kind: Kind, presence: Presence, about: &'static str) -> FieldInfo {
    FieldInfo { field, name, kind, presence, about }
}

const OWNER: FieldInfo = row(Field::Owner, "owner", Kind::Text, One, "the name of the owner");
const TLP: FieldInfo = row(Field::Tlp, "tlp", Kind::Tlp, One, "how far it may be shared; the freest is the least");
const PAP: FieldInfo =
    row(Field::Pap, "pap", Kind::Pap, One, "who may learn of questions about it; red (nobody) is the least");
const PENDING: FieldInfo =
    row(Field::Pending, "pending", Kind::Flag, One, "whether it waits for a manager to let it in");
const ADDED: FieldInfo = row(Field::Added, "added", Kind::Moment, One, "when it was added");
const MODIFIED: FieldInfo = row(Field::Modified, "modified", Kind::Moment, One, "when it was last changed");
const FIRST_SEEN: FieldInfo =
    row(Field::FirstSeen, "firstSeen", Kind::Moment, Optional, "since when the thing has been seen");
const LAST_SEEN: FieldInfo =
    row(Field::LastSeen, "lastSeen", Kind::Moment, Optional, "until when the thing has been seen");
const TAG: FieldInfo = row(Field::Tag, "tag", Kind::Text, Many, "a tag");
const DESCRIPTION: FieldInfo = row(Field::Description, "description", Kind::Text, Optional, "what it is, in words");
const ATTRIBUTE: FieldInfo =
    row(Field::Attribute(String::new()), "attribute", Kind::Text, Many, "an attribute, as in `attribute(\"name\")`");

static INDICATOR: &[FieldInfo] = &[
    row(Field::Type, "type", Kind::IndicatorType, One, "the type of the indicator"),
    row(Field::Value, "value", Kind::Text, One, "the value; `=` and `in` take it in any spelling, defanged or not"),
    row(
        Field::Under,
        "under",
        Kind::Place,
        Optional,
        "where it stands: a host, or the host of a link or e-mail address, at this domain or below it; an address, a \
         prefix or the address of a link within this prefix",
    ),
    OWNER,
    row(Field::Rating, "rating", Kind::Number(RATING_MAX as u32), Optional, "how bad"),
    row(Field::Confidence, "confidence", Kind::Number(100), Optional, "how sure, as it has waned by now"),
    row(Field::Use, "use", Kind::Use, One, "what defences may do with it"),
    row(Field::Role, "role", Kind::Role, One, "what the host is"),
    row(Field::Grade, "grade", Kind::Text, Optional, "Admiralty code, as in B2"),
    TLP,
    PAP,
    row(Field::Active, "active", Kind::Flag, One, "whether it holds"),
    PENDING,
    ADDED,
    MODIFIED,
    FIRST_SEEN,
    LAST_SEEN,
    row(Field::Expires, "expires", Kind::Moment, Optional, "when it stops to hold by itself"),
    row(Field::Sightings, "sightings", Kind::Number(u32::MAX), One, "how often it was sighted"),
    row(Field::FalsePositives, "falsePositives", Kind::Number(u32::MAX), One, "how often it was called false"),
    TAG,
    DESCRIPTION,
    row(Field::Source, "source", Kind::Text, Optional, "where the owner has it from"),
    row(Field::Import, "import", Kind::Import, Optional, "the import that brought it"),
    ATTRIBUTE,
];

static GROUP: &[FieldInfo] = &[
    row(Field::Type, "type", Kind::GroupKind, One, "the type of the group"),
    row(Field::Name, "name", Kind::Text, One, "its name"),
    OWNER,
    TLP,
    PAP,
    PENDING,
    ADDED,
    MODIFIED,
    FIRST_SEEN,
    LAST_SEEN,
    TAG,
    DESCRIPTION,
    row(Field::Technique, "technique", Kind::Text, Optional, "its ATT&CK id, as in T1566.001"),
    ATTRIBUTE,
];

/// The fields of a subject.
pub fn fields(subject: Subject) -> &'static [FieldInfo] {
    match subject {
        Subject::Indicator => INDICATOR,
        Subject::Group => GROUP,
    }
}

impl FieldInfo {
    /// The operators that the field takes.
    pub fn operators(&self) -> Vec<Operator> {
        let nullable = self.presence != Presence::One;
        let takes = |operator: &Operator| match operator {
            Operator::Equal | Operator::NotEqual => true,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                matches!(self.kind, Kind::Tlp | Kind::Pap | Kind::Number(_) | Kind::Moment)
            }
            Operator::In | Operator::NotIn => !matches!(self.kind, Kind::Flag | Kind::Moment),
            Operator::IsNull | Operator::IsNotNull => nullable,
            _ => self.kind == Kind::Text,
        };
        Operator::ALL.iter().copied().filter(takes).collect()
    }
}
