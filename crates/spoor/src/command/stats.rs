//! `spoor stats`: what the store holds, and what it is made of.

use engine::quality::grouped;
use model::Readable;
use observations::{Census, Stats};

use crate::{
    exit::Ending,
    output::{Output, Tone, table::Table},
    session::Session,
};

/// Lanes, in the order of their numbers.
const LANES: [&str; 3] = ["forward", "inverse", "registrations"];

pub(crate) fn run(session: &Session, quick: bool, output: &mut Output) -> anyhow::Result<Ending> {
    let store = session.reader()?;
    let stats = store.stats()?;
    let census = if quick { None } else { Some(store.snapshot().census(&Readable::All, &session.interrupt())?) };
    match output.is_json() {
        true => output.object(&object(&stats, census.as_ref()))?,
        false => show(&stats, census.as_ref(), output)?,
    }
    output.flush()?;
    Ok(Ending::Found)
}

fn show(stats: &Stats, census: Option<&Census>, output: &mut Output) -> anyhow::Result<()> {
    if let Some(census) = census {
        let more = if census.at_least { "at least " } else { "" };
        let (tuples, names, addresses) = (grouped(census.tuples), grouped(census.names), grouped(census.addresses));
        output.heading(&format!("{more}{tuples} tuples, {names} names, {addresses} addresses"))?;
        if let (Some(oldest), Some(newest)) = (census.oldest, census.newest) {
            output.line(&format!("seen from {oldest} to {newest}"))?;
        }
    }
    let (octets, log) = (grouped(stats.octets), grouped(stats.log_octets));
    output.line(&format!(
        "{} sources, {} segments of {octets} octets, {log} in the log",
        stats.sources, stats.segments
    ))?;
    if stats.damaged > 0 {
        output.pieces(&[(Tone::Bad, &format!("{} damaged: `check` names them", stats.damaged))])?;
    }
    if let Some(times) = stats.write_amplification() {
        output.line(&format!("each octet from memory was written {times:.2} times since the store was opened"))?;
    }
    let mut table = Table::new(&["key space", ">rows", ">octets"]);
    for space in stats.spaces.iter().filter(|space| space.rows > 0) {
        let (rows, octets) = (grouped(space.rows), grouped(space.octets));
        table.row(vec![(Tone::Plain, space.name.into()), (Tone::Plain, rows), (Tone::Plain, octets)]);
    }
    table.write(output)?;
    for (lane, segments) in LANES.iter().zip(&stats.lanes).filter(|(_, segments)| !segments.is_empty()) {
        let sizes: Vec<String> = segments.iter().map(|octets| grouped(*octets)).collect();
        output.line(&format!("segments of the lane {lane}, octets: {}", sizes.join(" ")))?;
    }
    Ok(())
}

fn object(stats: &Stats, census: Option<&Census>) -> serde_json::Value {
    let spaces = stats
        .spaces
        .iter()
        .map(|space| serde_json::json!({"name": space.name, "rows": space.rows, "octets": space.octets}));
    serde_json::json!({
        "type": "stats", "tuples": census.map(|census| census.tuples), "names": census.map(|census| census.names),
        "addresses": census.map(|census| census.addresses), "atLeast": census.map(|census| census.at_least),
        "oldest": census.and_then(|census| census.oldest), "newest": census.and_then(|census| census.newest),
        "sources": stats.sources, "segments": stats.segments, "octets": stats.octets, "logOctets": stats.log_octets,
        "memoryOctets": stats.memory_octets, "damaged": stats.damaged, "spaces": spaces.collect::<Vec<_>>(),
        "lanes": stats.lanes, "writtenFromMemory": stats.flushed_octets, "writtenByMerging": stats.merged_octets,
    })
}
