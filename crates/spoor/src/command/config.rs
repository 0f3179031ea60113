//! `spoor config`: what is in force, and where each value comes from.

use crate::{
    exit::Ending,
    output::{Output, Tone, table::Table},
    session::Session,
};

pub(crate) fn run(session: &Session, output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&["setting", "value", "from", "what it does"]);
    let data = session.data().display().to_string();
    if !output.is_json() {
        output.line(&format!("data directory {data}"))?;
    }
    for setting in session.in_force() {
        if output.is_json() {
            output.object(&serde_json::json!({
                "type": "setting", "name": setting.name, "value": setting.value, "from": setting.origin,
            }))?;
            continue;
        }
        let tone = if setting.origin == "default" { Tone::Faint } else { Tone::Strong };
        table.row(vec![
            (tone, setting.name.into()),
            (Tone::Plain, setting.value.clone()),
            (Tone::Plain, setting.origin.clone()),
            (Tone::Faint, setting.about.into()),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    output.flush()?;
    Ok(Ending::Found)
}
