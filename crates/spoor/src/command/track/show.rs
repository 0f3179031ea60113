//! Tracks, hits, previews and searches for people and for machines.

use std::io;

use engine::{
    quality::grouped,
    track::{
        preview::Preview,
        propose::Proposal,
        search::{Found, Zone},
    },
};
use serde::Serialize;

use crate::output::{Output, Tone, table::Table};
use server::view::track::{HitView, TrackView};

/// A line for machines: what it is, and it.
fn machine(output: &mut Output, kind: &'static str, value: &impl Serialize) -> io::Result<()> {
    output.object(&serde_json::json!({ "type": kind, kind: value }))
}

pub(super) fn tracks(output: &mut Output, tracks: &[TrackView]) -> io::Result<()> {
    if output.is_json() {
        return tracks.iter().try_for_each(|track| machine(output, "track", track));
    }
    let mut table = Table::new(&["name", "since", "", "query", "id"]);
    for track in tracks {
        table.row(vec![
            (Tone::Strong, track.name.clone()),
            (Tone::Plain, track.created.chars().take(10).collect()),
            (Tone::Warn, if track.muted { "muted".into() } else { String::new() }),
            (Tone::Plain, track.query.clone()),
            (Tone::Faint, track.id.clone()),
        ]);
    }
    table.write(output)
}

pub(super) fn track(output: &mut Output, track: &TrackView) -> io::Result<()> {
    if output.is_json() {
        return machine(output, "track", track);
    }
    output.pieces(&[(Tone::Strong, &track.name), (Tone::Faint, &format!("  {}", track.id))])?;
    output.line(&format!("  {}", track.query))?;
    if track.muted {
        output.pieces(&[(Tone::Warn, "  muted: hits are kept as ignored")])?;
    }
    if let Some(expires) = &track.expires {
        output.line(&format!("  ends {expires}"))?;
    }
    if !track.exclusions.is_empty() {
        output.line(&format!("  without {}", track.exclusions.join(", ")))?;
    }
    let Some(coverage) = &track.coverage else { return Ok(()) };
    if coverage.blind {
        output.pieces(&[(Tone::Bad, "  blind: no source that its owner may read holds what it asks for")])?;
    }
    for source in &coverage.sources {
        let newest = source.newest.map_or_else(|| "never".to_owned(), |newest| newest.to_string());
        output.line(&format!(
            "  fed by {} ({}): {} registrations, {} domains in DNS, newest {newest}",
            source.name,
            source.kind,
            grouped(source.registrations),
            grouped(source.dns_domains),
        ))?;
    }
    zones(output, &coverage.zones)?;
    for (state, count) in &coverage.hits {
        output.line(&format!("  {} hits {state}", grouped(*count)))?;
    }
    Ok(())
}

/// How many registrations there are by zone.
fn zones(output: &mut Output, zones: &[Zone]) -> io::Result<()> {
    let of = |zone: &Zone| format!("{} {} (newest {})", zone.zone, grouped(zone.domains), zone.newest.day());
    let zones: Vec<String> = zones.iter().map(of).collect();
    if zones.is_empty() { Ok(()) } else { output.line(&format!("  registrations by zone: {}", zones.join(", "))) }
}

pub(super) fn hits(output: &mut Output, hits: &[HitView]) -> io::Result<()> {
    if output.is_json() {
        return hits.iter().try_for_each(|hit| machine(output, "hit", hit));
    }
    let mut table = Table::new(&["domain", "what", "observed", "state", "matched", "id"]);
    for hit in hits {
        let matched: Vec<String> = hit.matched.iter().map(|one| format!("{} {}", one.place, one.value)).collect();
        table.row(vec![
            (Tone::Strong, model::text::defang(&hit.domain)),
            (Tone::Plain, hit.words.clone()),
            (Tone::Plain, hit.observed.chars().take(10).collect()),
            (Tone::Plain, hit.triage.clone()),
            (Tone::Plain, model::text::defang(&matched.join(", "))),
            (Tone::Faint, hit.id.clone()),
        ]);
    }
    table.write(output)
}

pub(super) fn proposals(output: &mut Output, proposals: &[Proposal], of: usize) -> io::Result<()> {
    if output.is_json() {
        return proposals.iter().try_for_each(|proposal| machine(output, "proposal", proposal));
    }
    let mut table = Table::new(&["query", ">of these", ">known", "quality", "why"]);
    for proposal in proposals {
        table.row(vec![
            (Tone::Strong, proposal.query.clone()),
            (Tone::Plain, format!("{}/{of}", proposal.domains.len())),
            (Tone::Plain, grouped(proposal.known)),
            (Tone::Plain, proposal.quality.to_string()),
            (Tone::Faint, proposal.reason.clone()),
        ]);
    }
    table.write(output)
}

pub(super) fn found(output: &mut Output, found: &Found) -> io::Result<()> {
    if output.is_json() {
        return machine(output, "search", found);
    }
    count(output, found)?;
    let mut table = Table::new(&["domain", "", "created", "seen so", "matched"]);
    for row in &found.rows {
        let matched: Vec<String> = row.matched.iter().map(|one| format!("{} {}", one.place, one.value)).collect();
        table.row(vec![
            (Tone::Strong, model::text::defang(&row.domain.to_string())),
            (Tone::Faint, if row.current { "now".into() } else { "then".into() }),
            (Tone::Plain, row.created.map(|created| created.day()).unwrap_or_default()),
            (Tone::Plain, format!("{} to {}", row.first.day(), row.last.day())),
            (Tone::Plain, model::text::defang(&matched.join(", "))),
        ]);
    }
    table.write(output)?;
    for shared in &found.together {
        output.pieces(&[(
            Tone::Faint,
            &format!("  {} of {} also have {} {}", shared.rows, shared.of, shared.field, shared.value),
        )])?;
    }
    match &found.next {
        Some(next) => output.note(&format!("more after {next}: --after {next}")),
        None => Ok(()),
    }
}

/// How many, out of what, and what the values are worth.
fn count(output: &mut Output, found: &Found) -> io::Result<()> {
    let least = if found.at_least { "at least " } else { "" };
    let newest = found.denominator.newest.map_or_else(|| "nothing yet".to_owned(), |newest| newest.to_string());
    output.line(&format!(
        "{least}{} now, {} ever, {} DNS records; out of {} registrations and {} domains in DNS by {} sources, newest {newest}",
        grouped(found.current as u64),
        grouped(found.historic as u64),
        grouped(found.dns as u64),
        grouped(found.denominator.registrations),
        grouped(found.denominator.dns_domains),
        found.denominator.sources.len(),
    ))?;
    zones(output, &found.zones)?;
    for value in &found.values {
        output.line(&format!("  {}: {}, {}", value.condition, value.quality, value.reason))?;
    }
    found.notes.iter().try_for_each(|note| output.pieces(&[(Tone::Warn, &format!("  {note}"))]))
}

pub(super) fn preview(output: &mut Output, preview: &Preview) -> io::Result<()> {
    if output.is_json() {
        return machine(output, "preview", preview);
    }
    found(output, &preview.found)?;
    output
        .line(&format!("about {:.2} hits a day over the last 90 days; by week over the last year:", preview.per_day))?;
    let counts: Vec<String> = preview.weeks.iter().map(|week| week.count.to_string()).collect();
    output.line(&format!("  {}", counts.join(" ")))?;
    if !preview.found_by.is_empty() {
        output.line(&format!("found by {}", preview.found_by.join(", or ")))?;
    }
    let test = &preview.backtest;
    let median = test.median_days.map(|days| format!(", {days} days in the middle")).unwrap_or_default();
    output.line(&format!(
        "of {} domains {} were seen in traffic; it would have spoken before of {}{median}",
        test.domains, test.seen, test.before
    ))?;
    for lead in &test.examples {
        let domain = model::text::defang(&lead.domain.to_string());
        output.line(&format!("  {domain}: {} days before it was first seen", lead.days))?;
    }
    preview.warnings.iter().try_for_each(|warning| output.pieces(&[(Tone::Bad, &format!("warning: {warning}"))]))
}

/// What became of hits that were imported.
pub(super) fn imported(output: &mut Output, imported: &serde_json::Value) -> io::Result<()> {
    if output.is_json() {
        return machine(output, "imported", imported);
    }
    let refused = imported["refused"].as_array().map_or(0, Vec::len);
    output.line(&format!(
        "{} added, {} changed, {} held just so, {refused} refused",
        imported["added"], imported["changed"], imported["unchanged"]
    ))
}
