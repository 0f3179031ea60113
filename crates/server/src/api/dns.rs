//! `/api/v1/dns`: passive DNS by name, wildcard, address, prefix, data or text; in pages, as a stream for many values at
//! once, and in numbers.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::dns::{Ended, Pattern, Question, Row, Run, Types, What};
use model::{Time, right::Scope};
use observations::{Cursor, Fences};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::{App, Work},
    caller::Caller,
    dns::{ROWS_MAX, Reading, until},
    extract::{Input, Query},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    route::{Need, Route},
};

/// Values of one request.
const VALUES_MAX: usize = 1_000;
/// Records of a value where a stream says no number.
const LIMIT: u64 = 1_000;
/// Octets of a page.
const PAGE_MAX: usize = 16 << 20;

pub(crate) fn routes() -> Vec<Route> {
    let need = Need::scope(Scope::Read);
    vec![
        Route::get("/api/v1/dns", need, "dns.list", list)
            .says("Passive DNS of a value, in pages")
            .query::<Asked>()
            .paged()
            .answers::<Page<RecordView>>(200, "A page of records, in the order of the store")
            .problems(&[422, 503]),
        Route::post("/api/v1/dns", need, "dns.stream", stream)
            .says("Passive DNS of many values, streamed: a line for each record and one for the end of each value")
            .takes::<Ask>()
            .answers_lines::<Line>("Records and ends, each with the value that it answers"),
        Route::get("/api/v1/dns/summary", need, "dns.summary", summary)
            .says("How many records and sightings a value has, and when they were seen")
            .query::<Asked>()
            .answers::<SummaryView>(200, "The numbers")
            .problems(&[422]),
    ]
}

/// What is asked for.
#[derive(Clone, Debug, Deserialize, Serialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
struct Asked {
    /// An address, a prefix, a range (`192.0.2.3-192.0.2.9`), a name, `*.name` (with the name itself) or `name.*`.
    value: String,
    /// How the value is meant where it is no owner name or address: target (a name that data point to; wildcards as
    /// above), rdata (octets in hexadecimal), name-regex, name-glob, rdata-regex or rdata-glob.
    #[serde(default, rename = "as")]
    meaning: Option<String>,
    /// Record types with commas between.
    types: Option<String>,
    /// The zone that said it.
    bailiwick: Option<String>,
    /// First seen at or after: RFC 3339, seconds since 1970, or seconds before now where negative.
    first_after: Option<String>,
    /// First seen at or before.
    first_before: Option<String>,
    /// Last seen at or after.
    last_after: Option<String>,
    /// Last seen at or before.
    last_before: Option<String>,
    /// Names of sources with commas between; all that you may read where none is named.
    sources: Option<String>,
    /// What each source says, with its active periods.
    #[serde(default)]
    spells: bool,
}

/// Many values, and what is asked of each.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ask {
    /// The values, at most 1,000; each is read as the parameter `value` is.
    values: Vec<String>,
    /// At most so many records of each value.
    #[schema(minimum = 1, maximum = 1_000_000, default = 1_000)]
    limit: Option<u64>,
    /// `next` of an end, to go on with a single value.
    cursor: Option<String>,
    /// How the values are meant, as the parameter `as`.
    #[serde(rename = "as")]
    meaning: Option<String>,
    /// Record types with commas between.
    types: Option<String>,
    /// The zone that said it.
    bailiwick: Option<String>,
    /// First seen at or after.
    first_after: Option<String>,
    /// First seen at or before.
    first_before: Option<String>,
    /// Last seen at or after.
    last_after: Option<String>,
    /// Last seen at or before.
    last_before: Option<String>,
    /// Names of sources with commas between.
    sources: Option<String>,
    /// What each source says, with its active periods.
    #[serde(default)]
    spells: bool,
}

/// A line of a stream: a record, or an end.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Line {
    /// A record of a value.
    Record {
        /// The value that it answers.
        question: String,
        /// The record.
        #[serde(flatten)]
        record: RecordView,
    },
    /// That this was everything of a value, or why it was not.
    End {
        /// The value.
        question: String,
        /// complete, limit or time.
        ended: &'static str,
        /// How many records were given.
        rows: u64,
        /// Where to go on.
        next: Option<String>,
    },
}

/// A record of passive DNS.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecordView {
    /// Owner name.
    rrname: String,
    /// Record type.
    rrtype: String,
    /// Record data in presentation form.
    rdata: String,
    /// The zone that said it, where that is known.
    bailiwick: Option<String>,
    /// First seen.
    first: String,
    /// Last seen.
    last: String,
    /// How often.
    count: u64,
    /// Whose times these are: seen (sensors, providers, imports), zone (zone files) or lookup (our own look-ups); the
    /// first of them that know it.
    times: &'static str,
    /// First in zone files.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_first: Option<String>,
    /// Last in zone files.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_last: Option<String>,
    /// What each source says, where `spells` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<Vec<SaidView>>,
}

/// What a source says of a record.
#[derive(Debug, Serialize, ToSchema)]
struct SaidView {
    /// The source.
    source: String,
    /// First seen.
    first: String,
    /// Last seen.
    last: String,
    /// How often.
    count: u64,
    /// Active periods.
    spells: Vec<SpellView>,
}

/// An active period.
#[derive(Debug, Serialize, ToSchema)]
struct SpellView {
    /// From.
    first: String,
    /// To.
    last: String,
    /// Taken from somebody's aggregate: weaker evidence of activity than a witnessed one.
    reported: bool,
}

/// A value in numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SummaryView {
    /// Records.
    rows: u64,
    /// Sightings.
    count: u64,
    /// First seen.
    first: Option<String>,
    /// Last seen.
    last: Option<String>,
    /// First in zone files.
    zone_first: Option<String>,
    /// Last in zone files.
    zone_last: Option<String>,
    /// Whether time was up before all were counted: the true numbers are at least these.
    at_least: bool,
}

impl Ask {
    /// What is asked of one of the values.
    fn of(&self, value: &str) -> Asked {
        Asked {
            value: value.to_owned(),
            meaning: self.meaning.clone(),
            types: self.types.clone(),
            bailiwick: self.bailiwick.clone(),
            first_after: self.first_after.clone(),
            first_before: self.first_before.clone(),
            last_after: self.last_after.clone(),
            last_before: self.last_before.clone(),
            sources: self.sources.clone(),
            spells: self.spells,
        }
    }
}

impl Asked {
    fn question(&self, now: Time) -> Result<Question, engine::Error> {
        let value = model::text::refang(&self.value);
        let what = match self.meaning.as_deref() {
            None | Some("") => What::guess(&value),
            Some("target") => What::target(&value),
            Some("rdata") => What::raw_data(&value),
            Some("name-regex") => Pattern::regex(&self.value, None).map(What::Owners),
            Some("name-glob") => Pattern::glob(&self.value, None).map(What::Owners),
            Some("rdata-regex") => Pattern::regex(&self.value, None).map(What::Data),
            Some("rdata-glob") => Pattern::glob(&self.value, None).map(What::Data),
            Some(_) => {
                let known = "target, rdata, name-regex, name-glob, rdata-regex or rdata-glob";
                Err(engine::Error::invalid("as", known))
            }
        };
        let mut question = Question::new(what?);
        if let Some(types) = &self.types {
            question.types = Types::parse(types)?;
        }
        let bailiwick = self.bailiwick.as_deref().map(str::parse).transpose();
        question.bailiwick = bailiwick.map_err(|error| engine::Error::invalid("bailiwick", error))?;
        question.fences = Fences {
            first_after: moment("firstAfter", &self.first_after, now)?,
            first_before: moment("firstBefore", &self.first_before, now)?,
            last_after: moment("lastAfter", &self.last_after, now)?,
            last_before: moment("lastBefore", &self.last_before, now)?,
        };
        Ok(question)
    }

    fn sources(&self) -> Vec<String> {
        let names = self.sources.as_deref().unwrap_or("").split(',').map(str::trim);
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

fn moment(field: &str, text: &Option<String>, now: Time) -> Result<Option<Time>, engine::Error> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<Time>() {
        Ok(Time(seconds)) if seconds < 0 && text.trim().starts_with('-') => Ok(Some(now.plus(seconds))),
        Ok(time) => Ok(Some(time)),
        Err(error) => Err(engine::Error::invalid(field, error)),
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
    pages: Pages,
) -> Result<Response, Problem> {
    let question = asked.question((app.clock)())?;
    let place = pages.after::<Vec<u8>>()?.map(Cursor);
    let run = Run::new(question, pages.limit() as u64, 0).after(place);
    let mut reading = Reading::new(run, caller.actor, asked.sources());
    let (rows, ended, run) = app
        .run(move |work| {
            let (mut rows, mut octets) = (Vec::new(), Vec::new());
            let ended = reading.whole(work, &mut octets, PAGE_MAX, &mut |octets, row| {
                if let Some(view) = RecordView::new(row, asked.spells) {
                    // What is gathered is bounded by octets too: data may be long.
                    octets.resize(octets.len() + view.rdata.len() + 512, 0);
                    rows.push(view);
                }
            })?;
            Ok((rows, ended, reading.run))
        })
        .await?;
    if ended == Ended::Time && run.place().is_none() {
        return Err(Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "it took too long; ask for less", 5));
    }
    let next = run.place().filter(|_| ended != Ended::Complete).map(|place| place.0.clone());
    pages.answer_counted(rows, next, None)
}

async fn stream(State(app): State<App>, caller: Caller, Input(ask): Input<Ask>) -> Result<Response, Problem> {
    if !(1..=VALUES_MAX).contains(&ask.values.len()) {
        return Err(Problem::invalid("values", format!("1 to {VALUES_MAX}")));
    }
    if ask.cursor.is_some() && ask.values.len() > 1 {
        return Err(Problem::invalid("cursor", "goes on with a single value"));
    }
    let limit = ask.limit.unwrap_or(LIMIT).clamp(1, ROWS_MAX);
    let now = (app.clock)();
    let mut waiting = Vec::new();
    for value in ask.values.iter().rev() {
        let asked = ask.of(value);
        let pages = Pages::of(&app, &caller, &json!(["/api/v1/dns", asked]), ask.cursor.clone());
        let run = Run::new(asked.question(now)?, limit, 0).after(pages.after::<Vec<u8>>()?.map(Cursor));
        let reading = Reading::new(run, caller.actor.clone(), asked.sources());
        waiting.push(Answering { question: value.clone(), spells: asked.spells, pages, reading });
    }
    let body = app.steps(move |work, out| {
        let Some(mut answering) = waiting.pop() else { return Ok(false) };
        match answering.step(work, out)? {
            None => waiting.push(answering),
            // All values together have the time of one question.
            Some(left) => waiting.iter_mut().for_each(|next| next.reading.limit_time(left)),
        }
        Ok(!waiting.is_empty())
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body.await?).into_response())
}

/// The answer to one of many values, under way.
struct Answering {
    question: String,
    spells: bool,
    pages: Pages,
    reading: Reading,
}

impl Answering {
    /// Writes the next lines; the time that is left, where this was the end.
    fn step(&mut self, work: &Work<'_>, out: &mut Vec<u8>) -> Result<Option<std::time::Duration>, engine::Error> {
        let Answering { question, spells, pages, reading } = self;
        let ended = reading.step(work, out, &mut |out, row| {
            if let Some(record) = RecordView::new(row, *spells) {
                line(out, &Line::Record { question: question.clone(), record });
            }
        })?;
        let Some(ended) = ended else { return Ok(None) };
        let words = match ended {
            Ended::Complete => "complete",
            Ended::Limit => "limit",
            Ended::Time => "time",
        };
        let place = reading.run.place().filter(|_| ended != Ended::Complete);
        let next = place.and_then(|place| pages.cursor(&place.0).ok());
        line(out, &Line::End { question: question.clone(), ended: words, rows: reading.run.rows(), next });
        Ok(Some(reading.time_left()))
    }
}

fn line(out: &mut Vec<u8>, line: &Line) {
    serde_json::to_writer(&mut *out, line).expect("texts and numbers are written to memory without fail");
    out.push(b'\n');
}

async fn summary(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<SummaryView>, Problem> {
    let question = asked.question((app.clock)())?;
    let found = app.run(move |work| {
        let dns = work.engine.dns(&caller.actor, &asked.sources())?;
        question.summarize(&dns, &until(&work.interrupt), u64::MAX, None)
    });
    let (found, ended) = found.await?;
    Ok(Json(SummaryView {
        rows: found.rows,
        count: found.count,
        first: found.seen.map(|span| span.first().to_string()),
        last: found.seen.map(|span| span.last().to_string()),
        zone_first: found.zone.map(|span| span.first().to_string()),
        zone_last: found.zone.map(|span| span.last().to_string()),
        at_least: ended != Ended::Complete,
    }))
}

impl RecordView {
    fn new(row: &Row<'_>, spells: bool) -> Option<RecordView> {
        let (tuple, times) = (row.tuple()?, row.times());
        let (span, count) = times.main()?;
        let whose = match (times.seen, times.zone) {
            (Some(_), _) => "seen",
            (None, Some(_)) => "zone",
            (None, None) => "lookup",
        };
        Some(RecordView {
            rrname: tuple.rrname.to_string(),
            rrtype: tuple.rrtype.to_string(),
            rdata: tuple.rdata.text(tuple.rrtype),
            bailiwick: tuple.bailiwick_name().map(|zone| zone.to_string()),
            first: span.first().to_string(),
            last: span.last().to_string(),
            count,
            times: whose,
            zone_first: times.zone.map(|(zone, _)| zone.first().to_string()),
            zone_last: times.zone.map(|(zone, _)| zone.last().to_string()),
            sources: spells.then(|| row.said().map(SaidView::from).collect()),
        })
    }
}

impl From<engine::dns::Said<'_>> for SaidView {
    fn from(said: engine::dns::Said<'_>) -> SaidView {
        let spell = |spell: &model::Spell| SpellView {
            first: spell.span.first().to_string(),
            last: spell.span.last().to_string(),
            reported: spell.reported,
        };
        SaidView {
            source: said.source.name.clone(),
            first: said.span.first().to_string(),
            last: said.span.last().to_string(),
            count: said.count,
            spells: said.spells.iter().map(spell).collect(),
        }
    }
}
