//! Files that are dropped into a directory: each is taken once.
//!
//! A file is taken by renaming it into `.taken` within the directory, which is one step of the file system: of two
//! watchers one gets it, and a file that is taken is never taken again. What a crash left there is read first at the
//! next start; its batches count once. When it was read, it is removed, or moved where it is kept. A file that cannot
//! be read goes to `.refused`. Names that begin with a dot or end in `.part` or `.tmp` are still being written, and are
//! left; so is a file that changed since the last look.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context;

const TAKEN: &str = ".taken";
const REFUSED: &str = ".refused";
/// How many files are looked at in one round.
const FILES_MAX: usize = 100_000;

/// A directory that is watched.
pub struct Drop {
    dir: PathBuf,
    done: Option<PathBuf>,
    /// How files were at the last look: length and time of change.
    seen: HashMap<OsString, (u64, SystemTime)>,
}

impl Drop {
    /// Begins to watch a directory; `done` is where files go that were read, and they are removed where there is none.
    pub fn new(dir: &Path, done: Option<&Path>) -> anyhow::Result<Drop> {
        for made in [Some(dir.join(TAKEN)), Some(dir.join(REFUSED)), done.map(Path::to_owned)].into_iter().flatten() {
            fs::create_dir_all(&made).with_context(|| format!("`{}`", made.display()))?;
        }
        Ok(Drop { dir: dir.to_owned(), done: done.map(Path::to_owned), seen: HashMap::new() })
    }

    /// What was taken before and not read to its end.
    pub fn left(&self) -> io::Result<Vec<PathBuf>> {
        let mut files: Vec<PathBuf> = files(&self.dir.join(TAKEN))?.into_iter().map(|(path, ..)| path).collect();
        files.sort();
        Ok(files)
    }

    /// Takes the files that are complete: with `all` every one, else those that have not changed since the last look.
    pub fn take(&mut self, all: bool) -> io::Result<Vec<PathBuf>> {
        let (mut taken, mut seen) = (Vec::new(), HashMap::new());
        let mut found = files(&self.dir)?;
        found.sort();
        for (path, length, changed) in found {
            let Some(name) = path.file_name().filter(|name| is_complete(name)) else { continue };
            if !all && self.seen.get(name) != Some(&(length, changed)) {
                seen.insert(name.to_owned(), (length, changed));
                continue;
            }
            let to = free(&self.dir.join(TAKEN), name);
            match fs::rename(&path, &to) {
                Ok(()) => taken.push(to),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // another watcher has it
                Err(error) => return Err(error),
            }
        }
        self.seen = seen;
        Ok(taken)
    }

    /// Puts a file away that was taken: read to its end, or refused.
    pub fn put_away(&self, file: &Path, was_read: bool) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default();
        match (was_read, &self.done) {
            (true, None) => fs::remove_file(file),
            (true, Some(done)) => move_to(file, &free(done, name)),
            (false, _) => move_to(file, &free(&self.dir.join(REFUSED), name)),
        }
    }
}

/// Regular files of a directory, with length and time of change.
fn files(dir: &Path) -> io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)?.take(FILES_MAX) {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => files.push((entry.path(), metadata.len(), metadata.modified()?)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

fn is_complete(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    !(name.starts_with('.') || name.ends_with(".part") || name.ends_with(".tmp"))
}

/// A path in a directory that nothing has: the name, or the name with a number.
fn free(dir: &Path, name: &std::ffi::OsStr) -> PathBuf {
    let numbered = |number: u32| {
        let mut name = name.to_owned();
        if number > 0 {
            name.push(format!(".{number}"));
        }
        dir.join(name)
    };
    (0..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| dir.join(name))
}

/// Renames, or copies to another file system.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(from, to)?;
            fs::remove_file(from)
        }
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| fs::write(dir.path().join(name), "x").unwrap();
        ["a.tap", "b.tap.part", ".hidden"].iter().for_each(|name| file(name));
        let done = dir.path().join("done");
        let mut watched = Drop::new(dir.path(), Some(&done)).unwrap();
        let mut other = Drop::new(dir.path(), Some(&done)).unwrap();
        assert_eq!(watched.take(false).unwrap(), Vec::<PathBuf>::new(), "it may still be written");
        let taken = watched.take(false).unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!((other.take(true).unwrap().len(), other.left().unwrap().len()), (0, 1));
        watched.put_away(&taken[0], true).unwrap();
        file("a.tap");
        let taken = watched.take(true).unwrap();
        watched.put_away(&taken[0], true).unwrap();
        assert!(done.join("a.tap").exists() && done.join("a.tap.1").exists());
        file("c.tap");
        let taken = watched.take(true).unwrap();
        watched.put_away(&taken[0], false).unwrap();
        assert!(dir.path().join(".refused/c.tap").exists() && watched.left().unwrap().is_empty());
    }
}
