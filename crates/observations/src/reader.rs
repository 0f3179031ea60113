//! Reading logs: at opening, and by processes that read what another one writes.
//!
//! A reader takes no lock. It reads the manifest, then the logs that the manifest says are in no segment; where the writer
//! replaced the manifest meanwhile, or removed a file, it begins anew.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use crate::{
    check::{Damage, LOG_MAX},
    disk::{self, Disk},
    error::Error,
    frame, log,
    manifest::{self, Manifest},
    segment::Segment,
    state::{Shelf, State},
    store::{Options, Role, Store, lock},
};

impl Store {
    /// Opens a store that another process may be writing to: to read, without a lock.
    pub fn open_reader(dir: &Path, options: Options) -> Result<Store, Error> {
        let (state, positions) = load_reader(&options.disk, dir, &options.shelf(), &[])?;
        Ok(Store::new(dir, options, state, Role::Reader { positions: Mutex::new(positions) }))
    }

    /// For a reader: takes in everything that was acknowledged since. A writer sees its own always.
    pub fn refresh(&self) -> Result<(), Error> {
        let shared = self.shared();
        let Role::Reader { positions } = &shared.role else { return Ok(()) };
        let mut positions = lock(positions);
        let mut state = lock(&shared.state);
        let unchanged = |state: &State| -> Result<bool, Error> {
            let manifest = Manifest::read(self.disk(), &shared.dir)?;
            Ok(manifest.is_some_and(|manifest| manifest.generation == state.manifest.generation))
        };
        if unchanged(&state)? {
            match tail(self.disk(), &shared.dir, &mut state, &mut positions) {
                Err(Error::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(()) if unchanged(&state)? => return Ok(()),
                Ok(()) => {}
            }
        }
        let shelf = Shelf { cache: state.cache.clone(), suffixes: state.catalog.suffixes.clone() };
        (*state, *positions) = load_reader(self.disk(), &shared.dir, &shelf, &state.segments)?;
        Ok(())
    }
}

/// The logs that are not in segments, in order, whole.
pub(crate) fn live_logs(disk: &Disk, dir: &Path, first: u64) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let names = disk.list(dir).map_err(|error| Error::Io { path: dir.to_path_buf(), error })?;
    let live = names.into_iter().filter(|name| log::number(name).is_some_and(|number| number >= first));
    live.map(|name| {
        let path = dir.join(&name);
        let octets = disk::read_all(disk, &path, LOG_MAX).map_err(|error| Error::Io { path, error })?;
        Ok((name, octets))
    })
    .collect()
}

/// Takes the whole records of a log into the table, and notes the damaged ones.
pub(crate) fn replay(state: &mut State, name: &str, found: &log::Records<'_>) {
    let damage = |offset, what| Damage { file: name.to_owned(), offset, what };
    for record in &found.whole {
        if frame::plain(record).and_then(|batches| state.apply(&batches)).is_none() {
            state.log_damage.push(damage(0, "a record does not parse"));
        }
    }
    state.log_damage.extend(found.damaged.iter().map(|at| damage(*at, "a damaged record with whole ones behind it")));
}

/// How often a reader begins anew when files vanish under it.
const ATTEMPTS: usize = 20;

/// A state and how far each log was read.
type ReaderState = (State, Vec<(u64, u64)>);

/// Manifest, segments and logs as one moment has them; begins anew where the writer replaced them meanwhile.
fn load_reader(disk: &Disk, dir: &Path, shelf: &Shelf, open: &[Arc<Segment>]) -> Result<ReaderState, Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match try_load_reader(disk, dir, shelf, open) {
            Err(Error::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS => {}
            other => return other,
        }
    }
}

fn try_load_reader(disk: &Disk, dir: &Path, shelf: &Shelf, open: &[Arc<Segment>]) -> Result<ReaderState, Error> {
    let Some(manifest) = Manifest::read(disk, dir)? else {
        let what = format!("it has no `{}`", manifest::NAME);
        return Err(Error::Foreign { path: dir.to_path_buf(), what });
    };
    let generation = manifest.generation;
    let mut state = State::load(manifest, disk, dir, shelf, open)?;
    let mut positions = Vec::new();
    tail(disk, dir, &mut state, &mut positions)?;
    // IMPORTANT: logs are listed after the manifest was read; had it been replaced in between, a log that is missing
    // from the list may be in segments that we do not know.
    let again = Manifest::read(disk, dir)?.map(|manifest| manifest.generation);
    if again == Some(generation) {
        return Ok((state, positions));
    }
    let error = io::Error::new(io::ErrorKind::NotFound, "replaced while it was read");
    Err(Error::Io { path: dir.join(manifest::NAME), error })
}

/// Takes in what was appended to the logs.
fn tail(disk: &Disk, dir: &Path, state: &mut State, positions: &mut Vec<(u64, u64)>) -> Result<(), Error> {
    for (name, octets) in live_logs(disk, dir, state.manifest.first_log)? {
        let Some(number) = log::number(&name) else { continue };
        let at = positions.iter().position(|(log, _)| *log == number).unwrap_or_else(|| {
            positions.push((number, 0));
            positions.len() - 1
        });
        let found = log::records(&octets, positions[at].1);
        replay(state, &name, &found);
        positions[at].1 = found.end;
    }
    Ok(())
}
