//! `spoor user`: accounts, by whoever holds the data directory.

use std::io::{BufRead, IsTerminal};

use engine::{Knowledge, account::user::NewUser};
use model::{Actor, User};

use crate::{
    arguments::{self, Password},
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};

/// Accounts that are listed at most.
const LIST_MAX: u32 = 10_000;
/// Octets of a password that is read.
const PASSWORD_MAX: u64 = 4096;

pub(crate) fn run(session: &Session, arguments: &arguments::User, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
    let now = session.now();
    let ending = match arguments {
        arguments::User::List => list(&knowledge, &actor, output)?,
        arguments::User::Add(new) => {
            let password = if new.api_only { None } else { Some(password(&new.password)?) };
            let (name, administrator, api_only) = (new.name.clone(), new.administrator, new.api_only);
            let wanted = NewUser { name, password, administrator, api_only, external: None };
            done(output, "added", &knowledge.add_user(&actor, &wanted, now)?)?
        }
        arguments::User::Password { name, password: given } => {
            let user = knowledge.user_named(&actor, name)?;
            knowledge.set_password(&actor, user.id, &password(given)?, now)?;
            done(output, "password set, sessions ended", &user)?
        }
        arguments::User::Disable { name } => enable(&knowledge, &actor, name, true, session, output)?,
        arguments::User::Enable { name } => enable(&knowledge, &actor, name, false, session, output)?,
        arguments::User::Totp { name } => {
            knowledge.remove_totp(&actor, name, now)?;
            done(output, "authenticator taken away", &knowledge.user_named(&actor, name)?)?
        }
    };
    output.flush()?;
    Ok(ending)
}

fn enable(
    knowledge: &Knowledge,
    actor: &Actor,
    name: &str,
    disabled: bool,
    session: &Session,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    let user = knowledge.user_named(actor, name)?;
    let user = knowledge.change_user(actor, &User { disabled, ..user }, session.now())?;
    done(output, if disabled { "disabled" } else { "enabled" }, &user)
}

fn list(knowledge: &Knowledge, actor: &Actor, output: &mut Output) -> anyhow::Result<Ending> {
    let users = knowledge.users(actor, "", LIST_MAX)?;
    let mut table = Table::new(&["account", "may", "signs in with", "made"]);
    for user in &users {
        if output.is_json() {
            output.object(&object(user))?;
            continue;
        }
        table.row(vec![
            (Tone::Strong, user.name.clone()),
            (if user.disabled { Tone::Bad } else { Tone::Plain }, may(user).to_owned()),
            (Tone::Plain, signs_in_with(user)),
            (Tone::Plain, user.created.day()),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if users.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn may(user: &User) -> &'static str {
    match user {
        User { disabled: true, .. } => "nothing: disabled",
        User { administrator: true, .. } => "administer",
        _ => "what its memberships say",
    }
}

fn signs_in_with(user: &User) -> String {
    match (&user.external, user.api_only, user.totp) {
        (_, true, _) => "tokens alone".into(),
        (Some((issuer, _)), ..) => issuer.clone(),
        (None, _, true) => "password and authenticator".into(),
        (None, ..) => "password".into(),
    }
}

fn object(user: &User) -> serde_json::Value {
    serde_json::json!({
        "type": "user", "id": user.id, "name": user.name, "administrator": user.administrator,
        "api_only": user.api_only, "disabled": user.disabled, "totp": user.totp, "created": user.created,
    })
}

fn done(output: &mut Output, what: &str, user: &User) -> anyhow::Result<Ending> {
    match output.is_json() {
        true => output.object(&object(user))?,
        false => output.line(&format!("account `{}`: {what}", user.name))?,
    }
    Ok(Ending::Found)
}

/// A password from a terminal, where it is not shown, or from standard input.
fn password(given: &Password) -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    if given.password_stdin || !stdin.is_terminal() {
        let mut line = String::new();
        std::io::Read::take(stdin.lock(), PASSWORD_MAX).read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\n', '\r']).to_owned());
    }
    let terminal = console::Term::stderr();
    let ask = |text: &str| -> anyhow::Result<String> {
        terminal.write_str(text)?;
        Ok(terminal.read_secure_line()?)
    };
    let (first, second) = (ask("password: ")?, ask("again: ")?);
    if first == second { Ok(first) } else { Err(misuse("the two are not the same")) }
}
