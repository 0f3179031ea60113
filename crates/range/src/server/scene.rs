//! What all servers of a range have in common.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use model::Time;

use crate::{World, server::log::Log};

/// The world, its moment, and what was asked.
pub(crate) struct Scene {
    pub(crate) world: Arc<World>,
    pub(crate) now: AtomicI64,
    pub(crate) log: Log,
}

impl Scene {
    pub(crate) fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }
}
