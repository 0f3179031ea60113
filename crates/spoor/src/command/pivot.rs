//! `spoor pivot`: one step along a kind of value.

use std::io;

use engine::pivot::{Pivot, PivotValue};
use model::{Actor, Quality};
use observations::Interrupt;

use super::lookup::{SHARERS_SHOWN, quality_tone, rows};
use crate::{
    arguments::{self, Global},
    exit::{Ending, misuse},
    output::{Output, Tone},
    remote::Remote,
    session::Session,
};
use server::view::told::ToldPivot;

pub(crate) fn run(global: &Global, arguments: &arguments::Pivot, output: &mut Output) -> anyhow::Result<Ending> {
    if let Some(server) = &global.server {
        if arguments.live.live {
            return Err(misuse("--live asks from this machine: leave --server out"));
        }
        let remote = Remote::new(server, global.token_file.as_deref())?;
        let kind = arguments.kind.to_string();
        let query = [("value", arguments.value.as_str()), ("kind", kind.as_str())];
        let pivot: Pivot = remote.get::<ToldPivot>("/api/v1/pivot", &query)?.into();
        let searched = engine::lookup::searched_in(&pivot.denominator);
        return tell(output, &pivot, &searched);
    }
    let session = Session::open(global)?;
    let (engine, actor) = (session.engine(arguments.live.live)?, Actor::local(session.user()));
    let view = || engine.view(&actor, Interrupt::default());
    let mut pivot = engine::pivot::pivot(&view(), &arguments.value, arguments.kind)?;
    if arguments.live.live {
        session.live(&arguments.live)?.share(&engine, &pivot.values, &mut |line| output.note(line))?;
        pivot = engine::pivot::pivot(&view(), &arguments.value, arguments.kind)?;
    }
    tell(output, &pivot, &engine::lookup::searched(&view()))
}

fn tell(output: &mut Output, pivot: &Pivot, searched: &str) -> anyhow::Result<Ending> {
    match output.is_json() {
        true => pivot.values.iter().try_for_each(|value| output.object(value))?,
        false => show(output, pivot, searched)?,
    }
    output.flush()?;
    Ok(if pivot.values.iter().any(|value| !value.rows.is_empty()) { Ending::Found } else { Ending::Nothing })
}

fn show(output: &mut Output, pivot: &Pivot, searched: &str) -> io::Result<()> {
    if pivot.values.is_empty() {
        return output.line(&format!("no value of kind `{}` is known; searched {searched}", pivot.kind));
    }
    pivot.values.iter().try_for_each(|value| show_value(output, value))
}

/// One value, its standing, and who shares it.
pub(crate) fn show_value(output: &mut Output, value: &PivotValue) -> io::Result<()> {
    let labels = if value.labels.is_empty() { String::new() } else { format!("  [{}]", value.labels.join(", ")) };
    output.pieces(&[
        (Tone::Faint, &format!("{} ", value.kind)),
        (Tone::Strong, &model::text::defang(&value.value)),
        (Tone::Plain, "  "),
        (quality_tone(value.quality), value.quality.as_str()),
        (Tone::Plain, &format!(": {}{labels}", value.reason)),
    ])?;
    // Who shares what everybody shares is of little use; a few show what kind of company it is.
    let worth = matches!(value.quality, Quality::Selective | Quality::Unmeasured);
    rows(output, &value.rows, if worth { SHARERS_SHOWN } else { 3 })?;
    if value.more { output.line("  … there are more than were read") } else { Ok(()) }
}
