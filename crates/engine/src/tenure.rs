//! Whose a domain is: the one rule by which profiles, histories and Tracks tell that it changed hands.
//!
//! A domain belongs to somebody else when it was *registered anew* (dropped in between, or with a later creation date;
//! sources state days or moments, in zones of their own, so a day's difference is none), or when it *moved*: every
//! identifying value of the registrant (e-mail address, name, organisation, compared folded) that was stated before and is
//! stated now is another one. A registrar that begins to withhold states nothing, so it changes no owner; and what the owner
//! stated before is remembered, so that another one who shows up after it is told from the old one.
//!
//! Neither another registrar nor other name servers mean another owner, nor does an answer that says nothing of the domain
//! (throttled, refused).

use model::{
    Registration, Role, Time, fold,
    registration::State,
    track::{Arriving, Place},
};

/// What one version of a registration says of whose the domain is.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    state: State,
    created: Option<Time>,
    identity: Identity,
}

/// What a version means for whose the domain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Succession {
    /// It says nothing of it.
    Silent,
    /// Nobody holds it.
    Dropped,
    /// The first that holds it, as far as is known.
    First,
    /// Who held it before, as far as can be told.
    Same,
    /// Somebody, anew: it was dropped, or has a later creation date.
    Reregistered,
    /// Another registrant.
    Moved,
}

/// Whose the domain is, version after version in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tenure {
    /// The how-many-eth owner; 0 before the first.
    pub(crate) epoch: u32,
    /// The latest creation date of this epoch.
    created: Option<Time>,
    dropped: bool,
    /// What the owner of this epoch last stated.
    identity: Identity,
}

impl Tenure {
    /// Goes on to the next version.
    pub(crate) fn follow(&mut self, claim: Claim) -> Succession {
        match claim.state {
            state if !state.is_answer() => return Succession::Silent,
            State::Available => {
                self.dropped = true;
                return Succession::Dropped;
            }
            _ => {}
        }
        let succession = match self.epoch {
            0 => Succession::First,
            _ if self.dropped || self.is_created_again(claim.created) => Succession::Reregistered,
            _ if claim.identity.is_another(&self.identity) => Succession::Moved,
            _ => Succession::Same,
        };
        if succession != Succession::Same {
            *self = Tenure { epoch: self.epoch + 1, ..Tenure::default() };
        }
        self.created = self.created.max(claim.created);
        self.identity.learn(claim.identity);
        succession
    }

    fn is_created_again(&self, created: Option<Time>) -> bool {
        self.created.zip(created).is_some_and(|(before, now)| now.days_since(before) > 1)
    }
}

impl Claim {
    /// Of a registration.
    pub(crate) fn of(registration: &Registration) -> Claim {
        let of = &registration.registrant;
        let identity = Identity([
            of.email.stated().map(fold::email),
            of.name.stated().map(fold::person),
            of.organization.stated().map(fold::person),
        ]);
        Claim { state: registration.state, created: registration.created, identity }
    }

    /// Of a registration that was taken apart.
    pub(crate) fn of_record(record: &Arriving) -> Claim {
        let held = |place| {
            let held = record.held.iter().find(|held| held.place == place && held.role == Role::Registrant);
            held.map(|held| held.text.clone())
        };
        let identity = Identity([held(Place::Email), held(Place::Name), held(Place::Organization)]);
        Claim { state: record.state.unwrap_or_default(), created: record.created, identity }
    }

    /// Whether the registrant is identified.
    pub(crate) fn is_stated(&self) -> bool {
        self.identity.0.iter().any(Option::is_some)
    }
}

/// What identifies a registrant, folded: e-mail address, name, organisation.
#[derive(Clone, Debug, Default)]
struct Identity([Option<String>; 3]);

impl Identity {
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
            *known = now.filter(|text| !text.is_empty()).or(known.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Disclosed, registration::Registrar, time::DAY};

    use super::*;

    const START: Time = Time(1_700_000_000);

    fn held(email: &str, registrar: u32) -> Registration {
        let mut registration =
            Registration { state: State::Registered, created: Some(START), ..Registration::default() };
        registration.registrar = Registrar { iana_id: Some(registrar), ..Registrar::default() };
        registration.registrant.email = match email {
            "" => Disclosed::Redacted("REDACTED FOR PRIVACY".into()),
            email => Disclosed::Stated(email.into()),
        };
        registration
    }

    fn told(versions: &[Registration]) -> Vec<Succession> {
        let of = |follow: &dyn Fn(&Registration) -> Claim| {
            let mut tenure = Tenure::default();
            versions.iter().map(|version| tenure.follow(follow(version))).collect::<Vec<_>>()
        };
        let plain = of(&Claim::of);
        // A record that was taken apart says the same.
        let domain = "shop.example".parse().unwrap();
        assert_eq!(of(&|version| Claim::of_record(&Arriving::registration(&domain, version, START))), plain);
        plain
    }

    #[test]
    fn registered_again_after_a_drop() {
        let free = Registration { state: State::Available, ..Registration::default() };
        let again = Registration { created: Some(START.plus(400 * DAY)), ..held("a@one.example", 1) };
        let told_by_a_drop = told(&[held("a@one.example", 1), free.clone(), held("a@one.example", 1)]);
        assert_eq!(told_by_a_drop, [Succession::First, Succession::Dropped, Succession::Reregistered]);
        assert_eq!(told(&[held("a@one.example", 1), again]), [Succession::First, Succession::Reregistered]);
        assert_eq!(told(&[free, held("", 1)]), [Succession::Dropped, Succession::First]);
    }

    #[test]
    fn transferred_with_and_without_another_registrant() {
        let both = told(&[held("a@one.example", 1), held("b@two.example", 2)]);
        assert_eq!(both, [Succession::First, Succession::Moved]);
        assert_eq!(told(&[held("a@one.example", 1), held("A@One.example", 2)])[1], Succession::Same);
        // One value of several that stays is the same owner.
        let named = |email, name: &str| {
            let mut registration = held(email, 1);
            registration.registrant.name = Disclosed::Stated(name.into());
            registration
        };
        let renamed = [named("a@one.example", "Alex Doe"), named("b@two.example", "ALEX DOE")];
        assert_eq!(told(&renamed)[1], Succession::Same);
    }

    #[test]
    fn redaction_changes_no_owner_and_hides_no_change() {
        let hidden = [held("a@one.example", 1), held("", 1), held("a@one.example", 1)];
        assert_eq!(told(&hidden), [Succession::First, Succession::Same, Succession::Same]);
        let behind = [held("a@one.example", 1), held("", 1), held("b@two.example", 1)];
        assert_eq!(told(&behind)[2], Succession::Moved);
        let proxy = Registration {
            registrant: model::Contact { email: Disclosed::Proxy("p@proxy.example".into()), ..Default::default() },
            ..held("", 1)
        };
        assert_eq!(told(&[held("a@one.example", 1), proxy])[1], Succession::Same);
    }

    #[test]
    fn noise_and_silence_change_nothing() {
        let updated = Registration { updated: Some(START.plus(DAY)), ..held("a@one.example", 1) };
        let a_day_off = Registration { created: Some(START.plus(DAY)), ..held("a@one.example", 1) };
        let throttled = Registration { state: State::Throttled, ..Registration::default() };
        let versions = [held("a@one.example", 1), updated, throttled, a_day_off];
        assert_eq!(told(&versions), [Succession::First, Succession::Same, Succession::Silent, Succession::Same]);
    }
}
