//! `spoor association`: what somebody believes about two objects, with the reason.

use engine::{Error, knowledge::association::NewAssociation};
use model::{Actor, Decider};
use store::association::Filter;

use super::group::{associations_table, object, owner};
use crate::{
    arguments::{AssociationAdd, AssociationCommand, AssociationList},
    exit::Ending,
    output::Output,
    session::Session,
};

pub(crate) fn run(session: &Session, arguments: &AssociationCommand, output: &mut Output) -> anyhow::Result<Ending> {
    let ending = match arguments {
        AssociationCommand::Add(new) => add(session, new, output)?,
        AssociationCommand::List(asked) => list(session, asked, output)?,
    };
    output.flush()?;
    Ok(ending)
}

fn add(session: &Session, new: &AssociationAdd, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
    let owner = owner(&knowledge, &actor, new.owner.as_deref())?;
    let (from, to) = (object(&knowledge, &actor, &new.from)?, object(&knowledge, &actor, &new.to)?);
    let wanted = NewAssociation {
        confidence: new.confidence,
        tlp: new.tlp,
        label_reason: new.label_reason.clone(),
        ..NewAssociation::new(from, new.kind, to, &*new.reason)
    };
    // Whoever types the command decides it.
    let made = knowledge.associate(&actor, owner.id, &wanted, Decider::Person, session.now())?;
    match output.is_json() {
        true => output.object(&serde_json::json!({ "type": "association", "association": made }))?,
        false => output.line(&format!("{} {} {}, {}: {}", new.from, made.kind, new.to, made.tlp.label(), made.id))?,
    }
    Ok(Ending::Found)
}

fn list(session: &Session, asked: &AssociationList, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
    let object = match knowledge.object(&actor, &asked.object) {
        Err(Error::NotFound) => return Ok(Ending::Nothing),
        outcome => outcome?,
    };
    let filter = Filter { kind: asked.kind, other_kind: asked.other.clone(), ..Filter::default() };
    let linked = knowledge.associations(&actor, object, &filter, None, asked.limit)?;
    if output.is_json() {
        for linked in &linked {
            output.object(&serde_json::json!({ "type": "association", "linked": linked }))?;
        }
    } else {
        associations_table(&linked, output)?;
    }
    Ok(if linked.is_empty() { Ending::Nothing } else { Ending::Found })
}
