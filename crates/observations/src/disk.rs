//! Every access to files goes through here, so that a simulated file system can stand in and fail at any moment.
//!
//! The rules that the store relies on are POSIX's, no more: what was written is durable after [`File::sync`]; a new,
//! renamed or removed directory entry is durable after [`FileSystem::sync_dir`]; a rename replaces its target as a
//! whole. After a failed write or sync nothing is known of the file's state.

use std::{
    any::Any,
    fmt, fs, io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub mod fault;

/// The file system that a store lives on.
pub type Disk = Arc<dyn FileSystem>;

/// Held as long as the lock; dropping it releases the lock.
pub type Guard = Box<dyn Any + Send + Sync>;

/// What a store needs of a file system.
pub trait FileSystem: fmt::Debug + Send + Sync {
    /// Makes a directory and those above it, durably; an existing one is no failure.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Creates an empty file for writing and reading, replacing an existing one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Opens an existing file for reading.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Replaces `to` by `from`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The names of the files in a directory, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Makes the entries of a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Takes an exclusive lock on a file (created where absent) without waiting; none where somebody holds it. The
    /// file's content becomes `owner`, which tells others who that is.
    fn lock(&self, path: &Path, owner: &str) -> io::Result<Option<Guard>>;
}

/// An open file. Writing goes to its end.
pub trait File: fmt::Debug + Send + Sync {
    /// Reads at `offset` until `buffer` is full or the file ends; returns how much was read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `octets` at the end.
    fn write(&mut self, octets: &[u8]) -> io::Result<()>;
    /// Makes what was written durable (fdatasync).
    fn sync(&mut self) -> io::Result<()>;
    /// How long it is.
    fn length(&self) -> io::Result<u64>;
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

#[derive(Debug)]
struct RealFile(fs::File);

impl FileSystem for RealDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let missing = path.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists());
        let above: Vec<&Path> = missing.filter_map(Path::parent).collect();
        fs::create_dir_all(path)?;
        // A directory is as durable as its entry in the one above.
        above.into_iter().try_for_each(|dir| match dir.as_os_str().is_empty() {
            true => self.sync_dir(Path::new(".")),
            false => self.sync_dir(dir),
        })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let file = fs::File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(RealFile(fs::File::open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        fs::File::open(dir)?.sync_all()
    }

    fn lock(&self, path: &Path, owner: &str) -> io::Result<Option<Guard>> {
        let file = fs::File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        file.write_all_at(owner.as_bytes(), 0)?;
        Ok(Some(Box::new(file)))
    }
}

impl File for RealFile {
    fn read_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<usize> {
        let wanted = buffer.len();
        while !buffer.is_empty() {
            match self.0.read_at(buffer, offset) {
                Ok(0) => break,
                Ok(read) => {
                    offset += read as u64;
                    buffer = buffer.split_at_mut(read).1;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(wanted - buffer.len())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        io::Write::write_all(&mut self.0, octets)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

/// Reads a whole file of at most `limit` octets.
pub(crate) fn read_all(disk: &Disk, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let length = file.length()?;
    if length > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("longer than {limit} octets")));
    }
    let mut octets = vec![0; length as usize];
    let read = file.read_at(&mut octets, 0)?;
    octets.truncate(read);
    Ok(octets)
}

/// Replaces a file as a whole: written beside it, synced, renamed, directory synced.
pub(crate) fn replace(disk: &Disk, path: &Path, octets: &[u8]) -> Result<(), (PathBuf, io::Error)> {
    let beside = path.with_extension("new");
    let written = disk.create(&beside).and_then(|mut file| {
        file.write(octets)?;
        file.sync()
    });
    written.map_err(|error| (beside.clone(), error))?;
    disk.rename(&beside, path).map_err(|error| (path.to_path_buf(), error))?;
    match path.parent() {
        Some(dir) => disk.sync_dir(dir).map_err(|error| (dir.to_path_buf(), error)),
        None => Ok(()),
    }
}
