//! Backup and restore: a store is immutable files and a manifest, so a copy of one moment's files is a store.

use std::path::Path;

use crate::{
    check::CheckReport,
    disk::{self, Disk, RealDisk},
    error::Error,
    manifest::Manifest,
    store::{Options, Store, lock},
};

/// What a backup or restore copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// Segments copied.
    pub segments: usize,
    /// Octets copied.
    pub octets: u64,
}

impl Store {
    /// Copies everything acknowledged to a directory that is empty or absent; the store goes on working meanwhile.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, Error> {
        self.flush()?;
        let (manifest, segments) = {
            let state = lock(&self.shared().state);
            (state.manifest.clone(), state.view().segments)
        };
        let target = empty_directory(self.disk(), to)?;
        let mut report = BackupReport::default();
        for segment in segments.iter().filter(|segment| manifest.segments.contains(&segment.name)) {
            let octets = segment.octets()?;
            write(target, &to.join(&segment.name), &octets)?;
            report.segments += 1;
            report.octets += octets.len() as u64;
        }
        if report.segments < manifest.segments.len() {
            return Err(Error::Invalid("segments of this store cannot be read; `check` names them".into()));
        }
        target.sync_dir(to).map_err(|error| Error::Io { path: to.to_path_buf(), error })?;
        manifest.write(target, to)?;
        Ok(report)
    }

    /// Makes a store in a directory that is empty or absent from a backup, whose checksums are verified first.
    pub fn restore(from: &Path, dir: &Path) -> Result<BackupReport, Error> {
        Store::restore_on(&(std::sync::Arc::new(RealDisk) as Disk), from, dir)
    }

    pub(crate) fn restore_on(disk: &Disk, from: &Path, dir: &Path) -> Result<BackupReport, Error> {
        let options = Options { disk: disk.clone(), ..Options::default() };
        let CheckReport { damage, .. } = Store::open_reader(from, options)?.check()?;
        if let Some(first) = damage.first() {
            return Err(Error::Corrupt { path: from.join(&first.file), offset: first.offset, what: first.what });
        }
        let Some(manifest) = Manifest::read(disk, from)? else {
            return Err(Error::Foreign { path: from.to_path_buf(), what: "it has no manifest".into() });
        };
        empty_directory(disk, dir)?;
        let mut report = BackupReport::default();
        for name in &manifest.segments {
            let path = from.join(name);
            let octets = disk::read_all(disk, &path, u64::MAX).map_err(|error| Error::Io { path, error })?;
            write(disk, &dir.join(name), &octets)?;
            report.segments += 1;
            report.octets += octets.len() as u64;
        }
        disk.sync_dir(dir).map_err(|error| Error::Io { path: dir.to_path_buf(), error })?;
        manifest.write(disk, dir)?;
        Ok(report)
    }
}

fn empty_directory<'d>(disk: &'d Disk, dir: &Path) -> Result<&'d Disk, Error> {
    let io = |error| Error::Io { path: dir.to_path_buf(), error };
    disk.create_dir(dir).map_err(io)?;
    match disk.list(dir).map_err(io)?.first() {
        None => Ok(disk),
        Some(name) => Err(Error::Invalid(format!("`{}` is not empty: it has `{name}`", dir.display()))),
    }
}

fn write(disk: &Disk, path: &Path, octets: &[u8]) -> Result<(), Error> {
    let written = disk.create(path).and_then(|mut file| {
        file.write(octets)?;
        file.sync()
    });
    written.map_err(|error| Error::Io { path: path.to_path_buf(), error })
}
