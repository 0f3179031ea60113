//! `spoor hunt`: from seeds along shared values to what else the same hands run.

use std::{collections::BTreeMap, io};

use engine::{
    Engine,
    hunt::{Budget, Candidate, Ending as HuntEnding, Event, Hunt, Report, Rule, Tier},
    quality::grouped,
};
use model::{Actor, Indicator, Name};
use serde::Serialize;

use super::lookup::read_value;
use crate::{
    arguments,
    exit::{Ending, misuse},
    output::{Output, Tone},
    session::Session,
};
use intake::live::Live;

pub(crate) fn run(session: &Session, arguments: &arguments::Hunt, output: &mut Output) -> anyhow::Result<Ending> {
    let seeds = seeds(&arguments.values)?;
    let budget =
        Budget { steps: arguments.budget, candidates: arguments.candidates, hops: arguments.hops, ..Budget::default() };
    let engine = session.engine(arguments.live.live)?;
    let live = if arguments.live.live { Some(session.live(&arguments.live)?) } else { None };
    let hunt = Hunt::new(&engine, &Actor::local(session.user()), &seeds, budget, session.interrupt(), session.now());
    let report = drive(hunt, &engine, live.as_ref(), output)?;
    match output.is_json() {
        true => machine(output, &report)?,
        false => show(output, &report, arguments.explain)?,
    }
    output.flush()?;
    Ok(if report.candidates.is_empty() { Ending::Nothing } else { Ending::Found })
}

/// Runs a hunt to its end; what it needs is looked up where that is permitted.
pub(crate) fn drive(
    mut hunt: Hunt,
    engine: &Engine,
    live: Option<&Live>,
    output: &mut Output,
) -> anyhow::Result<Report> {
    loop {
        match hunt.step(engine)? {
            Event::Need(need) => {
                if let Some(live) = live {
                    live.answer(engine, &need, &mut |line| output.note(line))?;
                }
            }
            Event::Expanded { .. } => {}
            Event::Done(_) => return Ok(hunt.report(engine)),
        }
    }
}

fn seeds(values: &[String]) -> anyhow::Result<Vec<Name>> {
    let seed = |value: &String| match read_value(value, None)? {
        Indicator::Host(host) => Ok(host.name().clone()),
        other => Err(misuse(format!("`{value}` is of type {}; a hunt starts from domains", other.kind()))),
    };
    values.iter().map(seed).collect()
}

/// A candidate for machines; documented in `docs/commands.md`.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    value: &'a Name,
    tier: Tier,
    score: f64,
    hops: usize,
    paths: &'a [engine::hunt::Path],
}

fn machine(output: &mut Output, report: &Report) -> io::Result<()> {
    for Candidate { value, tier, score, hops, paths } in &report.candidates {
        output.object(&Line { r#type: "host", value, tier: *tier, score: *score, hops: *hops, paths })?;
    }
    Ok(())
}

/// The tree of candidates, links between them, and what was set aside.
pub(crate) fn show(output: &mut Output, report: &Report, explain: bool) -> io::Result<()> {
    tree(output, report, explain)?;
    links(output, report)?;
    set_aside(output, report, explain)?;
    let denominator = &report.denominator;
    output.pieces(&[(
        Tone::Faint,
        &format!(
            "{} candidates, {} of them weak; {} steps, {} look-ups wanted; {} sources, about {} domains in DNS, {} registrations{}",
            report.candidates.len(),
            report.candidates.iter().filter(|candidate| candidate.tier == Tier::Weak).count(),
            report.steps,
            report.lookups,
            denominator.sources.len(),
            grouped(denominator.dns_domains),
            grouped(denominator.registrations),
            ending(report.ending),
        ),
    )])
}

fn ending(ending: HuntEnding) -> &'static str {
    match ending {
        HuntEnding::Complete => "",
        HuntEnding::Steps => "; stopped: the budget of steps is spent (--budget)",
        HuntEnding::Candidates => "; stopped: the budget of candidates is spent (--candidates)",
        HuntEnding::Interrupted => "; stopped: interrupted",
    }
}

/// Each candidate under the domain that its best path comes from.
pub(crate) fn tree(output: &mut Output, report: &Report, explain: bool) -> io::Result<()> {
    let mut below: BTreeMap<&Name, Vec<&Candidate>> = BTreeMap::new();
    let shown = |candidate: &&Candidate| explain || candidate.tier > Tier::Weak;
    for candidate in report.candidates.iter().filter(shown) {
        if let Some(hop) = candidate.paths.first().and_then(|path| path.hops.last()) {
            below.entry(&hop.from).or_default().push(candidate);
        }
    }
    let width = report.seeds.iter().map(|seed| widest(seed, &below, 1)).max().unwrap_or(0);
    for seed in &report.seeds {
        output.heading(&model::text::defang(&seed.to_string()))?;
        branch(output, seed, &below, "", Look { width, explain })?;
    }
    Ok(())
}

/// How a tree is drawn.
#[derive(Clone, Copy)]
struct Look {
    /// Columns up to the tier.
    width: usize,
    /// Every path, too.
    explain: bool,
}

/// How wide the tree below a domain is.
fn widest(at: &Name, below: &BTreeMap<&Name, Vec<&Candidate>>, depth: usize) -> usize {
    let children = below.get(at).map_or(&[][..], Vec::as_slice);
    let of = |candidate: &&Candidate| {
        let own = 3 * depth + model::text::defang(&candidate.value.to_string()).chars().count();
        own.max(widest(&candidate.value, below, depth + 1))
    };
    children.iter().map(of).max().unwrap_or(0)
}

fn branch(
    output: &mut Output,
    at: &Name,
    below: &BTreeMap<&Name, Vec<&Candidate>>,
    indent: &str,
    look: Look,
) -> io::Result<()> {
    let children = below.get(at).map_or(&[][..], Vec::as_slice);
    for (index, candidate) in children.iter().enumerate() {
        let last = index + 1 == children.len();
        leaf(output, candidate, &format!("{indent}{}", if last { "└─ " } else { "├─ " }), look)?;
        branch(output, &candidate.value, below, &format!("{indent}{}", if last { "   " } else { "│  " }), look)?;
    }
    Ok(())
}

fn leaf(output: &mut Output, candidate: &Candidate, lead: &str, look: Look) -> io::Result<()> {
    let value = model::text::defang(&candidate.value.to_string());
    let best = candidate.paths.first().and_then(|path| path.hops.last());
    let words = best.map_or(String::new(), |hop| hop.short_words());
    let head = format!("{:<9} {:.2}  ", candidate.tier.as_str(), candidate.score);
    let blanks = look.width.saturating_sub(lead.chars().count() + value.chars().count()) + 2;
    let room = output.width().saturating_sub(look.width + 2 + head.len());
    output.pieces(&[
        (Tone::Faint, lead),
        (Tone::Strong, &value),
        (Tone::Plain, &" ".repeat(blanks)),
        (tier_tone(candidate.tier), &head),
        (Tone::Plain, &shorten(&model::text::defang(&words), room)),
    ])?;
    if look.explain {
        for (number, path) in candidate.paths.iter().enumerate() {
            output.pieces(&[(Tone::Faint, &format!("      path {} scores {:.2}", number + 1, path.score))])?;
            for line in path.words() {
                output.line(&format!("        {}", model::text::defang(&line)))?;
            }
        }
    }
    Ok(())
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

fn tier_tone(tier: Tier) -> Tone {
    match tier {
        Tier::Related => Tone::Good,
        Tier::Probable => Tone::Warn,
        Tier::Weak => Tone::Faint,
    }
}

/// Values that join two domains which were found along different ways.
pub(crate) fn links(output: &mut Output, report: &Report) -> io::Result<()> {
    if report.links.is_empty() {
        return Ok(());
    }
    output.heading("Links between what was found")?;
    for link in &report.links {
        let text = model::text::defang(&format!("  {} has the {}", link.to, link.words));
        output.line(&shorten(&text, output.width()))?;
    }
    Ok(())
}

fn set_aside(output: &mut Output, report: &Report, explain: bool) -> io::Result<()> {
    if report.set_aside.is_empty() {
        return Ok(());
    }
    output.heading("Set aside")?;
    if explain {
        for aside in &report.set_aside {
            let towards = aside.domain.as_ref().map_or(String::new(), |domain| format!(" towards {domain}"));
            let text = format!("  {} {} of {}{towards}: {}", aside.kind, aside.value, aside.from, aside.reason);
            output.line(&model::text::defang(&text))?;
        }
        return Ok(());
    }
    let mut counts: BTreeMap<Rule, usize> = BTreeMap::new();
    for aside in &report.set_aside {
        *counts.entry(aside.rule).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(rule, count)| format!("{count} {}", rule.as_str())).collect();
    output.line(&format!("  {} (--explain says which and why)", parts.join(", ")))
}
