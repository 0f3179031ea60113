//! What a sensor remembers from run to run: files of one JSON object each, replaced as a whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::Path,
    time::SystemTime,
};

use anyhow::Context;
use engine::sensor::{Crowd, Crowds, Rates};
use model::{Name, Time};
use serde::{Serialize, de::DeserializeOwned};

/// The directory in the data directory.
pub const DIRECTORY: &str = "sensor";
const CROWDS: &str = "crowds.json";
const RELEASED: &str = "released.json";
const RATES: &str = "rates.json";

/// The zones that are counters, with their figures.
pub fn crowds(dir: &Path) -> anyhow::Result<BTreeMap<Name, Crowd>> {
    read(&dir.join(CROWDS))
}

/// Writes the zones that are counters.
pub fn write_crowds(dir: &Path, crowds: &Crowds) -> anyhow::Result<()> {
    write(&dir.join(CROWDS), &crowds.iter().collect::<BTreeMap<_, _>>())
}

/// How much each source says an hour.
pub fn rates(dir: &Path) -> anyhow::Result<Rates> {
    read(&dir.join(RATES))
}

/// Writes how much each source says.
pub fn write_rates(dir: &Path, rates: &Rates) -> anyhow::Result<()> {
    write(&dir.join(RATES), rates)
}

/// When somebody last released a zone.
pub fn released_changed(dir: &Path) -> Option<SystemTime> {
    fs::metadata(dir.join(RELEASED)).and_then(|metadata| metadata.modified()).ok()
}

/// The zones that are no counters, whatever they do.
pub fn released(dir: &Path) -> anyhow::Result<BTreeSet<Name>> {
    Ok(read::<BTreeMap<Name, Time>>(&dir.join(RELEASED))?.into_keys().collect())
}

/// Releases a zone, or ends that.
pub fn release(dir: &Path, zone: &Name, at: Option<Time>) -> anyhow::Result<()> {
    let file = dir.join(RELEASED);
    let mut released: BTreeMap<Name, Time> = read(&file)?;
    match at {
        Some(at) => drop(released.insert(zone.clone(), at)),
        None => drop(released.remove(zone)),
    }
    write(&file, &released)
}

fn read<T: DeserializeOwned + Default>(file: &Path) -> anyhow::Result<T> {
    match fs::read(file) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| format!("`{}`", file.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error).with_context(|| format!("`{}`", file.display())),
    }
}

/// Replaces a file: who reads it sees the old or the new one, never a part.
fn write(file: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let replace = || -> io::Result<()> {
        let dir = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        let mut new = tempfile::NamedTempFile::new_in(dir)?;
        new.write_all(&serde_json::to_vec(value)?)?;
        new.as_file().sync_all()?;
        new.persist(file).map_err(|error| error.error)?;
        Ok(())
    };
    replace().with_context(|| format!("`{}`", file.display()))
}
