//! What a shared value is worth.
//!
//! Evidence in bits is `log2(ρ·N/count)` over the population N, clamped by kind; of correlated values (one contact's
//! fields, an address and its network) the strongest counts in full and the runner-up in part; families add. Against
//! it stand the prior odds of two domains being in the same hands, campaign to population, so that N cancels where one
//! value stands alone.

use std::collections::BTreeMap;

use model::{Field, Name, PivotKind, Quality, Role, Spell, evidence::Share, time::DAY};
use serde::Serialize;

use super::{Hop, Rule, Tier};
use crate::{
    connector::{Connector, Key, Sharer, Standing},
    error::Error,
    naming::{self, Likeness},
    profile::Profile,
    quality::describe,
    view::View,
    weight::{Weights, is_contact},
};

/// A value that two domains share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    /// Of which kind.
    pub kind: PivotKind,
    /// The value as written.
    pub value: String,
    /// In which role, for values of contacts.
    pub role: Option<Role>,
    /// How many share it.
    pub share: Share,
    /// Whether sharing it says anything.
    pub quality: Quality,
    /// They had it together only by somebody's aggregate over a long time.
    pub reported: bool,
    #[serde(skip)]
    pub(crate) connector: Connector,
    #[serde(skip)]
    sharer: Sharer,
}

impl Shared {
    pub(super) fn new(connector: &Connector, standing: &Standing, sharer: &Sharer) -> Shared {
        Shared {
            kind: connector.kind,
            value: connector.shown.clone(),
            role: connector.role,
            share: standing.share.clone(),
            quality: standing.assessment.quality,
            reported: false,
            connector: connector.clone(),
            sharer: sharer.clone(),
        }
    }

    /// In words: `same registrant e-mail as one.example (x@y.example, shared by 6 domains …)`.
    pub fn words(&self, from: &Name) -> String {
        let what = self.what();
        let reported = if self.reported { ", together only in somebody's aggregate" } else { "" };
        format!("same {what} as {from} ({}, {}{reported})", self.value, describe(&self.share))
    }

    /// In few words: `same registrant e-mail x@y.example, 6 domains`.
    pub fn short_words(&self) -> String {
        let count =
            if self.share.population == 0 { self.share.known } else { self.share.domains.max(self.share.known) };
        format!("same {} {} ({count} domains)", self.what(), self.value)
    }

    fn what(&self) -> String {
        match (self.kind, self.role) {
            (kind, Some(role)) if is_contact(kind) => format!("{role} {}", noun(kind)),
            (kind, _) => noun(kind).to_owned(),
        }
    }

    /// It is known only where nothing was measured, or together only in somebody's aggregate.
    fn is_soft(&self) -> bool {
        self.quality == Quality::Unmeasured || self.reported
    }
}

/// A kind as people say it.
fn noun(kind: PivotKind) -> &'static str {
    match kind {
        PivotKind::Email => "e-mail",
        PivotKind::NameServers => "name servers",
        PivotKind::SoaMailbox => "SOA mailbox",
        PivotKind::Mx => "mail server",
        PivotKind::RegisteredMinute => "minute of registration",
        PivotKind::Subdomain => "domain",
        kind => kind.as_str(),
    }
}

/// Why a shared value does not count.
type Refusal = (Shared, Rule, String);

/// Parts shared values into those that count between two domains and those that do not, with the rule.
pub(super) fn admit(
    own: &Profile,
    theirs: &Profile,
    values: Vec<Shared>,
    weights: &Weights,
) -> (Vec<Shared>, Vec<Refusal>) {
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for value in values {
        match verdict_on_time(own, theirs, &value, weights) {
            Ok(reported) => kept.push(Shared { reported, ..value }),
            Err((rule, reason)) => refused.push((value, rule, reason)),
        }
    }
    (kept, refused)
}

/// Whether the two had the value in their current owners' time, and for addresses at the same time. `Ok(true)` when
/// only aggregates say so.
fn verdict_on_time(own: &Profile, theirs: &Profile, value: &Shared, weights: &Weights) -> Result<bool, (Rule, String)> {
    let current = spells_of_current_owner(theirs, value);
    if current.is_empty() {
        let since = theirs.since.map_or_else(String::new, |since| format!(", owned anew since {}", since.day()));
        return Err((Rule::OwnershipEpoch, format!("{} had it under an owner before{since}", theirs.domain)));
    }
    if value.kind != PivotKind::Address {
        return Ok(false);
    }
    let slack = weights.overlap_slack_days * DAY;
    let together = |only_witnessed: bool| {
        let counts = |spell: &&Spell| !(only_witnessed && spell.reported);
        value
            .connector
            .spells
            .iter()
            .filter(counts)
            .any(|a| current.iter().filter(counts).any(|b| a.span.within(b.span, slack)))
    };
    match (together(true), together(false)) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        _ => Err((Rule::NoOverlap, format!("{} and {} had it at different times", own.domain, theirs.domain))),
    }
}

/// When the other domain had the value under its current owner. A value of registrations counts where a version of
/// that owner states it; where the registration is not known, everything counts.
fn spells_of_current_owner(theirs: &Profile, value: &Shared) -> Vec<Spell> {
    let spells = value.sharer.spells.iter().copied();
    match (&value.connector.key, theirs.since) {
        (Key::Value(field, text), _) if !theirs.versions.is_empty() => {
            spells.filter(|_| theirs.holds_value(*field, text)).collect()
        }
        (Key::Value(..), _) | (_, None) => spells.collect(),
        (_, Some(since)) => spells.filter(|spell| spell.span.last() >= since).collect(),
    }
}

/// Weighs the link between two domains over the values that count.
pub(super) fn weigh(
    view: &View,
    own: &Profile,
    theirs: &Profile,
    mut shared: Vec<Shared>,
    campaign: f64,
) -> Result<Hop, Error> {
    let weights = &view.engine.weights;
    let population = |value: &Shared| population_of(view, value);
    let bits = |value: &Shared| weights.bits(value.kind, population(value), sharing(&value.share));
    shared.sort_by(|a, b| bits(b).total_cmp(&bits(a)).then_with(|| a.kind.cmp(&b.kind)));
    let evidence = by_family(&shared, weights, bits);
    let support = support(view, own, theirs)?;
    let against = (shared.first().map_or(1, population) as f64 / campaign).log2().max(0.0);
    let odds = evidence + support.iter().map(|(bits, _)| bits).sum::<f64>() - against;
    Ok(Hop {
        from: own.domain.clone(),
        to: theirs.domain.clone(),
        probability: 1.0 / (1.0 + (-odds).exp2()),
        at_most: at_most(&shared),
        shared,
        support: support.into_iter().map(|(_, words)| words).collect(),
    })
}

/// The population that a value was counted over; where nothing is measured, what is known stands in for it.
fn population_of(view: &View, value: &Shared) -> u64 {
    if value.share.population > 0 {
        return value.share.population;
    }
    let denominator = view.denominator();
    denominator.dns_domains.max(denominator.registrations).max(1)
}

/// How many share a value: as measured, where anything is; both ends of the link do in any case.
fn sharing(share: &Share) -> u64 {
    if share.population == 0 { share.known.max(2) } else { share.domains.max(2) }
}

fn by_family(shared: &[Shared], weights: &Weights, bits: impl Fn(&Shared) -> f64) -> f64 {
    let mut families: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for value in shared {
        let family = weights.kind.get(&value.kind).map_or("", |weight| weight.family.as_str());
        families.entry(family).or_default().push(bits(value));
    }
    let worth = |bits: &Vec<f64>| bits.first().unwrap_or(&0.0) + weights.runner_up * bits.get(1).unwrap_or(&0.0);
    families.values().map(worth).sum()
}

/// One value that was not measured never lifts a candidate above *weak* where it says where something is hosted, nor
/// above *probable* where it says who registered.
fn at_most(shared: &[Shared]) -> Tier {
    let best = |value: &Shared| match value {
        value if !value.is_soft() => Tier::Related,
        value if is_contact(value.kind) => Tier::Probable,
        _ => Tier::Weak,
    };
    shared.iter().map(best).max().unwrap_or(Tier::Weak)
}

/// What supports a link that a shared value has made: registrar, dates, names.
fn support(view: &View, own: &Profile, theirs: &Profile) -> Result<Vec<(f64, String)>, Error> {
    let weights = &view.engine.weights;
    let mut found = Vec::new();
    if let (Some(a), Some(b)) = (own.current(), theirs.current()) {
        match (a.registrar_key(), b.registrar_key()) {
            (Some(own), Some(theirs)) if own == theirs => found.push(same_registrar(view, &own)?),
            (Some(_), Some(_)) => found.push((weights.support.different_registrar, "different registrars".into())),
            _ => {}
        }
        if let (Some(a), Some(b)) = (a.created, b.created) {
            found.extend(created(weights, a.0.abs_diff(b.0) / DAY as u64));
        }
    }
    found.extend(match naming::likeness(&own.domain, &theirs.domain) {
        Likeness::Token(token) => Some((weights.support.name_token, format!("both named with `{token}`"))),
        Likeness::Substring(run) => Some((weights.support.name_substring, format!("both names hold `{run}`"))),
        Likeness::None => None,
    });
    Ok(found)
}

fn same_registrar(view: &View, key: &str) -> Result<(f64, String), Error> {
    let share = view.share_of_value(Field::Registrar, Some(Role::Domain), key)?;
    let bits = if share.population == 0 {
        0.0
    } else {
        view.engine.weights.bits(PivotKind::Registrar, share.population, share.domains)
    };
    Ok((bits, "at the same registrar".into()))
}

fn created(weights: &Weights, days: u64) -> Option<(f64, String)> {
    let support = &weights.support;
    match days {
        0 => Some((support.created_same_day, "registered within a day".into())),
        1..=3 => Some((support.created_within_3_days, format!("registered {days} days apart"))),
        4..=30 => Some((support.created_within_a_month, format!("registered {days} days apart"))),
        _ => None,
    }
}
