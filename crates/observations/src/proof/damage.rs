//! What becomes of a store on a medium that turned bits: it says so, invents nothing, and takes more in.

use std::path::{Path, PathBuf};

use super::{
    chance::Chance,
    holding::{Loss, invents_nothing},
    oracle::Oracle,
};
use crate::{Batch, Options, Store, disk::fault::FaultDisk, log};

/// A copy of a store's disk, to be damaged.
pub(super) struct Damaged<'a> {
    pub(super) disk: FaultDisk,
    pub(super) dir: &'a Path,
    pub(super) oracle: &'a Oracle,
    pub(super) options: Options,
}

impl Damaged<'_> {
    /// Turns a few bits and goes on as far as that goes; says what was seen.
    pub(super) fn live(&self, fresh: Batch, chance: &mut Chance) -> Result<&'static str, String> {
        let in_log = self.flip(chance);
        let Ok(store) = Store::open(self.dir, self.options.clone()) else { return Ok("flipped bits, not opened") };
        let loss = invents_nothing(&store.snapshot(), self.oracle)?;
        let report = store.check().map_err(|error| format!("damaged and not checked: {error}"))?;
        let told = loss.told || !report.damage.is_empty();
        // Damage in the last record of a log cannot be told from a write that was under way when power failed.
        if loss.lost && !told && !in_log {
            return Err("flipped bits lost something, and nothing said so".into());
        }
        self.go_on(store, fresh)?;
        Ok(match loss {
            Loss { lost: false, .. } => "flipped bits, nothing lost",
            Loss { lost: true, .. } if told => "flipped bits, a loss that was told",
            _ => "flipped bits at the end of a log, taken for a torn write",
        })
    }

    /// Turns one to four bits; whether one of them stands in a log.
    fn flip(&self, chance: &mut Chance) -> bool {
        let files = self.disk.files().into_iter();
        let files = files.filter(|(path, length)| *length > 0 && path.parent() == Some(self.dir));
        let files: Vec<(PathBuf, u64)> = files.collect();
        let mut in_log = false;
        for _ in 0..=chance.below(4) {
            let (path, length) = &files[chance.below(files.len())];
            self.disk.flip(path, chance.below(*length as usize) as u64, chance.below(8) as u8);
            in_log |= path.file_name().and_then(|name| log::number(name.to_str()?)).is_some();
        }
        in_log
    }

    /// More is taken in, and stays.
    fn go_on(&self, store: Store, fresh: Batch) -> Result<(), String> {
        let said = |error: crate::Error| format!("damaged, and then: {error}");
        let mut oracle = self.oracle.clone();
        oracle.append(&fresh);
        store.append(fresh).map_err(said)?;
        store.flush().map_err(said)?;
        store.compact(true).map_err(said)?;
        invents_nothing(&store.snapshot(), &oracle)?;
        drop(store);
        let store = Store::open(self.dir, self.options.clone()).map_err(said)?;
        invents_nothing(&store.snapshot(), &oracle).map(drop)
    }
}
