//! `spoor ingest`: files into the store.

use std::{
    io::{self, BufRead, BufReader, IsTerminal, Read},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use engine::{Engine, quality::grouped};
use formats::{line::Refusals, registration_lines::Defaults};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Source, registration::Protocol};
use observations::Store;

use crate::{
    arguments,
    exit::{Ending, misuse},
    output::{Output, Tone},
    session::Session,
};
use intake::{
    ingest::{
        self, Format, Reading, Summary,
        answers::{self, ANSWER_OCTETS_MAX, Answers},
        input,
        zone_difference::{self, Difference},
    },
    sensor::Sensor,
};

pub(crate) fn run(session: &Session, arguments: &arguments::Ingest, output: &mut Output) -> anyhow::Result<Ending> {
    check(arguments)?;
    let engine = session.engine(true)?;
    let source = source(&engine.store, &arguments.source)?;
    let sensor = session.sensor()?;
    let defaults = Defaults {
        protocol: if arguments.format == Format::Rdap { Protocol::Rdap } else { Protocol::Whois },
        server: arguments.server.clone().unwrap_or_default(),
        observed: arguments.at.unwrap_or_else(|| session.now()),
    };
    let reading = Reading {
        format: arguments.format,
        defaults: &defaults,
        arrived: session.now(),
        strict: arguments.strict,
        columns: arguments.columns.as_deref(),
        origin: arguments.origin.as_ref(),
        taken: arguments.messages.taken(),
    };
    for file in &arguments.files {
        let summary = read(&engine, &source, &sensor, file, (arguments.domain.as_ref(), arguments.at), &reading)
            .with_context(|| format!("`{}`", file.display()))?;
        show(output, &file.display().to_string(), &source, &summary)?;
        if let Some(before) = &arguments.before {
            let turned = zone_difference::store(
                &engine,
                &source,
                || input::plain(input::open(before)?.0),
                || input::plain(input::open(file)?.0),
                (arguments.origin.as_ref(), defaults.observed, session.now()),
            );
            show_difference(output, &turned.with_context(|| format!("`{}`", before.display()))?)?;
        }
    }
    sensor.close()?;
    output.flush()?;
    Ok(Ending::Found)
}

/// Options that go with other formats than the one that was named.
fn check(arguments: &arguments::Ingest) -> anyhow::Result<()> {
    let format = arguments.format;
    let is_registration = matches!(format, Format::Whois | Format::Rdap);
    let misfits = [
        (arguments.domain.is_some() && !is_registration, "--domain goes with --format whois and rdap"),
        (
            arguments.at.is_some()
                && arguments.domain.is_none()
                && !matches!(format, Format::Zone | Format::Prefixes | Format::Registrations),
            "--at goes with --domain, or with --format zone, prefixes and registrations",
        ),
        (
            arguments.columns.is_some() && !matches!(format, Format::Csv | Format::Registrations),
            "--columns goes with --format csv and registrations",
        ),
        (
            arguments.before.is_some() && (format != Format::Zone || arguments.files.len() != 1),
            "--before goes with --format zone and one file",
        ),
        (arguments.origin.is_some() && format != Format::Zone, "--origin goes with --format zone"),
    ];
    misfits.into_iter().find(|(misfit, _)| *misfit).map_or(Ok(()), |(_, why)| Err(misuse(why)))
}

/// A source by its name.
pub(super) fn source(store: &Store, name: &str) -> anyhow::Result<Source> {
    store.source(name).ok_or_else(|| {
        misuse(format!("no source `{name}`; add it: spoor source add {name} --kind sensor|zone|provider|import"))
    })
}

fn read(
    engine: &Engine,
    source: &Source,
    sensor: &Sensor,
    file: &Path,
    (domain, at): (Option<&model::Name>, Option<model::Time>),
    reading: &Reading<'_>,
) -> anyhow::Result<Summary> {
    if reading.format == Format::Registrations && file.is_dir() {
        let defaults = reading.defaults;
        let answers = Answers::of(file, &defaults.server, at)?;
        return ingest::read(engine, source, sensor, BufReader::new(answers), reading, |_| {});
    }
    let (input, length) = input::open(file)?;
    let bar = bar(length);
    let progress = |summary: &Summary| {
        bar.set_position(summary.octets);
        bar.set_message(format!("{} records, {} refused", grouped(summary.stored + summary.known), summary.refused));
    };
    let input: Box<dyn BufRead> = match domain {
        Some(domain) => Box::new(io::Cursor::new(one_line(input, domain, reading.defaults)?)),
        None => input::plain(input)?,
    };
    let summary = ingest::read(engine, source, sensor, input, reading, progress);
    bar.finish_and_clear();
    summary
}

/// A raw answer as the line that says the same.
fn one_line(mut input: Box<dyn Read>, domain: &model::Name, defaults: &Defaults) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    input.by_ref().take(ANSWER_OCTETS_MAX + 1).read_to_end(&mut body)?;
    if body.len() as u64 > ANSWER_OCTETS_MAX {
        return Err(misuse("a raw answer of more than 4 MiB; is it one?"));
    }
    Ok(answers::line(&body, &domain.to_string(), defaults))
}

fn show_difference(output: &mut Output, difference: &Difference) -> io::Result<()> {
    if output.is_json() {
        return output.object(&serde_json::json!({"type": "zone-difference", "difference": difference}));
    }
    let Difference { new, dropped, hits, known } = *difference;
    let known = if known { ", stored before" } else { "" };
    output.line(&format!(
        "  {} new domains, {} dropped{known}; {} hits of Tracks",
        grouped(new),
        grouped(dropped),
        grouped(hits)
    ))
}

/// A bar on a terminal, nothing elsewhere.
fn bar(length: Option<u64>) -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = match length {
        Some(_) => "  {bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec}  {msg}",
        None => "  {spinner} {bytes} {binary_bytes_per_sec}  {msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Says what came of an input.
pub(super) fn show(output: &mut Output, file: &str, source: &Source, summary: &Summary) -> io::Result<()> {
    if output.is_json() {
        return output.object(&serde_json::json!({
            "type": "ingest", "file": file, "source": source.name, "summary": summary,
            "refusals": refusals(&summary.refusals),
        }));
    }
    let rate = summary.lines as f64 / summary.seconds.max(0.001);
    output.pieces(&[
        (Tone::Strong, file),
        (
            Tone::Plain,
            &format!(
                "  {} lines in {:.1} s ({} a second) into `{}`: {} stored, {} known before, {} refused",
                grouped(summary.lines),
                summary.seconds,
                grouped(rate as u64),
                source.name,
                grouped(summary.stored),
                grouped(summary.known),
                grouped(summary.refused),
            ),
        ),
    ])?;
    if summary.hits > 0 {
        output.pieces(&[(Tone::Good, &format!("  {} hits of Tracks: spoor track hits", grouped(summary.hits)))])?;
    }
    if summary.remarked > 0 {
        output
            .line(&format!("  {} answers with lines that were not understood; they are kept raw", summary.remarked))?;
    }
    show_dropped(output, summary)?;
    for (reason, refused) in summary.refusals.reasons() {
        let lines: Vec<String> = refused.lines.iter().map(ToString::to_string).collect();
        let more = if refused.count > refused.lines.len() as u64 { ", …" } else { "" };
        let example = if refused.example == reason { String::new() } else { format!(" ({})", refused.example) };
        let text = format!("  refused {}: {reason}{example}; line {}{more}", refused.count, lines.join(", "));
        output.pieces(&[(Tone::Warn, &text)])?;
    }
    Ok(())
}

/// What a sensor made of the messages, and what it left.
fn show_dropped(output: &mut Output, summary: &Summary) -> io::Result<()> {
    if summary.answers > 0 {
        output.line(&format!("  {} answers in {} messages", grouped(summary.answers), grouped(summary.messages)))?;
    }
    for (reason, count) in &summary.dropped {
        output.line(&format!("  not taken: {} {reason}", grouped(*count)))?;
    }
    match &summary.damaged {
        Some(why) => output.pieces(&[(Tone::Warn, &format!("  not read to its end: {why}"))]),
        None => Ok(()),
    }
}

fn refusals(refusals: &Refusals) -> Vec<serde_json::Value> {
    let one = |(reason, refused): (&str, &formats::line::Refused)| {
        serde_json::json!({
            "reason": reason, "count": refused.count, "lines": refused.lines, "example": refused.example,
        })
    };
    refusals.reasons().map(one).collect()
}
