//! `spoor exposure`: which questions have left, to whom, for whom and why.

use collect::{Entry, Ledger};
use model::text::defang;

use crate::{
    exit::Ending,
    output::{Output, Tone, table::Table},
    session::Session,
};

pub(crate) fn run(session: &Session, value: Option<&str>, output: &mut Output) -> anyhow::Result<Ending> {
    std::fs::create_dir_all(session.data())?;
    let reading = Ledger::open(session.data())?.read(value)?;
    let mut table = Table::new(&["time", "value", "type", "to", "exposure", "for", "why", "left"]);
    for entry in &reading.entries {
        match output.is_json() {
            true => output.object(entry)?,
            false => table.row(row(entry)),
        }
    }
    if !output.is_json() {
        match reading.entries.is_empty() {
            true => output
                .line(&format!("no question{} has left", value.map_or(String::new(), |v| format!(" about {v}"))))?,
            false => table.write(output)?,
        }
    }
    if !reading.damaged.is_empty() {
        let lines: Vec<String> = reading.damaged.iter().map(ToString::to_string).collect();
        output.note(&format!("damaged lines of the ledger: {}; what they said is lost", lines.join(", ")))?;
    }
    output.flush()?;
    Ok(if reading.entries.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn row(entry: &Entry) -> Vec<(Tone, String)> {
    let socket = entry.socket.map_or(String::new(), |socket| format!(" at {socket}"));
    let left = match (&entry.refusal, entry.sent) {
        (_, true) => (Tone::Warn, "yes".into()),
        (Some(why), false) => (Tone::Good, format!("no: {why}")),
        (None, false) => (Tone::Good, "no".into()),
    };
    vec![
        (Tone::Plain, entry.time.to_string()),
        (Tone::Strong, defang(&entry.value)),
        (Tone::Plain, entry.rrtype.map_or("–".into(), |rrtype| rrtype.to_string())),
        (Tone::Plain, format!("{}{socket}", entry.server)),
        (Tone::Plain, entry.exposure.to_string()),
        (Tone::Plain, entry.actor.clone()),
        (Tone::Plain, entry.reason.clone()),
        left,
    ]
}
