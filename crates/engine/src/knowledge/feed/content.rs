//! What a server gave for a feed, read by the feed's settings.

use formats::{
    list::{self, Field, Taken, plain, table},
    misp::{event, manifest},
    stix,
};
use sha2::{Digest, Sha256};
use store::feed::{Format, Held, Settings};

/// The most events of a MISP feed that are fetched in one run.
pub const EVENTS_MAX: usize = 500;

/// What a server gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The answer.
    pub octets: Vec<u8>,
    /// What it refers to: the events of a MISP feed, in the order of [`further`].
    pub parts: Vec<Vec<u8>>,
    /// What the server calls it.
    pub etag: Option<String>,
    /// Since when the server has it.
    pub last_modified: Option<String>,
}

/// The links, beside the feed's own, that belong to an answer: the events that the index of a MISP feed lists. The
/// error says that there are too many.
pub fn further(settings: &Settings, url: &str, octets: &[u8]) -> Result<Vec<String>, String> {
    if settings.format != Format::Misp || is_event(octets) {
        return Ok(Vec::new());
    }
    let (listed, _) = manifest::read(octets);
    if listed.len() > EVENTS_MAX {
        return Err(format!("the feed lists {} events; at most {EVENTS_MAX} are fetched", listed.len()));
    }
    let bare = url.split(['?', '#']).next().unwrap_or(url);
    let folder = bare.rsplit_once('/').map_or(bare, |(folder, _)| folder);
    Ok(listed.iter().map(|event| format!("{folder}/{}.json", event.uuid)).collect())
}

/// Whether this is an event or several, and not an index of them.
fn is_event(octets: &[u8]) -> bool {
    let (listed, _) = manifest::read(octets);
    listed.is_empty()
}

impl Content {
    /// What was kept of it; none where nothing was.
    pub(super) fn kept(parts: Vec<Vec<u8>>, held: &Held) -> Option<Content> {
        let mut parts = parts.into_iter();
        let (etag, last_modified) = (held.etag.clone(), held.last_modified.clone());
        Some(Content { octets: parts.next()?, parts: parts.collect(), etag, last_modified })
    }

    /// All parts of it.
    pub(super) fn all(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.octets).chain(&self.parts).map(Vec::as_slice)
    }

    /// SHA-256 of all of it.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.all() {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// The values. The error says why there are none.
    pub(super) fn read(&self, settings: &Settings) -> Result<Taken, String> {
        match settings.format {
            Format::Plain => Ok(Taken::of(plain::read(&list::decode(&self.octets).0, settings.kind))),
            Format::Csv => table(&list::decode(&self.octets).0, settings),
            Format::Stix => Ok(stix::read(&self.octets).taken),
            Format::Misp if self.parts.is_empty() => Ok(event::read(&self.octets).taken),
            Format::Misp => Ok(self.parts.iter().map(|part| event::read(part).taken).fold(Taken::default(), joined)),
        }
    }
}

fn joined(mut all: Taken, part: Taken) -> Taken {
    all.stated.extend(part.stated);
    all.refused.extend(part.refused);
    all.refused_more += part.refused_more;
    all.remarks.extend(part.remarks);
    all.stated.truncate(list::STATED_MAX);
    all
}

fn table(text: &str, settings: &Settings) -> Result<Taken, String> {
    let text = without_comments(text);
    let separator = table::guess_separator(text);
    let names = table::first_row(text, separator);
    let guessed = table::Mapping::guess(names.iter().map(String::as_str));
    let mapping = match mapping(settings)? {
        Some(stated) => table::Mapping { header: stated.header || guessed.is_some(), ..stated },
        None => table::Mapping { kind: settings.kind, ..guessed.ok_or("no column looks like the values; map them")? },
    };
    let read = table::read(text, separator, &mapping).map_err(|error| error.to_string())?;
    Ok(Taken::of(read))
}

/// The table without the lines before it that many publishers write.
fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start_matches('\u{feff}');
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, after)| after);
    }
    rest
}

/// The mapping that the settings state; none where it is to be guessed.
pub(super) fn mapping(settings: &Settings) -> Result<Option<table::Mapping>, String> {
    if settings.mapping.is_empty() {
        return Ok(None);
    }
    let mut columns = Vec::new();
    for (field, column) in &settings.mapping {
        let field: Field = field.parse().map_err(|error: list::UnknownField| error.to_string())?;
        columns.push((field, column.parse().unwrap_or_else(|never| match never {})));
    }
    if !columns.iter().any(|(field, _)| *field == Field::Value) {
        return Err(table::MappingError::NoValue.to_string());
    }
    let header = columns.iter().any(|(_, column)| matches!(column, table::Column::Name(_)));
    Ok(Some(table::Mapping { columns, kind: settings.kind, header, tag_separator: ',', guarded: false }))
}
