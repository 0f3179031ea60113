//! `/api/v1/users`: accounts, for administrators.

use axum::{extract::State, http::StatusCode, response::Response};
use engine::account::user::NewUser;
use model::{User, UserId, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::{Need, Route},
};

const NEED: Need = Need::administrator(Scope::Administer);

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/users", NEED, "user.list", list)
            .says("Accounts, by name")
            .paged()
            .answers::<Page<UserView>>(200, "Accounts"),
        Route::post("/api/v1/users", NEED, "user.add", add)
            .says("Makes an account")
            .takes::<NewAccount>()
            .answers::<UserView>(201, "The account")
            .problems(&[409])
            .secret(),
        Route::get("/api/v1/users/{id}", NEED, "user.show", show)
            .says("One account")
            .answers::<UserView>(200, "The account"),
        Route::patch("/api/v1/users/{id}", NEED, "user.change", change)
            .says("Changes what an account may; one that is disabled is signed out")
            .takes::<AccountChange>()
            .if_match()
            .answers::<UserView>(200, "The account")
            .problems(&[409]),
        Route::put("/api/v1/users/{id}/password", NEED, "user.password", password)
            .says("Sets the password of an account and ends its sessions")
            .takes::<AccountPassword>()
            .answers_nothing(204, "It is set"),
    ]
}

/// An account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserView {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Whether it administers this installation.
    administrator: bool,
    /// Whether it is a program's.
    api_only: bool,
    /// Whether it may not come in.
    disabled: bool,
    /// Whether it has an authenticator.
    totp: bool,
    /// The provider that it signs in at.
    issuer: Option<String>,
    /// When it was made.
    created: String,
    /// Its revision, which is its ETag.
    revision: i64,
}

impl From<User> for UserView {
    fn from(user: User) -> UserView {
        UserView {
            id: user.id.to_string(),
            name: user.name,
            administrator: user.administrator,
            api_only: user.api_only,
            disabled: user.disabled,
            totp: user.totp,
            issuer: user.external.map(|(issuer, _)| issuer),
            created: user.created.to_string(),
            revision: user.revision,
        }
    }
}

/// An account that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAccount {
    /// Its name: letters, digits and `.`, `_`, `-`, `@`.
    name: String,
    /// Its password, 12 to 256 characters; none for a program's account.
    password: Option<String>,
    /// Whether it administers this installation.
    #[serde(default)]
    administrator: bool,
    /// Whether it is a program's: it has tokens, and nobody signs in with it.
    #[serde(default)]
    api_only: bool,
}

/// What is to be changed of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    /// Whether it administers this installation.
    administrator: Option<bool>,
    /// Whether it may not come in.
    disabled: Option<bool>,
}

/// A password for an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountPassword {
    /// 12 to 256 characters.
    password: String,
}

async fn list(State(app): State<App>, caller: Caller, pages: Pages) -> Result<Response, Problem> {
    let (after, wanted) = (pages.after::<String>()?.unwrap_or_default(), pages.wanted());
    let users = app.run(move |work| work.knowledge.users(&caller.actor, &after, wanted)).await?;
    pages.answer(users.into_iter().map(UserView::from).collect(), |last| last.name.clone())
}

async fn add(State(app): State<App>, caller: Caller, Input(new): Input<NewAccount>) -> Result<Response, Problem> {
    let NewAccount { name, password, administrator, api_only } = new;
    let new = NewUser { name, password, administrator, api_only, external: None };
    let user = app.run_hashing(move |work| work.knowledge.add_user(&caller.actor, &new, work.now)).await?;
    Ok(tagged(StatusCode::CREATED, user.revision, UserView::from(user)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<UserId>) -> Result<Response, Problem> {
    let user = app.run(move |work| work.knowledge.user(&caller.actor, id)).await?;
    Ok(tagged(StatusCode::OK, user.revision, UserView::from(user)))
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    IfMatch(revision): IfMatch,
    Input(change): Input<AccountChange>,
) -> Result<Response, Problem> {
    let user = app.run(move |work| {
        let before = work.knowledge.user(&caller.actor, id)?;
        let changed = User {
            administrator: change.administrator.unwrap_or(before.administrator),
            disabled: change.disabled.unwrap_or(before.disabled),
            revision,
            ..before
        };
        work.knowledge.change_user(&caller.actor, &changed, work.now)
    });
    let user = user.await?;
    Ok(tagged(StatusCode::OK, user.revision, UserView::from(user)))
}

async fn password(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    Input(new): Input<AccountPassword>,
) -> Result<StatusCode, Problem> {
    app.run_hashing(move |work| work.knowledge.set_password(&caller.actor, id, &new.password, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
