//! A file system in memory that fails on purpose.
//!
//! It keeps, for each file and for the directory, what programs see and what would be there after a loss of power.
//! Between the two stand the changes that nobody synced. [`FaultDisk::fail_at`] makes the n-th changing operation
//! fail; [`FaultDisk::reboot`] decides the fate of the unsynced changes, and the store can be opened again.
//!
//! It is as harsh as POSIX allows: a file and its directory entry become durable apart, sectors of one write may
//! arrive in any order or not at all, and after a failed sync the changes are gone for good though a later sync says
//! otherwise (P. Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Disk, File, FileSystem, Guard};

const SECTOR: usize = 512;

/// What happens at an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power fails just before it: it and everything after it fail until the next reboot.
    PowerLoss,
    /// A write (the next one from there on) stops half-way.
    ShortWrite,
    /// From there on nothing can be created or written until [`FaultDisk::heal`].
    NoSpace,
    /// A sync of a file or directory (the next one from there on) fails, and what it should have kept is lost.
    FailedSync,
}

/// What becomes of changes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// All are lost.
    Lost,
    /// All arrived.
    Kept,
    /// Of each file the first ones arrived, the last of them in part.
    Torn,
    /// Sectors and directory entries arrived or not as chance has it; where one did not, there are zeros or rubbish.
    Reordered,
}

impl Unsynced {
    /// All of them.
    pub const ALL: [Unsynced; 4] = [Unsynced::Lost, Unsynced::Kept, Unsynced::Torn, Unsynced::Reordered];
}

/// A file system in memory; clones share it.
#[derive(Clone, Debug)]
pub struct FaultDisk(Arc<Mutex<State>>);

#[derive(Clone, Debug)]
struct State {
    inodes: Vec<Inode>,
    seen: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    unsynced: Vec<EntryChange>,
    locked: BTreeSet<PathBuf>,
    /// Counts reboots: what was opened before one is of no use after it.
    boot: u64,
    operations: u64,
    planned: Option<(u64, Fault)>,
    powerless: bool,
    full: bool,
    chance: u64,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Truncate,
    Append(Vec<u8>),
}

#[derive(Clone, Debug)]
enum EntryChange {
    Put(PathBuf, usize),
    Move(PathBuf, PathBuf, usize),
    Remove(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Create,
    Write,
    Sync,
    Entry,
}

impl FaultDisk {
    /// An empty file system; `seed` decides what chance decides.
    pub fn new(seed: u64) -> FaultDisk {
        FaultDisk(Arc::new(Mutex::new(State {
            inodes: Vec::new(),
            seen: BTreeMap::new(),
            durable: BTreeMap::new(),
            unsynced: Vec::new(),
            locked: BTreeSet::new(),
            boot: 0,
            operations: 0,
            planned: None,
            powerless: false,
            full: false,
            chance: seed | 1,
        })))
    }

    /// It as a [`Disk`].
    pub fn disk(&self) -> Disk {
        Arc::new(self.clone())
    }

    /// How many changing operations (create, write, sync, rename, remove) there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Plans a fault for the operation of this number, counted from 0 as [`FaultDisk::operations`] does.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        self.state().planned = Some((operation, fault));
    }

    /// Whether the planned fault has happened.
    pub fn has_failed(&self) -> bool {
        self.state().planned.is_none()
    }

    /// Forgets what was planned and makes space again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.planned = None;
        state.full = false;
    }

    /// Starts the machine again: locks and open files are gone, unsynced changes meet this fate.
    pub fn reboot(&self, unsynced: Unsynced) {
        let mut state = self.state();
        state.settle_files(unsynced);
        state.settle_entries(unsynced);
        state.seen = state.durable.clone();
        state.locked.clear();
        state.boot += 1;
        state.planned = None;
        (state.powerless, state.full) = (false, false);
    }

    /// Turns one bit of a file, as a failing medium does; false where there is no such octet.
    pub fn flip(&self, path: &Path, offset: u64, bit: u8) -> bool {
        let mut state = self.state();
        let Some(&inode) = state.seen.get(path) else { return false };
        let Inode { seen, durable, .. } = &mut state.inodes[inode];
        let flipped = seen.get_mut(offset as usize).map(|octet| *octet ^= 1 << (bit % 8)).is_some();
        if let Some(octet) = durable.get_mut(offset as usize) {
            *octet ^= 1 << (bit % 8);
        }
        flipped
    }

    /// Another disk that holds the same as this one now; what happens to one does not happen to the other.
    pub fn fork(&self) -> FaultDisk {
        let mut state = self.state().clone();
        state.locked.clear();
        FaultDisk(Arc::new(Mutex::new(state)))
    }

    /// Every file with its length, in order.
    pub fn files(&self) -> Vec<(PathBuf, u64)> {
        let state = self.state();
        state.seen.iter().map(|(path, inode)| (path.clone(), state.inodes[*inode].seen.len() as u64)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, inode: usize, boot: u64) -> Box<dyn File> {
        Box::new(FaultFile { disk: self.clone(), inode, boot })
    }
}

impl State {
    /// Counts a changing operation and says how it fails, if it does.
    fn begin(&mut self, operation: Operation) -> io::Result<Option<Fault>> {
        if self.powerless {
            return Err(io::Error::other("no power"));
        }
        let number = self.operations;
        self.operations += 1;
        let due = self.planned.filter(|(at, fault)| number >= *at && fault.concerns(operation));
        if due.is_some() {
            self.planned = None;
        }
        match due.map(|(_, fault)| fault) {
            Some(Fault::PowerLoss) => {
                self.powerless = true;
                Err(io::Error::other("no power"))
            }
            Some(Fault::NoSpace) => {
                self.full = true;
                Err(io::ErrorKind::StorageFull.into())
            }
            _ if self.full && matches!(operation, Operation::Create | Operation::Write) => {
                Err(io::ErrorKind::StorageFull.into())
            }
            other => Ok(other),
        }
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        if self.powerless {
            return Err(io::Error::other("no power"));
        }
        self.seen.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change_entry(&mut self, change: EntryChange) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    fn chance(&mut self) -> u64 {
        // xorshift64 (Marsaglia 2003)
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance >> 8
    }

    fn settle_files(&mut self, fate: Unsynced) {
        for at in 0..self.inodes.len() {
            let changes = std::mem::take(&mut self.inodes[at].unsynced);
            let kept = match fate {
                Unsynced::Lost => 0,
                Unsynced::Kept | Unsynced::Reordered => changes.len(),
                Unsynced::Torn => self.chance() as usize % (changes.len() + 1),
            };
            for (index, change) in changes.iter().take(kept).enumerate() {
                let arrived = match (fate, change) {
                    (Unsynced::Torn, Change::Append(octets)) if index + 1 == kept => {
                        Some(Change::Append(octets[..self.chance() as usize % (octets.len() + 1)].to_vec()))
                    }
                    (Unsynced::Reordered, change) => self.scatter(change),
                    _ => Some(change.clone()),
                };
                if let Some(change) = arrived {
                    change.apply(&mut self.inodes[at].durable);
                }
            }
            self.inodes[at].seen = self.inodes[at].durable.clone();
        }
    }

    /// A change of which some sectors never arrived: they read as zeros, or as whatever was there.
    fn scatter(&mut self, change: &Change) -> Option<Change> {
        let Change::Append(octets) = change else { return Some(change.clone()) };
        let mut octets = octets.clone();
        for sector in octets.chunks_mut(SECTOR) {
            match self.chance() % 4 {
                0 => sector.fill(0),
                1 => sector.fill_with(|| self.chance() as u8),
                _ => {}
            }
        }
        Some(Change::Append(octets))
    }

    fn settle_entries(&mut self, fate: Unsynced) {
        let changes = std::mem::take(&mut self.unsynced);
        let first = self.chance() as usize % (changes.len() + 1);
        for (index, change) in changes.iter().enumerate() {
            let arrived = match fate {
                Unsynced::Lost => false,
                Unsynced::Kept => true,
                Unsynced::Torn => index < first,
                Unsynced::Reordered => self.chance().is_multiple_of(2),
            };
            if arrived {
                change.apply(&mut self.durable);
            }
        }
    }
}

impl Fault {
    fn concerns(self, operation: Operation) -> bool {
        match self {
            Fault::PowerLoss => true,
            Fault::ShortWrite => operation == Operation::Write,
            Fault::NoSpace => matches!(operation, Operation::Create | Operation::Write),
            Fault::FailedSync => operation == Operation::Sync,
        }
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Truncate => content.clear(),
            Change::Append(octets) => content.extend(octets),
        }
    }
}

impl EntryChange {
    fn apply(&self, entries: &mut BTreeMap<PathBuf, usize>) {
        match self {
            EntryChange::Put(path, inode) => {
                entries.insert(path.clone(), *inode);
            }
            EntryChange::Move(from, to, inode) => {
                entries.remove(from);
                entries.insert(to.clone(), *inode);
            }
            EntryChange::Remove(path) => {
                entries.remove(path);
            }
        }
    }
}

impl FileSystem for FaultDisk {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(()) // directories are not modelled: every one is there
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut state = self.state();
        state.begin(Operation::Create)?;
        let inode = match state.seen.get(path) {
            Some(&inode) => {
                state.inodes[inode].change(Change::Truncate);
                inode
            }
            None => {
                state.inodes.push(Inode::default());
                let inode = state.inodes.len() - 1;
                state.change_entry(EntryChange::Put(path.to_path_buf(), inode));
                inode
            }
        };
        Ok(self.handle(inode, state.boot))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let state = self.state();
        let inode = state.find(path)?;
        Ok(self.handle(inode, state.boot))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Entry)?;
        let inode = state.find(from)?;
        state.change_entry(EntryChange::Move(from.to_path_buf(), to.to_path_buf(), inode));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Operation::Entry)?;
        state.find(path)?;
        state.change_entry(EntryChange::Remove(path.to_path_buf()));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.seen.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let fault = state.begin(Operation::Sync)?;
        let changes = std::mem::take(&mut state.unsynced);
        let (synced, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.is_in(dir));
        state.unsynced = others;
        if fault.is_some() {
            return Err(io::Error::other("sync failed"));
        }
        synced.iter().for_each(|change| change.apply(&mut state.durable));
        Ok(())
    }

    fn lock(&self, path: &Path, _: &str) -> io::Result<Option<Guard>> {
        let mut state = self.state();
        if state.powerless {
            return Err(io::Error::other("no power"));
        }
        let taken = state.locked.insert(path.to_path_buf());
        let lock = Lock { disk: self.clone(), path: path.to_path_buf(), boot: state.boot };
        drop(state);
        if taken {
            return Ok(Some(Box::new(lock)));
        }
        std::mem::forget(lock); // it is another's: dropping ours must not release it
        Ok(None)
    }
}

impl EntryChange {
    fn is_in(&self, dir: &Path) -> bool {
        let (EntryChange::Put(path, _) | EntryChange::Move(_, path, _) | EntryChange::Remove(path)) = self;
        path.parent() == Some(dir)
    }
}

impl Inode {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }
}

#[derive(Debug)]
struct Lock {
    disk: FaultDisk,
    path: PathBuf,
    boot: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.boot == self.boot {
            state.locked.remove(&self.path);
        }
    }
}

#[derive(Debug)]
struct FaultFile {
    disk: FaultDisk,
    inode: usize,
    boot: u64,
}

impl FaultFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.boot != self.boot || state.powerless { Err(io::Error::other("no power")) } else { Ok(state) }
    }
}

impl File for FaultFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.state()?;
        let content = &state.inodes[self.inode].seen;
        let rest = content.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let mut state = self.state()?;
        let short = state.begin(Operation::Write)?.is_some();
        let written = if short { &octets[..octets.len() / 2] } else { octets };
        state.inodes[self.inode].change(Change::Append(written.to_vec()));
        if short { Err(io::ErrorKind::WriteZero.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.state()?;
        let fault = state.begin(Operation::Sync)?;
        let inode = &mut state.inodes[self.inode];
        let changes = std::mem::take(&mut inode.unsynced);
        if fault.is_some() {
            // The pages count as clean now: seen until the power goes, never written.
            return Err(io::Error::other("sync failed"));
        }
        changes.iter().for_each(|change| change.apply(&mut inode.durable));
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.state()?.inodes[self.inode].seen.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(disk: &FaultDisk, name: &str, octets: &[u8]) -> Box<dyn File> {
        let mut file = disk.create(Path::new(name)).unwrap();
        file.write(octets).unwrap();
        file
    }

    fn read(disk: &FaultDisk, name: &str) -> Option<Vec<u8>> {
        super::super::read_all(&disk.disk(), Path::new(name), 1 << 20).ok()
    }

    #[test]
    fn only_what_was_synced_survives() {
        let disk = FaultDisk::new(1);
        written(&disk, "/d/entry", b"x").sync().unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        written(&disk, "/d/content", b"y").sync().unwrap();
        let mut longer = written(&disk, "/d/longer", b"ab");
        longer.sync().unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        longer.write(b"cd").unwrap();
        disk.rename(Path::new("/d/entry"), Path::new("/d/moved")).unwrap();
        disk.reboot(Unsynced::Lost);
        assert_eq!(read(&disk, "/d/longer"), Some(b"ab".to_vec()));
        assert_eq!(read(&disk, "/d/entry"), Some(b"x".to_vec()));
        assert_eq!(read(&disk, "/d/moved"), None);
        assert!(longer.write(b"late").is_err());
    }

    #[test]
    fn faults_come_at_their_operation() {
        let disk = FaultDisk::new(1);
        disk.fail_at(1, Fault::ShortWrite);
        let mut file = disk.create(Path::new("/d/f")).unwrap();
        assert!(file.write(b"abcd").is_err() && disk.has_failed());
        assert_eq!(read(&disk, "/d/f"), Some(b"ab".to_vec()));
        disk.fail_at(disk.operations(), Fault::NoSpace);
        assert_eq!(file.write(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(disk.create(Path::new("/d/g")).is_err());
        disk.heal();
        file.write(b"x").unwrap();
        disk.fail_at(disk.operations(), Fault::PowerLoss);
        assert!(file.sync().is_err() && file.write(b"y").is_err() && disk.open(Path::new("/d/f")).is_err());
    }

    #[test]
    fn a_failed_sync_loses_for_good() {
        let disk = FaultDisk::new(1);
        let mut file = written(&disk, "/d/f", b"gone");
        disk.sync_dir(Path::new("/d")).unwrap();
        disk.fail_at(0, Fault::FailedSync);
        assert!(file.sync().is_err());
        file.sync().unwrap();
        assert_eq!(read(&disk, "/d/f"), Some(b"gone".to_vec()));
        disk.reboot(Unsynced::Kept);
        assert_eq!(read(&disk, "/d/f"), Some(Vec::new()));
    }

    #[test]
    fn locks_are_held_until_dropped_or_rebooted() {
        let disk = FaultDisk::new(1);
        let path = Path::new("/d/lock");
        let guard = disk.lock(path, "me").unwrap();
        assert!(guard.is_some() && disk.lock(path, "you").unwrap().is_none());
        assert!(disk.lock(path, "you").unwrap().is_none());
        drop(guard);
        let stale = disk.lock(path, "me").unwrap();
        disk.reboot(Unsynced::Lost);
        let fresh = disk.lock(path, "me").unwrap();
        drop(stale);
        assert!(fresh.is_some() && disk.lock(path, "you").unwrap().is_none());
    }

    #[test]
    fn bits_flip_in_place() {
        let disk = FaultDisk::new(1);
        written(&disk, "/d/f", b"abc").sync().unwrap();
        assert!(disk.flip(Path::new("/d/f"), 1, 0) && !disk.flip(Path::new("/d/f"), 3, 0));
        assert_eq!(read(&disk, "/d/f"), Some(b"acc".to_vec()));
    }
}
