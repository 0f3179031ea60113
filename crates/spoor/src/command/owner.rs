//! `spoor owner`: organisations, communities and feeds, and who belongs to them.

use engine::{
    Knowledge,
    owner::{Member, NewOwner},
};
use model::{Actor, Owner};

use crate::{
    arguments,
    exit::Ending,
    output::{Output, Tone, table::Table},
    session::Session,
};

/// Members that are listed at most.
const MEMBERS_MAX: u32 = 10_000;

pub(crate) fn run(session: &Session, arguments: &arguments::Owner, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor, now) = (session.knowledge()?, Actor::local(session.user()), session.now());
    let ending = match arguments {
        arguments::Owner::List => list(&knowledge.owners(&actor, true)?, output)?,
        arguments::Owner::Add(new) => {
            let manager = new.manager.as_ref().map(|name| knowledge.user_named(&actor, name)).transpose()?;
            let wanted = NewOwner {
                name: new.name.clone(),
                kind: new.kind,
                reviewed: new.reviewed,
                open: new.open,
                tlp: new.tlp,
                manager: manager.map(|user| user.id),
            };
            added(&knowledge.add_owner(&actor, &wanted, now)?, output)?
        }
        arguments::Owner::Members { owner } => {
            let owner = knowledge.owner_named(&actor, owner)?;
            members(&knowledge.members(&actor, owner.id, "", MEMBERS_MAX)?, output)?
        }
        arguments::Owner::Member(asked) => member(&knowledge, &actor, asked, session, output)?,
    };
    output.flush()?;
    Ok(ending)
}

fn list(owners: &[Owner], output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&["owner", "kind", "label", "contributions", "read by"]);
    for owner in owners {
        if output.is_json() {
            output.object(&object(owner))?;
            continue;
        }
        table.row(vec![
            (Tone::Strong, owner.name.clone()),
            (Tone::Plain, owner.kind.to_string()),
            (Tone::Plain, owner.tlp.to_string()),
            (Tone::Plain, if owner.reviewed { "reviewed".into() } else { "direct".into() }),
            (Tone::Plain, if owner.open { "every account".into() } else { "members".into() }),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if owners.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn object(owner: &Owner) -> serde_json::Value {
    serde_json::json!({"type": "owner", "owner": owner})
}

fn added(owner: &Owner, output: &mut Output) -> anyhow::Result<Ending> {
    match output.is_json() {
        true => output.object(&object(owner))?,
        false => output.line(&format!("added {} `{}`", owner.kind, owner.name))?,
    }
    Ok(Ending::Found)
}

fn members(members: &[Member], output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&["account", "role", "known there as"]);
    for member in members {
        let (account, of) = (member.account.clone().unwrap_or_default(), &member.membership);
        if output.is_json() {
            output.object(&serde_json::json!({
                "type": "member", "user": of.user, "account": account, "role": of.role, "pseudonym": of.pseudonym,
            }))?;
            continue;
        }
        table.row(vec![
            (Tone::Strong, account.clone()),
            (Tone::Plain, of.role.to_string()),
            (Tone::Plain, of.pseudonym.clone().unwrap_or(account)),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if members.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn member(
    knowledge: &Knowledge,
    actor: &Actor,
    asked: &arguments::Member,
    session: &Session,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    let (now, account) = (session.now(), &asked.account);
    let owner = knowledge.owner_named(actor, &asked.owner)?;
    let said = if asked.remove {
        let user = knowledge.user_named(actor, account)?;
        knowledge.remove_member(actor, owner.id, user.id, now)?;
        format!("`{account}` does not belong to `{}` any more", owner.name)
    } else {
        knowledge.set_member_named(actor, owner.id, account, asked.role, asked.pseudonym.clone(), now)?;
        format!("`{account}` belongs to `{}` as {}", owner.name, asked.role)
    };
    if !output.is_json() {
        output.line(&said)?;
    }
    Ok(Ending::Found)
}
