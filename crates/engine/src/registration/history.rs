//! What turned from one version to the next, and whose the domain was.
//!
//! Whether somebody else holds it, [`crate::tenure`] says.

use model::{
    Registration, SourceId, Time,
    registration::{Protocol, State},
};
use observations::Version;
use serde::{Deserialize, Serialize};

use super::field::{Change, changes};
use crate::tenure::{Claim, Succession, Tenure};

/// A version of a registration with what turned since the version before of the same source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// First seen to say this.
    pub first: Time,
    /// Last seen to say this.
    pub last: Time,
    /// Who says so.
    pub source: String,
    /// By which protocol it came, where the raw answer is kept.
    pub protocol: Option<Protocol>,
    /// The how-many-eth owner, from one; versions of one owner have the same number.
    pub epoch: u32,
    /// What turned.
    pub turn: Turn,
    /// The fields that differ.
    pub changes: Vec<Change>,
    /// What it says.
    pub registration: Registration,
}

/// What a version means beside the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// The first that the source says of the domain.
    First,
    /// No answer about the domain: throttled, refused, not readable.
    Unanswered,
    /// Nobody holds it any more.
    Dropped,
    /// Registered by whoever came after a drop.
    Reregistered,
    /// Another registrant.
    Moved,
    /// The same registrant at another registrar.
    Transferred,
    /// The registrant is withheld from now on.
    Hidden,
    /// The registrant, withheld before, is stated.
    Shown,
    /// Something else differs.
    Changed,
    /// Only what means nothing differs: the time of the last update, or the revision of the parser.
    Noise,
}

impl Turn {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Turn::First => "first",
            Turn::Unanswered => "unanswered",
            Turn::Dropped => "dropped",
            Turn::Reregistered => "reregistered",
            Turn::Moved => "moved",
            Turn::Transferred => "transferred",
            Turn::Hidden => "hidden",
            Turn::Shown => "shown",
            Turn::Changed => "changed",
            Turn::Noise => "noise",
        }
    }
}

/// All versions, in the order given (first seen first), each with what turned.
pub(super) fn steps(
    versions: &[Version],
    protocols: &[Option<Protocol>],
    source: &dyn Fn(SourceId) -> String,
) -> Vec<Step> {
    let mut tenure = Tenure::default();
    let mut steps = Vec::with_capacity(versions.len());
    for (at, version) in versions.iter().enumerate() {
        let answered = |other: &&Version| other.source == version.source && other.registration.state.is_answer();
        let before = versions.get(..at).unwrap_or_default().iter().rev().find(answered);
        let turn = turn(&mut tenure, before, version);
        let compared = before.filter(|_| version.registration.state.is_answer());
        steps.push(Step {
            first: version.seen.span.first(),
            last: version.seen.span.last(),
            source: source(version.source),
            protocol: protocols.get(at).copied().flatten(),
            epoch: tenure.epoch,
            turn,
            changes: compared.map_or(Vec::new(), |before| changes(&before.registration, &version.registration)),
            registration: version.registration.clone(),
        });
    }
    steps
}

/// What turned since the version before of the same source, and whose the domain is, as all sources together tell.
fn turn(tenure: &mut Tenure, before: Option<&Version>, version: &Version) -> Turn {
    let was_held = before.is_some_and(|before| before.registration.state != State::Available);
    match tenure.follow(Claim::of(&version.registration)) {
        Succession::Silent => Turn::Unanswered,
        Succession::Dropped if was_held => Turn::Dropped,
        Succession::Dropped => Turn::First,
        Succession::Reregistered => Turn::Reregistered,
        Succession::Moved => Turn::Moved,
        Succession::First | Succession::Same => before.map_or(Turn::First, |before| beside(before, version)),
    }
}

/// What turned while the owner stayed.
fn beside(before: &Version, version: &Version) -> Turn {
    let (earlier, later) = (&before.registration, &version.registration);
    let differs = |pair: Option<(String, String)>| pair.is_some_and(|(before, after)| before != after);
    let (was, is) = (Claim::of(earlier).is_stated(), Claim::of(later).is_stated());
    if before.parser != version.parser || changes(earlier, later).is_empty() {
        Turn::Noise
    } else if differs(earlier.registrar_key().zip(later.registrar_key())) {
        Turn::Transferred
    } else if was != is {
        if was { Turn::Hidden } else { Turn::Shown }
    } else {
        Turn::Changed
    }
}
