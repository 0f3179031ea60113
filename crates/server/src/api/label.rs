//! `/api/v1/labels`: lists that explain values, and lists that keep them out.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::knowledge::label::{Brought, Draft};
use formats::misp::warninglist;
use model::{Indicator, LabelListId, OwnerId, right::Scope};
use serde::{Deserialize, Serialize};
use store::label::{List, Overrule};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Octets, Path, Query},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    route::{Need, Route},
    view::label::LabelView,
};

pub(crate) fn routes() -> Vec<Route> {
    let (reads, writes) = (Need::scope(Scope::Read), Need::scope(Scope::Write));
    vec![
        Route::get("/api/v1/labels", reads, "label.list", list)
            .says("Everybody's lists of labels and those of owners that you may read")
            .paged()
            .answers::<Page<ListView>>(200, "Lists"),
        Route::post("/api/v1/labels", writes, "label.add", add)
            .says("Brings in a list of plain values; one of the same name and owner is replaced")
            .takes::<ListInput>()
            .answers::<BroughtView>(201, "The list"),
        Route::post("/api/v1/labels/warninglist", Need::administrator(Scope::Administer), "label.import", import)
            .says("Brings in a MISP warninglist for everybody; one of the same name is replaced")
            .takes_octets(&["application/json"])
            .answers::<BroughtView>(201, "The list"),
        Route::get("/api/v1/labels/{id}", reads, "label.show", show)
            .says("One list, without its entries")
            .answers::<ListView>(200, "The list"),
        Route::patch("/api/v1/labels/{id}", writes, "label.change", change)
            .says("Decides whether a list keeps out what stands on it")
            .takes::<ListChange>()
            .answers::<ListView>(200, "The list"),
        Route::delete("/api/v1/labels/{id}", writes, "label.remove", remove)
            .says("Takes a list away")
            .answers_nothing(204, "It is gone"),
        Route::get("/api/v1/owners/{id}/labels", reads, "label.match", of_value)
            .says("Every list that a value stands on, as it counts for an owner")
            .query::<ValueQuery>()
            .answers::<Page<LabelView>>(200, "Lists")
            .problems(&[422]),
        Route::get("/api/v1/owners/{id}/overrules", reads, "label.overrules", overrules)
            .says("Values for which an owner does not go by a list")
            .answers::<Page<OverruleView>>(200, "What was overruled"),
        Route::post("/api/v1/owners/{id}/overrules", writes, "label.overrule", overrule)
            .says("An owner does not go by a list for one value, with a reason")
            .takes::<OverruleInput>()
            .answers::<OverruleView>(201, "What was overruled"),
        Route::delete("/api/v1/owners/{id}/overrules/{list}", writes, "label.restore", restore)
            .says("The owner goes by the list for this value again")
            .query::<ValueQuery>()
            .answers_nothing(204, "It does")
            .problems(&[422]),
    ]
}

/// A list of labels.
#[derive(Serialize, ToSchema)]
struct ListView {
    /// Its id.
    id: String,
    /// The owner whose it is; null for everybody's.
    owner: Option<String>,
    /// Its name.
    name: String,
    /// What standing on it means.
    description: String,
    /// How its entries are meant: value, cidr, hostname, string, substring or regex.
    matching: &'static str,
    /// The types of indicators that it is for; all where empty.
    types: Vec<&'static str>,
    /// Its publisher's version.
    version: u64,
    /// Whether what stands on it is refused at import.
    excludes: bool,
    /// How many entries it has.
    count: u64,
    /// When it was last changed.
    modified: String,
}

impl From<List> for ListView {
    fn from(list: List) -> ListView {
        ListView {
            id: list.id.to_string(),
            owner: list.owner.map(|owner| owner.to_string()),
            name: list.name,
            description: list.description,
            matching: list.matching.as_str(),
            types: list.types.iter().map(|kind| kind.as_str()).collect(),
            version: list.version,
            excludes: list.excludes,
            count: list.count,
            modified: list.modified.to_string(),
        }
    }
}

/// What became of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BroughtView {
    /// The list.
    list: ListView,
    /// How many entries cannot be read and were left out.
    left_out: u64,
    /// Whether there was one of this name before.
    replaced: bool,
}

impl From<Brought> for BroughtView {
    fn from(of: Brought) -> BroughtView {
        BroughtView { list: of.list.into(), left_out: of.left_out, replaced: of.replaced }
    }
}

/// A list of plain values.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListInput {
    /// Its name.
    name: String,
    /// What standing on it means.
    #[serde(default)]
    description: String,
    /// The id of the owner whose it is; everybody's, for an administrator, where none.
    #[schema(value_type = Option<String>)]
    owner: Option<OwnerId>,
    /// Whether what stands on it is refused at import.
    excludes: Option<bool>,
    /// The values: hosts with everything below them, prefixes with what is in them, anything else as written.
    values: Vec<String>,
}

/// What is to be changed of a list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListChange {
    /// Whether what stands on it is refused at import.
    excludes: bool,
}

/// Which value.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ValueQuery {
    /// The value; defanged is fine.
    value: String,
}

/// That an owner does not go by a list for one value.
#[derive(Serialize, ToSchema)]
struct OverruleView {
    /// The list.
    list: String,
    /// The value.
    value: String,
    /// The account that decided; null at the command line.
    user: Option<String>,
    /// Why.
    reason: String,
    /// When.
    added: String,
}

impl From<Overrule> for OverruleView {
    fn from(of: Overrule) -> OverruleView {
        let (list, user, added) = (of.list.to_string(), of.user.map(|user| user.to_string()), of.added.to_string());
        OverruleView { list, value: of.value, user, reason: of.reason, added }
    }
}

/// What is to be overruled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OverruleInput {
    /// The list's id.
    #[schema(value_type = String)]
    list: LabelListId,
    /// The value; defanged is fine.
    value: String,
    /// Why.
    reason: String,
}

fn indicator(value: &str) -> Result<Indicator, engine::Error> {
    Indicator::guess(value).ok_or_else(|| engine::Error::invalid("value", "no value of a known type"))
}

async fn list(State(app): State<App>, caller: Caller, pages: Pages) -> Result<Response, Problem> {
    let (after, limit) = (pages.after::<(String, LabelListId)>()?, pages.wanted());
    let rows = app.run(move |work| work.knowledge.label_lists(&caller.actor, after.as_ref(), limit)).await?;
    let rows: Vec<ListView> = rows.into_iter().map(ListView::from).collect();
    pages.answer(rows, |row| (row.name.clone(), row.id.clone()))
}

async fn add(State(app): State<App>, caller: Caller, Input(input): Input<ListInput>) -> Result<Response, Problem> {
    let brought = app.run(move |work| {
        let values = input.values.iter().map(|value| model::text::refang(value)).collect();
        let draft = Draft::values(input.name, input.description, values);
        work.knowledge.put_label_list(&caller.actor, input.owner, &draft, input.excludes, work.now)
    });
    Ok((StatusCode::CREATED, Json(BroughtView::from(brought.await?))).into_response())
}

async fn import(State(app): State<App>, caller: Caller, body: Octets) -> Result<Response, Problem> {
    if body.media_type != "application/json" {
        return Err(crate::extract::unsupported("application/json"));
    }
    let brought = app.run(move |work| {
        let list = warninglist::read(&body.octets).map_err(|why| engine::Error::invalid("", why))?;
        let draft = Draft::warninglist(list)
            .ok_or_else(|| engine::Error::invalid("matching_attributes", "for nothing that is an indicator here"))?;
        work.knowledge.put_label_list(&caller.actor, None, &draft, None, work.now)
    });
    Ok((StatusCode::CREATED, Json(BroughtView::from(brought.await?))).into_response())
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<LabelListId>) -> Result<Json<ListView>, Problem> {
    let list = app.run(move |work| work.knowledge.label_list(&caller.actor, id)).await?;
    Ok(Json(list.into()))
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<LabelListId>,
    Input(change): Input<ListChange>,
) -> Result<Json<ListView>, Problem> {
    let list = app.run(move |work| work.knowledge.set_excludes(&caller.actor, id, change.excludes, work.now)).await?;
    Ok(Json(list.into()))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<LabelListId>) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.remove_label_list(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn of_value(
    State(app): State<App>,
    caller: Caller,
    Path(owner): Path<OwnerId>,
    Query(query): Query<ValueQuery>,
) -> Result<Json<Page<LabelView>>, Problem> {
    let labels = app.run(move |work| work.knowledge.labels_of(&caller.actor, owner, &indicator(&query.value)?));
    Ok(Page::whole(labels.await?.into_iter().map(LabelView::from).collect()))
}

async fn overrules(
    State(app): State<App>,
    caller: Caller,
    Path(owner): Path<OwnerId>,
) -> Result<Json<Page<OverruleView>>, Problem> {
    let overrules = app.run(move |work| work.knowledge.overrules(&caller.actor, owner)).await?;
    Ok(Page::whole(overrules.into_iter().map(OverruleView::from).collect()))
}

async fn overrule(
    State(app): State<App>,
    caller: Caller,
    Path(owner): Path<OwnerId>,
    Input(input): Input<OverruleInput>,
) -> Result<Response, Problem> {
    let overrule = app.run(move |work| {
        let value = indicator(&input.value)?;
        work.knowledge.overrule_label(&caller.actor, owner, input.list, &value, &input.reason, work.now)
    });
    Ok((StatusCode::CREATED, Json(OverruleView::from(overrule.await?))).into_response())
}

async fn restore(
    State(app): State<App>,
    caller: Caller,
    Path((owner, list)): Path<(OwnerId, LabelListId)>,
    Query(query): Query<ValueQuery>,
) -> Result<StatusCode, Problem> {
    app.run(move |work| {
        let value = indicator(&query.value)?;
        work.knowledge.restore_label(&caller.actor, owner, list, &value, work.now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
