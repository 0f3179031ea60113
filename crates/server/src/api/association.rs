//! `/api/v1/associations`, and those of one indicator or group.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::knowledge::association::NewAssociation;
use model::{
    Association, AssociationId, AssociationKind, End, GroupId, IndicatorId, Object, ObjectType, OwnerId, Time, Tlp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{
    association::{Count, Filter, Linked},
    object::Named,
};
use utoipa::{IntoParams, ToSchema};

use super::group::{READ, WRITE};
use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path, Query},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    route::Route,
};

pub(crate) fn routes() -> Vec<Route> {
    let of = |route: Route| {
        let route = route.says("The associations of an object, with what is at the other end").query::<ListQuery>();
        route.paged().answers::<Page<LinkedView>>(200, "A page of associations")
    };
    let counts = |route: Route| {
        let route = route.says("How many associations an object has, by what is at the other end");
        route.answers::<CountsView>(200, "Counts")
    };
    vec![
        of(Route::get(
            "/api/v1/indicators/{id}/associations",
            READ,
            "association.list_of_indicator",
            list::<IndicatorId>,
        )),
        of(Route::get("/api/v1/groups/{id}/associations", READ, "association.list_of_group", list::<GroupId>)),
        counts(Route::get(
            "/api/v1/indicators/{id}/associations/counts",
            READ,
            "association.count_of_indicator",
            count::<IndicatorId>,
        )),
        counts(Route::get(
            "/api/v1/groups/{id}/associations/counts",
            READ,
            "association.count_of_group",
            count::<GroupId>,
        )),
        Route::post("/api/v1/associations", WRITE, "association.add", add)
            .says("Associate two objects; where there is such an association already, it gets the new reason")
            .takes::<NewAssociationInput>()
            .answers::<AssociationView>(201, "The association")
            .problems(&[404]),
        Route::get("/api/v1/associations/{id}", READ, "association.show", show)
            .says("An association")
            .answers::<AssociationView>(200, "The association"),
        Route::delete("/api/v1/associations/{id}", WRITE, "association.remove", remove)
            .says("Take an association back")
            .answers_nothing(204, "It is gone"),
    ]
}

/// An indicator or a group.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectView {
    /// `indicator` or `group`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: ObjectType,
    /// Its identifier.
    #[schema(value_type = String)]
    id: model::Id,
}

impl From<Object> for ObjectView {
    fn from(object: Object) -> ObjectView {
        ObjectView { kind: object.kind(), id: object.id() }
    }
}

impl From<ObjectView> for Object {
    fn from(view: ObjectView) -> Object {
        Object::new(view.kind, view.id)
    }
}

/// An indicator or a group with its name.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedView {
    /// Which one.
    object: ObjectView,
    /// The type of the indicator or of the group.
    object_type: String,
    /// The value or the name.
    name: String,
}

impl From<Named> for NamedView {
    fn from(named: Named) -> NamedView {
        NamedView { object: named.object.into(), object_type: named.kind, name: named.name }
    }
}

/// An association.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AssociationView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: AssociationId,
    /// Who believes it.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What kind; read from the first end to the second.
    #[schema(value_type = String)]
    kind: AssociationKind,
    /// The first end.
    from: ObjectView,
    /// The second end.
    to: ObjectView,
    /// Why.
    reason: String,
    /// How sure, 0 to 100.
    confidence: Option<u8>,
    /// Since when it holds.
    #[schema(value_type = Option<String>)]
    first_seen: Option<Time>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    last_seen: Option<Time>,
    /// How far it may be shared.
    #[schema(value_type = String)]
    tlp: Tlp,
    /// When it was added.
    #[schema(value_type = String)]
    added: Time,
    /// How often it was changed.
    revision: i64,
}

impl From<Association> for AssociationView {
    fn from(association: Association) -> AssociationView {
        AssociationView {
            id: association.id,
            owner: association.owner,
            kind: association.kind,
            from: association.from.into(),
            to: association.to.into(),
            reason: association.reason,
            confidence: association.confidence,
            first_seen: association.first_seen,
            last_seen: association.last_seen,
            tlp: association.tlp,
            added: association.added,
            revision: association.revision,
        }
    }
}

/// An association seen from the object that was asked for.
#[derive(Serialize, ToSchema)]
struct LinkedView {
    /// The association.
    association: AssociationView,
    /// Which end the object is: `from` or `to`.
    #[schema(value_type = String)]
    end: End,
    /// What is at the other end.
    other: NamedView,
}

impl From<Linked> for LinkedView {
    fn from(linked: Linked) -> LinkedView {
        LinkedView { association: linked.association.into(), end: linked.end, other: linked.other.into() }
    }
}

/// How many associations an object has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CountsView {
    /// By end, kind, and what is at the other end.
    counts: Vec<CountView>,
    /// Counting stopped at a limit: there are more.
    at_least: bool,
}

/// How many associations are alike.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CountView {
    /// Which end the object is.
    #[schema(value_type = String)]
    end: End,
    /// What kind.
    #[schema(value_type = String)]
    kind: AssociationKind,
    /// What is at the other end: `indicator` or `group`.
    #[schema(value_type = String)]
    other: ObjectType,
    /// Of which type it is.
    other_type: String,
    /// How many.
    count: u32,
}

impl From<Count> for CountView {
    fn from(count: Count) -> CountView {
        let Count { end, kind, other, other_kind, count } = count;
        CountView { end, kind, other, other_type: other_kind, count }
    }
}

/// Which associations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Where the object is this end: `from` or `to`.
    #[param(value_type = Option<String>)]
    end: Option<End>,
    /// Of this kind.
    #[param(value_type = Option<String>)]
    kind: Option<AssociationKind>,
    /// With an `indicator` or a `group` at the other end.
    #[param(value_type = Option<String>)]
    other: Option<ObjectType>,
    /// With an indicator or a group of this type at the other end.
    other_type: Option<String>,
}

async fn list<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
    Query(asked): Query<ListQuery>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (after, limit) = (pages.after()?, pages.wanted());
    let object = id.into();
    let linked = app.run(move |work| {
        let ListQuery { end, kind, other, other_type } = asked;
        let filter = Filter { end, kind, other, other_kind: other_type };
        work.knowledge.associations(&caller.actor, object, &filter, after, limit)
    });
    let views = linked.await?.into_iter().map(LinkedView::from).collect();
    pages.answer(views, |last: &LinkedView| last.association.id)
}

async fn count<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
) -> Result<Json<CountsView>, Problem> {
    let object = id.into();
    let counts = app.run(move |work| work.knowledge.association_counts(&caller.actor, object)).await?;
    let views = counts.counts.into_iter().map(CountView::from).collect();
    Ok(Json(CountsView { counts: views, at_least: counts.at_least }))
}

/// An association to be made. A person makes it, with a reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewAssociationInput {
    /// Who believes it.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What kind; read from the first end to the second.
    #[schema(value_type = String, example = "indicates")]
    kind: AssociationKind,
    /// The first end.
    from: ObjectView,
    /// The second end.
    to: ObjectView,
    /// Why.
    reason: String,
    /// How sure, 0 to 100.
    #[schema(maximum = 100)]
    confidence: Option<u8>,
    /// Since when it holds.
    #[schema(value_type = Option<String>)]
    first_seen: Option<Time>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    last_seen: Option<Time>,
    /// How far it may be shared; the strictest label of the ends and of the owner where there is none.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Why it has a label below that.
    label_reason: Option<String>,
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Input(input): Input<NewAssociationInput>,
) -> Result<Response, Problem> {
    let association = app.run(move |work| {
        let (owner, from, to) = (input.owner, input.from.into(), input.to.into());
        let decider = work.knowledge.decider(&caller.actor)?;
        let NewAssociationInput { kind, reason, confidence, first_seen, last_seen, tlp, label_reason, .. } = input;
        let new = NewAssociation { kind, from, to, reason, confidence, first_seen, last_seen, tlp, label_reason };
        work.knowledge.associate(&caller.actor, owner, &new, decider, work.now)
    });
    Ok((StatusCode::CREATED, Json(AssociationView::from(association.await?))).into_response())
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AssociationId>,
) -> Result<Json<AssociationView>, Problem> {
    let association = app.run(move |work| work.knowledge.association(&caller.actor, id)).await?;
    Ok(Json(association.into()))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<AssociationId>) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.dissociate(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
