//! `/api/v1/setup`: the first account.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::account::user::NewUser;
use serde::Deserialize;
use utoipa::ToSchema;

use super::user::UserView;
use crate::{
    app::App,
    extract::Input,
    json::Json,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/setup", Need::NOBODY, "setup.add", add)
            .says("Makes the first account, an administrator, with the code that the server showed when it started")
            .takes::<FirstAccount>()
            .answers::<UserView>(201, "The account")
            .problems(&[403, 409])
            .secret(),
    ]
}

/// The first account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstAccount {
    /// The code that the server showed.
    code: String,
    /// The name of the account.
    name: String,
    /// Its password: 12 to 256 characters.
    password: String,
}

async fn add(State(app): State<App>, Input(first): Input<FirstAccount>) -> Result<Response, Problem> {
    if !app.setup.is(&first.code) {
        return Err(Problem::forbidden("not the code of a first start"));
    }
    let new = NewUser { name: first.name, password: Some(first.password), ..NewUser::default() };
    let user = app.run_hashing(move |work| work.knowledge.set_up(&new, work.now)).await?;
    Ok((StatusCode::CREATED, Json(UserView::from(user))).into_response())
}
