//! Lists of indicators by query, and exports: the same rows, all of them, for an audience.

use std::collections::{BTreeMap, HashMap};

use formats::export::{Exported, Holder};
use model::{
    Actor, IndicatorId, Owner, OwnerId, Time,
    query::{self, Query, Subject},
};
use store::{
    Tx, Viewer,
    audit::{self, Detail, Entry},
    opinion::Held,
    search::{self, Order, PAGE_MAX, Position, Search},
};

use super::{Knowledge, evidence::LIST_MAX, exit::Audience};
use crate::error::Error;

/// Counting stops here.
pub const COUNT_MAX: u64 = 10_000;

/// A row of a list: an indicator as one owner holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The value and what the owner holds of it.
    pub held: Held,
    /// Confidence as it is now.
    pub confidence: Option<u8>,
    /// The owner's name.
    pub owner: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Listed>,
    /// Where the next page begins; none after the last.
    pub next: Option<Position<IndicatorId>>,
}

/// Reads a query about indicators; what is wrong with it is said with its place.
pub fn parse(text: &str) -> Result<Query, Error> {
    query::parse(Subject::Indicator, text).map_err(|error| Error::invalid("query", error.message()))
}

impl Knowledge {
    /// A page of the indicators that a query selects among those that the actor may read.
    pub fn list(
        &self,
        actor: &Actor,
        query: &Query,
        order: Order,
        after: Option<Position<IndicatorId>>,
        limit: usize,
        now: Time,
    ) -> Result<Page, Error> {
        let limit = limit.clamp(1, PAGE_MAX);
        self.store.read(|tx| page(tx, &Viewer::of(actor), query, order, after, limit, now))
    }

    /// How many there are; counting stops at [`COUNT_MAX`], and one more means that there are more.
    pub fn count(&self, actor: &Actor, query: &Query, now: Time) -> Result<u64, Error> {
        let viewer = Viewer::of(actor);
        let search = Search { query, viewer: &viewer, now, order: Order::Id };
        self.store.read(|tx| Ok(search::count(tx, &search, COUNT_MAX)?))
    }

    /// Gives every row that may go to the audience, page by page, to `take`, until it has enough; how many. Each page
    /// is read at its own moment, so an export of any length keeps nobody from writing. With `evidence` each says why it
    /// is held, as far as the actor may read that and the audience may have it.
    pub fn export(
        &self,
        actor: &Actor,
        query: &Query,
        audience: Audience,
        evidence: bool,
        now: Time,
        take: &mut dyn FnMut(Exported) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        let (mut after, mut count) = (None, 0);
        loop {
            let (rows, next) = self.store.read(|tx| exported(tx, actor, query, audience, evidence, after, now))?;
            for row in rows {
                count += 1;
                if !take(row)? {
                    return Ok(count);
                }
            }
            match next {
                Some(position) => after = Some(position),
                None => return Ok(count),
            }
        }
    }

    /// Writes down that an export was made.
    pub fn exported(
        &self,
        actor: &Actor,
        query: &str,
        audience: Audience,
        format: &str,
        rows: u64,
        now: Time,
    ) -> Result<(), Error> {
        let detail = Detail::default().with("audience", audience.as_str()).with("format", format).with("rows", rows);
        let detail = detail.personal("query", query);
        let entry = Entry { time: now, actor, action: "indicator.export", object: None, owner: None, detail };
        self.store.write(|tx| Ok(audit::append(tx, &entry).map(drop)?))
    }
}

fn page(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    query: &Query,
    order: Order,
    after: Option<Position<IndicatorId>>,
    limit: usize,
    now: Time,
) -> Result<Page, Error> {
    let search = Search { query, viewer, now, order };
    let mut rows = search::indicators(tx, &search, after, limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let asked = after.map_or(now, |at| at.asked());
    let next = rows.last().filter(|_| more).map(|held| Position::after(held, order, asked));
    let owners = owners(tx, viewer)?;
    let mut tags = tags(tx, &rows)?;
    let listed = rows.into_iter().map(|held| {
        let key = (held.opinion.owner, held.opinion.indicator);
        Listed {
            confidence: held.confidence(now),
            owner: owners.get(&key.0).map(|owner| owner.name.clone()).unwrap_or_default(),
            tags: tags.remove(&key).unwrap_or_default(),
            held,
        }
    });
    Ok(Page { rows: listed.collect(), next })
}

fn owners(tx: &mut Tx<'_>, viewer: &Viewer) -> Result<BTreeMap<OwnerId, Owner>, Error> {
    Ok(store::owner::list(tx, viewer.owners())?.into_iter().map(|owner| (owner.id, owner)).collect())
}

type Tags = HashMap<(OwnerId, IndicatorId), Vec<String>>;

fn tags(tx: &mut Tx<'_>, rows: &[Held]) -> Result<Tags, Error> {
    let mut by_owner: BTreeMap<OwnerId, Vec<IndicatorId>> = BTreeMap::new();
    for held in rows {
        by_owner.entry(held.opinion.owner).or_default().push(held.opinion.indicator);
    }
    let mut tags = Tags::new();
    for (owner, indicators) in by_owner {
        let of_owner = store::import::tags_of(tx, owner, indicators)?;
        tags.extend(of_owner.into_iter().map(|(indicator, tags)| ((owner, indicator), tags)));
    }
    Ok(tags)
}

fn exported(
    tx: &mut Tx<'_>,
    actor: &Actor,
    query: &Query,
    audience: Audience,
    evidence: bool,
    after: Option<Position<IndicatorId>>,
    now: Time,
) -> Result<(Vec<Exported>, Option<Position<IndicatorId>>), Error> {
    let viewer = Viewer::of(actor);
    let page = page(tx, &viewer, query, Order::Id, after, PAGE_MAX, now)?;
    let owners = owners(tx, &viewer)?;
    let admitted =
        page.rows.into_iter().filter(|row| audience.admits(row.held.opinion.tlp) && !row.held.opinion.pending);
    let mut rows = Vec::new();
    for row in admitted {
        let Some(owner) = owners.get(&row.held.opinion.owner) else { continue };
        let why = if evidence { why(tx, actor, &viewer, audience, &row)? } else { None };
        rows.push(Exported { evidence: why, ..export_of(&row, owner, now) });
    }
    Ok((rows, page.next))
}

/// Why the owner holds it, in words.
fn why(
    tx: &mut Tx<'_>,
    actor: &Actor,
    viewer: &Viewer,
    audience: Audience,
    row: &Listed,
) -> Result<Option<String>, Error> {
    let opinion = &row.held.opinion;
    let all = store::evidence::of(tx, opinion.indicator, viewer, &actor.sources, LIST_MAX)?;
    let told = all.iter().filter(|of| of.owner == opinion.owner && audience.admits(of.tlp));
    let words: Vec<String> = told.map(|of| of.provenance.words()).collect();
    Ok((!words.is_empty()).then(|| words.join("; ")))
}

fn export_of(row: &Listed, owner: &Owner, now: Time) -> Exported {
    let opinion = &row.held.opinion;
    Exported {
        indicator: row.held.indicator.clone(),
        owner: Holder { id: owner.id, name: owner.name.clone(), kind: owner.kind },
        rating: opinion.rating,
        confidence: row.confidence,
        usage: opinion.usage,
        role: opinion.role,
        grade: opinion.grade,
        tlp: opinion.tlp,
        pap: opinion.pap,
        active: opinion.holds(now),
        first_seen: opinion.first_seen,
        last_seen: opinion.last_seen,
        added: opinion.added,
        modified: opinion.modified,
        expires: opinion.expires,
        tags: row.tags.clone(),
        description: opinion.description.clone(),
        source: opinion.source.clone(),
        evidence: None,
    }
}
