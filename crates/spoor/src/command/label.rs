//! `spoor label`: lists that explain values, and lists that keep them out.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use engine::{
    Knowledge,
    knowledge::label::{Brought, Draft, Labelled},
    quality::grouped,
};
use formats::misp::warninglist;
use model::{Actor, Indicator, OwnerId};
use store::label::List;

use crate::{
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};

/// Lists that are shown at most; there are no more.
const LISTS_MAX: u32 = 1_000;
/// How deep folders of lists are gone into.
const DEPTH_MAX: usize = 4;
/// The largest file.
const FILE_OCTETS_MAX: u64 = 256 << 20;

/// What to do with lists of labels.
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Bring in a list: a MISP warninglist (.json), or a file with a value a line; or a folder of warninglists
    Import {
        /// The file or folder
        path: PathBuf,
        /// Keep out what stands on it
        #[arg(long)]
        excludes: bool,
        /// Its name, for a file of values [default: the file's]
        #[arg(long)]
        name: Option<String>,
        /// Whose list it is [default: everybody's]
        #[arg(long)]
        owner: Option<String>,
    },
    /// List the lists
    List,
    /// Which lists a value stands on
    Match {
        /// The value; defanged is fine
        value: String,
        /// For which owner
        #[arg(long)]
        owner: String,
    },
    /// Keep out, from now on, what stands on a list
    Exclude {
        /// The list's name
        list: String,
    },
    /// Let a list explain only
    Explain {
        /// The list's name
        list: String,
    },
    /// An owner does not go by a list for one value
    Overrule {
        /// The list's name
        list: String,
        /// The value
        value: String,
        /// Which owner
        #[arg(long)]
        owner: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// The owner goes by the list for that value again
    Restore {
        /// The list's name
        list: String,
        /// The value
        value: String,
        /// Which owner
        #[arg(long)]
        owner: String,
    },
    /// Take a list away
    Remove {
        /// The list's name
        list: String,
    },
}

/// What a label command works with.
struct Work<'a> {
    session: &'a Session,
    knowledge: Knowledge,
    actor: Actor,
}

pub(crate) fn run(session: &Session, arguments: &Arguments, output: &mut Output) -> anyhow::Result<Ending> {
    let work = Work { session, knowledge: session.knowledge()?, actor: Actor::local(session.user()) };
    let (knowledge, actor, now) = (&work.knowledge, &work.actor, session.now());
    let ending = match arguments {
        Arguments::Import { path, excludes, name, owner } => {
            let whose = owner.as_deref().map(|owner| work.owner(owner)).transpose()?;
            work.import(path, excludes.then_some(true), name.as_deref(), whose, output)?
        }
        Arguments::List => work.list(output)?,
        Arguments::Match { value, owner } => {
            let labels = knowledge.labels_of(actor, work.owner(owner)?, &indicator(value)?)?;
            matched(&labels, output)?
        }
        Arguments::Exclude { list } => {
            let list = knowledge.set_excludes(actor, work.named(list)?.id, true, now)?;
            written(&list, "what stands on it is kept out:", output)?
        }
        Arguments::Explain { list } => {
            let list = knowledge.set_excludes(actor, work.named(list)?.id, false, now)?;
            written(&list, "it explains only:", output)?
        }
        Arguments::Overrule { list, value, owner, reason } => {
            let (list, value) = (work.named(list)?, indicator(value)?);
            knowledge.overrule_label(actor, work.owner(owner)?, list.id, &value, reason, now)?;
            written(&list, &format!("{owner} does not go by it for {}:", value.defanged()), output)?
        }
        Arguments::Restore { list, value, owner } => {
            let (list, value) = (work.named(list)?, indicator(value)?);
            knowledge.restore_label(actor, work.owner(owner)?, list.id, &value, now)?;
            written(&list, &format!("{owner} goes by it for {} again:", value.defanged()), output)?
        }
        Arguments::Remove { list } => {
            let list = work.named(list)?;
            knowledge.remove_label_list(actor, list.id, now)?;
            written(&list, "removed", output)?
        }
    };
    output.flush()?;
    Ok(ending)
}

impl Work<'_> {
    fn owner(&self, name: &str) -> anyhow::Result<OwnerId> {
        let found = self.knowledge.owner_named(&self.actor, name);
        Ok(found.map_err(|_| misuse(format!("no owner `{name}`; `spoor owner list` shows all")))?.id)
    }

    fn named(&self, name: &str) -> anyhow::Result<List> {
        let lists = self.knowledge.label_lists(&self.actor, None, LISTS_MAX)?;
        let wanted = name.trim().to_lowercase();
        let mut found =
            lists.into_iter().filter(|list| list.name.to_lowercase() == wanted || list.id.to_string() == name);
        match (found.next(), found.next()) {
            (Some(list), None) => Ok(list),
            (None, _) => Err(misuse(format!("no list `{name}`; `spoor label list` shows all"))),
            (Some(_), Some(_)) => Err(misuse(format!("several owners have a list `{name}`: give its id"))),
        }
    }

    fn import(
        &self,
        path: &Path,
        excludes: Option<bool>,
        name: Option<&str>,
        whose: Option<OwnerId>,
        output: &mut Output,
    ) -> anyhow::Result<Ending> {
        let files = if path.is_dir() { warninglists(path, DEPTH_MAX)? } else { vec![path.to_owned()] };
        if files.is_empty() {
            return Err(misuse(format!("`{}` holds no list.json", path.display())));
        }
        for file in files {
            match draft(&file, name)? {
                Some(draft) => {
                    let now = self.session.now();
                    brought(&self.knowledge.put_label_list(&self.actor, whose, &draft, excludes, now)?, output)?;
                }
                None => output.note(&format!("`{}` is for nothing that is an indicator here", file.display()))?,
            }
        }
        Ok(Ending::Found)
    }

    fn list(&self, output: &mut Output) -> anyhow::Result<Ending> {
        let lists = self.knowledge.label_lists(&self.actor, None, LISTS_MAX)?;
        let mut table = Table::new(&["list", "matching", ">entries", "whose", "effect"]);
        for list in &lists {
            if output.is_json() {
                output.object(&serde_json::json!({"type": "label-list", "list": list}))?;
                continue;
            }
            table.plain([
                list.name.clone(),
                list.matching.to_string(),
                grouped(list.count),
                list.owner.map_or_else(|| "everybody's".into(), |owner| owner.to_string()),
                if list.excludes { "keeps out".into() } else { "explains".into() },
            ]);
        }
        if !output.is_json() {
            table.write(output)?;
        }
        Ok(if lists.is_empty() { Ending::Nothing } else { Ending::Found })
    }
}

fn indicator(value: &str) -> anyhow::Result<Indicator> {
    Indicator::guess(value).ok_or_else(|| misuse(format!("`{value}` is no value of a known type")))
}

/// The `list.json` files below a folder, in order.
fn warninglists(folder: &Path, depth: usize) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            found.extend(warninglists(&path, depth - 1)?);
        } else if path.file_name().is_some_and(|name| name == "list.json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What a file holds; none where it is a list for nothing that is an indicator here.
fn draft(file: &Path, name: Option<&str>) -> anyhow::Result<Option<Draft>> {
    let shown = file.display();
    let length = std::fs::metadata(file).with_context(|| format!("`{shown}`"))?.len();
    if length > FILE_OCTETS_MAX {
        return Err(misuse(format!("`{shown}` has more than {FILE_OCTETS_MAX} octets")));
    }
    let octets = std::fs::read(file).with_context(|| format!("`{shown}`"))?;
    if file.extension().is_some_and(|extension| extension == "json") {
        let list = warninglist::read(&octets).map_err(|why| misuse(format!("`{shown}`: {why}")))?;
        return Ok(Draft::warninglist(list));
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let (text, _) = formats::list::decode(&octets);
    let values = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(Some(Draft::values(name.unwrap_or(&stem), "", values.map(model::text::refang).collect())))
}

fn brought(brought: &Brought, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.object(&serde_json::json!({"type": "label-list", "brought": brought}))?);
    }
    let Brought { list, left_out, replaced } = brought;
    let what = if *replaced { "replaced" } else { "added" };
    let left = if *left_out > 0 { format!(", {} left out", grouped(*left_out)) } else { String::new() };
    Ok(output.line(&format!("{what} `{}`: {} entries{left}", list.name, grouped(list.count)))?)
}

fn matched(labels: &[Labelled], output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&["list", "entry", "effect"]);
    for label in labels {
        if output.is_json() {
            output.object(&serde_json::json!({"type": "label", "label": label}))?;
            continue;
        }
        let effect = match (&label.overruled, label.excludes) {
            (Some(reason), _) => format!("overruled: {reason}"),
            (None, true) => "keeps out".into(),
            (None, false) => "explains".into(),
        };
        let entry = label.entry.as_deref().map_or_else(|| "–".into(), model::text::defang);
        table.row(vec![(Tone::Strong, label.list.clone()), (Tone::Plain, entry), (Tone::Plain, effect)]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if labels.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn written(list: &List, what: &str, output: &mut Output) -> anyhow::Result<Ending> {
    match output.is_json() {
        true => output.object(&serde_json::json!({"type": "label-list", "list": list}))?,
        false => output.line(&format!("{what} `{}`", list.name))?,
    }
    Ok(Ending::Found)
}
