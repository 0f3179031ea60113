//! `/api/v1/tags`, and the tags of one indicator or group.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{GroupId, IndicatorId, Object, OwnerId, Tag};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
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
    let of = |route: Route| route.says("The tags of an object").answers::<TagsView>(200, "Tags with their owners");
    let add_to = |route: Route| {
        let route = route.says("Put tags on an object that an owner holds").takes::<TagsInput>();
        route.answers_nothing(204, "They are there")
    };
    let take_off = |route: Route| {
        let route = route.says("Take a tag off an object").query::<OwnerQuery>();
        route.answers_nothing(204, "It is gone")
    };
    let set_of = |route: Route| {
        let route = route.says("Make these the tags that an owner has on an object").takes::<TagsInput>();
        route.answers_nothing(204, "They are there, and no others of this owner")
    };
    vec![
        Route::get("/api/v1/tags", READ, "tag.list", list)
            .says("Tags with how often they are used, by name")
            .query::<ListQuery>()
            .paged()
            .answers::<Page<UsedView>>(200, "A page of tags"),
        Route::post("/api/v1/tags/rename", WRITE, "tag.rename", rename)
            .says("Give a tag another name throughout an owner's things")
            .takes::<RenameInput>()
            .answers::<RenamedView>(200, "On how many objects")
            .problems(&[404]),
        of(Route::get("/api/v1/indicators/{id}/tags", READ, "tag.list_of_indicator", of_object::<IndicatorId>)),
        of(Route::get("/api/v1/groups/{id}/tags", READ, "tag.list_of_group", of_object::<GroupId>)),
        add_to(Route::post("/api/v1/indicators/{id}/tags", WRITE, "tag.add_to_indicator", add::<IndicatorId>)),
        add_to(Route::post("/api/v1/groups/{id}/tags", WRITE, "tag.add_to_group", add::<GroupId>)),
        set_of(Route::put("/api/v1/indicators/{id}/tags", WRITE, "tag.set_of_indicator", set::<IndicatorId>)),
        set_of(Route::put("/api/v1/groups/{id}/tags", WRITE, "tag.set_of_group", set::<GroupId>)),
        take_off(Route::delete(
            "/api/v1/indicators/{id}/tags/{tag}",
            WRITE,
            "tag.remove_from_indicator",
            remove::<IndicatorId>,
        )),
        take_off(Route::delete("/api/v1/groups/{id}/tags/{tag}", WRITE, "tag.remove_from_group", remove::<GroupId>)),
    ]
}

/// A tag that is used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsedView {
    /// The tag, in one of its spellings.
    #[schema(value_type = String)]
    tag: Tag,
    /// On how many objects.
    uses: u32,
    /// Counting stopped at a limit: there are more.
    at_least: bool,
}

/// Which tags.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// That begin with this, without regard to case.
    #[serde(default)]
    begin: String,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<ListQuery>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (after, limit) = (pages.after::<Tag>()?, pages.wanted());
    let used = app.run(move |work| work.knowledge.tags_used(&caller.actor, &asked.begin, after.as_ref(), limit));
    let view = |used: store::tag::Used| UsedView { tag: used.tag, uses: used.uses, at_least: used.at_least };
    pages.answer(used.await?.into_iter().map(view).collect(), |last: &UsedView| last.tag.clone())
}

/// A tag that gets another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenameInput {
    /// Whose.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The tag.
    #[schema(value_type = String)]
    from: Tag,
    /// Its new name.
    #[schema(value_type = String)]
    to: Tag,
}

/// What a new name came to.
#[derive(Serialize, ToSchema)]
struct RenamedView {
    /// On how many objects the tag was.
    objects: u64,
}

async fn rename(
    State(app): State<App>,
    caller: Caller,
    Input(input): Input<RenameInput>,
) -> Result<Json<RenamedView>, Problem> {
    let RenameInput { owner, from, to } = input;
    let renamed = app.run(move |work| work.knowledge.rename_tag(&caller.actor, owner, &from, &to, work.now));
    Ok(Json(RenamedView { objects: renamed.await? }))
}

/// The tags of an object.
#[derive(Serialize, ToSchema)]
struct TagsView {
    /// By tag.
    items: Vec<TagView>,
}

/// A tag and its owner.
#[derive(Serialize, ToSchema)]
struct TagView {
    /// Who put it there.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The tag.
    #[schema(value_type = String)]
    tag: Tag,
}

async fn of_object<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
) -> Result<Json<TagsView>, Problem> {
    let object = id.into();
    let tags = app.run(move |work| work.knowledge.tags(&caller.actor, object)).await?;
    Ok(Json(TagsView { items: tags.into_iter().map(|(owner, tag)| TagView { owner, tag }).collect() }))
}

/// Tags for an object.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagsInput {
    /// Whose tags.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The tags.
    #[schema(value_type = Vec<String>)]
    tags: Vec<Tag>,
}

async fn add<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
    Input(input): Input<TagsInput>,
) -> Result<Response, Problem> {
    let object = id.into();
    app.run(move |work| work.knowledge.tag(&caller.actor, input.owner, object, &input.tags, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn set<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
    Input(input): Input<TagsInput>,
) -> Result<Response, Problem> {
    let object = id.into();
    app.run(move |work| work.knowledge.set_tags(&caller.actor, input.owner, object, &input.tags, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whose tag.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OwnerQuery {
    /// Whose tag it is.
    #[param(value_type = String)]
    owner: OwnerId,
}

async fn remove<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path((id, tag)): Path<(I, Tag)>,
    Query(asked): Query<OwnerQuery>,
) -> Result<Response, Problem> {
    let object = id.into();
    app.run(move |work| work.knowledge.untag(&caller.actor, asked.owner, object, &tag, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
