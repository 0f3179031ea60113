//! `spoor group`: adversaries, campaigns, malware, reports, and what they say of themselves.

use std::path::Path;

use anyhow::Context;
use engine::{
    Error, Knowledge,
    knowledge::group::{NewGroup, fields, parse},
};
use model::{Actor, Group, Note, Object, Owner, OwnerId, Tag};
use store::{
    association::{Counts, Linked},
    group::{Filter, Order},
    search,
};

use crate::{
    arguments::{GroupAdd, GroupCommand, GroupList},
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};
use server::technique::TechniquesView;

/// Associations and notes that are shown with a group at most.
const SHOWN_MAX: u32 = 100;

pub(crate) fn run(session: &Session, arguments: &GroupCommand, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
    let ending = match arguments {
        GroupCommand::List(asked) => list(session, &knowledge, &actor, asked, output)?,
        GroupCommand::Add(new) => add(session, &knowledge, &actor, new, output)?,
        GroupCommand::Techniques { file, owner } => {
            techniques(session, &knowledge, &actor, file, owner.as_deref(), output)?
        }
        GroupCommand::Show { group } => show(&knowledge, &actor, group, output)?,
    };
    output.flush()?;
    Ok(ending)
}

/// The owner with a name; without one the only owner there is.
pub(super) fn owner(knowledge: &Knowledge, actor: &Actor, name: Option<&str>) -> anyhow::Result<Owner> {
    if let Some(name) = name {
        return knowledge.owner_named(actor, name).with_context(|| format!("owner `{name}`"));
    }
    let mut owners = knowledge.owners(actor, false)?;
    match owners.len() {
        0 => Err(misuse("there is no owner yet: spoor owner add NAME")),
        1 => Ok(owners.remove(0)),
        _ => Err(misuse("there are several owners: say which with --owner NAME")),
    }
}

/// The object that a person names.
pub(super) fn object(knowledge: &Knowledge, actor: &Actor, text: &str) -> anyhow::Result<Object> {
    knowledge.object(actor, text).with_context(|| format!("`{text}`"))
}

fn list(
    session: &Session,
    knowledge: &Knowledge,
    actor: &Actor,
    asked: &GroupList,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    let groups = match &asked.query {
        Some(text) => {
            let (query, order) = (parse(text)?, search::Order::Id);
            knowledge.groups_by_query(actor, &query, order, None, asked.limit, session.now())?
        }
        None => {
            let owner = asked.owner.as_deref().map(|name| owner(knowledge, actor, Some(name))).transpose()?;
            let owner = owner.map(|owner| owner.id);
            let filter = Filter { owner, kind: asked.kind, name: asked.name.clone(), ..Filter::default() };
            knowledge.groups(actor, &filter, &Order::Name(None), asked.limit)?
        }
    };
    let owners = knowledge.owners(actor, false)?;
    let mut table = Table::new(&["type", "name", "owner", "label", "changed", "id"]);
    for group in &groups {
        if output.is_json() {
            output.object(&machine(group))?;
            continue;
        }
        table.row(vec![
            (Tone::Plain, group.kind().to_string()),
            (Tone::Strong, group.name.clone()),
            (Tone::Plain, name_of(&owners, group.owner)),
            (Tone::Plain, group.tlp.to_string()),
            (Tone::Plain, group.modified.day()),
            (Tone::Faint, group.id.to_string()),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if groups.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn machine(group: &Group) -> serde_json::Value {
    serde_json::json!({ "type": "group", "group": group })
}

fn name_of(owners: &[Owner], id: OwnerId) -> String {
    owners.iter().find(|owner| owner.id == id).map_or_else(|| id.to_string(), |owner| owner.name.clone())
}

fn add(
    session: &Session,
    knowledge: &Knowledge,
    actor: &Actor,
    new: &GroupAdd,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    let owner = owner(knowledge, actor, new.owner.as_deref())?;
    let said = new.fields.as_deref().unwrap_or("{}");
    let said = serde_json::from_str(said).map_err(|error| misuse(format!("--fields is no JSON: {error}")))?;
    let wanted = NewGroup {
        fields: fields(new.kind, said)?,
        description: new.description.clone(),
        tlp: new.tlp,
        pap: new.pap,
        ..NewGroup::new(new.kind, &*new.name)
    };
    let group = knowledge.add_group(actor, owner.id, &wanted, session.now())?;
    match output.is_json() {
        true => output.object(&machine(&group))?,
        false => output.line(&format!("added {} `{}` to `{}`: {}", group.kind(), group.name, owner.name, group.id))?,
    }
    Ok(Ending::Found)
}

fn techniques(
    session: &Session,
    knowledge: &Knowledge,
    actor: &Actor,
    file: &Path,
    name: Option<&str>,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    let owner = owner(knowledge, actor, name)?;
    let octets = std::fs::read(file).with_context(|| format!("`{}`", file.display()))?;
    let (techniques, remarks) = formats::attack::read(&octets);
    if techniques.is_empty() {
        return Err(misuse(format!("there is no technique in `{}`", file.display())));
    }
    let done = knowledge.import_techniques(actor, owner.id, &techniques, session.now())?;
    let view = TechniquesView::new(done, &remarks);
    match output.is_json() {
        true => output.object(&view)?,
        false => {
            view.remarks.iter().try_for_each(|remark| output.note(remark))?;
            let counts = (view.added, view.changed, view.same, view.retired);
            let words = format!("{} added, {} changed, {} as they were", counts.0, counts.1, counts.2);
            output.line(&format!("{words}; {} are withdrawn and were left out", counts.3))?;
        }
    }
    Ok(Ending::Found)
}

fn show(knowledge: &Knowledge, actor: &Actor, text: &str, output: &mut Output) -> anyhow::Result<Ending> {
    let object = match knowledge.object(actor, text) {
        Err(Error::NotFound) => return Ok(Ending::Nothing),
        outcome => outcome?,
    };
    let Object::Group(id) = object else { return Err(misuse(format!("`{text}` is an indicator, not a group"))) };
    let group = knowledge.group(actor, id)?;
    let tags = knowledge.tags(actor, object)?;
    let counts = knowledge.association_counts(actor, object)?;
    let linked = knowledge.associations(actor, object, &Default::default(), None, SHOWN_MAX)?;
    let notes = knowledge.notes(actor, object, None, SHOWN_MAX)?;
    if output.is_json() {
        let tags: Vec<&Tag> = tags.iter().map(|(_, tag)| tag).collect();
        output.object(&serde_json::json!({
            "type": "group", "group": group, "tags": tags, "counts": counts, "associations": linked, "notes": notes,
        }))?;
        return Ok(Ending::Found);
    }
    let owner = name_of(&knowledge.owners(actor, false)?, group.owner);
    heading(&group, &owner, &tags, output)?;
    associations(&counts, &linked, output)?;
    written(&notes, output)?;
    Ok(Ending::Found)
}

fn heading(group: &Group, owner: &str, tags: &[(OwnerId, Tag)], output: &mut Output) -> anyhow::Result<()> {
    output.heading(&format!("{} {}", group.kind(), group.name))?;
    output.line(&format!("  of {owner}, {}, changed {}, {}", group.tlp.label(), group.modified.day(), group.id))?;
    if !tags.is_empty() {
        let tags: Vec<&str> = tags.iter().map(|(_, tag)| tag.as_str()).collect();
        output.line(&format!("  tagged {}", tags.join(", ")))?;
    }
    for line in group.description.iter().flat_map(|text| text.lines()) {
        output.line(&format!("  {}", model::text::defang(line)))?;
    }
    let fields = serde_json::to_value(&group.fields)?;
    let said = fields["fields"].as_object().into_iter().flatten();
    for (name, value) in said.filter(|(_, value)| !is_empty(value)) {
        output.line(&format!("  {name}: {}", model::text::defang(&words(value))))?;
    }
    Ok(())
}

fn is_empty(value: &serde_json::Value) -> bool {
    value.is_null() || value == &serde_json::json!([]) || value == &serde_json::json!(false)
}

/// A value of a field for people: lists with commas, the rest as JSON.
fn words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn associations(counts: &Counts, linked: &[Linked], output: &mut Output) -> anyhow::Result<()> {
    if counts.counts.is_empty() {
        return Ok(());
    }
    let total: u32 = counts.counts.iter().map(|count| count.count).sum();
    let at_least = if counts.at_least { "at least " } else { "" };
    output.heading(&format!("{at_least}{total} associations"))?;
    associations_table(linked, output)
}

/// Associations as an object sees them.
pub(super) fn associations_table(linked: &[Linked], output: &mut Output) -> anyhow::Result<()> {
    let mut table = Table::new(&["kind", "", "type", "name", "reason"]);
    for linked in linked {
        let (association, other) = (&linked.association, &linked.other);
        table.row(vec![
            (Tone::Plain, association.kind.to_string()),
            (Tone::Faint, linked.end.to_string()),
            (Tone::Plain, other.kind.clone()),
            (Tone::Strong, model::text::defang(&other.name)),
            (Tone::Plain, model::text::defang(&association.reason)),
        ]);
    }
    Ok(table.write(output)?)
}

fn written(notes: &[Note], output: &mut Output) -> anyhow::Result<()> {
    for note in notes {
        let indent = if note.reply_to.is_some() { "    " } else { "  " };
        output.line(&format!("{indent}{} on {}:", note.author, note.added.day()))?;
        for line in note.text.lines() {
            output.line(&format!("{indent}  {}", model::text::defang(line)))?;
        }
    }
    Ok(())
}
