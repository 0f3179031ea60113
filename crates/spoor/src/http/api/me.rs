//! `/api/v1/me`: who the caller is, and what they may do.

use axum::Json;
use model::actor::Standing;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    caller::Caller,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/me", Need::ACCOUNT, "me.show", show)
            .says("Who you are and what you may do")
            .answers::<MeView>(200, "Your account"),
    ]
}

/// The caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeView {
    /// Your account.
    id: Option<String>,
    /// Its name.
    name: String,
    /// Whether it administers this installation.
    administrator: bool,
    /// What this session or token may be used for.
    scopes: Vec<&'static str>,
    /// Where you belong.
    memberships: Vec<MembershipView>,
}

/// That the caller belongs to an owner.
#[derive(Serialize, ToSchema)]
struct MembershipView {
    /// The owner.
    owner: String,
    /// Your role there.
    role: &'static str,
    /// The name that others see there, where it is not your account's.
    pseudonym: Option<String>,
}

async fn show(caller: Caller) -> Json<MeView> {
    let administrator = caller.is_administrator();
    let actor = caller.actor;
    let memberships = match actor.standing {
        Standing::Local => Vec::new(),
        Standing::Account { memberships, .. } => memberships,
    };
    let membership = |of: model::Membership| MembershipView {
        owner: of.owner.to_string(),
        role: of.role.as_str(),
        pseudonym: of.pseudonym,
    };
    Json(MeView {
        id: actor.user.map(|user| user.to_string()),
        name: actor.name,
        administrator,
        scopes: actor.scopes.0.iter().map(|scope| scope.as_str()).collect(),
        memberships: memberships.into_iter().map(membership).collect(),
    })
}
