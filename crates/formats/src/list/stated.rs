use model::{
    Indicator, Pap, Time, Tlp,
    opinion::{Grade, HostRole, RATING_MAX, Use},
};

use super::{Field, value};
use crate::export::{Exported, csv::TAG_SEPARATOR};

/// How many tags one statement may have, and how long each may be in characters.
const TAGS_MAX: usize = 100;
const TAG_CHARS_MAX: usize = 200;
/// How long a description, source or evidence may be, in characters; the rest is cut off, and a note says so.
const TEXT_CHARS_MAX: usize = 20_000;

/// What a list states of one value. What it does not say is left to the one who takes it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The line, row or object, counted from 1.
    pub line: usize,
    /// The value.
    pub indicator: Indicator,
    /// What the reader assumed or left out, for the one who decides.
    pub note: Option<String>,
    /// The sender's name for it (a STIX id, a MISP UUID), which several statements may share.
    pub reference: Option<String>,
    /// Whose opinion it was.
    pub owner: Option<String>,
    /// How bad, 0 to 5.
    pub rating: Option<u8>,
    /// How sure, 0 to 100.
    pub confidence: Option<u8>,
    /// What defences may do with it.
    pub usage: Option<Use>,
    /// What the host is.
    pub role: Option<HostRole>,
    /// Reliability and credibility.
    pub grade: Option<Grade>,
    /// How far it may be shared.
    pub tlp: Option<Tlp>,
    /// Who may learn of questions about it.
    pub pap: Option<Pap>,
    /// Whether it holds.
    pub active: Option<bool>,
    /// Since when it has been seen.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
    /// When the sender added it.
    pub added: Option<Time>,
    /// When the sender last changed it.
    pub modified: Option<Time>,
    /// When it stops to hold.
    pub expires: Option<Time>,
    /// Its tags, each once, in order.
    pub tags: Vec<String>,
    /// In words.
    pub description: Option<String>,
    /// Where the sender has it from.
    pub source: Option<String>,
    /// Why it is there, in words.
    pub evidence: Option<String>,
}

impl Stated {
    /// A bare value.
    pub fn new(line: usize, indicator: Indicator) -> Stated {
        Stated {
            line,
            indicator,
            note: None,
            reference: None,
            owner: None,
            rating: None,
            confidence: None,
            usage: None,
            role: None,
            grade: None,
            tlp: None,
            pap: None,
            active: None,
            first_seen: None,
            last_seen: None,
            added: None,
            modified: None,
            expires: None,
            tags: Vec::new(),
            description: None,
            source: None,
            evidence: None,
        }
    }

    /// Adds a note for the one who decides.
    pub(crate) fn note(&mut self, note: &str) {
        match &mut self.note {
            Some(notes) => {
                notes.push_str("; ");
                notes.push_str(note);
            }
            None => self.note = Some(note.to_owned()),
        }
    }

    /// Adds a tag unless it is there, is empty, or there is no more room.
    pub(crate) fn tag(&mut self, tag: &str) {
        let tag = tag.trim();
        if tag.is_empty() || self.tags.iter().any(|known| known == tag) {
            return;
        }
        if tag.chars().count() > TAG_CHARS_MAX || self.tags.len() >= TAGS_MAX {
            return self.note("a tag was left out: too long or too many");
        }
        self.tags.push(tag.to_owned());
    }

    /// Takes a field as text; blank text says nothing. The error says what would be right.
    pub(crate) fn set(&mut self, field: Field, text: &str, tags: char) -> Result<(), String> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(());
        }
        match field {
            Field::Type | Field::Value => {}
            Field::Owner => self.owner = self.cut(text),
            Field::Rating => self.rating = Some(number(trimmed, RATING_MAX)?),
            Field::Confidence => self.confidence = Some(number(trimmed.trim_end_matches('%'), 100)?),
            Field::Use => self.usage = Some(word(trimmed)?),
            Field::Role => self.role = Some(word(trimmed)?),
            Field::Grade => {
                self.grade = Some(trimmed.parse().map_err(|error: model::opinion::GradeError| error.to_string())?)
            }
            Field::Tlp => self.tlp = Some(value::tlp(trimmed)?),
            Field::Pap => self.pap = Some(value::pap(trimmed)?),
            Field::Active => self.active = Some(truth(trimmed)?),
            Field::FirstSeen => self.first_seen = Some(moment(trimmed)?),
            Field::LastSeen => self.last_seen = Some(moment(trimmed)?),
            Field::Added => self.added = Some(moment(trimmed)?),
            Field::Modified => self.modified = Some(moment(trimmed)?),
            Field::Expires => self.expires = Some(moment(trimmed)?),
            Field::Tags => split_tags(text, tags).iter().for_each(|tag| self.tag(tag)),
            Field::Description => self.description = self.cut(text),
            Field::Source => self.source = self.cut(text),
            Field::Evidence => self.evidence = self.cut(text),
        }
        Ok(())
    }

    pub(crate) fn cut(&mut self, text: &str) -> Option<String> {
        match text.char_indices().nth(TEXT_CHARS_MAX) {
            Some((end, _)) => {
                self.note(&format!("a text was cut to {TEXT_CHARS_MAX} characters"));
                text.get(..end).map(str::to_owned)
            }
            None => Some(text.to_owned()),
        }
    }
}

impl From<&Exported> for Stated {
    /// What a row says once it has gone out and come back in.
    fn from(row: &Exported) -> Stated {
        Stated {
            owner: Some(row.owner.name.clone()),
            rating: row.rating,
            confidence: row.confidence,
            usage: Some(row.usage),
            role: Some(row.role),
            grade: row.grade,
            tlp: Some(row.tlp),
            pap: Some(row.pap),
            active: Some(row.active),
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            added: Some(row.added),
            modified: Some(row.modified),
            expires: row.expires,
            tags: row.tags.clone(),
            description: row.description.clone(),
            source: row.source.clone(),
            evidence: row.evidence.clone(),
            ..Stated::new(1, row.indicator.clone())
        }
    }
}

fn number(text: &str, most: u8) -> Result<u8, String> {
    // Spreadsheets write whole numbers as 4.0.
    let digits = text.strip_suffix(".0").unwrap_or(text).trim();
    let number = digits.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| format!("write a whole number from 0 to {most}"))
}

fn word<T: std::str::FromStr<Err = model::source::UnknownWord>>(text: &str) -> Result<T, String> {
    text.to_ascii_lowercase().replace([' ', '_'], "-").parse().map_err(|error: T::Err| error.to_string())
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "active" => Ok(true),
        "false" | "no" | "0" | "inactive" => Ok(false),
        _ => Err("write true or false".into()),
    }
}

fn moment(text: &str) -> Result<Time, String> {
    // Some lists write `2026-01-31 23:59:59 UTC`.
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    text.parse().map_err(|error: model::time::TimeError| error.to_string())
}

/// Tags of one text; with the export's separator, `\;` and `\\` stand for themselves.
fn split_tags(text: &str, separator: char) -> Vec<String> {
    let mut tags = vec![String::new()];
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let last = tags.last_mut().expect("one tag at least is begun");
        match c {
            '\\' if separator == TAG_SEPARATOR => last.extend(rest.next()),
            c if c == separator => tags.push(String::new()),
            c => last.push(c),
        }
    }
    tags
}
