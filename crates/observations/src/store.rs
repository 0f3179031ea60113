//! The store's handle: opening, appending, flushing, and the order in which these become durable.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use model::{Source, SourceId, SuffixList, time::DAY};

use crate::{
    batch::{Appended, Batch},
    cache::Cache,
    disk::{self, Disk, Guard, RealDisk},
    error::Error,
    log::{self, LogWriter},
    manifest::Manifest,
    reader::{live_logs, replay},
    record,
    snapshot::Snapshot,
    state::{Shelf, State},
};

/// The most octets of what is appended at once, encoded.
const RECORD_MAX: usize = 1 << 30;
/// In front of the name of a log in which a record is damaged, once all others are in segments.
pub(crate) const DAMAGED: &str = "damaged-";
/// How much segments are compressed that come from memory: they are merged soon, and read in many at once till then.
pub(crate) const FRESH: i32 = -3;
/// How much segments are compressed that were merged from little.
pub(crate) const MERGED: i32 = 1;
/// How much large merged segments are compressed.
pub(crate) const YOUNG: i32 = 3;
/// The most memory before rows are written: places in the memory table are 32 bits wide.
const MEMORY_MAX: usize = 2 << 30;
/// After so many octets that nobody asked about, batches are gathered in the memory table and not sorted one by one.
const UNREAD_MAX: u64 = 64 << 20;
/// The name of the lock file.
const LOCK: &str = "lock";

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much memory rows take before they are written as segments.
    pub memory_bytes: usize,
    /// How long the log grows before it is replaced by segments.
    pub log_bytes: u64,
    /// Seconds without a sighting after which a new spell begins; fixed when the store is created.
    pub gap_seconds: i64,
    /// How much memory decompressed blocks take.
    pub block_cache_bytes: usize,
    /// How much memory indexes and filters of segments take.
    pub index_cache_bytes: usize,
    /// Whether segments are merged in a thread beside; otherwise at the end of the append that made it due.
    pub background: bool,
    /// By which list registrable domains are cut.
    pub suffixes: Arc<SuffixList>,
    /// The file system.
    pub disk: Disk,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            memory_bytes: 256 << 20,
            log_bytes: 64 << 20,
            gap_seconds: 7 * DAY,
            block_cache_bytes: 128 << 20,
            index_cache_bytes: 128 << 20,
            background: true,
            suffixes: SuffixList::bundled(),
            disk: Arc::new(RealDisk),
        }
    }
}

impl Options {
    pub(crate) fn shelf(&self) -> Shelf {
        Shelf {
            cache: Arc::new(Cache::new(self.block_cache_bytes, self.index_cache_bytes)),
            suffixes: self.suffixes.clone(),
        }
    }
}

/// A cheap handle to an open store. The lock on its directory goes with the last one.
#[derive(Clone, Debug)]
pub struct Store(pub(crate) Arc<Handle>);

/// Waits for the threads beside when the last handle goes: a flush to its end, a merge until it stops.
#[derive(Debug)]
pub(crate) struct Handle {
    shared: Arc<Shared>,
    pub(crate) merger: Mutex<Option<JoinHandle<()>>>,
    pub(crate) flusher: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in [&mut self.flusher, &mut self.merger] {
            if let Some(thread) = thread.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = thread.join();
            }
        }
    }
}

/// What all handles and the thread beside share.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) options: Options,
    pub(crate) suffixes: Arc<SuffixList>,
    pub(crate) state: Mutex<State>,
    pub(crate) role: Role,
    /// A write failed: nothing more is written.
    pub(crate) poisoned: AtomicBool,
    pub(crate) stop: AtomicBool,
    /// A flush ended.
    pub(crate) flushed: Condvar,
    /// Held while segments are merged, so that no two merges take the same inputs.
    pub(crate) merging: Mutex<()>,
    /// Octets of segments written since the store was opened, from memory and by merging.
    pub(crate) flushed_octets: AtomicU64,
    pub(crate) merged_octets: AtomicU64,
    /// Octets appended since somebody took a snapshot.
    unread: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// What this process may do.
pub(crate) enum Role {
    /// Append; the lock is held as long as this is.
    Writer { appender: Mutex<Appender>, _lock: Guard },
    /// Read what another process writes; how far each log was read.
    Reader { positions: Mutex<Vec<(u64, u64)>> },
}

/// The end of the log.
#[derive(Debug)]
pub(crate) struct Appender {
    pub(crate) log: Option<LogWriter>,
    pub(crate) next_log: u64,
    next_sequence: u64,
    /// Octets in all logs that are not in segments.
    pub(crate) octets: u64,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere must not make the store unusable: every change is made whole under the lock or not at all.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens a store to write to it, creating it where there is none. One process at a time can.
    pub fn open(dir: &Path, options: Options) -> Result<Store, Error> {
        let disk = options.disk.clone();
        let io = |error| Error::Io { path: dir.to_path_buf(), error };
        disk.create_dir(dir).map_err(io)?;
        let owner = format!("process {}", std::process::id());
        let Some(guard) = disk.lock(&dir.join(LOCK), &owner).map_err(io)? else {
            let by = disk::read_all(&disk, &dir.join(LOCK), 4096).unwrap_or_default();
            // Taken a moment ago, it has no name in it yet.
            let by = if by.is_empty() { "another process".into() } else { String::from_utf8_lossy(&by).into_owned() };
            return Err(Error::Locked { path: dir.to_path_buf(), by });
        };
        let manifest = match Manifest::read(&disk, dir)? {
            Some(manifest) => manifest,
            None => create(&disk, dir, options.gap_seconds)?,
        };
        let first_log = manifest.first_log;
        let mut state = State::load(manifest, &disk, dir, &options.shelf(), &[])?;
        let mut appender = Appender { log: None, next_log: first_log, next_sequence: 0, octets: 0 };
        for (name, octets) in live_logs(&disk, dir, first_log)? {
            appender.next_log = appender.next_log.max(log::number(&name).unwrap_or(0) + 1);
            replay(&mut state, &name, &log::records(&octets, 0));
        }
        appender.next_sequence = state.last_sequence + 1;
        // The entry of a file whose directory could not be synced may never become durable: no name is used twice.
        let names = disk.list(dir).map_err(io)?;
        let used = names.iter().filter_map(|name| name.strip_prefix("seg-")?.parse::<u64>().ok()).max();
        state.manifest.next_file = state.manifest.next_file.max(used.unwrap_or(0) + 1);
        let role = Role::Writer { appender: Mutex::new(appender), _lock: guard };
        let store = Store::new(dir, options, state, role);
        store.settle()?;
        Ok(store)
    }

    /// Makes durable anew whatever was found, before anything is acknowledged on top of it: after a failed sync the
    /// file system may show what is not on the disk. Then removes what crashes left behind.
    fn settle(&self) -> Result<(), Error> {
        let shared = self.shared();
        let mut appender = shared.appender()?;
        let damaged: Vec<String> =
            self.with_state(|state| state.log_damage.iter().map(|damage| damage.file.clone()).collect());
        for name in damaged {
            // Kept for whoever wants to look into it; `check` reports it.
            let (from, to) = (shared.dir.join(&name), shared.dir.join(format!("{DAMAGED}{name}")));
            match self.disk().rename(&from, &to) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::Io { path: from, error });
                }
                _ => {}
            }
        }
        shared.flush(&mut appender)?;
        let mut state = lock(&shared.state);
        shared.commit(&mut state, |_| {})?;
        sweep(self.disk(), &shared.dir, &state)
    }

    pub(crate) fn new(dir: &Path, options: Options, state: State, role: Role) -> Store {
        let shared = Shared {
            dir: dir.to_path_buf(),
            suffixes: options.suffixes.clone(),
            options,
            state: Mutex::new(state),
            role,
            poisoned: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            flushed: Condvar::new(),
            merging: Mutex::new(()),
            flushed_octets: AtomicU64::new(0),
            merged_octets: AtomicU64::new(0),
            unread: AtomicU64::new(UNREAD_MAX),
        };
        Store(Arc::new(Handle { shared: Arc::new(shared), merger: Mutex::new(None), flusher: Mutex::new(None) }))
    }

    /// Where the store is.
    pub fn dir(&self) -> &Path {
        &self.shared().dir
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.shared().options.disk
    }

    pub(crate) fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.shared().state))
    }

    /// The sources, in order of their numbers.
    pub fn sources(&self) -> Vec<Source> {
        self.with_state(|state| state.manifest.sources.clone())
    }

    /// A source by its name.
    pub fn source(&self, name: &str) -> Option<Source> {
        self.with_state(|state| state.manifest.sources.iter().find(|source| source.name == name).cloned())
    }

    /// Adds a source under a new number; durable at return.
    pub fn add_source(&self, source: Source) -> Result<Source, Error> {
        let shared = self.shared();
        let _appender = shared.appender()?;
        let mut state = lock(&shared.state);
        if !model::source::is_source_name(&source.name) {
            return Err(Error::Invalid(format!(
                "`{}` is no name for a source: lower-case letters, digits, `-`, `_` and `.`, at most 64",
                source.name.escape_debug()
            )));
        }
        if state.manifest.sources.iter().any(|known| known.name == source.name) {
            return Err(Error::Invalid(format!("there is a source `{}` already", source.name)));
        }
        let number = state.manifest.sources.len() as u32 + 1;
        let source = Source { id: SourceId(number), ..source };
        shared.commit(&mut state, |manifest| manifest.sources.push(source.clone()))?;
        Ok(source)
    }

    /// Appends a batch; durable at return.
    pub fn append(&self, batch: Batch) -> Result<Appended, Error> {
        Ok(self.append_all(vec![batch])?.pop().unwrap_or(Appended::Known))
    }

    /// Appends batches that become durable together, with one fsync.
    pub fn append_all(&self, batches: Vec<Batch>) -> Result<Vec<Appended>, Error> {
        let shared = self.shared();
        let mut appender = shared.appender()?;
        let (fates, record) = self.encode(&mut appender, &batches)?;
        if !record.is_empty() {
            shared.log(&mut appender, &record)?;
        }
        if appender.octets >= shared.options.log_bytes
            || self.with_state(State::memory) >= shared.options.memory_bytes.min(MEMORY_MAX)
        {
            self.flush_soon(&mut appender)?;
            drop(appender);
            self.merge_when_due()?;
        }
        Ok(fates)
    }

    /// What becomes of each batch, and the record of those that are new.
    fn encode(&self, appender: &mut Appender, batches: &[Batch]) -> Result<(Vec<Appended>, Vec<u8>), Error> {
        let mut record = Vec::new();
        let mut fates = Vec::with_capacity(batches.len());
        let mut sequence = appender.next_sequence;
        for (at, batch) in batches.iter().enumerate() {
            let known = self.with_state(|state| {
                if state.catalog.source(batch.source).is_none() {
                    return Err(Error::Invalid(format!("there is no source with number {}", batch.source)));
                }
                Ok(batch.id.is_some_and(|id| state.batches.contains_key(&id)))
            })?;
            let repeated = batch.id.is_some() && batches[..at].iter().any(|before| before.id == batch.id);
            if known || repeated {
                fates.push(Appended::Known);
                continue;
            }
            record::put_batch(&mut record, batch, sequence)?;
            sequence += 1;
            fates.push(Appended::Stored);
        }
        if record.len() > RECORD_MAX {
            return Err(Error::Invalid(format!("more than {RECORD_MAX} octets at once: append smaller batches")));
        }
        appender.next_sequence = sequence;
        Ok((fates, record))
    }

    /// What the store holds at this moment: everything acknowledged, and nothing that comes later.
    pub fn snapshot(&self) -> Snapshot {
        let shared = self.shared();
        shared.unread.store(0, Ordering::Relaxed);
        let mut state = shared.readable();
        shared.freeze(&mut state);
        Snapshot { view: state.view(), lost: state.lost.len() }
    }
}

impl Shared {
    /// The end of the log, for the one who may write.
    pub(crate) fn appender(&self) -> Result<MutexGuard<'_, Appender>, Error> {
        let Role::Writer { appender, .. } = &self.role else { return Err(Error::ReadOnly) };
        let appender = lock(appender);
        // IMPORTANT: looked at after the lock is taken, or a failure in between would go unseen.
        if self.poisoned.load(Ordering::Relaxed) { Err(Error::Poisoned) } else { Ok(appender) }
    }

    /// Runs a step of writing; after a failure nothing more is written.
    pub(crate) fn writing<T>(&self, step: Result<T, Error>) -> Result<T, Error> {
        if step.is_err() {
            self.poisoned.store(true, Ordering::Relaxed);
        }
        step
    }

    fn log(&self, appender: &mut Appender, record: &[u8]) -> Result<(), Error> {
        self.writing(self.append_record(appender, record))?;
        let is_read = self.unread.fetch_add(record.len() as u64, Ordering::Relaxed) < UNREAD_MAX;
        let mut state = lock(&self.state);
        let is_first = state.table.is_empty();
        let applied = state.apply(record);
        applied.ok_or_else(|| Error::Invalid("a batch that was just encoded does not parse".into()))?;
        if is_read && is_first && self.options.background {
            self.publish(state);
        }
        Ok(())
    }

    fn append_record(&self, appender: &mut Appender, record: &[u8]) -> Result<(), Error> {
        let io = |error| Error::Io { path: self.dir.join(log::name(appender.next_log)), error };
        if appender.log.is_none() {
            appender.log = Some(LogWriter::create(&self.options.disk, &self.dir, appender.next_log).map_err(io)?);
            appender.next_log += 1;
        }
        let Some(log) = &mut appender.log else { return Ok(()) };
        let path = log.path.clone();
        appender.octets += log.append(record).map_err(|error| Error::Io { path, error })?;
        Ok(())
    }

    /// Writes a changed manifest and puts it in force.
    pub(crate) fn commit(&self, state: &mut State, change: impl FnOnce(&mut Manifest)) -> Result<(), Error> {
        let mut manifest = state.manifest.clone();
        change(&mut manifest);
        manifest.generation += 1;
        self.writing(manifest.write(&self.options.disk, &self.dir))?;
        state.adopt(manifest);
        Ok(())
    }

    pub(crate) fn new_file(&self, state: &mut State) -> PathBuf {
        let number = state.manifest.next_file;
        state.manifest.next_file += 1;
        self.dir.join(format!("seg-{number:08}"))
    }
}

/// Makes a new store in a directory that holds nothing else.
fn create(disk: &Disk, dir: &Path, gap: i64) -> Result<Manifest, Error> {
    let names = disk.list(dir).map_err(|error| Error::Io { path: dir.to_path_buf(), error })?;
    if let Some(other) = names.iter().find(|name| !matches!(name.as_str(), LOCK | "manifest.new")) {
        return Err(Error::Foreign { path: dir.to_path_buf(), what: format!("it has no manifest but `{other}`") });
    }
    let manifest = Manifest { gap, newest_arrival: i64::MIN, next_file: 1, first_log: 1, ..Manifest::default() };
    manifest.write(disk, dir)?;
    Ok(manifest)
}

/// Removes files that no manifest names: what a crash left behind.
fn sweep(disk: &Disk, dir: &Path, state: &State) -> Result<(), Error> {
    let io = |error| Error::Io { path: dir.to_path_buf(), error };
    for name in disk.list(dir).map_err(io)? {
        let stale = match log::number(&name) {
            Some(number) => number < state.manifest.first_log,
            None => {
                let replaced = name.ends_with(".new");
                replaced || name.starts_with("seg-") && !state.manifest.segments.contains(&name)
            }
        };
        if stale {
            disk.remove(&dir.join(name)).map_err(io)?;
        }
    }
    Ok(())
}
