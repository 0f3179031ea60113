//! What turned from one version to the next, and whose the domain was.
//!
//! Somebody else holds a domain when it was registered anew (dropped in between, or with a later creation date), or when
//! every identifying value of the registrant that both versions state is another. A registrar that begins to withhold
//! states nothing, so it changes no owner; and what an owner stated before it is remembered, so that another one who shows
//! up after it is told from the old one.

use model::{
    Registration, SourceId, Time, fold,
    registration::{Protocol, State},
};
use observations::Version;
use serde::Serialize;

use super::field::{Change, changes};

/// A version of a registration with what turned since the version before of the same source.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    let mut owners = Owners::default();
    let mut steps = Vec::with_capacity(versions.len());
    for (at, version) in versions.iter().enumerate() {
        let answered = |other: &&Version| other.source == version.source && other.registration.state.is_answer();
        let before = versions.get(..at).unwrap_or_default().iter().rev().find(answered);
        let turn = owners.turn(before, version);
        let compared = before.filter(|_| version.registration.state.is_answer());
        steps.push(Step {
            first: version.seen.span.first(),
            last: version.seen.span.last(),
            source: source(version.source),
            protocol: protocols.get(at).copied().flatten(),
            epoch: owners.epoch,
            turn,
            changes: compared.map_or(Vec::new(), |before| changes(&before.registration, &version.registration)),
            registration: version.registration.clone(),
        });
    }
    steps
}

/// Whose the domain is, as all sources together tell.
#[derive(Default)]
struct Owners {
    epoch: u32,
    /// The latest creation date of this epoch.
    created: Option<Time>,
    dropped: bool,
    /// What the owner of this epoch last stated.
    identity: Identity,
}

impl Owners {
    fn turn(&mut self, before: Option<&Version>, version: &Version) -> Turn {
        let now = &version.registration;
        if !now.state.is_answer() {
            return Turn::Unanswered;
        }
        if now.state == State::Available {
            self.dropped = true;
            return if before.is_some_and(|before| before.registration.state != State::Available) {
                Turn::Dropped
            } else {
                Turn::First
            };
        }
        let identity = Identity::of(now);
        let again = self.epoch > 0 && (self.dropped || self.is_created_again(now));
        let moved = self.epoch > 0 && identity.is_another(&self.identity);
        if again || moved || self.epoch == 0 {
            *self = Owners { epoch: self.epoch + 1, ..Owners::default() };
        }
        self.created = self.created.max(now.created);
        self.identity.learn(identity);
        match before {
            _ if again => Turn::Reregistered,
            _ if moved => Turn::Moved,
            None => Turn::First,
            Some(before) => beside(before, version),
        }
    }

    /// Sources state days or moments, in zones of their own: a day's difference is none.
    fn is_created_again(&self, now: &Registration) -> bool {
        self.created.zip(now.created).is_some_and(|(before, now)| now.days_since(before) > 1)
    }
}

/// What turned while the owner stayed.
fn beside(before: &Version, version: &Version) -> Turn {
    let (earlier, later) = (&before.registration, &version.registration);
    let differs = |pair: Option<(String, String)>| pair.is_some_and(|(before, after)| before != after);
    let (was, is) = (Identity::of(earlier).is_stated(), Identity::of(later).is_stated());
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

/// What identifies a registrant, folded: e-mail address, name, organisation.
#[derive(Clone, Debug, Default)]
struct Identity([Option<String>; 3]);

impl Identity {
    fn of(registration: &Registration) -> Identity {
        let of = &registration.registrant;
        Identity([
            of.email.stated().map(fold::email),
            of.name.stated().map(fold::person),
            of.organization.stated().map(fold::person),
        ])
    }

    fn is_stated(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    /// Whether both state something in common fields, and nothing of it is the same.
    fn is_another(&self, before: &Identity) -> bool {
        let mut both = self.0.iter().zip(&before.0).filter_map(|(now, before)| now.as_ref().zip(before.as_ref()));
        let mut any = false;
        both.all(|(now, before)| {
            any = true;
            now != before
        }) && any
    }

    /// Takes over what is stated; what is not, stays remembered.
    fn learn(&mut self, now: Identity) {
        for (known, now) in self.0.iter_mut().zip(now.0) {
            *known = now.or(known.take());
        }
    }
}
