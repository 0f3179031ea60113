//! `spoor provider`: services that may be asked, and what a question to each takes.

use collect::{Offer, Outcome, Spend};
use engine::quality::grouped;
use intake::live::inquiry;
use model::{Indicator, PivotKind};

use super::lookup::read_value;
use crate::{
    arguments::Live,
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};

/// What is done with providers.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// The providers of the configuration: who learns of a question, licence, quota and what is used of it, cost
    List,
    /// Ask one provider about a value, and keep what it says under the provider's name
    Ask(Ask),
}

/// A question to one provider.
#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// Its name in the configuration
    name: String,
    /// A domain, host, address, or what registrations may share
    value: String,
    /// What registrations share: email, name, organization, phone; or subdomain, for names below a domain
    #[arg(long)]
    kind: Option<PivotKind>,
    /// Only ask how many there are, which services that sell answers tell for free
    #[arg(long, conflicts_with = "spend")]
    count: bool,
    #[command(flatten)]
    live: Live,
}

pub(crate) fn run(session: &Session, arguments: &Arguments, output: &mut Output) -> anyhow::Result<Ending> {
    let ending = match arguments {
        Arguments::List => list(session, output)?,
        Arguments::Ask(ask) => question(session, ask, output)?,
    };
    output.flush()?;
    Ok(ending)
}

fn list(session: &Session, output: &mut Output) -> anyhow::Result<Ending> {
    let collector = session.collector_of_providers()?;
    let offers = collector.providers(session.now());
    let mut table = Table::new(&["provider", "kind", "exposure", "licence", ">used", "quota", "cost of a question"]);
    for offer in &offers {
        match output.is_json() {
            true => output.object(&object(offer))?,
            false => table.row(row(offer)),
        }
    }
    match offers.is_empty() {
        true => output.note("no provider is configured; see docs/manual/collecting.md")?,
        false if !output.is_json() => table.write(output)?,
        false => {}
    }
    Ok(if offers.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn row(offer: &Offer<'_>) -> Vec<(Tone, String)> {
    let provider = offer.provider;
    let quota = provider.quota.map_or("none".into(), |quota| match quota.days {
        1 => format!("{} a day", grouped(quota.questions.into())),
        days => format!("{} in {days} days", grouped(quota.questions.into())),
    });
    vec![
        (Tone::Strong, provider.name.clone()),
        (Tone::Plain, provider.kind.to_string()),
        (Tone::Plain, provider.exposure.to_string()),
        (Tone::Plain, provider.licence.clone().unwrap_or_else(|| "not stated".into())),
        (Tone::Plain, grouped(offer.used)),
        (Tone::Plain, quota),
        (Tone::Plain, provider.cost.clone().unwrap_or_else(|| "none stated".into())),
    ]
}

fn object(offer: &Offer<'_>) -> serde_json::Value {
    let provider = offer.provider;
    serde_json::json!({
        "type": "provider", "name": provider.name, "kind": provider.kind.to_string(), "url": provider.url,
        "exposure": provider.exposure, "licence": provider.licence, "used": offer.used,
        "quota": provider.quota.map(|quota| quota.questions), "quota_days": provider.quota.map(|quota| quota.days),
        "cost": provider.cost,
    })
}

fn question(session: &Session, ask: &Ask, output: &mut Output) -> anyhow::Result<Ending> {
    let inquiry = match ask.kind {
        Some(kind) => inquiry(kind, &ask.value),
        None => match read_value(&ask.value, None)? {
            Indicator::Host(host) => Some(collect::Inquiry::Name(host.name().clone())),
            Indicator::Address(address) => Some(collect::Inquiry::Address(address)),
            Indicator::EmailAddress(_) => inquiry(PivotKind::Email, &ask.value),
            _ => None,
        },
    };
    let inquiry = inquiry.ok_or_else(|| misuse(format!("`{}`: say with --kind what it is", ask.value)))?;
    let engine = session.engine(true)?;
    let live = session.live(&ask.live)?;
    let live = if ask.count { live.spending(Spend::Count) } else { live };
    let outcome = live.ask_provider(&engine, &ask.name, &inquiry, &mut |line| output.note(line))?;
    if let (true, Outcome::Found(count)) = (output.is_json(), &outcome) {
        output.object(&serde_json::json!({"type": "told", "provider": ask.name, "count": count}))?;
    }
    Ok(match outcome {
        Outcome::Found(_) => Ending::Found,
        Outcome::NoData | Outcome::NoSuchName => Ending::Nothing,
        other => anyhow::bail!("{other}"),
    })
}
