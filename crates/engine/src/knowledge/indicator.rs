//! Indicators: a value, what each owner holds of it, and what that comes to for one reader.

use std::collections::BTreeMap;

use model::{
    Actor, Decay, Indicator, IndicatorId, IndicatorType, ManagedOwner, Opinion, Owner, OwnerId, Pap, Time, Tlp,
    opinion::{Grade, HostRole, RATING_MAX, Use},
};
use serde::Serialize;
use store::{
    Tx,
    audit::{self, Detail, Entry},
    opinion::Held,
};

use super::{Knowledge, owner};
use crate::error::Error;

/// The longest text that an opinion holds, in characters.
pub const TEXT_MAX: usize = 20_000;

/// A value with everything that one reader may know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its identifier.
    pub id: IndicatorId,
    /// The value.
    pub indicator: Indicator,
    /// What readable owners hold of it, by the owner's name.
    pub opinions: Vec<Stance>,
    /// What that comes to.
    pub calculated: Calculated,
}

/// What one owner holds of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stance {
    /// The owner's name.
    pub owner: String,
    /// The opinion.
    pub opinion: Opinion,
    /// Confidence as it is now.
    pub confidence: Option<u8>,
    /// How it wanes.
    pub decay: Decay,
    /// Tags.
    pub tags: Vec<String>,
}

/// What the opinions come to that a reader may see. Computed when it is asked for, never kept: two readers may see
/// different numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calculated {
    /// The mean of the ratings, weighed by confidence (50 where none is stated), of opinions that hold.
    pub rating: Option<u8>,
    /// The highest confidence of opinions that hold.
    pub confidence: Option<u8>,
    /// The furthest use that an opinion which holds allows.
    #[serde(rename = "use")]
    pub usage: Use,
    /// The role that the surest opinion states.
    pub role: HostRole,
    /// The strictest label along the way.
    pub tlp: Option<Tlp>,
    /// The strictest permitted exposure.
    pub pap: Option<Pap>,
    /// How many opinions hold.
    pub opinions: u32,
    /// Sightings, added up.
    pub sightings: u64,
    /// Reports that it is false, added up.
    pub false_positives: u64,
}

/// A change of an opinion: what is none stays, what is `Some(None)` is cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// How bad.
    pub rating: Option<Option<u8>>,
    /// How sure; stating it renews it.
    pub confidence: Option<Option<u8>>,
    /// What defences may do with it.
    pub usage: Option<Use>,
    /// What the host is.
    pub role: Option<HostRole>,
    /// Reliability and credibility.
    pub grade: Option<Option<Grade>>,
    /// How far it may be shared; lower than before needs `reason`.
    pub tlp: Option<Tlp>,
    /// Who may learn of questions about it; freer than before needs `reason`.
    pub pap: Option<Pap>,
    /// Whether it holds; changing it needs `reason`.
    pub active: Option<bool>,
    /// When it stops to hold by itself.
    pub expires: Option<Option<Time>>,
    /// Since when it has been seen.
    pub first_seen: Option<Option<Time>>,
    /// Until when.
    pub last_seen: Option<Option<Time>>,
    /// In words.
    pub description: Option<Option<String>>,
    /// Where the owner has it from.
    pub source: Option<Option<String>>,
    /// Why something is freed or ended.
    pub reason: Option<String>,
}

impl Knowledge {
    /// Everything that the actor may know of a value by its id.
    pub fn indicator(&self, actor: &Actor, id: IndicatorId, now: Time) -> Result<Known, Error> {
        self.store.read(|tx| known(tx, actor, id, now))
    }

    /// The same by the value.
    pub fn indicator_by_value(&self, actor: &Actor, indicator: &Indicator, now: Time) -> Result<Known, Error> {
        self.store.read(|tx| known(tx, actor, store::indicator::id(indicator), now))
    }

    /// Changes what an owner holds, if it is still as the caller saw it (`revision`).
    pub fn change(
        &self,
        actor: &Actor,
        of: OwnerId,
        id: IndicatorId,
        revision: i64,
        change: &Change,
        now: Time,
    ) -> Result<(), Error> {
        self.store.write(|tx| {
            let owner = owner(tx, actor, of)?;
            let held = store::opinion::one(tx, of, id)?.filter(|held| visible(actor, &owner, &held.opinion));
            let held = held.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner)?;
            if held.opinion.revision != revision {
                return Err(Error::Stale);
            }
            let after = apply(&held, change, now)?;
            if !store::opinion::change(tx, &writable, held.indicator.kind(), &after)? {
                return Err(Error::Stale);
            }
            if after.tlp > held.opinion.tlp {
                // What hangs on it was derived from it: it carries the stricter label too.
                store::object::raise(tx, of, id.into(), after.tlp)?;
            }
            let detail = changes(&held.opinion, &after, change.reason.as_deref());
            let object = Some(("indicator", id.0));
            audit::append(
                tx,
                &Entry { time: now, actor, action: "indicator.change", object, owner: Some(of), detail },
            )?;
            Ok(())
        })
    }

    /// Takes away what an owner holds of a value, and what hangs on it.
    pub fn remove(&self, actor: &Actor, of: OwnerId, id: IndicatorId, now: Time) -> Result<(), Error> {
        self.remove_as(actor, of, id, None, now)
    }

    /// The same, if it is still as the caller saw it, where they say which `revision` they saw.
    pub fn remove_as(
        &self,
        actor: &Actor,
        of: OwnerId,
        id: IndicatorId,
        revision: Option<i64>,
        now: Time,
    ) -> Result<(), Error> {
        self.store.write(|tx| {
            let owner = owner(tx, actor, of)?;
            let held = store::opinion::one(tx, of, id)?.filter(|held| visible(actor, &owner, &held.opinion));
            let held = held.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner)?;
            if revision.is_some_and(|revision| revision != held.opinion.revision) {
                return Err(Error::Stale);
            }
            store::opinion::remove(tx, &writable, id)?;
            let (object, detail) = (Some(("indicator", id.0)), Detail::default());
            audit::append(
                tx,
                &Entry { time: now, actor, action: "indicator.remove", object, owner: Some(of), detail },
            )?;
            Ok(())
        })
    }

    /// Lets a contribution in, or turns it away.
    pub fn review(&self, actor: &Actor, of: OwnerId, id: IndicatorId, let_in: bool, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let managed = actor.may_manage(&owner(tx, actor, of)?)?;
            let held = store::opinion::one(tx, of, id)?.filter(|held| held.opinion.pending).ok_or(Error::NotFound)?;
            settle(tx, &managed, held, let_in, now)?;
            let detail = Detail::default().with("let_in", let_in);
            let object = Some(("indicator", id.0));
            audit::append(
                tx,
                &Entry { time: now, actor, action: "indicator.review", object, owner: Some(of), detail },
            )?;
            Ok(())
        })
    }

    /// How confidence of an owner's indicators wanes, type by type.
    pub fn decays(&self, actor: &Actor, of: OwnerId) -> Result<Vec<(IndicatorType, Decay)>, Error> {
        self.store.read(|tx| {
            let owner = owner(tx, actor, of)?;
            let of_type = |kind: &IndicatorType| Ok((*kind, store::decay::stated(tx, owner.id, *kind)?));
            IndicatorType::ALL.iter().map(of_type).collect()
        })
    }

    /// Decides how confidence of an owner's indicators of a type wanes from now on.
    pub fn set_decay(
        &self,
        actor: &Actor,
        of: OwnerId,
        kind: IndicatorType,
        decay: Decay,
        now: Time,
    ) -> Result<(), Error> {
        if decay.floor > 100 {
            return Err(Error::invalid("floor", "a floor is 0 to 100"));
        }
        self.store.write(|tx| {
            let managed = actor.may_manage(&owner(tx, actor, of)?)?;
            store::decay::set(tx, managed.owner().id, kind, decay)?;
            let detail = Detail::default().with("type", kind.as_str());
            let detail = detail.with("half_life_days", decay.half_life_days).with("floor", decay.floor);
            let entry = Entry { time: now, actor, action: "owner.decay", object: None, owner: Some(of), detail };
            audit::append(tx, &entry)?;
            Ok(())
        })
    }
}

fn settle(tx: &mut Tx<'_>, managed: &ManagedOwner, held: Held, let_in: bool, now: Time) -> Result<(), Error> {
    let writable = managed.writable();
    if !let_in {
        store::opinion::remove(tx, &writable, held.opinion.indicator)?;
        return Ok(());
    }
    let revision = held.opinion.revision + 1;
    let after = Opinion { pending: false, modified: now, revision, ..held.opinion };
    store::opinion::change(tx, &writable, held.indicator.kind(), &after)?;
    Ok(())
}

/// What waits for a manager is there for those who may let it in.
pub(crate) fn visible(actor: &Actor, owner: &Owner, opinion: &Opinion) -> bool {
    !opinion.pending || actor.may_manage(owner).is_ok()
}

fn known(tx: &mut Tx<'_>, actor: &Actor, id: IndicatorId, now: Time) -> Result<Known, Error> {
    let readable = actor.readable();
    let owners: BTreeMap<OwnerId, Owner> =
        store::owner::list(tx, &readable)?.into_iter().map(|owner| (owner.id, owner)).collect();
    let mut opinions = Vec::new();
    let mut value = None;
    for held in store::opinion::of_indicator(tx, id, &readable, true)? {
        let Some(owner) = owners.get(&held.opinion.owner) else { continue };
        if !visible(actor, owner, &held.opinion) {
            continue;
        }
        let tags = store::import::tags_of(tx, owner.id, [id])?.remove(&id).unwrap_or_default();
        let confidence = held.confidence(now);
        value = Some(held.indicator);
        opinions.push(Stance { owner: owner.name.clone(), opinion: held.opinion, confidence, decay: held.decay, tags });
    }
    // Without an opinion that may be read there is no such indicator, whoever else holds one.
    let indicator = value.ok_or(Error::NotFound)?;
    opinions.sort_by(|a, b| a.owner.cmp(&b.owner));
    let calculated = Calculated::of(&opinions, now);
    Ok(Known { id, indicator, opinions, calculated })
}

impl Calculated {
    /// What these opinions come to at `now`.
    pub fn of(opinions: &[Stance], now: Time) -> Calculated {
        let holding = || opinions.iter().filter(|stance| !stance.opinion.pending && stance.opinion.holds(now));
        let (mut weights, mut sum) = (0, 0);
        for (stance, rating) in holding().filter_map(|stance| Some((stance, stance.opinion.rating?))) {
            let weight = u32::from(stance.confidence.unwrap_or(50)).max(1);
            weights += weight;
            sum += weight * u32::from(rating);
        }
        let surest = holding().filter(|stance| stance.opinion.role != HostRole::Unknown).max_by_key(|s| s.confidence);
        let tlp = opinions.iter().map(|stance| stance.opinion.tlp).max();
        Calculated {
            rating: (weights > 0).then(|| u8::try_from((sum + weights / 2) / weights).unwrap_or(RATING_MAX)),
            confidence: holding().filter_map(|stance| stance.confidence).max(),
            usage: holding().map(|stance| stance.opinion.usage).max().unwrap_or_default(),
            role: surest.map(|stance| stance.opinion.role).unwrap_or_default(),
            tlp,
            pap: opinions.iter().map(|stance| stance.opinion.pap).min(),
            opinions: u32::try_from(holding().count()).unwrap_or(u32::MAX),
            sightings: opinions.iter().map(|stance| stance.opinion.sightings).sum(),
            false_positives: opinions.iter().map(|stance| stance.opinion.false_positives).sum(),
        }
    }
}

fn apply(held: &Held, change: &Change, now: Time) -> Result<Opinion, Error> {
    check(&held.opinion, change)?;
    let mut after = held.opinion.clone();
    if let Some(confidence) = change.confidence {
        after.confidence = confidence;
        after.renewed = now;
    }
    set(&mut after.rating, change.rating);
    set(&mut after.usage, change.usage);
    set(&mut after.role, change.role);
    set(&mut after.grade, change.grade);
    set(&mut after.tlp, change.tlp);
    set(&mut after.pap, change.pap);
    if let Some(active) = change.active {
        after.active = active;
        after.active_reason.clone_from(&change.reason);
    }
    set(&mut after.expires, change.expires);
    set(&mut after.first_seen, change.first_seen);
    set(&mut after.last_seen, change.last_seen);
    set(&mut after.description, change.description.clone());
    set(&mut after.source, change.source.clone());
    after.modified = now;
    after.revision += 1;
    Ok(after)
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn check(before: &Opinion, change: &Change) -> Result<(), Error> {
    if change.rating.flatten().is_some_and(|rating| rating > RATING_MAX) {
        return Err(Error::invalid("rating", "a rating is 0 to 5"));
    }
    if change.confidence.flatten().is_some_and(|confidence| confidence > 100) {
        return Err(Error::invalid("confidence", "confidence is 0 to 100"));
    }
    let texts = [("description", &change.description), ("source", &change.source)];
    for (field, text) in texts {
        if text.iter().flatten().any(|text| text.chars().count() > TEXT_MAX) {
            return Err(Error::invalid(field, format!("at most {TEXT_MAX} characters")));
        }
    }
    let first = change.first_seen.unwrap_or(before.first_seen);
    let last = change.last_seen.unwrap_or(before.last_seen);
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        return Err(Error::invalid("lastSeen", "before firstSeen"));
    }
    let freed = change.tlp.is_some_and(|tlp| tlp < before.tlp) || change.pap.is_some_and(|pap| pap > before.pap);
    let ended = change.active.is_some_and(|active| active != before.active);
    let reason = change.reason.as_deref().map(str::trim).unwrap_or_default();
    if (freed || ended) && reason.is_empty() {
        return Err(Error::invalid("reason", "freeing a label, and ending or renewing an opinion, need a reason"));
    }
    Ok(())
}

/// What changed, for the audit log: the fields, and labels with both values. Texts are not repeated there.
fn changes(before: &Opinion, after: &Opinion, reason: Option<&str>) -> Detail {
    let pair = |before: &str, after: &str| format!("{before} to {after}");
    let mut detail = Detail::default().with("revision", after.revision);
    if before.tlp != after.tlp {
        detail = detail.with("tlp", pair(before.tlp.as_str(), after.tlp.as_str()));
    }
    if before.pap != after.pap {
        detail = detail.with("pap", pair(before.pap.as_str(), after.pap.as_str()));
    }
    if before.usage != after.usage {
        detail = detail.with("use", pair(before.usage.as_str(), after.usage.as_str()));
    }
    if before.active != after.active {
        detail = detail.with("active", after.active);
    }
    if before.rating != after.rating {
        detail = detail.with("rating", after.rating);
    }
    match reason {
        Some(reason) => detail.with("reason", reason),
        None => detail,
    }
}
