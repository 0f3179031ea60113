//! `spoor check`, `compact`, `backup`, `restore`, `reparse`: the store itself.

use std::path::Path;

use anyhow::Context;
use engine::quality::grouped;
use observations::Store;

use crate::{
    exit::{Ending, misuse},
    output::Output,
    session::Session,
};

/// Verifies every checksum; damage is a failure that names file and offset.
pub(crate) fn check(session: &Session, output: &mut Output) -> anyhow::Result<Ending> {
    let report = session.reader()?.check()?;
    for damage in &report.damage {
        match output.is_json() {
            true => output.object(&serde_json::json!({
                "type": "damage", "file": damage.file, "offset": damage.offset, "what": damage.what,
            }))?,
            false => output.line(&format!("{} at octet {}: {}", damage.file, damage.offset, damage.what))?,
        }
    }
    if output.is_json() {
        output.object(&serde_json::json!({
            "type": "check", "segments": report.segments, "blocks": report.blocks, "rows": report.rows,
            "log_records": report.log_records, "damaged": report.damage.len(),
        }))?;
    } else {
        let (segments, blocks, rows) = (report.segments, grouped(report.blocks as u64), grouped(report.rows));
        let log = grouped(report.log_records as u64);
        output.line(&format!("{segments} segments, {blocks} blocks, {rows} rows, {log} records in the log"))?;
    }
    output.flush()?;
    match report.damage.len() {
        0 => Ok(Ending::Found),
        count => {
            anyhow::bail!("{count} places are damaged; what they held is lost, the rest is readable. Restore a backup")
        }
    }
}

pub(crate) fn compact(session: &Session, output: &mut Output) -> anyhow::Result<Ending> {
    let report = session.writer()?.compact(true)?;
    let (before, after) = (report.octets_before, report.octets_after);
    match output.is_json() {
        true => output.object(&serde_json::json!({
            "type": "compact", "merged": report.merged, "written": report.written,
            "octets_before": before, "octets_after": after,
        }))?,
        false => output.line(&format!(
            "{} segments merged into {}; {} octets before, {} after",
            report.merged,
            report.written,
            grouped(before),
            grouped(after),
        ))?,
    }
    output.flush()?;
    Ok(Ending::Found)
}

pub(crate) fn backup(session: &Session, to: &Path, output: &mut Output) -> anyhow::Result<Ending> {
    let report = session.writer()?.backup(to)?;
    said(output, "backup", to, report.segments, report.octets)
}

pub(crate) fn restore(session: &Session, from: &Path, output: &mut Output) -> anyhow::Result<Ending> {
    let dir = session.store_dir();
    if dir.exists() {
        return Err(misuse(format!("`{}` is there already; name an empty data directory", dir.display())));
    }
    std::fs::create_dir_all(session.data()).with_context(|| format!("`{}`", session.data().display()))?;
    let report = Store::restore(from, &dir)?;
    said(output, "restore", &dir, report.segments, report.octets)
}

fn said(output: &mut Output, what: &str, path: &Path, segments: usize, octets: u64) -> anyhow::Result<Ending> {
    let path = path.display().to_string();
    match output.is_json() {
        true => {
            output.object(&serde_json::json!({"type": what, "path": path, "segments": segments, "octets": octets}))?;
        }
        false => output.line(&format!("{what}: {segments} segments, {} octets in `{path}`", grouped(octets)))?,
    }
    output.flush()?;
    Ok(Ending::Found)
}

pub(crate) fn reparse(session: &Session, output: &mut Output) -> anyhow::Result<Ending> {
    let store = session.writer()?;
    let mut read = 0u64;
    let report = store.reparse(formats::whois::REVISION, &mut |domain, answers| {
        read += 1;
        let (registration, _) = formats::read(answers, domain);
        registration.state.is_answer().then_some(registration)
    })?;
    match output.is_json() {
        true => output.object(&serde_json::json!({"type": "reparse", "read": read, "changed": report.changed}))?,
        false => {
            output.line(&format!("{} read again, {} read differently now", grouped(read), grouped(report.changed)))?
        }
    }
    output.flush()?;
    Ok(Ending::Found)
}
