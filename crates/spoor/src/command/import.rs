//! `spoor import`: a preview, then one transaction, and one way to take it back.

use std::io::{BufRead, IsTerminal, Read};

use anyhow::Context;
use engine::{
    hunt::Budget,
    knowledge::{
        import::Defaults,
        offer::{Chosen, Form, Reading},
    },
};
use model::ImportId;
use serde_json::{Value as Json, json};

use super::lookup::read_value;
use crate::{
    arguments::{Global, Import, ImportCommand},
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    place::Place,
};
use server::{
    import::{Asked, Wanted, import_of, preview_of, seeds},
    view::{
        import::{ImportView, ImportedView, PreviewView, UndoneView},
        indicator::defanged,
    },
};

/// The largest file that is read.
const FILE_MAX: u64 = 1 << 30;
/// Rows of a preview that people see.
const ROWS_SHOWN: usize = 30;

pub(crate) fn run(global: &Global, asked: &Import, output: &mut Output) -> anyhow::Result<Ending> {
    let place = Place::of(global)?;
    let ending = match &asked.command {
        None => bring(&place, asked, output)?,
        Some(ImportCommand::List) => list(&place, output)?,
        Some(ImportCommand::Show { id }) => show(&[one(&place, *id)?], output)?,
        Some(ImportCommand::Undo { id }) => undo(&place, *id, output)?,
    };
    output.flush()?;
    Ok(ending)
}

fn bring(place: &Place, asked: &Import, output: &mut Output) -> anyhow::Result<Ending> {
    let request = Request::read(place, asked)?;
    // Where nobody can be asked, the preview would only be work.
    let asks = !asked.yes && !output.is_json() && std::io::stdin().is_terminal();
    if asked.preview || asks {
        let preview = request.preview(place)?;
        match output.is_json() {
            true => output.object(&preview)?,
            false => show_preview(&preview, output)?,
        }
        if asked.preview {
            return Ok(if preview.count > 0 { Ending::Found } else { Ending::Nothing });
        }
        if !confirmed(output)? {
            return Ok(Ending::Nothing);
        }
    }
    let done = request.bring(place)?;
    match output.is_json() {
        true => output.object(&done)?,
        false => show_done(&done, output)?,
    }
    Ok(if done.added + done.changed + done.unchanged > 0 { Ending::Found } else { Ending::Nothing })
}

fn confirmed(output: &mut Output) -> anyhow::Result<bool> {
    output.pieces(&[(Tone::Strong, "Import? [y/N]")])?;
    output.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().take(100).read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// What is to come in, for either place.
enum Request {
    File { owner: String, defaults: Defaults, reading: Reading, octets: Vec<u8>, form: String },
    Found { owner: String, defaults: Defaults, what: Json },
}

impl Request {
    fn read(place: &Place, asked: &Import) -> anyhow::Result<Request> {
        let owner = place.owner(asked.owner.as_deref())?;
        let defaults = Defaults {
            rating: asked.rating,
            confidence: asked.confidence,
            usage: asked.usage.unwrap_or_default(),
            role: asked.role.unwrap_or_default(),
            tlp: asked.tlp,
            pap: asked.pap,
            tags: asked.tags.clone(),
        };
        if let Some(what) = found(asked)? {
            return Ok(Request::Found { owner, defaults, what });
        }
        let (name, octets) = file(asked)?;
        let guessed = || name.as_deref().and_then(Form::of_name);
        let form = asked.format.as_deref().map(str::parse::<Form>).transpose().map_err(misuse)?.or_else(guessed);
        let form = form.ok_or_else(|| misuse("say in which --format the file is"))?;
        let (columns, sheet) = (asked.map.clone(), asked.sheet.clone());
        let reading = Reading { form, name, columns, sheet, kind: asked.kind };
        Ok(Request::File { owner, defaults, form: form.to_string(), reading, octets })
    }

    fn preview(&self, place: &Place) -> anyhow::Result<PreviewView> {
        match place {
            Place::Here(here) => Ok(preview_of(&here.work(), &here.actor, self.asked()?)?),
            Place::There(_) => self.send(place, "/api/v1/imports/preview"),
        }
    }

    fn bring(&self, place: &Place) -> anyhow::Result<ImportedView> {
        match place {
            Place::Here(here) => Ok(import_of(&here.work(), &here.actor, self.asked()?)?),
            Place::There(_) => self.send(place, "/api/v1/imports"),
        }
    }

    /// As the engine is asked here.
    fn asked(&self) -> anyhow::Result<Asked> {
        match self {
            Request::File { owner, defaults, reading, octets, .. } => {
                let wanted = Wanted::File(reading.clone(), octets.clone().into());
                Ok(Asked { owner: owner.parse()?, defaults: defaults.clone(), wanted })
            }
            Request::Found { owner, defaults, what } => {
                Ok(Asked { owner: owner.parse()?, defaults: defaults.clone(), wanted: wanted(what)? })
            }
        }
    }

    /// As a server is asked.
    fn send<T: serde::de::DeserializeOwned>(&self, place: &Place, path: &str) -> anyhow::Result<T> {
        let Place::There(remote) = place else { return Err(anyhow::anyhow!("no server")) };
        match self {
            Request::Found { owner, defaults, what } => {
                let mut body = what.clone();
                body["owner"] = json!(owner);
                body["defaults"] = json!(defaults);
                remote.post(path, &[], ("application/json", body.to_string().into_bytes()))
            }
            Request::File { owner, defaults, reading, octets, form } => {
                let query = query(owner, defaults, reading, form);
                let pairs: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
                remote.post(path, &pairs, ("application/octet-stream", octets.clone()))
            }
        }
    }
}

fn query(owner: &str, defaults: &Defaults, reading: &Reading, form: &str) -> Vec<(&'static str, String)> {
    let mut query = vec![
        ("format", form.to_owned()),
        ("owner", owner.to_owned()),
        ("use", defaults.usage.to_string()),
        ("role", defaults.role.to_string()),
    ];
    let mut add = |name, value: Option<String>| query.extend(value.map(|value| (name, value)));
    add("name", reading.name.clone());
    add("map", reading.columns.clone());
    add("sheet", reading.sheet.clone());
    add("type", reading.kind.map(|kind| kind.to_string()));
    add("rating", defaults.rating.map(|rating| rating.to_string()));
    add("confidence", defaults.confidence.map(|confidence| confidence.to_string()));
    add("tlp", defaults.tlp.map(|tlp| tlp.to_string()));
    add("pap", defaults.pap.map(|pap| pap.to_string()));
    add("tags", Some(defaults.tags.join(",")).filter(|tags| !tags.is_empty()));
    query
}

/// What is to be looked up and brought in, as the API takes it.
fn found(asked: &Import) -> anyhow::Result<Option<Json>> {
    let mut what = match (asked.step(), &asked.lookup, &asked.hunt) {
        (Some((value, kind)), ..) => json!({"pivot": {"value": value, "kind": kind.map_err(misuse)?}}),
        (None, Some(value), _) => json!({"lookup": {"value": read_value(value, None)?.canonical()}}),
        (None, None, Some(seeds)) => json!({"hunt": {"seeds": seeds}}),
        (None, None, None) => return Ok(None),
    };
    if let Some(only) = &asked.only {
        what["chosen"] = json!(only);
    }
    Ok(Some(what))
}

fn wanted(what: &Json) -> anyhow::Result<Wanted> {
    let texts = |of: &Json| -> Vec<String> {
        of.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
    };
    let chosen = match what.get("chosen") {
        None => Chosen::ALL,
        Some(chosen) => Chosen::only(texts(chosen))?,
    };
    let text = |part: &str, member: &str| what[part][member].as_str().unwrap_or_default().to_owned();
    if what.get("pivot").is_some() {
        return Ok(Wanted::Pivot(text("pivot", "value"), text("pivot", "kind").parse()?, chosen));
    }
    if what.get("lookup").is_some() {
        return Ok(Wanted::Lookup(read_value(&text("lookup", "value"), None)?, chosen));
    }
    let seeds = seeds(&texts(&what["hunt"]["seeds"])).map_err(|_| misuse("a hunt begins from 1 to 100 domains"))?;
    Ok(Wanted::Hunt(seeds, Budget { lookups: 0, ..Budget::default() }, chosen))
}

fn file(asked: &Import) -> anyhow::Result<(Option<String>, Vec<u8>)> {
    let path = asked.file.as_ref().ok_or_else(|| misuse("name a file, --pivot, --lookup or --hunt"))?;
    let mut octets = Vec::new();
    let name = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_MAX + 1).read_to_end(&mut octets)?;
        None
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("`{}`", path.display()))?;
        file.take(FILE_MAX + 1).read_to_end(&mut octets).with_context(|| format!("`{}`", path.display()))?;
        path.file_name().map(|name| name.to_string_lossy().into_owned())
    };
    match octets.len() as u64 > FILE_MAX {
        true => Err(misuse(format!("a file of more than {FILE_MAX} octets; bring it in by parts"))),
        false => Ok((name, octets)),
    }
}

fn show_preview(preview: &PreviewView, output: &mut Output) -> anyhow::Result<()> {
    output.heading(&format!("From {}", model::text::defang(&preview.origin)))?;
    let mut table = Table::new(&[">line", "value", "type", "standing", "known to", "against blocking it"]);
    for row in preview.rows.iter().take(ROWS_SHOWN) {
        let by: Vec<String> = row.by.iter().map(|of| of.owner.clone()).collect();
        let standing = if row.standing == "new" { Tone::Good } else { Tone::Warn };
        table.row(vec![
            (Tone::Faint, row.line.to_string()),
            (Tone::Strong, defanged(&row.kind, &row.value)),
            (Tone::Plain, row.kind.clone()),
            (standing, row.why.clone().map_or_else(|| row.standing.clone(), |why| format!("refused: {why}"))),
            (Tone::Plain, by.join(", ")),
            (Tone::Plain, model::text::defang(&row.cautions())),
        ]);
    }
    table.write(output)?;
    if preview.count > ROWS_SHOWN {
        output.line(&format!("  … {} more (--json lists them)", preview.count - ROWS_SHOWN))?;
    }
    refusals(&preview.refused, &preview.remarks, output)?;
    let counts = (preview.count, preview.new, preview.known, preview.refused_count);
    output.line(&format!("{} rows: {} new, {} known, {} refused", counts.0, counts.1, counts.2, counts.3))?;
    Ok(())
}

fn refusals(
    refused: &[server::view::import::RefusedView],
    remarks: &[String],
    output: &mut Output,
) -> anyhow::Result<()> {
    for of in refused.iter().take(ROWS_SHOWN) {
        let text = format!("  line {}: {}: {}", of.line, of.why, model::text::defang(&of.text));
        output.line(&text)?;
    }
    remarks.iter().try_for_each(|remark| output.line(&format!("  {remark}")))?;
    Ok(())
}

fn show_done(done: &ImportedView, output: &mut Output) -> anyhow::Result<()> {
    refusals(&done.refused, &done.remarks, output)?;
    let counts = (done.added, done.changed, done.unchanged, done.refused_count);
    output.line(&format!("{} added, {} changed, {} unchanged, {} refused", counts.0, counts.1, counts.2, counts.3))?;
    if let Some(import) = &done.import {
        output.note(&format!("import {}; take it back with: spoor import undo {}", import.id, import.id))?;
    }
    Ok(())
}

fn list(place: &Place, output: &mut Output) -> anyhow::Result<Ending> {
    let imports: Vec<ImportView> = match place {
        Place::Here(here) => {
            let imports = here.work().knowledge.imports(&here.actor, None, 1000)?;
            imports.into_iter().map(ImportView::from).collect()
        }
        Place::There(remote) => {
            let mut page: Json = remote.get("/api/v1/imports", &[("limit", "1000")])?;
            serde_json::from_value(page["items"].take()).context("the server's list of imports")?
        }
    };
    show(&imports, output)
}

fn show(imports: &[ImportView], output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&["time", "id", "from", ">added", ">changed", "taken back"]);
    for import in imports {
        if output.is_json() {
            output.object(import)?;
            continue;
        }
        table.plain([
            import.time.clone(),
            import.id.clone(),
            model::text::defang(&import.origin),
            import.added.to_string(),
            import.changed.to_string(),
            import.undone.clone().unwrap_or_else(|| "-".into()),
        ]);
    }
    if !output.is_json() && !imports.is_empty() {
        table.write(output)?;
    }
    Ok(if imports.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn one(place: &Place, id: ImportId) -> anyhow::Result<ImportView> {
    match place {
        Place::Here(here) => Ok(here.work().knowledge.import_by_id(&here.actor, id)?.into()),
        Place::There(remote) => remote.get(&format!("/api/v1/imports/{id}"), &[]),
    }
}

fn undo(place: &Place, id: ImportId, output: &mut Output) -> anyhow::Result<Ending> {
    let undone: UndoneView = match place {
        Place::Here(here) => {
            let work = here.work();
            work.knowledge.undo(&here.actor, id, work.now)?.into()
        }
        Place::There(remote) => {
            remote.post(&format!("/api/v1/imports/{id}/undo"), &[], ("application/json", b"{}".to_vec()))?
        }
    };
    match output.is_json() {
        true => output.object(&undone)?,
        false => {
            let words = (undone.removed, undone.restored, undone.kept);
            output.line(&format!(
                "{} removed, {} restored, {} kept since somebody built on them",
                words.0, words.1, words.2
            ))?;
        }
    }
    Ok(Ending::Found)
}
