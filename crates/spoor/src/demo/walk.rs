//! The walk: each step is one that an analyst would take, in at most 24 lines.

use std::io;

use engine::{hunt::Report, knowledge::import::Imported, lookup, pivot::pivot};
use model::{Indicator, IndicatorType, Name, PivotKind, track::HitKind};
use observations::Interrupt;
use range::Truth;

use super::{
    stage::{Stage, days_until, domain},
    team::Team,
};
use crate::{
    command::{hunt, lookup as show_lookup, pivot as show_pivot},
    output::{Output, Tone},
};

/// Walks the case study; the token of the team's analyst.
pub(crate) fn run(stage: &Stage, output: &mut Output) -> anyhow::Result<String> {
    opening(stage, output)?;
    let truth = stage.truth().clone();
    let team = Team::found(stage, stage.knowledge()?)?;
    seed(stage, &truth, output)?;
    first_pivots(stage, &team, &truth, output)?;
    let imported = passive_dns_comes_in(stage, &team, output)?;
    next_registrants(stage, &team, &truth, output)?;
    subdomains(stage, &truth, output)?;
    shared_address(stage, &team, &truth, output)?;
    let report = by_itself(stage, &truth, output)?;
    threat_profile(stage, &team, &report, output)?;
    community(stage, &team, &truth, output)?;
    answer(stage, &team, &imported, output)?;
    clock_moves(stage, &team, &truth, output)?;
    Ok(team.token)
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
    stage.live.look_up(&stage.engine, &indicator, &mut |line| output.note(line))?;
    let view = stage.engine.view(&stage.actor(), Interrupt::default());
    let found = lookup::lookup(&view, &indicator, stage.now())?;
    show_lookup::show(output, &found, &indicator, stage.now())?;
    Ok(())
}

fn first_pivots(stage: &Stage, team: &Team, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 2, "Who else has that registrant, and who else was at that address?")?;
    show(stage, &truth.emails[0], PivotKind::Email, output)?;
    stand(stage, team, &truth.emails[0], output)?;
    show(stage, &truth.first_address.to_string(), PivotKind::Address, output)
}

fn passive_dns_comes_in(stage: &Stage, team: &Team, output: &mut Output) -> anyhow::Result<Imported> {
    title(output, 3, "The passive DNS of that address goes into the team's own organisation, with its evidence")?;
    let imported = team.import_passive_dns(stage)?;
    for (_, value) in team.seen_by(&team.analyst, stage.now())? {
        let words = team.evidence(&value)?.unwrap_or_default();
        value_line(output, &value.canonical(), &words)?;
    }
    let import = imported.import.as_ref().map(|import| import.id.to_string()).unwrap_or_default();
    output
        .line(&format!("  {} added in one step; one step takes it back: spoor import undo {import}", imported.added))?;
    Ok(imported)
}

fn value_line(output: &mut Output, value: &str, words: &str) -> io::Result<()> {
    let (value, words) = (model::text::defang(value), model::text::defang(words));
    output.pieces(&[(Tone::Plain, "  "), (Tone::Strong, &format!("{value:<28}")), (Tone::Plain, &format!("  {words}"))])
}

fn next_registrants(stage: &Stage, team: &Team, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 4, "The two at the address have other registrants. What else is theirs?")?;
    for domain in [domain(truth, 6), domain(truth, 7)] {
        look_up(stage, domain, output)?;
    }
    show(stage, &truth.emails[1], PivotKind::Email, output)?;
    show(stage, &truth.emails[2], PivotKind::Email, output)?;
    stand(stage, team, &truth.emails[1], output)?;
    stand(stage, team, &truth.emails[2], output)
}

fn subdomains(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 5, "One of them has subdomains; two of these stand at one address")?;
    show(stage, &domain(truth, 9).to_string(), PivotKind::Address, output)
}

fn shared_address(stage: &Stage, team: &Team, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 6, "Somebody else is at that address. Their registrant has more, and a handle that was met before")?;
    look_up(stage, domain(truth, 12), output)?;
    show(stage, &truth.emails[3], PivotKind::Email, output)?;
    stand(stage, team, &truth.emails[3], output)?;
    show(stage, &domain(truth, 12).to_string(), PivotKind::Handle, output)
}

fn by_itself(stage: &Stage, truth: &Truth, output: &mut Output) -> anyhow::Result<Report> {
    title(output, 7, "All of it again, unattended: one hunt from the seed")?;
    let report = stage.hunt(std::slice::from_ref(&truth.seed), output)?;
    hunt::show(output, &report, false)?;
    Ok(report)
}

fn threat_profile(stage: &Stage, team: &Team, report: &Report, output: &mut Output) -> anyhow::Result<()> {
    title(output, 8, "An analyst believes it: the domains become indicators, and the adversary's infrastructure")?;
    let imported = team.import_hunt(stage, report)?;
    let (profile, linked) = team.profile(stage, report)?;
    output.line(&format!(
        "  {} added, {} held before; {linked} associations of `{}` ({}, {}), each with its reason:",
        imported.added,
        imported.changed + imported.unchanged,
        profile.name,
        profile.kind(),
        profile.tlp.label(),
    ))?;
    for (value, reason) in team.infrastructure(&team.analyst, &profile)?.iter().take(6) {
        value_line(output, value, reason)?;
    }
    Ok(())
}

fn community(stage: &Stage, team: &Team, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    title(output, 9, "Some of it is shared with a community. Another organisation there sees that, and nothing else")?;
    team.share(stage, &truth.domains[..5])?;
    for (owner, value) in team.seen_by(&team.partner, stage.now())? {
        value_line(output, &value.canonical(), &owner)?;
    }
    Ok(())
}

fn answer(stage: &Stage, team: &Team, imported: &Imported, output: &mut Output) -> anyhow::Result<()> {
    title(output, 10, "What goes back to the SOC about the first import")?;
    for line in formats::answer::table(&team.answer(stage, imported)?).lines() {
        output.line(&format!("  {line}"))?;
    }
    Ok(())
}

fn clock_moves(stage: &Stage, team: &Team, truth: &Truth, output: &mut Output) -> anyhow::Result<()> {
    let before = stage.now();
    stage.advance(days_until(stage, truth.late))?;
    title(output, 11, &format!("The clock moves from {} to {}. The Tracks speak", before.day(), stage.now().day()))?;
    for hit in team.hits(HitKind::New)? {
        let matched: Vec<String> = hit.matched.iter().map(|one| format!("{} {}", one.place, one.value)).collect();
        let words = format!("{} on {}: {}", hit.kind.words(), hit.observed.day(), matched.join(", "));
        value_line(output, &hit.domain.to_string(), &words)?;
    }
    output.line("  and the same hunt again:")?;
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

/// A Track stands from now on.
fn stand(stage: &Stage, team: &Team, email: &str, output: &mut Output) -> anyhow::Result<()> {
    let (track, hits) = team.track(stage, email)?;
    let text = format!("{}  ({hits} matched already)", track.query);
    Ok(output.pieces(&[(Tone::Good, "  Track  "), (Tone::Plain, &text)])?)
}

fn look_up(stage: &Stage, domain: &Name, output: &mut Output) -> anyhow::Result<()> {
    let need = engine::hunt::Need::Registration(domain.clone());
    stage.live.answer(&stage.engine, &need, &mut |line| output.note(line))
}

fn show(stage: &Stage, value: &str, kind: PivotKind, output: &mut Output) -> anyhow::Result<()> {
    let view = stage.engine.view(&stage.actor(), Interrupt::default());
    for value in &pivot(&view, value, kind)?.values {
        show_pivot::show_value(output, value)?;
    }
    Ok(())
}

/// Commands to go on with.
pub(crate) fn to_try(data: &str, truth: &Truth, output: &mut Output) -> io::Result<()> {
    output.line("")?;
    output.heading("To try")?;
    for command in [
        format!("lookup {}", truth.seed),
        format!("hunt {} --explain", truth.seed),
        format!("pivot {} email", domain(truth, 8)),
        format!("lookup {}", truth.second_address),
        format!("indicator show {}", domain(truth, 6)),
        "search 'rating >= 4 and hasGroup(type = adversary)'".into(),
        "track list".into(),
        "track hits --kind new".into(),
        format!("registration search 'email = \"{}\"'", truth.emails[0]),
        format!("exposure {}", truth.seed),
    ] {
        output.line(&format!("  spoor --data {data} {command}"))?;
    }
    Ok(())
}

/// Requests to go on with.
pub(crate) fn to_curl(at: &str, token: &str, truth: &Truth, output: &mut Output) -> io::Result<()> {
    output.line("")?;
    output.heading("To try, from another terminal")?;
    output.line(&format!("  export TOKEN={token}"))?;
    for path in [
        "indicators?query=rating%20%3E%3D%204".to_owned(),
        format!("indicators/by-value?type=host&value={}", domain(truth, 6)),
        format!("lookup?value={}", truth.seed),
        format!("pivot?value={}&kind=address", truth.seed),
        "groups".to_owned(),
        "exports/indicators?format=stix".to_owned(),
    ] {
        output.line(&format!("  curl -H \"Authorization: Bearer $TOKEN\" 'http://{at}/api/v1/{path}'"))?;
    }
    Ok(())
}
