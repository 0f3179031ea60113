//! The team of the demo: two organisations, a community between them, and what they believe.
//!
//! Accounts, owners, memberships, imports, groups and associations are made by the same functions as everywhere, each
//! as somebody who may: an analyst of the first organisation, and one of the second, both recognised by a token.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Context;
use engine::{
    Knowledge, View,
    account::{Credential, Lifetime, token::Wish, user::NewUser},
    hunt::{Report, Tier},
    knowledge::{
        association::NewAssociation,
        exit::Audience,
        group::NewGroup,
        import::{Defaults, Imported, Request},
        offer::{self, Chosen, Offer},
    },
    owner::NewOwner,
    track::NewTrack,
};
use formats::answer::Row;
use model::{
    Actor, AssociationKind, Group, GroupKind, Indicator, IndicatorType, Membership, Name, Owner, OwnerKind, PivotKind,
    Scopes, Time, Tlp, UserId,
    association::Decider,
    opinion::{HostRole, Use},
    owner::Role,
    right::Scope,
    track::{Hit, HitKind, Track},
};
use observations::Interrupt;

use super::stage::Stage;

/// Who they are and what they share.
pub(crate) struct Team {
    pub(crate) knowledge: Knowledge,
    /// The team's own organisation.
    pub(crate) ours: Owner,
    /// What both organisations belong to.
    pub(crate) community: Owner,
    /// An analyst of the team.
    pub(crate) analyst: Actor,
    /// An analyst of the other organisation.
    pub(crate) partner: Actor,
    /// The analyst's token, to try.
    pub(crate) token: String,
}

impl Team {
    /// Founds both organisations and their community in an empty database.
    pub(crate) fn found(stage: &Stage, store: store::Store) -> anyhow::Result<Team> {
        let (knowledge, local, now) = (Knowledge::new(store), Actor::local("demo"), stage.now());
        let (ours, analyst, token) = organisation(&knowledge, "Threat team", "analyst", now)?;
        let (_, partner, partners_token) = organisation(&knowledge, "Partner", "partner", now)?;
        let community = NewOwner { kind: OwnerKind::Community, tlp: Tlp::Green, ..owner_of("Sector exchange") };
        let community = knowledge.add_owner(&local, &community, now)?;
        for (user, role) in [(analyst, Role::Analyst), (partner, Role::Reader)] {
            let membership = Membership { owner: community.id, user, role, pseudonym: None };
            knowledge.set_member(&local, &membership, now)?;
        }
        let analyst = recognised(&knowledge, stage, &token)?;
        let partner = recognised(&knowledge, stage, &partners_token)?;
        Ok(Team { knowledge, ours, community, analyst, partner, token })
    }

    /// The names that passive DNS has at the seed's address, brought into the organisation with their evidence.
    pub(crate) fn import_passive_dns(&self, stage: &Stage) -> anyhow::Result<Imported> {
        let seed = stage.truth().seed.to_string();
        let offer = offer::of_pivot(&self.view(stage), &seed, PivotKind::Address, &Chosen::ALL)?;
        self.import(&self.ours, offer, Defaults { tags: vec!["case-study".into()], ..defaults() }, stage.now())
    }

    /// What a hunt found that is at least probable.
    pub(crate) fn import_hunt(&self, stage: &Stage, report: &Report) -> anyhow::Result<Imported> {
        let likely = report.candidates.iter().filter(|candidate| candidate.tier >= Tier::Probable);
        let chosen = Chosen::only(likely.map(|candidate| candidate.value.to_string()))?;
        let offer = offer::of_hunt(&self.view(stage), report, &chosen)?;
        let defaults = Defaults { role: HostRole::ActorControlled, tags: vec!["case-study".into()], ..defaults() };
        self.import(&self.ours, offer, defaults, stage.now())
    }

    /// The profile of whoever is behind it, made by a person, with its infrastructure and why each belongs to it.
    pub(crate) fn profile(&self, stage: &Stage, report: &Report) -> anyhow::Result<(Group, usize)> {
        let now = stage.now();
        let new = NewGroup { tlp: Some(Tlp::Amber), ..NewGroup::new(GroupKind::Adversary, "Case study") };
        let group = self.knowledge.add_group(&self.analyst, self.ours.id, &new, now)?;
        let mut count = 0;
        for candidate in report.candidates.iter().filter(|candidate| candidate.tier >= Tier::Probable) {
            let words = candidate.paths.first().and_then(|path| path.hops.last()).map(|hop| hop.words());
            let id = store::indicator::id(&host(&candidate.value)?);
            let reason = words.unwrap_or_else(|| candidate.tier.as_str().to_owned());
            let link = NewAssociation::new(id, AssociationKind::Indicates, group.id, reason);
            self.knowledge.associate(&self.analyst, self.ours.id, &link, Decider::Person, now)?;
            count += 1;
        }
        Ok((group, count))
    }

    /// What is associated with a group, and why.
    pub(crate) fn infrastructure(&self, actor: &Actor, group: &Group) -> anyhow::Result<Vec<(String, String)>> {
        let filter = store::association::Filter::default();
        let links = self.knowledge.associations(actor, group.id.into(), &filter, None, 100)?;
        Ok(links.into_iter().map(|link| (link.other.name, link.association.reason)).collect())
    }

    /// Shares some domains with the community, and nothing else.
    pub(crate) fn share(&self, stage: &Stage, domains: &[Name]) -> anyhow::Result<Imported> {
        let values = domains.iter().map(host).collect::<anyhow::Result<Vec<_>>>()?;
        let rows = values.into_iter().enumerate().map(|(at, value)| engine::knowledge::import::Offered {
            stated: formats::list::Stated::new(at + 1, value),
            provenance: model::Provenance::plain(model::provenance::Origin::Person, None),
        });
        let offer = Offer { origin: "shared by an analyst".into(), rows: rows.collect(), ..Offer::default() };
        self.import(&self.community, offer, Defaults { usage: Use::Alert, ..defaults() }, stage.now())
    }

    /// The values that an actor may see, each with its owner's name.
    pub(crate) fn seen_by(&self, actor: &Actor, now: Time) -> anyhow::Result<Vec<(String, Indicator)>> {
        let query = engine::knowledge::list::parse("")?;
        let page = self.knowledge.list(actor, &query, store::search::Order::Id, None, 1000, now)?;
        Ok(page.rows.into_iter().map(|row| (row.owner, row.held.indicator)).collect())
    }

    /// What goes back to the SOC about an import.
    pub(crate) fn answer(&self, stage: &Stage, imported: &Imported) -> anyhow::Result<Vec<Row>> {
        let import = imported.import.as_ref().context("something was imported")?;
        let values = self.knowledge.values_of_import(&self.analyst, import.id, stage.now())?;
        let view = self.view(stage);
        Ok(self.knowledge.answer(&view, &self.analyst, &values, Audience::Organization, stage.now())?)
    }

    /// Where a value came from, in words.
    pub(crate) fn evidence(&self, value: &Indicator) -> anyhow::Result<Option<String>> {
        let accepted = self.knowledge.evidence(&self.analyst, store::indicator::id(value))?;
        Ok(accepted.last().map(|piece| piece.provenance.words()))
    }

    /// A Track on a registrant's e-mail address, and how many matched already.
    pub(crate) fn track(&self, stage: &Stage, email: &str) -> anyhow::Result<(Track, usize)> {
        let new = NewTrack { query: format!("registrant.email = {email:?}"), ..NewTrack::default() };
        let (engine, now) = (&stage.engine, stage.now());
        Ok(self.knowledge.add_track(&self.analyst, self.ours.id, &new, engine, Interrupt::default(), now)?)
    }

    /// What Tracks have found, of one kind.
    pub(crate) fn hits(&self, kind: HitKind) -> anyhow::Result<Vec<Hit>> {
        let filter = store::track::Filter { kind: Some(kind), ..store::track::Filter::default() };
        Ok(self.knowledge.track_hits(&self.analyst, &filter, 1000)?)
    }

    fn import(&self, to: &Owner, offer: Offer, defaults: Defaults, now: Time) -> anyhow::Result<Imported> {
        let request = Request { owner: to.id, origin: offer.origin, defaults, rows: offer.rows };
        Ok(self.knowledge.import(&self.analyst, &request, now)?)
    }

    fn view<'s>(&self, stage: &'s Stage) -> View<'s> {
        stage.engine.view(&self.analyst, Interrupt::default())
    }
}

/// An organisation with one analyst, who manages it; their account and token.
fn organisation(
    knowledge: &Knowledge,
    name: &str,
    analyst: &str,
    now: Time,
) -> anyhow::Result<(Owner, UserId, String)> {
    let local = Actor::local("demo");
    // Nobody needs the password: the token is what the demo says to try.
    let password = Some(store::fresh::id(now).to_string());
    let user = knowledge.add_user(&local, &NewUser { name: analyst.into(), password, ..NewUser::default() }, now)?;
    let owner = knowledge.add_owner(&local, &NewOwner { manager: Some(user.id), ..owner_of(name) }, now)?;
    let scopes = Scopes([Scope::Read, Scope::Write, Scope::Contact, Scope::Ask].into_iter().collect());
    let wish = Wish { name: "demo".into(), scopes, networks: Vec::new(), expires: None };
    let made = knowledge.add_token_for(&local, user.id, &wish, now)?;
    Ok((owner, user.id, made.text))
}

fn owner_of(name: &str) -> NewOwner {
    NewOwner {
        name: name.into(),
        kind: OwnerKind::Organization,
        reviewed: false,
        open: false,
        tlp: Tlp::Amber,
        manager: None,
    }
}

fn recognised(knowledge: &Knowledge, stage: &Stage, token: &str) -> anyhow::Result<Actor> {
    let credential = Credential::Token(token.to_owned());
    let sources = || stage.engine.store.sources().into_iter().map(|source| source.id).collect();
    let lifetime = Lifetime { idle_seconds: 3_600, seconds: 3_600 };
    let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let found = knowledge.recognise(&credential, client, lifetime, &sources, stage.now())?;
    Ok(found.context("the token that was just made is recognised")?.actor)
}

fn defaults() -> Defaults {
    Defaults { rating: Some(4), confidence: Some(80), ..Defaults::default() }
}

fn host(name: &Name) -> anyhow::Result<Indicator> {
    Ok(Indicator::parse(IndicatorType::Host, &name.to_string())?)
}
