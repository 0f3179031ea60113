//! How many questions went to each provider: what the exposure ledger says, so that it holds for all processes of a data
//! directory and after each restart. The ledger is read once, and then what was added to it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use model::Time;

use crate::ledger::{Ledger, LedgerError};

/// Questions to providers, as far as the ledger was read.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<Read>);

#[derive(Debug, Default)]
struct Read {
    place: u64,
    sent: HashMap<String, Vec<Time>>,
}

impl Usage {
    /// How many questions went to a provider after a moment, and when the first of those did.
    pub(crate) fn count(&self, ledger: &Ledger, name: &str, after: Time) -> Result<(u64, Option<Time>), LedgerError> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sent, place) = ledger.sent_to_providers(read.place)?;
        read.place = place;
        for (provider, at) in sent {
            read.sent.entry(provider).or_default().push(at);
        }
        let Some(times) = read.sent.get_mut(name) else { return Ok((0, None)) };
        // A clock that was set back, or several processes: the ledger need not be in order.
        times.sort_unstable();
        let recent = &times[times.partition_point(|at| *at <= after)..];
        Ok((recent.len() as u64, recent.first().copied()))
    }
}
