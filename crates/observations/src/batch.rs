//! What is written at once: durable as a whole or not there at all.

use model::{NetworkRecord, Observation, RegistrationRecord, SourceId, Time};

/// The id of a batch: it counts once, however often it is sent. Ids are kept for ninety days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub [u8; 16]);

/// Observations, registrations and networks from one source.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its id, where the sender can repeat it.
    pub id: Option<BatchId>,
    /// Who says it.
    pub source: SourceId,
    /// When it arrived here.
    pub arrived: Time,
    /// What was seen in DNS.
    pub observations: Vec<Observation>,
    /// What was read of registrations.
    pub registrations: Vec<RegistrationRecord>,
    /// What was read of networks.
    pub networks: Vec<NetworkRecord>,
    /// The revision of the parser that read the registrations.
    pub parser: u32,
}

/// What became of a batch; either way it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    Stored,
    /// A batch with this id was stored before; nothing was counted again.
    Known,
}
