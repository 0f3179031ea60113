//! Who reads: whose things they may know of.

use model::{Actor, OwnerId, ReadableOwners, Standing, owner::Role};

use crate::statement::Sql;

/// What one viewer may know of: the things of readable owners; what waits there for a manager only where they are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    owners: ReadableOwners,
    /// Where they are a manager; none where everywhere.
    manages: Option<Vec<OwnerId>>,
}

impl Viewer {
    /// What this actor may know of.
    pub fn of(actor: &Actor) -> Viewer {
        let manages = match &actor.standing {
            Standing::Local => None,
            Standing::Account { memberships, .. } => {
                let managed = memberships.iter().filter(|membership| membership.role == Role::Manager);
                Some(managed.map(|membership| membership.owner).collect())
            }
        };
        Viewer { owners: actor.readable(), manages }
    }

    /// Whose things they may read.
    pub fn owners(&self) -> &ReadableOwners {
        &self.owners
    }

    /// Whether they may know of something of an owner.
    pub(crate) fn sees(&self, owner: OwnerId, pending: bool) -> bool {
        self.owners.allows(owner) && (!pending || self.manages.as_ref().is_none_or(|owners| owners.contains(&owner)))
    }

    /// Adds the condition that the owner in a column may be read.
    pub(crate) fn push_owner(&self, sql: &mut Sql, column: &'static str) {
        sql.readable(column, &self.owners);
    }

    /// Adds the condition that the viewer is a manager of the owner in a column.
    pub(crate) fn push_manages(&self, sql: &mut Sql, column: &'static str) {
        match &self.manages {
            None => sql.push("1 = 1"),
            Some(owners) => sql.push(column).push(" IN ").bind_all(owners.iter().copied()),
        };
    }

    /// Adds the condition on a table `x` of what owners hang on objects: that the owner may be read, and that the
    /// object does not wait for a manager with it.
    pub(crate) fn push_hung(&self, sql: &mut Sql) {
        self.push_settled(sql, SETTLED);
    }

    /// The same on a table `x` of what owners hang on indicators alone.
    pub(crate) fn push_hung_on_indicator(&self, sql: &mut Sql) {
        self.push_settled(sql, SETTLED_INDICATOR);
    }

    fn push_settled(&self, sql: &mut Sql, settled: &'static str) {
        self.push_owner(sql, "x.owner_id");
        if self.manages.is_some() {
            sql.push(" AND ((").push(settled).push(") OR ");
            self.push_manages(sql, "x.owner_id");
            sql.push(")");
        }
    }
}

// By the indexes of what waits, which are small.
const SETTLED_INDICATOR: &str = "NOT EXISTS (SELECT 1 FROM opinions w WHERE w.owner_id = x.owner_id \
    AND w.indicator_id = x.indicator_id AND w.pending = 1)";
const SETTLED: &str = "\
    NOT EXISTS (SELECT 1 FROM opinions w WHERE w.owner_id = x.owner_id AND w.indicator_id = x.object_id AND w.pending = 1) \
    AND NOT EXISTS (SELECT 1 FROM groups w WHERE w.owner_id = x.owner_id AND w.id = x.object_id AND w.pending = 1)";
