use std::{fmt, str::FromStr};

/// A column or member of a list, by the name that exports give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The type of the value.
    Type,
    /// The value.
    Value,
    /// Whose opinion.
    Owner,
    /// How bad.
    Rating,
    /// How sure.
    Confidence,
    /// What defences may do with it.
    Use,
    /// What the host is.
    Role,
    /// Reliability and credibility.
    Grade,
    /// How far it may be shared.
    Tlp,
    /// Who may learn of questions about it.
    Pap,
    /// Whether it holds.
    Active,
    /// Since when it has been seen.
    FirstSeen,
    /// Until when.
    LastSeen,
    /// When it was added.
    Added,
    /// When it was last changed.
    Modified,
    /// When it stops to hold.
    Expires,
    /// Its tags.
    Tags,
    /// In words.
    Description,
    /// Where it is from.
    Source,
    /// Why it is there.
    Evidence,
}

/// A name that no field has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown field `{given}`: one of {}", crate::export::csv::COLUMNS.join(", "))]
pub struct UnknownField {
    given: String,
}

/// Fields in the order of [`COLUMNS`](crate::export::csv::COLUMNS), with other names that lists have for them.
const FIELDS: [(Field, &[&str]); 20] = [
    (Field::Type, &["kind", "indicator type", "ioc type", "indicator_type", "ioc_type", "datatype"]),
    (
        Field::Value,
        &[
            "indicator",
            "ioc",
            "indicator value",
            "ioc value",
            "ioc_value",
            "observable",
            "address",
            "domain",
            "ip",
            "url",
            "hash",
            "sha256",
            "host",
        ],
    ),
    (Field::Owner, &["organization", "organisation", "org"]),
    (Field::Rating, &["threat rating", "severity rating"]),
    (Field::Confidence, &["confidence level", "confidence_level"]),
    (Field::Use, &["action"]),
    (Field::Role, &[]),
    (Field::Grade, &["admiralty"]),
    (Field::Tlp, &["marking"]),
    (Field::Pap, &[]),
    (Field::Active, &[]),
    (Field::FirstSeen, &["first seen", "first_seen", "first seen utc", "first_seen_utc"]),
    (Field::LastSeen, &["last seen", "last_seen", "last seen utc", "last_seen_utc"]),
    (Field::Added, &["created", "date added", "dateadded"]),
    (Field::Modified, &["updated"]),
    (Field::Expires, &["valid until", "valid_until"]),
    (Field::Tags, &["tag", "labels"]),
    (Field::Description, &["comment", "comments", "notes", "note", "context"]),
    (Field::Source, &["reference", "report"]),
    (Field::Evidence, &[]),
];

impl Field {
    /// The name that exports give it.
    pub fn as_str(self) -> &'static str {
        let at = FIELDS.iter().position(|(field, _)| *field == self);
        at.and_then(|at| crate::export::csv::COLUMNS.get(at)).copied().unwrap_or_default()
    }

    /// The field that a column of this name most likely is.
    pub(crate) fn guess(name: &str) -> Option<Field> {
        let name = name.trim().trim_matches('"').to_lowercase();
        let known =
            |field: Field, others: &[&str]| field.as_str().to_lowercase() == name || others.contains(&name.as_str());
        FIELDS.iter().find(|(field, others)| known(*field, others)).map(|(field, _)| *field)
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Field, UnknownField> {
        let found = FIELDS.iter().map(|(field, _)| *field).find(|field| field.as_str() == text);
        found.ok_or_else(|| UnknownField { given: text.chars().take(100).collect() })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
