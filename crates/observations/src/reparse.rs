//! Reading raw answers again with a better parser.
//!
//! Versions are rebuilt from their raw answers, keep their times and counts, and all that is derived from them is made
//! anew. It happens at one moment: the manifest names either the old segments of the lane or the new ones.

use std::{mem, sync::Arc};

use model::{Name, RawAnswer, Registration};

use crate::{
    cursor::{Cursor, Merge, Row, Skip},
    error::Error,
    key::{self, RAW, REGISTRATION},
    registration::{self, Payload},
    segment::Segment,
    sighting::Sighting,
    snapshot::Snapshot,
    store::{Shared, Store, lock},
    table::Table,
    view::{Range, View},
    writer::{SegmentWriter, Target},
};

/// The lane of registrations.
const LANE: u8 = 2;

/// What reading raw answers again did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReparseReport {
    /// Versions looked at.
    pub versions: u64,
    /// Versions that an older parser had read and that were read again.
    pub reparsed: u64,
    /// Of those, how many now say something else.
    pub changed: u64,
    /// Versions left as they are: no raw answers, or the parser declined.
    pub kept: u64,
}

/// Reads a domain's raw answers.
pub type Parser<'a> = dyn FnMut(&Name, &[RawAnswer]) -> Option<Registration> + 'a;

impl Store {
    /// Reads every version that an older parser than this revision read again from its raw answers. Nothing of it is
    /// an observation: times and counts stay, and nothing arrives.
    pub fn reparse(&self, parser: u32, read: &mut Parser<'_>) -> Result<ReparseReport, Error> {
        let shared = self.shared();
        let mut appender = shared.appender()?;
        shared.flush(&mut appender)?;
        let _merging = lock(&shared.merging);
        let view = lock(&shared.state).view();
        let inputs: Vec<Arc<Segment>> =
            view.segments.iter().filter(|segment| segment.summary.lane == LANE).cloned().collect();
        if inputs.is_empty() {
            return Ok(ReparseReport::default());
        }
        let mut rebuild =
            Rebuild { shared, snapshot: Snapshot { view, lost: 0 }, table: Table::default(), written: Vec::new() };
        let report = rebuild.versions(parser, read)?;
        rebuild.finish_table(&inputs)?;
        rebuild.raw_answers(&inputs)?;
        let written = rebuild.written;
        shared.replace(&inputs, written)?;
        Ok(report)
    }
}

struct Rebuild<'a> {
    shared: &'a Shared,
    snapshot: Snapshot,
    table: Table,
    written: Vec<Arc<Segment>>,
}

impl Rebuild<'_> {
    fn view(&self) -> &View {
        &self.snapshot.view
    }

    fn versions(&mut self, parser: u32, read: &mut Parser<'_>) -> Result<ReparseReport, Error> {
        let mut report = ReparseReport::default();
        let mut rows = self.view().scan(&Range::prefix(&[REGISTRATION]), &Skip::nothing())?;
        while let Some(row) = rows.next()? {
            self.version(row, parser, read, &mut report)?;
            if self.table.size() >= self.shared.options.memory_bytes {
                let inputs = self.view().segments.clone();
                self.finish_table(&inputs)?;
            }
        }
        if rows.damaged() > 0 {
            return Err(Error::Invalid("registrations are damaged; `check` names the files".into()));
        }
        Ok(report)
    }

    fn version(
        &mut self,
        row: &Row,
        parser: u32,
        read: &mut Parser<'_>,
        report: &mut ReparseReport,
    ) -> Result<(), Error> {
        report.versions += 1;
        let front = key::split_source(&row.key);
        let parsed = front.and_then(|(front, source)| Some((registration::parse_version_key(front)?, source)));
        let (Some(((domain, _), source)), Some(mut payload)) = (parsed, Payload::decode(&row.payload)) else {
            report.kept += 1;
            return Ok(());
        };
        let raw = if payload.parser < parser { self.snapshot.raw_of(&payload)? } else { Vec::new() };
        match (!raw.is_empty()).then(|| read(&domain, &raw)).flatten() {
            Some(registration) => {
                report.reparsed += 1;
                report.changed += u64::from(registration != payload.registration);
                payload = Payload { parser, registration, ..payload };
            }
            None => report.kept += 1,
        }
        let hash = registration::hash(&domain, &payload.registration);
        self.insert(&registration::version_key(&domain, hash, source), &row.sighting, &payload.encode());
        for key in registration::value_keys(&domain, &payload.registration, source) {
            self.insert(&key, &row.sighting, &[]);
        }
        Ok(())
    }

    fn insert(&mut self, key: &[u8], sighting: &Sighting, payload: &[u8]) {
        let catalog = &self.snapshot.view.catalog;
        let counting = catalog.counting(key::split_source(key).map(|(_, source)| source));
        self.table.insert_sighting(key, sighting.clone(), payload, 0, (counting, catalog.gap));
    }

    fn finish_table(&mut self, inputs: &[Arc<Segment>]) -> Result<(), Error> {
        let table = mem::take(&mut self.table);
        let target = self.target(inputs);
        let written = self.shared.write_registrations(&table, self.view(), target)?;
        self.written.extend(written.map(Arc::new));
        Ok(())
    }

    fn target(&self, inputs: &[Arc<Segment>]) -> Target {
        let inputs = || inputs.iter().filter(|input| input.summary.lane == LANE);
        let first = inputs().map(|input| input.summary.first_sequence).min().unwrap_or(0);
        let last = inputs().map(|input| input.summary.last_sequence).max().unwrap_or(0);
        let path = self.shared.new_file(&mut lock(&self.shared.state));
        Target { path: Some(path), lane: LANE, sequences: (first, last), level: Some(3) }
    }

    /// Raw answers go over as they are.
    fn raw_answers(&mut self, inputs: &[Arc<Segment>]) -> Result<(), Error> {
        let target = self.target(inputs);
        let cursors = inputs.iter().map(|input| {
            let range = (&[RAW][..], &[RAW + 1][..]);
            Cursor::new(input.clone(), None, Skip::nothing(), Vec::new(), range)
        });
        let mut merge = Merge::new(cursors.collect::<Result<_, _>>()?, self.view().catalog.clone());
        let mut writer = SegmentWriter::new(&self.shared.options.disk, self.shared.suffixes.clone(), target)?;
        while let Some(row) = merge.next()? {
            writer.push(&row.key, &row.sighting, &row.payload)?;
        }
        if merge.damaged() > 0 {
            return Err(Error::Invalid("raw answers are damaged; `check` names the files".into()));
        }
        self.written.extend(writer.finish()?.map(Arc::new));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::{
        Counting, Disclosed, Exposure, Field, Readable, RegistrationRecord, Source, SourceId, SourceKind, Time,
        registration::{Protocol, State},
    };

    use super::*;
    use crate::{Batch, Options, ValueQuery};

    fn record(domain: &str, observed: i64) -> RegistrationRecord {
        let body = format!("Domain: {domain}\nEmail: someone@mail.example").into_bytes();
        let raw = vec![RawAnswer { protocol: Protocol::Whois, server: "whois.test".into(), body }];
        let registration = Registration { state: State::Registered, ..Registration::default() };
        RegistrationRecord { domain: domain.parse().unwrap(), registration, raw, observed: Time(observed) }
    }

    fn better(_: &Name, raw: &[RawAnswer]) -> Option<Registration> {
        let text = String::from_utf8_lossy(&raw[0].body).into_owned();
        let mut registration = Registration { state: State::Registered, ..Registration::default() };
        registration.registrant.email = Disclosed::Stated(text.split("Email: ").nth(1)?.to_owned());
        Some(registration)
    }

    #[test]
    fn a_better_parser_makes_no_history() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default()).unwrap();
        let source = Source {
            id: SourceId(0),
            name: "registry".into(),
            kind: SourceKind::Lookup,
            counting: Counting::Stream,
            exposure: Exposure::Registry,
            population: false,
            licence: None,
            retention_days: None,
        };
        let source = store.add_source(source).unwrap().id;
        for (domain, observed) in [("one.test", 10), ("two.test", 20), ("one.test", 30)] {
            let registrations = vec![record(domain, observed)];
            let batch = Batch {
                id: None,
                source,
                arrived: Time(40),
                observations: vec![],
                registrations,
                networks: vec![],
                parser: 1,
            };
            store.append(batch).unwrap();
        }
        let asked = ValueQuery::exact(Field::Email, None, "someone@mail.example", Readable::All, 10);
        assert!(store.snapshot().registered_with(&asked).unwrap().rows.is_empty());
        let report = store.reparse(2, &mut better).unwrap();
        assert_eq!(report, ReparseReport { versions: 2, reparsed: 2, changed: 2, kept: 0 });
        let snapshot = store.snapshot();
        assert_eq!(snapshot.registered_with(&asked).unwrap().rows.len(), 2);
        let history = snapshot.registrations(&"one.test".parse().unwrap(), &Readable::All).unwrap();
        assert_eq!((history.len(), history[0].parser, history[0].seen.count), (1, 2, 2));
        assert_eq!(history[0].seen.span.last(), Time(30));
        assert_eq!(snapshot.raw(&history[0]).unwrap(), record("one.test", 10).raw);
        assert_eq!(store.reparse(2, &mut better).unwrap().reparsed, 0);
        assert_eq!(store.check().unwrap().damage, []);
    }
}
