//! `/api/v1/attributes`, and those of one indicator or group.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{Attribute, AttributeId, GroupId, IndicatorId, Object, OwnerId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{
    association::ObjectView,
    group::{READ, WRITE},
};
use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    json::Json,
    problem::Problem,
    route::Route,
};

pub(crate) fn routes() -> Vec<Route> {
    let of = |route: Route| route.says("The attributes of an object").answers::<AttributesView>(200, "Attributes");
    let add_to = |route: Route| {
        let route = route.says("Give an object that an owner holds an attribute").takes::<AttributeInput>();
        route.answers::<AttributeView>(201, "The attribute")
    };
    vec![
        of(Route::get(
            "/api/v1/indicators/{id}/attributes",
            READ,
            "attribute.list_of_indicator",
            of_object::<IndicatorId>,
        )),
        of(Route::get("/api/v1/groups/{id}/attributes", READ, "attribute.list_of_group", of_object::<GroupId>)),
        add_to(Route::post(
            "/api/v1/indicators/{id}/attributes",
            WRITE,
            "attribute.add_to_indicator",
            add::<IndicatorId>,
        )),
        add_to(Route::post("/api/v1/groups/{id}/attributes", WRITE, "attribute.add_to_group", add::<GroupId>)),
        Route::delete("/api/v1/attributes/{id}", WRITE, "attribute.remove", remove)
            .says("Remove an attribute")
            .answers_nothing(204, "It is gone"),
    ]
}

/// The attributes of an object.
#[derive(Serialize, ToSchema)]
struct AttributesView {
    /// As they were added.
    items: Vec<AttributeView>,
}

/// An attribute.
#[derive(Serialize, ToSchema)]
struct AttributeView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: AttributeId,
    /// Who gave it.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What it is on.
    object: ObjectView,
    /// The name.
    name: String,
    /// The value.
    value: String,
    /// Where the owner has it from.
    source: Option<String>,
}

impl From<Attribute> for AttributeView {
    fn from(attribute: Attribute) -> AttributeView {
        let Attribute { id, owner, object, name, value, source } = attribute;
        AttributeView { id, owner, object: object.into(), name, value, source }
    }
}

async fn of_object<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
) -> Result<Json<AttributesView>, Problem> {
    let object = id.into();
    let attributes = app.run(move |work| work.knowledge.attributes(&caller.actor, object)).await?;
    Ok(Json(AttributesView { items: attributes.into_iter().map(AttributeView::from).collect() }))
}

/// An attribute to be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AttributeInput {
    /// Who gives it.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The name.
    name: String,
    /// The value.
    value: String,
    /// Where the owner has it from.
    source: Option<String>,
}

async fn add<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
    Input(input): Input<AttributeInput>,
) -> Result<Response, Problem> {
    let object = id.into();
    let attribute = app.run(move |work| {
        let (pair, source) = ((input.name.as_str(), input.value.as_str()), input.source.as_deref());
        work.knowledge.add_attribute(&caller.actor, input.owner, object, pair, source, work.now)
    });
    Ok((StatusCode::CREATED, Json(AttributeView::from(attribute.await?))).into_response())
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<AttributeId>) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.remove_attribute(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
