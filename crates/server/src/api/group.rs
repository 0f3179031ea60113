//! `/api/v1/groups`: adversaries, campaigns, malware, reports and what belongs to them.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::knowledge::group::{GroupChange, NewGroup, fields, parse};
use model::{Group, GroupId, GroupKind, OwnerId, Pap, Time, Tlp, right::Scope};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value as Json, json};
use store::{
    group::{Filter, Order},
    search::{self, Position},
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path, Query},
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::{Need, Route},
};

pub(super) const READ: Need = Need::scope(Scope::Read);
pub(super) const WRITE: Need = Need::scope(Scope::Write);

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/groups", READ, "group.list", list)
            .says("Groups, by query or by filter")
            .query::<ListQuery>()
            .paged()
            .answers::<Page<GroupView>>(200, "A page of groups")
            .problems(&[422]),
        Route::post("/api/v1/groups", WRITE, "group.add", add)
            .says("Add a group")
            .takes::<NewGroupInput>()
            .answers::<GroupView>(201, "The group")
            .problems(&[404]),
        Route::get("/api/v1/groups/{id}", READ, "group.show", show)
            .says("A group")
            .answers::<GroupView>(200, "The group"),
        Route::patch("/api/v1/groups/{id}", WRITE, "group.change", change)
            .says("Change a group: what is not there stays, what is null is cleared")
            .if_match()
            .takes::<GroupChangeInput>()
            .answers::<GroupView>(200, "The group as it is now")
            .problems(&[409]),
        Route::delete("/api/v1/groups/{id}", WRITE, "group.remove", remove)
            .says("Remove a group and what hangs on it")
            .answers_nothing(204, "It is gone"),
        Route::post("/api/v1/groups/{id}/review", WRITE, "group.review", review)
            .says("Let a contribution in, or turn it away")
            .takes::<ReviewInput>()
            .answers_nothing(204, "Done"),
    ]
}

/// A group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: GroupId,
    /// Whose.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// Its type: `adversary`, `campaign`, `report`, …
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: GroupKind,
    /// Its name.
    name: String,
    /// What a group of its type says of itself.
    #[schema(value_type = Object)]
    fields: Json,
    /// In words.
    description: Option<String>,
    /// How far it may be shared.
    #[schema(value_type = String)]
    tlp: Tlp,
    /// Who may learn of questions about it.
    #[schema(value_type = String)]
    pap: Pap,
    /// Whether it waits for a manager to let it in.
    pending: bool,
    /// Since when it has been active.
    #[schema(value_type = Option<String>)]
    first_seen: Option<Time>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    last_seen: Option<Time>,
    /// When it was added.
    #[schema(value_type = String)]
    added: Time,
    /// When it was last changed.
    #[schema(value_type = String)]
    modified: Time,
    /// How often it was changed.
    revision: i64,
}

impl From<Group> for GroupView {
    fn from(group: Group) -> GroupView {
        let fields = serde_json::to_value(&group.fields).unwrap_or_default();
        GroupView {
            id: group.id,
            owner: group.owner,
            kind: group.kind(),
            name: group.name,
            fields: fields.get("fields").cloned().unwrap_or_else(|| json!({})),
            description: group.description,
            tlp: group.tlp,
            pap: group.pap,
            pending: group.pending,
            first_seen: group.first_seen,
            last_seen: group.last_seen,
            added: group.added,
            modified: group.modified,
            revision: group.revision,
        }
    }
}

/// Which groups.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// In the query language: `type = adversary and name ~ "bear"`. With it no other filter is allowed.
    query: Option<String>,
    /// Of this owner.
    #[param(value_type = Option<String>)]
    owner: Option<OwnerId>,
    /// Of this type.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    kind: Option<GroupKind>,
    /// Whose name contains this.
    name: Option<String>,
    /// Changed at this moment or later.
    #[param(value_type = Option<String>)]
    modified_since: Option<Time>,
    /// Those that wait for you to let them in.
    #[serde(default)]
    pending: bool,
    /// `added` (the default), `modified` (the latest first) or `name`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    order: ListOrder,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ListOrder {
    #[default]
    Added,
    Modified,
    Name,
}

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    id: GroupId,
    owner: OwnerId,
    modified: Time,
    name: String,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<ListQuery>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (after, limit) = (pages.after()?, pages.wanted());
    let groups = app.run(move |work| match &asked.query {
        Some(text) => {
            let (query, order) = (parse(text)?, alone(&asked)?);
            let after = after.map(|at: Place| Position::after_group(at.id, at.owner, at.modified));
            work.knowledge.groups_by_query(&caller.actor, &query, order, after, limit, work.now)
        }
        None => {
            let (filter, order) = filtered(asked, after);
            work.knowledge.groups(&caller.actor, &filter, &order, limit)
        }
    });
    let views = groups.await?.into_iter().map(GroupView::from).collect();
    pages.answer(views, |last: &GroupView| Place {
        id: last.id,
        owner: last.owner,
        modified: last.modified,
        name: last.name.clone(),
    })
}

fn filtered(asked: ListQuery, after: Option<Place>) -> (Filter, Order) {
    let order = match asked.order {
        ListOrder::Added => Order::Added(after.map(|at| at.id)),
        ListOrder::Modified => Order::Modified(after.map(|at| (at.modified, at.id))),
        ListOrder::Name => Order::Name(after.map(|at| (at.name, at.id))),
    };
    let ListQuery { owner, kind, name, modified_since, pending, .. } = asked;
    (Filter { owner, kind, modified_since, name, pending }, order)
}

/// The order of a query, which has no further filters beside it.
fn alone(asked: &ListQuery) -> Result<search::Order, engine::Error> {
    let others = asked.owner.is_some() || asked.kind.is_some() || asked.name.is_some();
    if others || asked.modified_since.is_some() || asked.pending {
        return Err(engine::Error::invalid(
            "query",
            "say all of it in the query, or use the other filters without one",
        ));
    }
    match asked.order {
        ListOrder::Added => Ok(search::Order::Id),
        ListOrder::Modified => Ok(search::Order::Modified),
        ListOrder::Name => {
            Err(engine::Error::invalid("order", "the answer to a query is ordered by added or modified"))
        }
    }
}

/// A group to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewGroupInput {
    /// Whose it is to be.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "adversary")]
    kind: GroupKind,
    /// Its name.
    name: String,
    /// What a group of its type says of itself.
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    fields: Json,
    /// In words.
    description: Option<String>,
    /// How far it may be shared; the owner's usual label where there is none.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Who may learn of questions about it.
    #[schema(value_type = Option<String>)]
    pap: Option<Pap>,
    /// Since when it has been active.
    #[schema(value_type = Option<String>)]
    first_seen: Option<Time>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    last_seen: Option<Time>,
}

fn nothing() -> Json {
    json!({})
}

async fn add(State(app): State<App>, caller: Caller, Input(input): Input<NewGroupInput>) -> Result<Response, Problem> {
    let group = app.run(move |work| {
        let NewGroupInput { owner, kind, name, description, tlp, pap, first_seen, last_seen, .. } = input;
        let fields = fields(kind, input.fields)?;
        let new = NewGroup { name, fields, description, tlp, pap, first_seen, last_seen };
        work.knowledge.add_group(&caller.actor, owner, &new, work.now)
    });
    let group = group.await?;
    Ok(tagged(StatusCode::CREATED, group.revision, GroupView::from(group)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<GroupId>) -> Result<Response, Problem> {
    let group = app.run(move |work| work.knowledge.group(&caller.actor, id)).await?;
    Ok(tagged(StatusCode::OK, group.revision, GroupView::from(group)))
}

/// A change of a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GroupChangeInput {
    /// Its name.
    name: Option<String>,
    /// What it says of itself, whole.
    #[schema(value_type = Option<Object>)]
    fields: Option<Json>,
    /// In words.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// How far it may be shared; lower than before needs a reason.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Who may learn of questions about it; freer than before needs a reason.
    #[schema(value_type = Option<String>)]
    pap: Option<Pap>,
    /// Since when it has been active.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    first_seen: Option<Option<Time>>,
    /// Until when.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    last_seen: Option<Option<Time>>,
    /// Why a label is freed.
    reason: Option<String>,
}

/// Tells a null from a field that is not there.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<GroupId>,
    IfMatch(revision): IfMatch,
    Input(input): Input<GroupChangeInput>,
) -> Result<Response, Problem> {
    let group = app.run(move |work| {
        let GroupChangeInput { name, description, tlp, pap, first_seen, last_seen, reason, .. } = input;
        let kind = work.knowledge.group(&caller.actor, id)?.kind();
        let fields = input.fields.map(|given| fields(kind, given)).transpose()?;
        let change = GroupChange { name, fields, description, tlp, pap, first_seen, last_seen, reason };
        work.knowledge.change_group(&caller.actor, id, revision, &change, work.now)
    });
    let group = group.await?;
    Ok(tagged(StatusCode::OK, group.revision, GroupView::from(group)))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<GroupId>) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.remove_group(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What becomes of a contribution.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ReviewInput {
    /// Whether it is let in; otherwise it is removed.
    let_in: bool,
}

async fn review(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<GroupId>,
    Input(input): Input<ReviewInput>,
) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.review_group(&caller.actor, id, input.let_in, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
