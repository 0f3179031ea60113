//! What the product does: look up, pivot, hunt. Every rule is here.
//!
//! The engine is synchronous and knows no network, no HTTP and no clock: it is called with `now` and an
//! [`model::Actor`], and reads nothing that the actor may not read. What it cannot know from the store it asks for
//! (see [`hunt::Need`]); somebody else does the looking up.
//!
//! Read in this order: [`view`] (what one actor sees, and out of how much), [`profile`] (what is known of one domain),
//! [`quality`] (whether sharing a value says anything), [`lookup`], [`pivot`], [`hunt`].

pub mod account;
pub mod answer;
pub mod audit;
pub mod connector;
pub mod dns;
pub mod error;
pub mod hunt;
pub mod knowledge;
pub mod label;
pub mod lookup;
pub mod naming;
pub mod network;
pub mod new;
pub mod owner;
pub mod pivot;
pub mod profile;
pub mod quality;
pub mod registration;
pub mod sensor;
mod tenure;
pub mod track;
pub mod view;
pub mod weight;

use std::sync::Arc;

use model::{Actor, SuffixList, track::Hit};
use observations::{Appended, Batch, Interrupt, Store};

pub use error::Error;
pub use knowledge::Knowledge;
pub use label::Labels;
pub use track::Gate;
pub use view::View;
pub use weight::Weights;

/// The engine: the store and the data that its rules work with.
pub struct Engine {
    /// What was seen on the Internet.
    pub store: Store,
    /// Reasons why sharing a value may say nothing.
    pub labels: Labels,
    /// What sharing a value is worth.
    pub weights: Weights,
    /// Public suffixes.
    pub suffixes: Arc<SuffixList>,
    /// Judges what is appended; without one nothing is.
    pub gate: Option<Gate>,
}

impl Engine {
    /// An engine over a store with the bundled labels, weights and suffixes.
    pub fn new(store: Store) -> Engine {
        let (labels, weights) = (Labels::bundled(), Weights::bundled());
        Engine { store, labels, weights, suffixes: SuffixList::bundled(), gate: None }
    }

    /// Stores a batch, past the Tracks where there is a gate.
    pub fn append(&self, batch: Batch) -> Result<(Appended, Vec<Hit>), Error> {
        match &self.gate {
            Some(gate) => gate.append(&self.store, batch),
            None => Ok((self.store.append(batch)?, Vec::new())),
        }
    }

    /// What this actor may read, as it is now.
    pub fn view(&self, actor: &Actor, interrupt: Interrupt) -> View<'_> {
        View::new(self, actor, interrupt)
    }
}
