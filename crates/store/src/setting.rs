//! What an installation remembers of itself.

use crate::{
    error::Error,
    fresh,
    statement::statements,
    transaction::{Tx, values},
};

statements! {
    GET = "SELECT value FROM settings WHERE name = $1";
    ADD = "INSERT INTO settings (name, value) VALUES ($1, $2)";
}

/// A secret of this installation, by name; made the first time that it is asked for.
pub fn secret(tx: &mut Tx<'_>, name: &str) -> Result<[u8; 32], Error> {
    let name = format!("secret.{name}");
    if let Some(row) = tx.row(GET, values![&name])? {
        return read(row.text(0)?).ok_or(Error::Corrupt { what: "a text".into(), expected: "a secret" });
    }
    let secret = fresh::random::<32>();
    let text: String = secret.iter().map(|octet| format!("{octet:02x}")).collect();
    tx.execute(ADD, values![&name, text])?;
    Ok(secret)
}

fn read(text: &str) -> Option<[u8; 32]> {
    let mut secret = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (at, octet) in secret.iter_mut().enumerate() {
        *octet = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(secret)
}
