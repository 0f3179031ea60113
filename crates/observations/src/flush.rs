//! From memory to disk: when the table is written, and how the log is cut at the same moment.

use std::{
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
    thread::JoinHandle,
};

use crate::{
    error::Error,
    freeze::Freezer,
    log,
    segment::Segment,
    state::{Flushing, State},
    store::{Appender, FRESH, Shared, Store, lock},
    table::Table,
    view::View,
    writer::Target,
};

impl Store {
    /// Writes what is in memory as segments and cuts the log.
    pub fn flush(&self) -> Result<(), Error> {
        let shared = self.shared();
        let mut appender = shared.appender()?;
        shared.flush(&mut appender)
    }

    /// Begins to write what is in memory as segments, in a thread beside; waits for the flush before, so that memory
    /// stays bounded.
    pub(crate) fn flush_soon(&self, appender: &mut Appender) -> Result<(), Error> {
        let shared = self.shared();
        if !shared.options.background {
            return shared.flush(appender);
        }
        let Some(flushing) = shared.begin_flush(appender) else { return Ok(()) };
        let shared = shared.clone();
        // A failure poisons the store, which the next append tells.
        *lock(&self.0.flusher) = Some(std::thread::spawn(move || drop(shared.end_flush(flushing))));
        Ok(())
    }

    /// Starts the thread that merges segments, unless one runs; without threads beside it merges here.
    pub(crate) fn merge_when_due(&self) -> Result<(), Error> {
        let shared = self.shared();
        if !shared.options.background {
            return shared.merge_due().map(|_| ());
        }
        let mut thread = lock(&self.0.merger);
        if thread.as_ref().is_none_or(JoinHandle::is_finished) {
            let shared = shared.clone();
            // A failure poisons the store, or is met again by the next merge.
            *thread = Some(std::thread::spawn(move || {
                drop(shared.settled());
                drop(shared.merge_due());
            }));
        }
        Ok(())
    }
}

impl Shared {
    /// Sorts the table into segments in memory, so that it can be read.
    pub(crate) fn freeze(&self, state: &mut State) {
        if state.table.is_empty() {
            return;
        }
        let Some(sequences) = state.sequences else { return };
        let target = |lane| Target { path: None, lane, sequences, level: None };
        // Nothing of it touches the disk but reads of older arrivals, and those need not succeed.
        if let Ok(segments) = self.sorted(&state.table, &state.view(), [target(0), target(1), target(2)]) {
            state.table = Table::default();
            state.segments.extend(segments.into_iter().map(Arc::new));
            self.merge_memory(state);
        }
    }

    /// The same for a batch that is not acknowledged yet, without keeping readers waiting: they see the state before.
    pub(crate) fn publish(&self, mut state: MutexGuard<'_, State>) {
        let Some(sequences) = state.sequences else { return };
        let (table, older) = (std::mem::take(&mut state.table), state.view());
        drop(state);
        let target = |lane| Target { path: None, lane, sequences, level: None };
        let sorted = self.sorted(&table, &older, [target(0), target(1), target(2)]);
        let mut state = lock(&self.state);
        match sorted {
            Ok(segments) => state.segments.extend(segments.into_iter().map(Arc::new)),
            Err(_) => state.table = table, // whoever asks next sorts it
        }
        drop(state);
        self.merge_published();
    }

    fn sorted(&self, table: &Table, older: &View, targets: [Target; 3]) -> Result<Vec<Segment>, Error> {
        Freezer { table, older, disk: &self.options.disk, suffixes: &self.suffixes }.write(targets)
    }

    /// Writes the registrations of a table.
    pub(crate) fn write_registrations(
        &self,
        table: &Table,
        older: &View,
        target: Target,
    ) -> Result<Option<Segment>, Error> {
        Freezer { table, older, disk: &self.options.disk, suffixes: &self.suffixes }.registration_lane(target)
    }

    /// The state once everything acknowledged can be read from it.
    pub(crate) fn readable(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        while state.flushing.as_ref().is_some_and(|flushing| flushing.table.is_some()) {
            state = self.flushed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// The state once no flush is under way.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        while state.flushing.is_some() {
            state = self.flushed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// Writes memory as segments, makes the manifest name them and cuts the log: all at once, by the manifest.
    pub(crate) fn flush(&self, appender: &mut Appender) -> Result<(), Error> {
        match self.begin_flush(appender) {
            Some(flushing) => self.end_flush(flushing),
            None if self.poisoned.load(Ordering::Relaxed) => Err(Error::Poisoned),
            None => Ok(()),
        }
    }

    /// Takes what is in memory, so that appending can go on in a new table and a new log. Waits for the flush before.
    fn begin_flush(&self, appender: &mut Appender) -> Option<Flushing> {
        let mut state = self.settled();
        if self.poisoned.load(Ordering::Relaxed) {
            return None;
        }
        let sequences = state.sequences?;
        if state.segments.iter().any(|segment| segment.in_memory()) {
            self.freeze(&mut state);
            if !state.table.is_empty() {
                return None; // it could not be sorted, so it stays, and the log with it
            }
        }
        let memory: Vec<_> = state.segments.iter().filter(|segment| segment.in_memory()).cloned().collect();
        let table = memory.is_empty().then(|| Arc::new(std::mem::take(&mut state.table)));
        let flushing = Flushing { table, memory, sequences, next_log: appender.next_log };
        state.sequences = None;
        state.flushing = Some(flushing.clone());
        appender.log = None;
        appender.octets = 0;
        Some(flushing)
    }

    fn end_flush(&self, flushing: Flushing) -> Result<(), Error> {
        let ending = Ending(self);
        let written = self.writing(self.write_memory(&flushing));
        let mut state = lock(&self.state);
        let ended = written.and_then(|segments| self.install(&mut state, &flushing, segments));
        if let (Err(_), Some(table)) = (&ended, &flushing.table) {
            // Nothing more is written, but what was acknowledged can still be read.
            let target = |lane| Target { path: None, lane, sequences: flushing.sequences, level: None };
            if let Ok(segments) = self.sorted(table, &state.view(), [target(0), target(1), target(2)]) {
                state.segments.extend(segments.into_iter().map(Arc::new));
            }
        }
        drop(state);
        drop(ending);
        if ended.is_ok() {
            self.remove_logs(flushing.next_log);
        }
        ended
    }

    /// Puts the segments in force in place of the memory that they were written from.
    fn install(&self, state: &mut State, flushing: &Flushing, segments: Vec<Arc<Segment>>) -> Result<(), Error> {
        let names: Vec<String> = segments.iter().map(|segment| segment.name.clone()).collect();
        let newest = state.newest_arrival;
        self.commit(state, |manifest| {
            manifest.segments.extend(names);
            manifest.newest_arrival = manifest.newest_arrival.max(newest);
            manifest.sequence = flushing.sequences.1;
            manifest.first_log = flushing.next_log;
        })?;
        let octets = segments.iter().map(|segment| segment.length).sum();
        self.flushed_octets.fetch_add(octets, Ordering::Relaxed);
        state.segments.retain(|segment| !flushing.memory.iter().any(|memory| Arc::ptr_eq(memory, segment)));
        state.segments.extend(segments);
        state.forget_batches();
        state.log_damage.clear();
        Ok(())
    }

    /// The segments on disk that hold what is in memory; their directory entries are durable.
    fn write_memory(&self, flushing: &Flushing) -> Result<Vec<Arc<Segment>>, Error> {
        let (older, paths) = {
            let mut state = lock(&self.state);
            (state.view(), [0, 1, 2].map(|_| self.new_file(&mut state)))
        };
        let segments = match &flushing.table {
            Some(table) => {
                let mut lane = 0..;
                let targets = paths.map(|path| Target {
                    path: Some(path),
                    lane: lane.next().unwrap_or(0),
                    sequences: flushing.sequences,
                    level: Some(FRESH),
                });
                self.sorted(table, &older, targets)?.into_iter().map(Arc::new).collect()
            }
            None => self.flush_frozen(&older.catalog, &flushing.memory, paths)?,
        };
        let path = self.dir.clone();
        self.options.disk.sync_dir(&self.dir).map_err(|error| Error::Io { path, error })?;
        Ok(segments)
    }

    /// Logs whose content is in segments; what stays behind is removed at the next opening.
    fn remove_logs(&self, first: u64) {
        let disk = &self.options.disk;
        for name in disk.list(&self.dir).unwrap_or_default() {
            if log::number(&name).is_some_and(|number| number < first) {
                let _ = disk.remove(&self.dir.join(name));
            }
        }
    }
}

/// Ends a flush whatever becomes of it, so that nobody waits for ever.
struct Ending<'a>(&'a Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poisoned.store(true, Ordering::Relaxed);
        }
        lock(&self.0.state).flushing = None;
        self.0.flushed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, thread};

    use model::{Counting, Exposure, Observation, Rdata, RecordType, Source, SourceId, SourceKind, Span, Time, Tuple};

    use super::*;
    use crate::{Batch, Options, Query, Subject};

    fn observation(host: usize) -> Observation {
        let rrname = format!("host{host}.example.test").parse().unwrap();
        let rdata = Rdata::from_canonical(&[192, 0, 2, (host % 250) as u8]);
        let tuple = Tuple { rrname, rrtype: RecordType::A, bailiwick: None, rdata };
        Observation { tuple, span: Span::at(Time(host as i64)), count: 1 }
    }

    /// Appending, flushing and merging in threads beside, with readers all the time: nothing is lost, nothing is
    /// counted twice, and no snapshot sees less than one before it.
    #[test]
    fn nothing_is_lost_or_counted_twice_beside_flushes_and_merges() {
        const ROUNDS: usize = 60;
        let dir = tempfile::tempdir().unwrap();
        let options = || Options { log_bytes: 20_000, ..Options::default() };
        let store = Store::open(dir.path(), options()).unwrap();
        let source = store.add_source(source()).unwrap().id;
        thread::scope(|scope| {
            for writer in 0..2 {
                let store = store.clone();
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let observations = (0..50).map(|n| observation(writer * 1000 + (round + n) % 300)).collect();
                        store.append(batch(source, observations)).unwrap();
                    }
                });
            }
            let mut before = 0;
            for _ in 0..40 {
                let sum = counts(&store).values().sum();
                assert!(sum >= before);
                before = sum;
            }
        });
        assert_eq!(counts(&store).values().sum::<u64>(), 2 * 50 * ROUNDS as u64);
        store.compact(true).unwrap();
        drop(store);
        let store = Store::open(dir.path(), options()).unwrap();
        assert_eq!(counts(&store).values().sum::<u64>(), 2 * 50 * ROUNDS as u64);
        assert_eq!(store.check().unwrap().damage, []);
    }

    fn counts(store: &Store) -> HashMap<Tuple, u64> {
        let query = Query::new(Subject::Within("example.test".parse().unwrap()), model::Readable::All, usize::MAX >> 1);
        let page = store.snapshot().dns(&query).unwrap();
        page.rows.into_iter().map(|record| (record.tuple, record.sightings[0].1.count)).collect()
    }

    fn batch(source: SourceId, observations: Vec<Observation>) -> Batch {
        Batch {
            id: None,
            source,
            arrived: Time(0),
            observations,
            registrations: Vec::new(),
            networks: Vec::new(),
            parser: 0,
        }
    }

    fn source() -> Source {
        Source {
            id: SourceId(0),
            name: "sensor".into(),
            kind: SourceKind::Sensor,
            counting: Counting::Stream,
            exposure: Exposure::Nobody,
            population: true,
            licence: None,
            retention_days: None,
        }
    }
}
