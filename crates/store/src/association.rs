//! Associations, from either end.

use model::{
    AddableOwner, Association, AssociationId, AssociationKind, End, Object, ObjectType, OwnerId, Tlp, UserId,
    WritableOwner,
};

use crate::{
    error::Error,
    object::{self, Named, join_object, object_columns},
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

/// Associations of an object are counted up to here, at each end.
pub const COUNTED_MAX: u32 = 10_000;

/// Columns in the order in which [`association`] takes them.
macro_rules! columns {
    () => {
        "a.id, a.owner_id, a.kind, a.from_type, a.from_id, a.to_type, a.to_id, a.reason, a.confidence, a.first_seen, \
         a.last_seen, a.tlp, a.added, a.revision"
    };
}

statements! {
    PUT = "INSERT INTO associations (id, owner_id, kind, from_type, from_id, to_type, to_id, reason, confidence, \
           first_seen, last_seen, tlp, added, revision, user_id) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14) \
           ON CONFLICT (from_id, to_id, kind, owner_id) DO UPDATE SET reason = excluded.reason, \
           confidence = excluded.confidence, first_seen = excluded.first_seen, last_seen = excluded.last_seen, \
           tlp = excluded.tlp, revision = associations.revision + 1, user_id = excluded.user_id";
    OF_ENDS = concat!("SELECT ", columns!(), " FROM associations a \
               WHERE a.from_id = $1 AND a.to_id = $2 AND a.kind = $3 AND a.owner_id = $4");
    BY_ID = concat!("SELECT ", columns!(), " FROM associations a WHERE a.id = $1");
    REMOVE = "DELETE FROM associations WHERE id = $1 AND owner_id = $2";
}

/// An association seen from one end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Linked {
    /// The association.
    pub association: Association,
    /// Which end the object is that was asked for.
    pub end: End,
    /// What is at the other end.
    pub other: Named,
}

/// How many associations of an object are alike.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// Which end the object is.
    pub end: End,
    /// What kind of association.
    pub kind: AssociationKind,
    /// The type of the object at the other end.
    pub other: ObjectType,
    /// The type of the indicator or of the group there.
    pub other_kind: String,
    /// How many.
    pub count: u32,
}

/// How many associations an object has.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// By end, kind, and what is at the other end.
    pub counts: Vec<Count>,
    /// Counting stopped at [`COUNTED_MAX`] at an end.
    pub at_least: bool,
}

/// Which associations of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Where the object is this end.
    pub end: Option<End>,
    /// Of this kind.
    pub kind: Option<AssociationKind>,
    /// With an object of this type at the other end.
    pub other: Option<ObjectType>,
    /// With an indicator or group of this type at the other end.
    pub other_kind: Option<String>,
}

/// Adds an association. Where the owner has one of this kind between the two already, it gets the new reason,
/// confidence, period and label. The association as it is now.
pub fn put(
    tx: &mut Tx<'_>,
    owner: &AddableOwner,
    new: &Association,
    user: Option<UserId>,
) -> Result<Association, Error> {
    assert_eq!(new.owner, owner.owner().id, "an association is of the owner that adds it");
    let values = values![
        new.id,
        new.owner,
        new.kind.as_str(),
        new.from.kind().as_str(),
        new.from.id(),
        new.to.kind().as_str(),
        new.to.id(),
        &new.reason,
        new.confidence,
        new.first_seen,
        new.last_seen,
        new.tlp as u8,
        new.added,
        user,
    ];
    tx.execute(PUT, values)?;
    of_ends(tx, new)?.ok_or(Error::Corrupt { what: "no association".into(), expected: "the one just added" })
}

/// The association that the owner of this one has between the same two, of the same kind.
pub fn of_ends(tx: &mut Tx<'_>, like: &Association) -> Result<Option<Association>, Error> {
    let values = values![like.from.id(), like.to.id(), like.kind.as_str(), like.owner];
    tx.row(OF_ENDS, values)?.as_ref().map(association).transpose()
}

/// Removes an association; whether the owner had it.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, id: AssociationId) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE, values![id, owner.owner().id])? == 1)
}

/// The association with this id, of a readable owner and between two objects that its readers may know of.
pub fn by_id(tx: &mut Tx<'_>, id: AssociationId, viewer: &Viewer) -> Result<Option<Association>, Error> {
    let found = tx.row(BY_ID, values![id])?.as_ref().map(association).transpose()?;
    let Some(found) = found.filter(|found| viewer.owners().allows(found.owner)) else { return Ok(None) };
    let both = [found.from, found.to].map(|end| object::strictest(tx, viewer, end));
    let visible = both.into_iter().collect::<Result<Vec<_>, Error>>()?.iter().all(Option::is_some);
    Ok(visible.then_some(found))
}

/// How many associations readable owners have of an object, by what is at the other end.
pub fn count(tx: &mut Tx<'_>, object: Object, viewer: &Viewer) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for end in [End::From, End::To] {
        let mut sql = Sql::new("SELECT kind, other_type, other_kind, COUNT(*) FROM (SELECT a.kind AS kind, ");
        sql.push(match end {
            End::From => "a.to_type AS other_type, COALESCE(g.type, i.type) AS other_kind",
            End::To => "a.from_type AS other_type, COALESCE(g.type, i.type) AS other_kind",
        });
        push_from(&mut sql, object, end, viewer);
        sql.push(" LIMIT ").bind(COUNTED_MAX + 1);
        sql.push(") counted GROUP BY kind, other_type, other_kind ORDER BY kind, other_type, other_kind");
        let rows = tx.rows_of(&sql)?;
        let alike: Vec<Count> = rows.iter().map(|row| alike(row, end)).collect::<Result<_, Error>>()?;
        counts.at_least |= alike.iter().map(|count| count.count).sum::<u32>() > COUNTED_MAX;
        counts.counts.extend(alike);
    }
    Ok(counts)
}

fn alike(row: &Row, end: End) -> Result<Count, Error> {
    let (kind, other) = (row.word(0)?, row.word(1)?);
    Ok(Count { end, kind, other, other_kind: row.text(2)?.to_owned(), count: row.small(3)? })
}

/// Associations that readable owners have of an object, as they were added, after one; at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    object: Object,
    viewer: &Viewer,
    filter: &Filter,
    after: Option<AssociationId>,
    limit: u32,
) -> Result<Vec<Linked>, Error> {
    let mut all = Vec::new();
    for end in [End::From, End::To].into_iter().filter(|end| filter.end.is_none_or(|wanted| wanted == *end)) {
        let mut sql = Sql::new(concat!("SELECT ", columns!(), ", ", object_columns!()));
        push_from(&mut sql, object, end, viewer);
        push_filter(&mut sql, filter, end);
        if let Some(after) = after {
            sql.push(" AND a.id > ").bind(after);
        }
        sql.push(" ORDER BY a.id LIMIT ").bind(limit);
        for row in tx.rows_of(&sql)? {
            all.push(Linked { association: association(&row)?, end, other: object::named(&row, 14)? });
        }
    }
    all.sort_by_key(|linked| linked.association.id);
    all.truncate(limit as usize);
    Ok(all)
}

/// From associations of an object at an end, whose other end a viewer of these owners may know of.
fn push_from(sql: &mut Sql, object: Object, end: End, viewer: &Viewer) {
    sql.push(match end {
        End::From => concat!(" FROM associations a", join_object!("a.to_id"), " WHERE a.from_id = "),
        End::To => concat!(" FROM associations a", join_object!("a.from_id"), " WHERE a.to_id = "),
    });
    sql.bind(object.id()).push(" AND ");
    viewer.push_owner(sql, "a.owner_id");
    sql.push(" AND ");
    object::push_visible(sql, viewer);
}

fn push_filter(sql: &mut Sql, filter: &Filter, end: End) {
    if let Some(kind) = filter.kind {
        sql.push(" AND a.kind = ").bind(kind.as_str());
    }
    if let Some(other) = filter.other {
        sql.push(match end {
            End::From => " AND a.to_type = ",
            End::To => " AND a.from_type = ",
        });
        sql.bind(other.as_str());
    }
    if let Some(kind) = &filter.other_kind {
        sql.push(" AND COALESCE(g.type, i.type) = ").bind(kind);
    }
}

fn association(row: &Row) -> Result<Association, Error> {
    Ok(Association {
        id: AssociationId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        kind: row.word(2)?,
        from: object::object(row, 3)?,
        to: object::object(row, 5)?,
        reason: row.text(7)?.to_owned(),
        confidence: row.maybe_small(8)?,
        first_seen: row.maybe_time(9)?,
        last_seen: row.maybe_time(10)?,
        tlp: row.rank(11, Tlp::ALL)?,
        added: row.time(12)?,
        revision: row.int(13)?,
    })
}
