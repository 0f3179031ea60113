//! `spoor answer`: what goes back to whoever asked about values.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    arguments::{Answer, Global},
    exit::{Ending, misuse},
    output::Output,
    place::Place,
};
use server::{
    answer::{AnswerInput, TargetInput, answer_of},
    view::answer::AnswerView,
};

pub(crate) fn run(global: &Global, asked: &Answer, output: &mut Output) -> anyhow::Result<Ending> {
    let language = asked.language().map_err(|why| misuse(format!("--format: {why}")))?;
    let input = input(asked, language.map(|language| language.to_string()))?;
    let view = match Place::of(global)? {
        Place::Here(here) => answer_of(&here.work(), &here.actor, input)?,
        Place::There(remote) => {
            remote.post("/api/v1/answers", &[], ("application/json", json!(input).to_string().into_bytes()))?
        }
    };
    match (output.is_json(), language) {
        (true, _) => output.object(&view)?,
        (false, None) => output.script(view.text.as_bytes())?,
        (false, Some(_)) => queries(&view, output)?,
    }
    output.flush()?;
    Ok(if view.rows.is_empty() { Ending::Nothing } else { Ending::Found })
}

/// Queries as they are, to be copied or piped; what they leave out is said beside them.
fn queries(view: &AnswerView, output: &mut Output) -> anyhow::Result<()> {
    for (at, query) in view.queries.values().flatten().enumerate() {
        if at > 0 {
            output.script(b"\n")?;
        }
        output.script(format!("{}\n", query.trim_end()).as_bytes())?;
    }
    for of in &view.left_out {
        output.aside(&format!("not looked for: {}: {}", model::text::defang(&of.value), of.why));
    }
    Ok(())
}

fn input(asked: &Answer, language: Option<String>) -> anyhow::Result<AnswerInput> {
    let mut fields = BTreeMap::new();
    for text in &asked.fields {
        let parts = text.split_once('=').and_then(|(class, rest)| Some((class, rest.split_once(':')?)));
        let (class, (source, names)) =
            parts.ok_or_else(|| misuse(format!("`{text}`: write CLASS=SOURCE:FIELD+FIELD")))?;
        let names = names.split('+').map(str::to_owned).collect();
        fields.insert(class.to_owned(), TargetInput { source: source.to_owned(), fields: names });
    }
    let values = asked.import.is_none().then(|| asked.values.clone());
    let languages = Some(language.into_iter().collect());
    Ok(AnswerInput { values, import: asked.import, audience: asked.audience, languages, fields })
}
