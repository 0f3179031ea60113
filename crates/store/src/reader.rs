//! Which observation sources are not for everybody, and whose members may read those.

use std::collections::BTreeMap;

use model::{Administration, OwnerId, SourceId};

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
};

statements! {
    RESTRICTED = "SELECT r.source, s.owner_id FROM restricted_sources r LEFT JOIN source_readers s ON s.source = r.source \
                  ORDER BY r.source, s.owner_id";
    RESTRICT = "INSERT INTO restricted_sources (source) VALUES ($1) ON CONFLICT (source) DO NOTHING";
    RELEASE = "DELETE FROM restricted_sources WHERE source = $1";
    ADD = "INSERT INTO source_readers (source, owner_id) VALUES ($1, $2)";
    DROP = "DELETE FROM source_readers WHERE source = $1";
}

/// The sources that are not for everybody, each with the owners whose members may read it.
pub fn restricted(tx: &mut Tx<'_>) -> Result<BTreeMap<SourceId, Vec<OwnerId>>, Error> {
    let mut restricted: BTreeMap<SourceId, Vec<OwnerId>> = BTreeMap::new();
    for row in tx.rows(RESTRICTED, values![])? {
        let readers = restricted.entry(SourceId(row.small(0)?)).or_default();
        readers.extend(row.maybe_id(1)?.map(OwnerId));
    }
    Ok(restricted)
}

/// Keeps a source for the members of these owners; for everybody again where none is given.
pub fn set(tx: &mut Tx<'_>, _: &Administration, source: SourceId, readers: Option<&[OwnerId]>) -> Result<(), Error> {
    tx.execute(DROP, values![source.0])?;
    let Some(readers) = readers else { return tx.execute(RELEASE, values![source.0]).map(drop) };
    tx.execute(RESTRICT, values![source.0])?;
    for owner in readers {
        tx.execute(ADD, values![source.0, *owner])?;
    }
    Ok(())
}
