//! The shapes of answers about Tracks and registrations, for the description of the API. The engine's own types are what is
//! sent; a test holds that both have the same members.
#![expect(dead_code, reason = "they are described, not made")]

use utoipa::ToSchema;

/// What a query is true of.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct FoundAnswer {
    /// The query in its canonical form.
    query: String,
    /// Domains whose newest registration it is true of.
    current: u64,
    /// Domains that ever had a version that it is true of.
    historic: u64,
    /// DNS records that it is true of.
    dns: u64,
    /// A limit was reached, as the notes say: the true numbers are at least these.
    at_least: bool,
    /// Out of what it was counted.
    denominator: DenominatorAnswer,
    /// Of that, domains with a registration by zone, the largest first.
    zones: Vec<ZoneAnswer>,
    /// Each value that was asked for, with how many share it and whether that says anything.
    values: Vec<ValueAnswer>,
    /// Values that several rows have in common.
    together: Vec<TogetherAnswer>,
    /// What limits this answer.
    notes: Vec<String>,
    /// One row a domain, by domain.
    rows: Vec<RowAnswer>,
    /// The domain after which the list goes on.
    next: Option<String>,
}

/// Out of what something was counted.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) struct DenominatorAnswer {
    /// The sources that were read.
    sources: Vec<String>,
    /// Registrable domains that they hold in DNS, estimated.
    dns_domains: u64,
    /// Registrations that they hold, estimated.
    registrations: u64,
    /// The newest moment observed.
    newest: Option<String>,
}

/// How much is known of a zone.
#[derive(ToSchema)]
pub(crate) struct ZoneAnswer {
    /// The last label of its names.
    zone: String,
    /// Domains with a registration; one that several sources hold counts in each.
    domains: u64,
    /// When one of them was seen last.
    newest: String,
}

/// A value and whether sharing it says anything.
#[derive(ToSchema)]
pub(crate) struct ValueAnswer {
    /// The condition.
    condition: String,
    /// Domains that have it.
    domains: u64,
    /// selective, crowded, poison or unmeasured.
    quality: String,
    /// Why.
    reason: String,
}

/// A value that several rows have.
#[derive(ToSchema)]
pub(crate) struct TogetherAnswer {
    /// The field.
    field: String,
    /// The folded value.
    value: String,
    /// Rows that have it.
    rows: u64,
    /// Of how many that were looked at.
    of: u64,
}

/// A domain that a query is true of.
#[derive(ToSchema)]
pub(crate) struct RowAnswer {
    /// The domain.
    domain: String,
    /// Whether the newest version of its registration matches.
    current: bool,
    /// When it was registered.
    created: Option<String>,
    /// First seen so.
    first: String,
    /// Last seen so.
    last: String,
    /// Who says so.
    source: String,
    /// What matched.
    matched: Vec<MatchedAnswer>,
}

/// A condition that holds, and what it holds of.
#[derive(ToSchema)]
pub(crate) struct MatchedAnswer {
    /// The condition.
    condition: String,
    /// Where: `registrant.email`, `host`, `address`.
    place: String,
    /// The folded value.
    value: String,
}

/// What a Track would say.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct PreviewAnswer {
    /// What it is true of now, with some rows.
    found: FoundAnswer,
    /// Matching records that were first in each of the last 52 weeks, the oldest first.
    weeks: Vec<WeekAnswer>,
    /// Hits a day over the last 90 days.
    per_day: f64,
    /// What the query is found by, for each record that comes.
    found_by: Vec<String>,
    /// How early it would have spoken.
    backtest: BacktestAnswer,
    /// Why it might be a bad Track.
    warnings: Vec<String>,
}

/// A week.
#[derive(ToSchema)]
pub(crate) struct WeekAnswer {
    /// Its first day.
    from: String,
    /// How many.
    count: u64,
}

/// When the Track would have spoken, beside when names were first seen in traffic.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct BacktestAnswer {
    /// Domains that were looked at.
    domains: u64,
    /// Those that were seen in traffic.
    seen: u64,
    /// Those of which the Track would have spoken before.
    before: u64,
    /// The days between, in the middle of those seen.
    median_days: Option<i64>,
    /// The earliest warnings.
    examples: Vec<LeadAnswer>,
}

/// How many days before its first sighting a domain would have been told.
#[derive(ToSchema)]
pub(crate) struct LeadAnswer {
    /// The domain.
    domain: String,
    /// The days; negative where it was seen first.
    days: i64,
}

/// A Track that somebody could add.
#[derive(ToSchema)]
pub(crate) struct ProposalAnswer {
    /// The query.
    query: String,
    /// Which of the domains it is true of.
    domains: Vec<String>,
    /// Domains that are known to have the value.
    known: u64,
    /// selective, crowded, poison or unmeasured.
    quality: String,
    /// Why.
    reason: String,
}

/// What feeds a Track.
#[derive(ToSchema)]
pub(crate) struct CoverageAnswer {
    /// The sources that its owner may read and that hold records of a kind that it asks.
    sources: Vec<FeedingAnswer>,
    /// Of those that it asks, zones with registrations, the largest first.
    zones: Vec<ZoneAnswer>,
    /// Nothing feeds it.
    blind: bool,
    /// Hits by state: pairs of a state and a number.
    #[schema(value_type = Vec<Vec<Object>>)]
    hits: (),
}

/// A source that feeds a Track.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct FeedingAnswer {
    /// Its name.
    name: String,
    /// Its kind.
    kind: String,
    /// Registrations that it holds, estimated.
    registrations: u64,
    /// Registrable domains that it holds in DNS, estimated.
    dns_domains: u64,
    /// The newest moment that it observed.
    newest: Option<String>,
}

/// A domain's registration.
#[derive(ToSchema)]
pub(crate) struct HistoryAnswer {
    /// The domain.
    domain: String,
    /// What the newest answers of the sources say together.
    merged: Vec<MergedAnswer>,
    /// Every version, oldest first.
    steps: Vec<StepAnswer>,
}

/// One field, who says it, and who says otherwise.
#[derive(ToSchema)]
pub(crate) struct MergedAnswer {
    /// Its name: `registrar`, `registrant email`, …
    field: String,
    /// The value: `{"stated": …}`, `{"redacted": …}`, `{"proxy": …}` or `"absent"`.
    #[schema(value_type = Object)]
    value: (),
    /// Who says it.
    source: String,
    /// whois or rdap.
    protocol: Option<String>,
    /// Last seen to say so.
    last: String,
    /// What others say otherwise; left out where nobody does.
    #[schema(value_type = Option<Vec<Object>>)]
    conflicts: (),
}

/// A version of a registration with what turned since the version before of the same source.
#[derive(ToSchema)]
pub(crate) struct StepAnswer {
    /// First seen to say this.
    first: String,
    /// Last seen to say this.
    last: String,
    /// Who says so.
    source: String,
    /// whois or rdap, where the raw answer is kept.
    protocol: Option<String>,
    /// The how-many-eth owner, from one.
    epoch: u32,
    /// first, unanswered, dropped, reregistered, moved, transferred, hidden, shown, changed or noise.
    turn: String,
    /// The fields that differ.
    changes: Vec<ChangeAnswer>,
    /// What it says, field by field.
    #[schema(value_type = Object)]
    registration: (),
}

/// A field that differs.
#[derive(ToSchema)]
pub(crate) struct ChangeAnswer {
    /// Its name.
    field: String,
    /// Before.
    #[schema(value_type = Object)]
    before: (),
    /// After.
    #[schema(value_type = Object)]
    after: (),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use engine::{
        registration::History,
        track::{
            Coverage,
            preview::{Backtest, Preview},
            propose::Proposal,
            search::{Found, Row, Zone},
        },
        view::Denominator,
    };
    use model::{Name, Quality, Time};
    use serde_json::Value as Json;
    use utoipa::PartialSchema;

    use super::*;

    fn same<T: PartialSchema>(sent: impl serde::Serialize) {
        let described = serde_json::to_value(T::schema()).unwrap();
        let members = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(members(&described["properties"]), members(&serde_json::to_value(sent).unwrap()));
    }

    #[test]
    fn answers_have_the_members_that_are_described() {
        let zone = || Zone { zone: Name::root(), domains: 1, newest: Time(0) };
        let row = Row {
            domain: Name::root(),
            current: true,
            created: None,
            first: Time(0),
            last: Time(0),
            source: String::new(),
            matched: Vec::new(),
        };
        let found = Found {
            query: String::new(),
            current: 0,
            historic: 0,
            dns: 0,
            at_least: false,
            denominator: Denominator::default(),
            zones: vec![zone()],
            values: Vec::new(),
            together: Vec::new(),
            notes: Vec::new(),
            rows: vec![row.clone()],
            next: None,
        };
        same::<RowAnswer>(row);
        same::<ZoneAnswer>(zone());
        same::<DenominatorAnswer>(Denominator::default());
        same::<FoundAnswer>(&found);
        same::<BacktestAnswer>(Backtest::default());
        let backtest = Backtest::default();
        same::<PreviewAnswer>(Preview {
            found,
            weeks: Vec::new(),
            per_day: 0.0,
            found_by: Vec::new(),
            backtest,
            warnings: Vec::new(),
        });
        let (query, reason) = (String::new(), String::new());
        same::<ProposalAnswer>(Proposal { query, domains: Vec::new(), known: 0, quality: Quality::Poison, reason });
        same::<CoverageAnswer>(Coverage { sources: Vec::new(), zones: Vec::new(), blind: true, hits: Vec::new() });
        same::<HistoryAnswer>(History { domain: Name::root(), merged: Vec::new(), steps: Vec::new() });
    }
}
