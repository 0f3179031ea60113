//! The walk: each step is one that an analyst would take, in at most 24 lines.

use std::io;

use engine::{lookup, pivot::pivot};
use model::{Indicator, IndicatorType, Name, PivotKind};
use observations::Interrupt;
use range::Truth;

use super::stage::{Stage, days_until, domain};
use crate::{
    command::{hunt, lookup as show_lookup, pivot as show_pivot},
    output::{Output, Tone},
};

/// Walks the case study.
pub(crate) fn run(stage: &Stage, output: &mut Output) -> anyhow::Result<()> {
    opening(stage, output)?;
    let truth = stage.truth().clone();
    seed(stage, &truth, output)?;
    first_pivots(stage, &truth, output)?;
    next_registrants(stage, &truth, output)?;
    subdomains(stage, &truth, output)?;
    shared_address(stage, &truth, output)?;
    by_itself(stage, &truth, output)?;
    clock_moves(stage, &truth, output)
}

fn title(output: &mut Output, number: usize, text: &str) -> io::Result<()> {
    output.line("")?;
    output.pieces(&[(Tone::Good, &format!("{number}  ")), (Tone::Strong, text)])
}

fn opening(stage: &Stage, output: &mut Output) -> io::Result<()> {
    let (fed, endpoints) = (stage.fed, stage.range().endpoints());
    output.pieces(&[
        (Tone::Strong, "Spoor"),
        (Tone::Plain, ", the case study, on a simulated Internet on this machine"),
    ])?;
    output.line(&format!(
        "  1 DNS, {} WHOIS and {} RDAP servers on loopback; sensors and feeds brought {} observations and {} registrations",
        endpoints.whois.len(), endpoints.rdap.len(), fed.observations, fed.registrations,
    ))
}

fn seed(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 1, "A detection analyst saw traffic to a strange domain. Who is it, and where has it pointed?")?;
    let indicator = Indicator::parse(IndicatorType::Host, &truth.seed.to_string())?;
    stage.live.look_up(&stage.engine, &indicator, output)?;
    let view = stage.engine.view(&stage.actor(), Interrupt::default());
    let found = lookup::lookup(&view, &indicator, stage.now())?;
    show_lookup::show(output, &found, &indicator, stage.now())?;
    Ok(())
}

fn first_pivots(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 2, "Who else has that registrant, and who else was at that address?")?;
    show(stage, &truth.emails[0], PivotKind::Email, output)?;
    show(stage, &truth.first_address.to_string(), PivotKind::Address, output)
}

fn next_registrants(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 3, "The two at the address have other registrants. What else is theirs?")?;
    for domain in [domain(truth, 6), domain(truth, 7)] {
        look_up(stage, domain, output)?;
    }
    show(stage, &truth.emails[1], PivotKind::Email, output)?;
    show(stage, &truth.emails[2], PivotKind::Email, output)
}

fn subdomains(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 4, "One of them has subdomains; two of these stand at one address")?;
    show(stage, &domain(truth, 9).to_string(), PivotKind::Address, output)
}

fn shared_address(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 5, "Somebody else is at that address. Their registrant has more, and a handle that was met before")?;
    look_up(stage, domain(truth, 12), output)?;
    show(stage, &truth.emails[3], PivotKind::Email, output)?;
    show(stage, &domain(truth, 12).to_string(), PivotKind::Handle, output)
}

fn by_itself(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 6, "All of it again, unattended: one hunt from the seed")?;
    let report = stage.hunt(std::slice::from_ref(&truth.seed), output)?;
    Ok(hunt::show(output, &report, false)?)
}

fn clock_moves(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    let before = stage.now();
    stage.advance(days_until(stage, truth.late))?;
    title(output, 7, &format!("The clock moves from {} to {}. The same hunt again", before.day(), stage.now().day()))?;
    let report = stage.hunt(std::slice::from_ref(&truth.seed), output)?;
    let new = domain(truth, 15);
    match report.candidates.iter().find(|candidate| candidate.value == *new) {
        Some(candidate) => {
            let words = candidate.paths.first().and_then(|path| path.hops.last()).map(|hop| hop.words());
            let value = model::text::defang(&new.to_string());
            let text = format!("  {:.2}  {}", candidate.score, model::text::defang(&words.unwrap_or_default()));
            output.pieces(&[(Tone::Plain, "  new: "), (Tone::Strong, &value), (Tone::Plain, &text)])?;
        }
        None => output.line("  nothing new was found")?,
    }
    Ok(())
}

fn look_up(stage: &Stage, domain: &Name, output: &mut Output) -> anyhow::Result<()> {
    let need = engine::hunt::Need::Registration(domain.clone());
    stage.live.answer(&stage.engine, &need, output)
}

fn show(stage: &Stage, value: &str, kind: PivotKind, output: &mut Output) -> anyhow::Result<()> {
    let view = stage.engine.view(&stage.actor(), Interrupt::default());
    for value in &pivot(&view, value, kind)?.values {
        show_pivot::show_value(output, value)?;
    }
    Ok(())
}

/// Commands to go on with.
pub(crate) fn to_try(data: &str, truth: &Truth, live: bool, output: &mut Output) -> io::Result<()> {
    output.line("")?;
    output.heading("To try")?;
    let live = if live { " --live" } else { "" };
    for command in [
        format!("lookup {}{live}", truth.seed),
        format!("hunt {} --explain{live}", truth.seed),
        format!("pivot {} email", domain(truth, 8)),
        format!("lookup {}", truth.second_address),
        format!("exposure {}", truth.seed),
    ] {
        output.line(&format!("  spoor --data {data} {command}"))?;
    }
    Ok(())
}
