//! Accounts and their secrets.

use model::{Administration, Time, User, UserId};

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
    value::{Row, Value},
};

statements! {
    INSERT = "INSERT INTO users (id, name, name_folded, password, administrator, api_only, disabled, issuer, subject, created, revision) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)";
    BY_ID = "SELECT id, name, administrator, api_only, disabled, totp_secret, issuer, subject, created, revision \
             FROM users WHERE id = $1";
    BY_NAME = "SELECT id, name, administrator, api_only, disabled, totp_secret, issuer, subject, created, revision \
               FROM users WHERE name_folded = $1";
    BY_SUBJECT = "SELECT id, name, administrator, api_only, disabled, totp_secret, issuer, subject, created, revision \
                  FROM users WHERE issuer = $1 AND subject = $2";
    LIST = "SELECT id, name, administrator, api_only, disabled, totp_secret, issuer, subject, created, revision \
            FROM users WHERE name_folded > $1 ORDER BY name_folded LIMIT $2";
    ANY = "SELECT COUNT(*) FROM (SELECT id FROM users LIMIT 1) AS first";
    ADMINISTRATORS = "SELECT COUNT(*) FROM users WHERE administrator = 1 AND disabled = 0 AND api_only = 0";
    UPDATE = "UPDATE users SET administrator = $2, disabled = $3, revision = revision + 1 WHERE id = $1 AND revision = $4";
    SECRETS = "SELECT password, totp_secret, totp_step FROM users WHERE id = $1";
    SET_PASSWORD = "UPDATE users SET password = $2 WHERE id = $1";
    SET_TOTP = "UPDATE users SET totp_secret = $2, totp_step = $3 WHERE id = $1";
    USE_STEP = "UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_secret IS NOT NULL \
                AND (totp_step IS NULL OR totp_step < $2)";
    DROP_CODES = "DELETE FROM recovery_codes WHERE user_id = $1";
    ADD_CODE = "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)";
    USE_CODE = "UPDATE recovery_codes SET used = $3 WHERE user_id = $1 AND hash = $2 AND used IS NULL";
}

/// What an account signs in with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The hash of its password, as a PHC string.
    pub password: Option<String>,
    /// The secret that its authenticator shares.
    pub totp: Option<Vec<u8>>,
    /// The time step of the last code that was used.
    pub step: Option<i64>,
}

/// Adds an account, with the hash of its password where it has one.
pub fn add(tx: &mut Tx<'_>, _: &Administration, user: &User, password: Option<&str>) -> Result<(), Error> {
    let (issuer, subject) = user.external.as_ref().map(|(issuer, subject)| (issuer.as_str(), subject.as_str())).unzip();
    let values = values![
        user.id,
        &user.name,
        folded(&user.name),
        password,
        user.administrator,
        user.api_only,
        user.disabled,
        issuer,
        subject,
        user.created
    ];
    tx.execute(INSERT, values).map(drop).map_err(|error| match error {
        Error::Conflict(_) => Error::Conflict(format!("there is an account named `{}` already", user.name)),
        error => error,
    })
}

/// The account with this id.
pub fn by_id(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, Error> {
    tx.row(BY_ID, values![id])?.as_ref().map(user).transpose()
}

/// The account with this name, without regard to case.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<User>, Error> {
    tx.row(BY_NAME, values![folded(name)])?.as_ref().map(user).transpose()
}

/// The account that a provider names so.
pub fn by_subject(tx: &mut Tx<'_>, issuer: &str, subject: &str) -> Result<Option<User>, Error> {
    tx.row(BY_SUBJECT, values![issuer, subject])?.as_ref().map(user).transpose()
}

/// Accounts by name, after this one.
pub fn list(tx: &mut Tx<'_>, _: &Administration, after: &str, limit: u32) -> Result<Vec<User>, Error> {
    tx.rows(LIST, values![folded(after), limit])?.iter().map(user).collect()
}

/// Whether there is any account.
pub fn any(tx: &mut Tx<'_>) -> Result<bool, Error> {
    Ok(tx.number(ANY, values![])? > 0)
}

/// How many administrators can come in.
pub fn administrators(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.number(ADMINISTRATORS, values![])
}

/// Changes what an account may, where it is still as the caller saw it; false where it is not.
pub fn change(tx: &mut Tx<'_>, _: &Administration, user: &User) -> Result<bool, Error> {
    let values = values![user.id, user.administrator, user.disabled, user.revision];
    Ok(tx.execute(UPDATE, values)? == 1)
}

/// What an account signs in with.
pub fn secrets(tx: &mut Tx<'_>, id: UserId) -> Result<Secrets, Error> {
    let Some(row) = tx.row(SECRETS, values![id])? else { return Ok(Secrets::default()) };
    Ok(Secrets {
        password: row.maybe_text(0)?.map(str::to_owned),
        totp: row.maybe_bytes(1)?.map(<[u8]>::to_vec),
        step: row.maybe_int(2)?,
    })
}

/// Sets the hash of a password.
pub fn set_password(tx: &mut Tx<'_>, id: UserId, password: &str) -> Result<(), Error> {
    tx.execute(SET_PASSWORD, values![id, password]).map(drop)
}

/// Sets the secret of an authenticator, the step of the code that proved it, and the hashes of new recovery codes; or
/// takes all that away.
pub fn set_totp(tx: &mut Tx<'_>, id: UserId, totp: Option<(&[u8], i64)>, codes: &[[u8; 32]]) -> Result<(), Error> {
    let (secret, step) = totp.unzip();
    tx.execute(SET_TOTP, values![id, secret, step])?;
    tx.execute(DROP_CODES, values![id])?;
    for code in codes {
        tx.execute(ADD_CODE, values![id, *code])?;
    }
    Ok(())
}

/// Uses up the code of a time step; false where it, or a later one, was used before.
pub fn use_step(tx: &mut Tx<'_>, id: UserId, step: i64) -> Result<bool, Error> {
    Ok(tx.execute(USE_STEP, values![id, step])? == 1)
}

/// Uses up a recovery code; false where it is none or was used before.
pub fn use_code(tx: &mut Tx<'_>, id: UserId, hash: [u8; 32], now: Time) -> Result<bool, Error> {
    Ok(tx.execute(USE_CODE, values![id, hash, now])? == 1)
}

fn user(row: &Row) -> Result<User, Error> {
    let external = row.maybe_text(6)?.zip(row.maybe_text(7)?);
    Ok(User {
        id: UserId(row.id(0)?),
        name: row.text(1)?.to_owned(),
        administrator: row.flag(2)?,
        api_only: row.flag(3)?,
        disabled: row.flag(4)?,
        totp: row.maybe_bytes(5)?.is_some(),
        external: external.map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned())),
        created: row.time(8)?,
        revision: row.int(9)?,
    })
}

fn folded(name: &str) -> Value {
    name.to_lowercase().into()
}
