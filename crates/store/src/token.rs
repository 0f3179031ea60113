//! Tokens for programs. The store knows the hash of a token's secret, never the secret.

use model::{Prefix, Scopes, Time, Token, TokenId, UserId};

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
    value::Row,
};

statements! {
    INSERT = "INSERT INTO tokens (id, user_id, name, hash, scopes, networks, created, expires) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    BY_ID = "SELECT id, user_id, name, scopes, networks, created, expires, used, hash FROM tokens WHERE id = $1";
    OF_USER = "SELECT id, user_id, name, scopes, networks, created, expires, used FROM tokens WHERE user_id = $1 ORDER BY id";
    TOUCH = "UPDATE tokens SET used = $2 WHERE id = $1 AND (used IS NULL OR used < $2)";
    END = "DELETE FROM tokens WHERE id = $1 AND user_id = $2";
}

/// Adds a token.
pub fn add(tx: &mut Tx<'_>, token: &Token, hash: [u8; 32]) -> Result<(), Error> {
    let scopes: Vec<&str> = token.scopes.0.iter().map(|scope| scope.as_str()).collect();
    let networks: Vec<String> = token.networks.iter().map(Prefix::to_string).collect();
    let (scopes, networks) = (scopes.join(" "), networks.join(" "));
    let values = values![token.id, token.user, &token.name, hash, scopes, networks, token.created, token.expires];
    tx.execute(INSERT, values).map(drop)
}

/// A token with the hash of its secret.
pub fn by_id(tx: &mut Tx<'_>, id: TokenId) -> Result<Option<(Token, Vec<u8>)>, Error> {
    let Some(row) = tx.row(BY_ID, values![id])? else { return Ok(None) };
    Ok(Some((token(&row)?, row.bytes(8)?.to_vec())))
}

/// The tokens of an account, the oldest first.
pub fn of_user(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Token>, Error> {
    tx.rows(OF_USER, values![user])?.iter().map(token).collect()
}

/// Notes that a token was used.
pub fn touch(tx: &mut Tx<'_>, id: TokenId, now: Time) -> Result<(), Error> {
    tx.execute(TOUCH, values![id, now]).map(drop)
}

/// Ends a token of an account; whether there was one.
pub fn end(tx: &mut Tx<'_>, id: TokenId, user: UserId) -> Result<bool, Error> {
    Ok(tx.execute(END, values![id, user])? == 1)
}

fn token(row: &Row) -> Result<Token, Error> {
    let unlike = |expected| Error::Corrupt { what: "a text".into(), expected };
    let scopes = row.text(3)?.split_whitespace().map(str::parse).collect::<Result<_, _>>();
    let networks = row.text(4)?.split_whitespace().map(str::parse).collect::<Result<_, _>>();
    Ok(Token {
        id: TokenId(row.id(0)?),
        user: UserId(row.id(1)?),
        name: row.text(2)?.to_owned(),
        scopes: Scopes(scopes.map_err(|_| unlike("scopes"))?),
        networks: networks.map_err(|_| unlike("prefixes"))?,
        created: row.time(5)?,
        expires: row.maybe_time(6)?,
        used: row.maybe_time(7)?,
    })
}
