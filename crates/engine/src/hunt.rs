//! An infrastructure hunt: from seeds along shared values to whatever is run by the same hands.
//!
//! The hunt expands best-first under a budget over a graph of domains (a subdomain belongs to its domain) whose edges
//! are shared values. What an edge is worth is decided in `hunt::edge`; here paths multiply, hops after the first decay,
//! and paths that share no value combine by noisy-or: `1 - Π(1 - pᵢ)`. A tier speaks of shared infrastructure, never of
//! attribution.
//!
//! It is a stepper: [`Hunt::step`] says what it needs, what it found, or that it is done. Whoever drives it looks up
//! what is needed (or does not), tells the store, and steps on. For a budget of steps and candidates it is
//! deterministic.

mod candidate;
mod edge;

use std::collections::{BTreeMap, BTreeSet};

use model::{Actor, Name, PivotKind, Quality, Time};
use observations::Interrupt;
use serde::Serialize;

pub use candidate::{Candidate, Hop, Link, Path, Tier};
pub use edge::Shared;

use crate::{
    Engine,
    connector::{Connector, Key, Sharer, Standing, connectors},
    error::Error,
    profile::Profile,
    view::{Denominator, View},
    weight,
};

/// How far a hunt may go.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// At most so many domains are expanded.
    pub steps: usize,
    /// At most so many candidates are kept.
    pub candidates: usize,
    /// At most so many hops from a seed.
    pub hops: usize,
    /// At most so many look-ups are asked for.
    pub lookups: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { steps: 200, candidates: 1_000, hops: 4, lookups: 200 }
    }
}

/// Something that the store does not know and a look-up may tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Who registered this domain.
    Registration(Name),
    /// Where this seed points.
    Dns(Name),
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Look this up if that is permitted, then step on either way.
    Need(Need),
    /// A domain was expanded; these candidates are new.
    Expanded {
        /// Which domain.
        domain: Name,
        /// New candidates.
        found: Vec<Name>,
    },
    /// Nothing is left to do, or a limit was reached.
    Done(Ending),
}

/// Why a hunt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything likely enough was followed.
    Complete,
    /// The budget of steps was spent.
    Steps,
    /// The budget of candidates was spent.
    Candidates,
    /// Somebody stopped it, or its time was over.
    Interrupted,
}

/// Why a value or a domain was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Too many share it.
    Crowded,
    /// Sharing it says nothing: a label says why.
    Poison,
    /// They had it at different times.
    NoOverlap,
    /// It belonged to an owner before, of one domain or the other.
    OwnershipEpoch,
    /// The candidates' budget was spent.
    Budget,
}

impl Rule {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Crowded => "crowded",
            Rule::Poison => "poison",
            Rule::NoOverlap => "at different times",
            Rule::OwnershipEpoch => "of an owner before",
            Rule::Budget => "beyond the budget",
        }
    }
}

/// Something that was left out as noise, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetAside {
    /// At which domain.
    pub from: Name,
    /// Of which kind.
    pub kind: PivotKind,
    /// Which value.
    pub value: String,
    /// Towards which domain; none where nothing was followed along the value at all.
    pub domain: Option<Name>,
    /// The rule.
    pub rule: Rule,
    /// The reason in words.
    pub reason: String,
}

/// What a hunt found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where it began.
    pub seeds: Vec<Name>,
    /// Best first.
    pub candidates: Vec<Candidate>,
    /// Values that join two domains which were found along different ways.
    pub links: Vec<Link>,
    /// What was left out, and why.
    pub set_aside: Vec<SetAside>,
    /// Domains expanded.
    pub steps: usize,
    /// Look-ups asked for.
    pub lookups: usize,
    /// Why it ended.
    pub ending: Ending,
    /// Out of what was counted.
    pub denominator: Denominator,
}

/// A hunt under way.
pub struct Hunt {
    actor: Actor,
    seeds: Vec<Name>,
    budget: Budget,
    interrupt: Interrupt,
    nodes: BTreeMap<Name, Node>,
    asked: BTreeSet<Need>,
    set_aside: Vec<SetAside>,
    steps: usize,
    found_at: Time,
    ending: Option<Ending>,
}

/// A domain in the graph.
#[derive(Default)]
pub(crate) struct Node {
    is_seed: bool,
    expanded: bool,
    paths: Vec<Path>,
}

/// Who shares a value and how that stands, read once a step.
type Known = BTreeMap<Key, (Standing, Vec<Sharer>)>;

/// At most so much is kept of what was set aside; the count goes on in the report's words.
const SET_ASIDE_MAX: usize = 2_000;
/// At most so many paths are kept of a candidate.
const PATHS_MAX: usize = 16;

impl Hunt {
    /// A hunt from these domains; names below a registrable domain stand for it.
    pub fn new(
        engine: &Engine,
        actor: &Actor,
        seeds: &[Name],
        budget: Budget,
        interrupt: Interrupt,
        now: Time,
    ) -> Hunt {
        let view = engine.view(actor, Interrupt::default());
        let mut seeds: Vec<Name> = seeds.iter().map(|seed| view.registrable(seed)).collect();
        seeds.dedup();
        let node = |seed: &Name| (seed.clone(), Node { is_seed: true, ..Node::default() });
        Hunt {
            actor: actor.clone(),
            nodes: seeds.iter().map(node).collect(),
            seeds,
            budget,
            interrupt,
            asked: BTreeSet::new(),
            set_aside: Vec::new(),
            steps: 0,
            found_at: now,
            ending: None,
        }
    }

    /// Does the next thing.
    pub fn step(&mut self, engine: &Engine) -> Result<Event, Error> {
        if let Some(ending) = self.ending.or_else(|| self.limit_reached()) {
            self.ending = Some(ending);
            return Ok(Event::Done(ending));
        }
        let Some(domain) = self.most_likely(engine) else {
            self.ending = Some(Ending::Complete);
            return Ok(Event::Done(Ending::Complete));
        };
        let view = engine.view(&self.actor, self.interrupt.clone());
        let profile = Profile::read(&view, &domain)?;
        if let Some(need) = self.needed(&profile) {
            self.asked.insert(need.clone());
            return Ok(Event::Need(need));
        }
        let found = self.expand(&view, &profile)?;
        Ok(Event::Expanded { domain, found })
    }

    /// Runs to the end on what the store knows.
    pub fn run(mut self, engine: &Engine) -> Result<Report, Error> {
        while !matches!(self.step(engine)?, Event::Done(_)) {}
        Ok(self.report(engine))
    }

    /// What was found so far.
    pub fn report(&self, engine: &Engine) -> Report {
        let view = engine.view(&self.actor, Interrupt::default());
        let weights = &engine.weights;
        let others = self.nodes.iter().filter(|(_, node)| !node.is_seed && !node.paths.is_empty());
        let mut candidates: Vec<Candidate> =
            others.map(|(domain, node)| Candidate::new(domain, &node.paths, weights)).collect();
        candidates.sort_by(|a, b| b.tier.cmp(&a.tier).then(b.score.total_cmp(&a.score)).then(a.value.cmp(&b.value)));
        Report {
            seeds: self.seeds.clone(),
            links: candidate::links(&candidates),
            candidates,
            set_aside: self.set_aside.clone(),
            steps: self.steps,
            lookups: self.asked.len(),
            ending: self.ending.unwrap_or(Ending::Complete),
            denominator: view.denominator(),
        }
    }

    /// When the hunt was begun.
    pub fn found_at(&self) -> Time {
        self.found_at
    }

    fn limit_reached(&self) -> Option<Ending> {
        match () {
            () if self.interrupt.is_due() => Some(Ending::Interrupted),
            () if self.steps >= self.budget.steps => Some(Ending::Steps),
            () if self.nodes.len() > self.budget.candidates => Some(Ending::Candidates),
            () => None,
        }
    }

    /// The likeliest domain that is not expanded yet and may be.
    fn most_likely(&self, engine: &Engine) -> Option<Name> {
        let weights = &engine.weights;
        let open = self.nodes.iter().filter(|(_, node)| !node.expanded && node.hops() < self.budget.hops);
        let scored = open.map(|(domain, node)| (node.score(), domain, node));
        // What can be no more than weak leads nowhere, however high its evidence adds up.
        let worth = |node: &Node| node.is_seed || candidate::at_most(&node.paths) > Tier::Weak;
        let likely = scored.filter(|(score, _, node)| *score >= weights.expand_at && worth(node));
        likely.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1))).map(|(_, domain, _)| domain.clone())
    }

    /// What should be looked up before this domain is expanded. Only seeds are resolved: everything else was found by
    /// its names or its registration already.
    fn needed(&self, profile: &Profile) -> Option<Need> {
        let is_seed = self.nodes.get(&profile.domain).is_some_and(|node| node.is_seed);
        let registration = profile.versions.is_empty().then(|| Need::Registration(profile.domain.clone()));
        let dns = is_seed.then(|| Need::Dns(profile.domain.clone()));
        let wanted = registration.into_iter().chain(dns).find(|need| !self.asked.contains(need));
        wanted.filter(|_| self.asked.len() < self.budget.lookups)
    }

    fn expand(&mut self, view: &View, profile: &Profile) -> Result<Vec<Name>, Error> {
        self.steps += 1;
        self.rescore(view, profile)?;
        if let Some(node) = self.nodes.get_mut(&profile.domain) {
            node.expanded = true;
        }
        self.note_earlier_owners(profile);
        let mut shared: BTreeMap<Name, Vec<Shared>> = BTreeMap::new();
        let mut known = Known::new();
        for connector in connectors(profile) {
            if follows(connector.kind) {
                self.follow(view, profile, connector, &mut known, &mut shared)?;
            }
        }
        self.join(view, profile, shared)
    }

    /// Reads who shares a value and files it under each domain that does.
    fn follow(
        &mut self,
        view: &View,
        profile: &Profile,
        connector: Connector,
        known: &mut Known,
        shared: &mut BTreeMap<Name, Vec<Shared>>,
    ) -> Result<(), Error> {
        let standing = connector.key.standing(connector.kind, view)?;
        let rule = match standing.assessment.quality {
            Quality::Crowded => Some(Rule::Crowded),
            Quality::Poison => Some(Rule::Poison),
            Quality::Selective | Quality::Unmeasured => None,
        };
        if let Some(rule) = rule {
            self.leave(&profile.domain, &connector, None, rule, standing.assessment.reason);
            return Ok(());
        }
        let (sharers, _) = connector.key.sharers(view)?;
        known.insert(connector.key.clone(), (standing, sharers));
        let Some((standing, sharers)) = known.get(&connector.key) else { return Ok(()) };
        for sharer in sharers.iter().filter(|sharer| sharer.domain != profile.domain) {
            shared.entry(sharer.domain.clone()).or_default().push(Shared::new(&connector, standing, sharer));
        }
        Ok(())
    }

    /// Weighs the link to each domain that shares something.
    fn join(
        &mut self,
        view: &View,
        profile: &Profile,
        shared: BTreeMap<Name, Vec<Shared>>,
    ) -> Result<Vec<Name>, Error> {
        let mut found = Vec::new();
        for (domain, values) in shared {
            let theirs = Profile::read_registration(view, &domain)?;
            let (kept, refused) = edge::admit(profile, &theirs, values, &view.engine.weights);
            for (value, rule, reason) in refused {
                self.leave(&profile.domain, &value.connector, Some(&domain), rule, reason);
            }
            if kept.is_empty() {
                continue;
            }
            if !self.nodes.contains_key(&domain) {
                if self.nodes.len() > self.budget.candidates {
                    self.leave(
                        &profile.domain,
                        &kept[0].connector,
                        Some(&domain),
                        Rule::Budget,
                        "too many candidates".into(),
                    );
                    continue;
                }
                found.push(domain.clone());
            }
            let hop = edge::weigh(view, profile, &theirs, kept, self.campaign(view))?;
            self.reach(hop, view);
        }
        Ok(found)
    }

    /// Domains held at least probable so far: the larger the campaign, the likelier another member.
    fn campaign(&self, view: &View) -> f64 {
        let weights = &view.engine.weights;
        let members = self.nodes.values().filter(|node| node.score() >= weights.probable).count();
        weights.prior + members as f64
    }

    /// Adds the paths that end with this hop.
    fn reach(&mut self, hop: Hop, view: &View) {
        let weights = &view.engine.weights;
        let Some(from) = self.nodes.get(&hop.from) else { return };
        let before = from.paths.first().cloned().unwrap_or_else(Path::start);
        if before.passes(&hop) {
            return; // back to where it came from, or along a value that was used already
        }
        let to = hop.to.clone();
        let path = before.and(hop, weights.decay);
        let node = self.nodes.entry(to).or_default();
        if !node.is_seed {
            node.paths.push(path);
            node.sort_paths();
        }
    }

    /// Weighs the last hop to a domain again, now that its registration is known.
    fn rescore(&mut self, view: &View, profile: &Profile) -> Result<(), Error> {
        let campaign = self.campaign(view);
        let Some(node) = self.nodes.get_mut(&profile.domain) else { return Ok(()) };
        let mut paths = std::mem::take(&mut node.paths);
        for path in &mut paths {
            if let Some(hop) = path.hops.last().cloned() {
                let from = Profile::read_registration(view, &hop.from)?;
                let hop = edge::weigh(view, &from, profile, hop.shared, campaign)?;
                path.replace_last(hop, view.engine.weights.decay);
            }
        }
        if let Some(node) = self.nodes.get_mut(&profile.domain) {
            node.paths = paths;
            node.sort_paths();
        }
        Ok(())
    }

    /// Values of owners before are not followed; what they were is said.
    fn note_earlier_owners(&mut self, profile: &Profile) {
        let since = profile.since.map_or_else(String::new, |since| format!(" before {}", since.day()));
        let earlier = Profile { versions: profile.earlier.clone(), records: Vec::new(), ..profile.clone() };
        for connector in connectors(&earlier).into_iter().filter(|connector| weight::is_contact(connector.kind)) {
            let reason = format!("of an owner of {}{since}", profile.domain);
            self.leave(&profile.domain, &connector, None, Rule::OwnershipEpoch, reason);
        }
    }

    fn leave(&mut self, from: &Name, connector: &Connector, domain: Option<&Name>, rule: Rule, reason: String) {
        if self.set_aside.len() < SET_ASIDE_MAX {
            self.set_aside.push(SetAside {
                from: from.clone(),
                kind: connector.kind,
                value: connector.shown.clone(),
                domain: domain.cloned(),
                rule,
                reason,
            });
        }
    }
}

impl Node {
    fn hops(&self) -> usize {
        self.paths.first().map_or(0, |path| path.hops.len())
    }

    fn score(&self) -> f64 {
        if self.is_seed { 1.0 } else { candidate::combine(&self.paths) }
    }

    /// Best first; a path that uses no value which a better one uses is what counts.
    fn sort_paths(&mut self) {
        self.paths.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.hops.len().cmp(&b.hops.len())));
        self.paths.truncate(PATHS_MAX);
    }
}

/// Kinds that find candidates. The others are pivots for people, and support what was found otherwise.
fn follows(kind: PivotKind) -> bool {
    !matches!(kind, PivotKind::Registrar | PivotKind::RegisteredMinute | PivotKind::Network | PivotKind::Subdomain)
}
