//! `spoor ingest`: files into the store.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal, Read},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use engine::quality::grouped;
use formats::{line::Refusals, registration_lines::Defaults};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Source, registration::Protocol};
use observations::Store;

use crate::{
    arguments::{self, Format},
    exit::{Ending, misuse},
    ingest::{self, Summary},
    output::{Output, Tone},
    session::Session,
};

/// The largest raw answer that is read as one.
const ANSWER_OCTETS_MAX: u64 = 4 << 20;

pub(crate) fn run(session: &Session, arguments: &arguments::Ingest, output: &mut Output) -> anyhow::Result<Ending> {
    let store = session.writer()?;
    let source = store.source(&arguments.source).ok_or_else(|| {
        let name = &arguments.source;
        misuse(format!("no source `{name}`; add it: spoor source add {name} --kind sensor|zone|provider|import"))
    })?;
    let defaults = Defaults {
        protocol: if arguments.format == Format::Rdap { Protocol::Rdap } else { Protocol::Whois },
        server: arguments.server.clone().unwrap_or_default(),
        observed: arguments.at.unwrap_or_else(|| session.now()),
    };
    for file in &arguments.files {
        let summary = read(&store, &source, file, arguments, &defaults)?;
        show(output, file, &source, &summary)?;
    }
    output.flush()?;
    Ok(Ending::Found)
}

fn read(
    store: &Store,
    source: &Source,
    file: &Path,
    arguments: &arguments::Ingest,
    defaults: &Defaults,
) -> anyhow::Result<Summary> {
    let (input, length) = open(file).with_context(|| format!("`{}`", file.display()))?;
    let bar = bar(length);
    let progress = |summary: &Summary| {
        bar.set_position(summary.octets);
        bar.set_message(format!("{} records, {} refused", grouped(summary.stored + summary.known), summary.refused));
    };
    let input: Box<dyn Read> = match &arguments.domain {
        Some(domain) if arguments.format == Format::Cof => {
            return Err(misuse(format!("--domain {domain} goes with --format whois and rdap")));
        }
        Some(domain) => Box::new(io::Cursor::new(one_line(input, domain, defaults)?)),
        None => input,
    };
    let buffered = BufReader::with_capacity(1 << 20, input);
    let summary = ingest::lines(store, source, buffered, arguments.format, defaults, arguments.strict, progress);
    bar.finish_and_clear();
    summary.with_context(|| format!("`{}`", file.display()))
}

fn open(file: &Path) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if file == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(file)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory; name the files in it"));
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// A raw answer as the line that says the same. Octets that are no UTF-8 stand for themselves (ISO 8859-1).
fn one_line(mut input: Box<dyn Read>, domain: &model::Name, defaults: &Defaults) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    input.by_ref().take(ANSWER_OCTETS_MAX + 1).read_to_end(&mut body)?;
    if body.len() as u64 > ANSWER_OCTETS_MAX {
        return Err(misuse("a raw answer of more than 4 MiB; is it one?"));
    }
    let (raw, _) = formats::whois::decode(&body, &domain.to_string());
    let line = serde_json::json!({
        "domain": domain, "server": defaults.server, "observed": defaults.observed,
        "protocol": defaults.protocol, "raw": raw,
    });
    Ok(line.to_string().into_bytes())
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

fn show(output: &mut Output, file: &Path, source: &Source, summary: &Summary) -> io::Result<()> {
    if output.is_json() {
        return output.object(&serde_json::json!({
            "type": "ingest", "file": file.display().to_string(), "source": source.name, "summary": summary,
            "refusals": refusals(&summary.refusals),
        }));
    }
    let rate = summary.lines as f64 / summary.seconds.max(0.001);
    output.pieces(&[
        (Tone::Strong, &file.display().to_string()),
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
    if summary.remarked > 0 {
        output
            .line(&format!("  {} answers with lines that were not understood; they are kept raw", summary.remarked))?;
    }
    for (reason, refused) in summary.refusals.reasons() {
        let lines: Vec<String> = refused.lines.iter().map(ToString::to_string).collect();
        let more = if refused.count > refused.lines.len() as u64 { ", …" } else { "" };
        let example = if refused.example == reason { String::new() } else { format!(" ({})", refused.example) };
        let text = format!("  refused {}: {reason}{example}; line {}{more}", refused.count, lines.join(", "));
        output.pieces(&[(Tone::Warn, &text)])?;
    }
    Ok(())
}

fn refusals(refusals: &Refusals) -> Vec<serde_json::Value> {
    let one = |(reason, refused): (&str, &formats::line::Refused)| {
        serde_json::json!({
            "reason": reason, "count": refused.count, "lines": refused.lines, "example": refused.example,
        })
    };
    refusals.reasons().map(one).collect()
}
