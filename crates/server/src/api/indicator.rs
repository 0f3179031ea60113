//! `/api/v1/indicators`: values, what each owner holds of them, and why.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::knowledge::{
    import::{Defaults, Offered, Request},
    indicator::Change,
    list,
};
use model::{
    Actor, Indicator, IndicatorId, IndicatorType, OwnerId, Pap, Provenance, Time, Tlp,
    opinion::{Grade, HostRole, Use},
    provenance::Origin,
    right::Scope,
};
use serde::{Deserialize, Deserializer, Serialize};
use store::search::{Order, Position};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::{App, Work},
    caller::Caller,
    extract::{Input, Path, Query},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::{Need, Route},
    view::{
        import::{RowResult, RowsView},
        indicator::{DecayView, HeldView, IndicatorView},
    },
};

const READ: Need = Need::scope(Scope::Read);
const WRITE: Need = Need::scope(Scope::Write);
/// The most rows that are added with a result for each.
const ROWS_MAX: usize = 10_000;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/indicators", READ, "indicator.list", list_rows)
            .says("Indicators as their owners hold them, by query")
            .query::<ListQuery>()
            .paged()
            .answers::<Page<HeldView>>(200, "A page; `count` where it was asked for")
            .problems(&[422]),
        Route::post("/api/v1/indicators", WRITE, "indicator.add", add)
            .says("Add one value to an owner; what it holds already is changed where the row says more")
            .takes::<AddInput>()
            .answers::<IndicatorView>(201, "The indicator")
            .answers_nothing(202, "It waits for a manager to let it in")
            .problems(&[404]),
        Route::post("/api/v1/indicators/bulk", WRITE, "indicator.bulk", bulk)
            .says("Add up to 10000 values to an owner, with a result for each; a larger list is an import")
            .takes::<BulkInput>()
            .answers::<RowsView>(200, "What became of each")
            .problems(&[404]),
        Route::get("/api/v1/indicators/by-value", READ, "indicator.find", by_value)
            .says("One indicator by its value")
            .query::<ValueQuery>()
            .answers::<IndicatorView>(200, "The indicator")
            .problems(&[404, 422]),
        Route::get("/api/v1/indicators/{id}", READ, "indicator.show", show)
            .says("Everything that you may know of an indicator")
            .answers::<IndicatorView>(200, "The indicator"),
        Route::get("/api/v1/indicators/{id}/opinions/{owner}", READ, "opinion.show", opinion)
            .says("What one owner holds of an indicator, with its ETag")
            .answers::<HeldView>(200, "The opinion"),
        Route::patch("/api/v1/indicators/{id}/opinions/{owner}", WRITE, "opinion.change", change)
            .says("Change what an owner holds: what is not there stays, what is null is cleared")
            .if_match()
            .takes::<ChangeInput>()
            .answers::<HeldView>(200, "The opinion as it is now"),
        Route::delete("/api/v1/indicators/{id}/opinions/{owner}", WRITE, "opinion.remove", remove)
            .says("Take away what an owner holds of an indicator, and what hangs on it")
            .if_match()
            .answers_nothing(204, "It is gone"),
        Route::post("/api/v1/indicators/{id}/opinions/{owner}/review", WRITE, "opinion.review", review)
            .says("Let a contribution in, or turn it away")
            .takes::<ReviewInput>()
            .answers_nothing(204, "Done"),
        Route::get("/api/v1/owners/{id}/decays", READ, "decay.list", decays)
            .says("How confidence of an owner's indicators wanes, by type")
            .answers::<Page<DecayRow>>(200, "One row for each type"),
        Route::put("/api/v1/owners/{id}/decays/{type}", WRITE, "decay.set", set_decay)
            .says("Decide how confidence of a type wanes for what is stated or renewed from now on")
            .takes::<DecayView>()
            .answers_nothing(204, "It holds from now on"),
    ]
}

/// Which indicators.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// In the query language; everything you may read where empty.
    #[serde(default)]
    query: String,
    /// `modified`: the last changed first; `confidence`: the surest first, as it is at the first page; `id`: any order that stays.
    order: Option<String>,
    /// Also count them; counting stops at 10000.
    #[serde(default)]
    count: bool,
}

/// A value.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ValueQuery {
    /// Its type; guessed where none.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    kind: Option<IndicatorType>,
    /// The value, defanged or not.
    value: String,
}

/// A value with what is stated of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RowInput {
    /// Its type; guessed where none.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    kind: Option<IndicatorType>,
    /// The value, defanged or not.
    value: String,
    /// How bad, 0 to 5.
    rating: Option<u8>,
    /// How sure, 0 to 100.
    confidence: Option<u8>,
    /// context, alert or block.
    #[serde(rename = "use")]
    #[schema(value_type = Option<String>)]
    usage: Option<Use>,
    /// What the host is.
    #[schema(value_type = Option<String>)]
    role: Option<HostRole>,
    /// Admiralty code, as in B2.
    #[schema(value_type = Option<String>)]
    grade: Option<Grade>,
    /// How far it may be shared.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Who may learn of questions about it.
    #[schema(value_type = Option<String>)]
    pap: Option<Pap>,
    /// Since when it has been seen.
    #[schema(value_type = Option<String>)]
    first_seen: Option<Time>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    last_seen: Option<Time>,
    /// When it stops to hold.
    #[schema(value_type = Option<String>)]
    expires: Option<Time>,
    /// Its tags.
    #[serde(default)]
    tags: Vec<String>,
    /// In words.
    description: Option<String>,
    /// Where it is from.
    source: Option<String>,
}

impl RowInput {
    /// As what a list states.
    pub(crate) fn stated(self, line: usize) -> Result<formats::list::Stated, String> {
        let indicator = value(self.kind, &self.value)?;
        let beyond = self.rating.is_some_and(|rating| rating > model::opinion::RATING_MAX)
            || self.confidence.is_some_and(|confidence| confidence > 100);
        if beyond {
            return Err("a rating is 0 to 5, confidence 0 to 100".into());
        }
        Ok(formats::list::Stated {
            rating: self.rating,
            confidence: self.confidence,
            usage: self.usage,
            role: self.role,
            grade: self.grade,
            tlp: self.tlp,
            pap: self.pap,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            expires: self.expires,
            tags: self.tags,
            description: self.description,
            source: self.source,
            ..formats::list::Stated::new(line, indicator)
        })
    }
}

/// A value of a type, or of the type that it looks like.
pub(crate) fn value(kind: Option<IndicatorType>, text: &str) -> Result<Indicator, String> {
    match kind {
        None => Indicator::guess(text).ok_or_else(|| "no value of a type that can be guessed; say which".into()),
        Some(kind) => {
            let plain = Indicator::parse(kind, text)
                .or_else(|error| Indicator::guess(text).filter(|guessed| guessed.kind() == kind).ok_or(error));
            plain.map_err(|error| error.to_string())
        }
    }
}

/// A value to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddInput {
    /// To whom, by id.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The value.
    row: RowInput,
}

/// Values to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkInput {
    /// To whom, by id.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The values.
    rows: Vec<RowInput>,
}

/// What is to be changed; null clears what can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[derive(Default)]
pub struct ChangeInput {
    /// How bad, 0 to 5.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<u8>)]
    rating: Option<Option<u8>>,
    /// How sure, 0 to 100; stating it renews it.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<u8>)]
    confidence: Option<Option<u8>>,
    /// context, alert or block.
    #[serde(rename = "use")]
    #[schema(value_type = Option<String>)]
    usage: Option<Use>,
    /// What the host is.
    #[schema(value_type = Option<String>)]
    role: Option<HostRole>,
    /// Admiralty code.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    grade: Option<Option<Grade>>,
    /// How far it may be shared; freer than before needs a reason.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Who may learn of questions about it; freer than before needs a reason.
    #[schema(value_type = Option<String>)]
    pap: Option<Pap>,
    /// Whether it holds; changing it needs a reason.
    active: Option<bool>,
    /// When it stops to hold by itself.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    expires: Option<Option<Time>>,
    /// Since when it has been seen.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    first_seen: Option<Option<Time>>,
    /// Until when.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    last_seen: Option<Option<Time>>,
    /// In words.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Where the owner has it from.
    #[serde(deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    source: Option<Option<String>>,
    /// Why something is freed, ended or renewed.
    reason: Option<String>,
}

/// A member that is there: null clears it.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

impl From<ChangeInput> for Change {
    fn from(input: ChangeInput) -> Change {
        Change {
            rating: input.rating,
            confidence: input.confidence,
            usage: input.usage,
            role: input.role,
            grade: input.grade,
            tlp: input.tlp,
            pap: input.pap,
            active: input.active,
            expires: input.expires,
            first_seen: input.first_seen,
            last_seen: input.last_seen,
            description: input.description,
            source: input.source,
            reason: input.reason,
        }
    }
}

/// What a manager decides.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ReviewInput {
    /// Whether it is let in; else it is turned away.
    let_in: bool,
}

/// How confidence of a type wanes.
#[derive(Serialize, ToSchema)]
struct DecayRow {
    /// The type.
    #[serde(rename = "type")]
    kind: String,
    /// How.
    decay: DecayView,
}

/// The order of a list with this name.
pub fn order(name: &str) -> Option<Order> {
    match name {
        "modified" => Some(Order::Modified),
        "confidence" => Some(Order::Confidence),
        "id" => Some(Order::Id),
        _ => None,
    }
}

async fn list_rows(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<ListQuery>,
    pages: Pages,
) -> Result<Response, Problem> {
    let order = order(asked.order.as_deref().unwrap_or("modified"))
        .ok_or_else(|| Problem::malformed("query.order", "modified, confidence or id"))?;
    let after = pages.after::<Position<IndicatorId>>()?;
    let limit = pages.limit();
    let found = app.run(move |work| {
        let query = list::parse(&asked.query)?;
        let page = work.knowledge.list(&caller.actor, &query, order, after, limit, work.now)?;
        let count = asked.count.then(|| work.knowledge.count(&caller.actor, &query, work.now)).transpose()?;
        Ok((page.rows.into_iter().map(|row| HeldView::of_row(row, work.now)).collect::<Vec<_>>(), page.next, count))
    });
    let (rows, next, count) = found.await?;
    pages.answer_counted(rows, next, count.map(|count| (count.min(list::COUNT_MAX), count > list::COUNT_MAX)))
}

/// Everything that one may know of an indicator.
pub fn known(work: &Work<'_>, actor: &Actor, id: IndicatorId) -> Result<IndicatorView, engine::Error> {
    let known = work.knowledge.indicator(actor, id, work.now)?;
    Ok(IndicatorView::new(known, work.knowledge.evidence(actor, id)?, work.now))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<IndicatorId>,
) -> Result<Json<IndicatorView>, Problem> {
    app.read(move |work| known(work, &caller.actor, id)).await.map(Json)
}

async fn by_value(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<ValueQuery>,
) -> Result<Json<IndicatorView>, Problem> {
    let indicator = value(asked.kind, &asked.value).map_err(|why| Problem::invalid("query.value", why))?;
    app.read(move |work| known(work, &caller.actor, store::indicator::id(&indicator))).await.map(Json)
}

/// What one owner holds, and its revision.
pub fn held(work: &Work<'_>, actor: &Actor, id: IndicatorId, owner: OwnerId) -> Result<(i64, HeldView), engine::Error> {
    let known = work.knowledge.indicator(actor, id, work.now)?;
    let stance = known.opinions.into_iter().find(|of| of.opinion.owner == owner).ok_or(engine::Error::NotFound)?;
    Ok((stance.opinion.revision, HeldView::of_stance(&known.indicator, stance, work.now)))
}

type OpinionPath = Path<(IndicatorId, OwnerId)>;

async fn opinion(State(app): State<App>, caller: Caller, Path((id, owner)): OpinionPath) -> Result<Response, Problem> {
    let (revision, view) = app.run(move |work| held(work, &caller.actor, id, owner)).await?;
    Ok(tagged(StatusCode::OK, revision, view))
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path((id, owner)): OpinionPath,
    IfMatch(seen): IfMatch,
    Input(input): Input<ChangeInput>,
) -> Result<Response, Problem> {
    let change = Change::from(input);
    let changed = app.run(move |work| {
        work.knowledge.change(&caller.actor, owner, id, seen, &change, work.now)?;
        held(work, &caller.actor, id, owner)
    });
    let (revision, view) = changed.await?;
    Ok(tagged(StatusCode::OK, revision, view))
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((id, owner)): OpinionPath,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.remove_as(&caller.actor, owner, id, Some(seen), work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn review(
    State(app): State<App>,
    caller: Caller,
    Path((id, owner)): OpinionPath,
    Input(input): Input<ReviewInput>,
) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.review(&caller.actor, owner, id, input.let_in, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rows entered by a person or a program, as an import.
fn entered(owner: OwnerId, stated: Vec<formats::list::Stated>) -> Request {
    let offered = |stated| Offered { stated, provenance: Provenance::plain(Origin::Person, None) };
    Request {
        owner,
        origin: "entered".into(),
        defaults: Defaults::default(),
        rows: stated.into_iter().map(offered).collect(),
    }
}

async fn add(State(app): State<App>, caller: Caller, Input(input): Input<AddInput>) -> Result<Response, Problem> {
    let stated = input.row.stated(1).map_err(|why| Problem::invalid("row", why))?;
    let id = store::indicator::id(&stated.indicator);
    let request = entered(input.owner, vec![stated]);
    let added = app.run(move |work| {
        let done = work.knowledge.import(&caller.actor, &request, work.now)?;
        match done.refused.first() {
            Some(refused) => Err(engine::Error::Conflict(refused.why.clone())),
            None if done.rows.is_empty() => Err(engine::Error::NotFound),
            // What waits for a manager is not shown to who contributed it.
            None => match known(work, &caller.actor, id) {
                Err(engine::Error::NotFound) => Ok(None),
                found => found.map(Some),
            },
        }
    });
    match added.await? {
        Some(view) => Ok((StatusCode::CREATED, Json(view)).into_response()),
        None => Ok(StatusCode::ACCEPTED.into_response()),
    }
}

async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Input(input): Input<BulkInput>,
) -> Result<Json<RowsView>, Problem> {
    if input.rows.len() > ROWS_MAX {
        return Err(Problem::invalid("rows", format!("at most {ROWS_MAX}; a larger list is an import")));
    }
    let (mut stated, mut results) = (Vec::new(), Vec::new());
    for (at, row) in input.rows.into_iter().enumerate() {
        match row.stated(at + 1) {
            Ok(row) => stated.push(row),
            Err(why) => results.push(refused(at + 1, why)),
        }
    }
    let request = entered(input.owner, stated);
    let done = app.run_long(move |work| work.knowledge.import(&caller.actor, &request, work.now)).await?;
    results.extend(done.rows.into_iter().map(RowResult::from));
    results.extend(done.refused.into_iter().map(|of| refused(of.line, of.why)));
    results.sort_by_key(|result| result.row);
    Ok(Json(RowsView { import: done.import.map(Into::into), rows: results }))
}

fn refused(row: usize, why: String) -> RowResult {
    RowResult { row, result: "refused".into(), id: None, why: Some(why) }
}

async fn decays(
    State(app): State<App>,
    caller: Caller,
    Path(owner): Path<OwnerId>,
) -> Result<Json<Page<DecayRow>>, Problem> {
    let decays = app.run(move |work| work.knowledge.decays(&caller.actor, owner)).await?;
    let row = |(kind, decay): (IndicatorType, model::Decay)| DecayRow { kind: kind.to_string(), decay: decay.into() };
    Ok(Page::whole(decays.into_iter().map(row).collect()))
}

async fn set_decay(
    State(app): State<App>,
    caller: Caller,
    Path((owner, kind)): Path<(OwnerId, IndicatorType)>,
    Input(input): Input<DecayView>,
) -> Result<StatusCode, Problem> {
    let decay = model::Decay { half_life_days: input.half_life_days, floor: input.floor };
    app.run(move |work| work.knowledge.set_decay(&caller.actor, owner, kind, decay, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
