//! Evidence: why an indicator is here. Appended, never changed.

use model::{AddableOwner, IndicatorId, OwnerId, Provenance, Readable, Time, Tlp, UserId};

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

statements! {
    APPEND = "INSERT INTO evidence (indicator_id, owner_id, number, time, user_id, tlp, sources, content) \
              VALUES ($1, $2, (SELECT COALESCE(MAX(number), 0) + 1 FROM evidence WHERE indicator_id = $1 \
              AND owner_id = $2), $3, $4, $5, $6, $7)";
}

/// Who accepts: a pseudonym where they have one. Who left a community is not named, for the pseudonym left with them.
const BY: &str = "SELECT x.owner_id, x.time, x.tlp, x.content, \
    CASE WHEN m.pseudonym IS NOT NULL THEN m.pseudonym WHEN m.user_id IS NULL AND h.kind = 'community' THEN NULL \
    ELSE u.name END \
    FROM evidence x JOIN owners h ON h.id = x.owner_id \
    LEFT JOIN memberships m ON m.owner_id = x.owner_id AND m.user_id = x.user_id \
    LEFT JOIN users u ON u.id = x.user_id WHERE x.indicator_id = ";

/// Why an owner holds a value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// Whose evidence.
    pub owner: OwnerId,
    /// When it was accepted.
    pub time: Time,
    /// By whom; none at the command line.
    pub by: Option<String>,
    /// How far it may be shared.
    pub tlp: Tlp,
    /// Where the value came from.
    pub provenance: Provenance,
}

/// Appends evidence that somebody accepted.
pub fn append(
    tx: &mut Tx<'_>,
    owner: &AddableOwner,
    indicator: IndicatorId,
    provenance: &Provenance,
    tlp: Tlp,
    user: Option<UserId>,
    now: Time,
) -> Result<(), Error> {
    let (sources, content) = written(provenance);
    tx.execute(APPEND, values![indicator, owner.owner().id, now, user, tlp as u8, sources, content]).map(drop)
}

/// The evidence that readable owners have of a value, by owner and as it was accepted; at most `limit`. What was found
/// by sources that may not be read is left out of it.
pub fn of(
    tx: &mut Tx<'_>,
    indicator: IndicatorId,
    viewer: &Viewer,
    sources: &Readable,
    limit: usize,
) -> Result<Vec<Accepted>, Error> {
    let mut sql = Sql::new(BY);
    sql.bind(indicator).push(" AND ");
    viewer.push_hung_on_indicator(&mut sql);
    sql.push(" ORDER BY x.owner_id, x.number");
    let mut all = Vec::new();
    tx.each(&sql, &mut |row| {
        all.push(accepted(&row, sources)?);
        Ok(all.len() < limit)
    })?;
    Ok(all)
}

/// The columns `sources` and `content`.
pub(crate) fn written(provenance: &Provenance) -> (String, String) {
    let sources = serde_json::to_string(&provenance.sources).expect("a list of numbers");
    (sources, serde_json::to_string(provenance).expect("no map with other keys than text"))
}

fn accepted(row: &Row, sources: &Readable) -> Result<Accepted, Error> {
    Ok(Accepted {
        owner: OwnerId(row.id(0)?),
        time: row.time(1)?,
        by: row.maybe_text(4)?.map(str::to_owned),
        tlp: row.rank(2, Tlp::ALL)?,
        provenance: row.json::<Provenance>(3)?.for_readers_of(sources),
    })
}
