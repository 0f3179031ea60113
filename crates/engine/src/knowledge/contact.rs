//! Searching registrations by who is behind them: personal data, so it has its own scope and is written down.

use model::{Actor, Indicator, Name, PivotKind, Time, right::Scope};
use store::audit::{self, Detail, Entry};

use super::Knowledge;
use crate::{error::Error, weight::is_contact};

impl Knowledge {
    /// Notes that somebody follows a value of a contact, where `kind` is one; without the scope they may not.
    pub fn searching(&self, actor: &Actor, kind: PivotKind, value: &str, now: Time) -> Result<(), Error> {
        if !is_contact(kind) {
            return Ok(());
        }
        actor.has(Scope::Contact)?;
        let detail = Detail::default().with("kind", kind.as_str()).personal("value", value);
        let entry = Entry { time: now, actor, action: "contact.search", object: None, owner: None, detail };
        self.store.write(|tx| Ok(audit::append(tx, &entry).map(drop)?))
    }

    /// The same for a hunt, which follows contacts among other things.
    pub fn hunting(&self, actor: &Actor, seeds: &[Name], now: Time) -> Result<(), Error> {
        let seeds: Vec<String> = seeds.iter().map(Name::to_string).collect();
        self.searching(actor, PivotKind::Email, &format!("hunt from {}", seeds.join(", ")), now)
    }

    /// The same for a value that is looked up: an e-mail address is a contact's.
    pub fn looking_up(&self, actor: &Actor, value: &Indicator, now: Time) -> Result<(), Error> {
        match value {
            Indicator::EmailAddress(_) => self.searching(actor, PivotKind::Email, &value.canonical(), now),
            _ => Ok(()),
        }
    }
}
