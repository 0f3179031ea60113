//! Questions to passive DNS, as every way in asks them: the DNSDB and COF interfaces, `/api/v1/dns`, the command line.
//!
//! A [`Question`] says what is asked for: owner names (exact, `*.example.test`, `www.example.*`), what data point to (an
//! address, a prefix, a range, a name, raw octets), or a text pattern over either. [`Dns`] is one moment's store as one
//! actor may read it; a [`Run`] walks over the answer in steps, so that nothing is held while a slow reader takes its
//! time: no snapshot, no thread, no more rows than one step writes.
//!
//! **One tuple, several sources.** What sensors, providers and imports saw is merged into one first, last and count;
//! the times of zone files stand beside them; our own look-ups show only where nothing else does. Fences apply to what
//! is shown, not to each source by itself: a name that one sensor has known for years is not new because another one
//! met it today.

mod group;
mod pattern;
mod question;
mod run;

use std::{collections::BTreeSet, ops::ControlFlow};

use model::{Actor, Readable, Source, SourceId, SourceKind, Span, Spell, Tuple};
use observations::{Cursor, Found, Interrupt, Query, Snapshot, Visited};

use crate::{Engine, error::Error};

pub use group::{Group, Groups, Side};
pub use pattern::Pattern;
pub use question::{Question, Types, What};
pub use run::{Ended, Run, Summary};

/// The store as one actor may read it at one moment.
pub struct Dns<'a> {
    snapshot: Snapshot,
    sources: Vec<Source>,
    readable: Readable,
    /// By number: what each source is.
    kinds: Vec<Option<SourceKind>>,
    engine: &'a Engine,
}

impl Engine {
    /// What this actor may read of passive DNS now; of these sources alone where some are named.
    pub fn dns(&self, actor: &Actor, named: &[String]) -> Result<Dns<'_>, Error> {
        let mut sources = self.store.sources();
        sources.retain(|source| actor.sources.allows(source.id));
        if let Some(unknown) = named.iter().find(|name| !sources.iter().any(|source| source.name == **name)) {
            return Err(Error::invalid("sources", format!("no source `{unknown}`, or you may not read it")));
        }
        if !named.is_empty() {
            sources.retain(|source| named.contains(&source.name));
        }
        let mut kinds = Vec::new();
        for source in &sources {
            let at = source.id.0 as usize;
            kinds.resize(kinds.len().max(at + 1), None);
            kinds[at] = Some(source.kind);
        }
        let whole = actor.sources == Readable::All && named.is_empty();
        let only = || Readable::Only(sources.iter().map(|source| source.id).collect::<BTreeSet<_>>());
        let readable = if whole { Readable::All } else { only() };
        Ok(Dns { snapshot: self.store.snapshot(), sources, readable, kinds, engine: self })
    }
}

impl Dns<'_> {
    /// The sources that are read.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The engine whose store this is.
    pub fn engine(&self) -> &Engine {
        self.engine
    }

    /// Calls `visit` with each row of an answer that stands behind `after`, until it breaks.
    pub(crate) fn visit(
        &self,
        question: &Question,
        after: Option<&Cursor>,
        interrupt: &Interrupt,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<Visited, Error> {
        let mut all = Visited { interrupted: false, damaged: 0 };
        for subject in question.what.subjects() {
            let mut query = Query::new(subject, self.readable.clone(), usize::MAX);
            query.rrtypes = question.types.wanted().to_vec();
            query.cursor = after.cloned();
            query.interrupt = interrupt.clone();
            let mut flow = ControlFlow::Continue(());
            let mut filter = question.filter();
            let visited = self.snapshot.visit_dns(&query, &mut |found| {
                let times = self.times(found);
                if times.main().is_some_and(|(span, _)| question.fences.admit(span)) && filter.admits(found) {
                    flow = visit(&Row { found, times, dns: self });
                }
                flow
            })?;
            all.damaged += visited.damaged;
            all.interrupted |= visited.interrupted;
            if all.interrupted || flow.is_break() {
                break;
            }
        }
        Ok(all)
    }

    fn times(&self, found: &Found<'_>) -> Times {
        let mut times = Times::default();
        for (source, span, count) in found.sightings() {
            let slot = match self.kinds.get(source.0 as usize).copied().flatten() {
                Some(SourceKind::Zone) => &mut times.zone,
                Some(SourceKind::Lookup) => &mut times.looked_up,
                _ => &mut times.seen,
            };
            let (before, counted) = slot.unwrap_or((span, 0));
            *slot = Some((before.union(span), counted.saturating_add(count)));
        }
        times
    }
}

/// When and how often a tuple was seen, by what kind of source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// By sensors, providers and imports.
    pub seen: Option<(Span, u64)>,
    /// In zone files.
    pub zone: Option<(Span, u64)>,
    /// By our own look-ups.
    pub looked_up: Option<(Span, u64)>,
}

impl Times {
    /// What counts: what was passively seen; else the zone files; else our own look-ups.
    pub fn main(&self) -> Option<(Span, u64)> {
        self.seen.or(self.zone).or(self.looked_up)
    }

    /// The same without zone files, which have times of their own.
    pub fn observed(&self) -> Option<(Span, u64)> {
        self.seen.or(if self.zone.is_none() { self.looked_up } else { None })
    }
}

/// One tuple of an answer.
pub struct Row<'a> {
    found: &'a Found<'a>,
    times: Times,
    dns: &'a Dns<'a>,
}

/// What one source says of a tuple.
pub struct Said<'a> {
    /// The source.
    pub source: &'a Source,
    /// First and last.
    pub span: Span,
    /// How often.
    pub count: u64,
    /// Active periods.
    pub spells: Vec<Spell>,
}

impl Row<'_> {
    /// The tuple; none where it cannot be read, which is damage.
    pub fn tuple(&self) -> Option<Tuple> {
        self.found.tuple()
    }

    /// When and how often.
    pub fn times(&self) -> &Times {
        &self.times
    }

    /// Writes down where to go on behind it.
    pub(crate) fn place(&self, place: &mut Vec<u8>) {
        place.clear();
        place.extend_from_slice(self.found.place());
    }

    /// What each source says, in the order of their numbers.
    pub fn said(&self) -> impl Iterator<Item = Said<'_>> {
        self.found.sightings().filter_map(|(id, span, count)| {
            let source = self.source(id)?;
            Some(Said { source, span, count, spells: self.found.spells(id).collect() })
        })
    }

    fn source(&self, id: SourceId) -> Option<&Source> {
        self.dns.sources.iter().find(|source| source.id == id)
    }
}
