//! `/api/v1/me`: who the caller is, and what they may do.

use axum::{extract::State, http::StatusCode};
use engine::account::{Via, totp::offer as offered};
use model::actor::Standing;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    caller::Caller,
    extract::Input,
    json::Json,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/me", Need::ACCOUNT, "me.show", show)
            .says("Who you are and what you may do")
            .answers::<MeView>(200, "Your account"),
        Route::put("/api/v1/me/password", Need::PERSON, "me.password", password)
            .says("Sets your password and ends all your sessions")
            .takes::<NewPassword>()
            .answers_nothing(204, "It is set"),
        Route::post("/api/v1/me/totp", Need::PERSON, "me.totp-offer", offer)
            .says("Offers a secret for your authenticator; it is in force when you confirm it")
            .answers::<OfferView>(200, "The secret")
            .secret(),
        Route::put("/api/v1/me/totp", Need::PERSON, "me.totp", totp)
            .says("Puts your authenticator in force, with a code of it, and gives new recovery codes")
            .takes::<NewTotp>()
            .answers::<CodesView>(200, "Recovery codes, each good once; they are told this once")
            .secret(),
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
    /// The session of this request; none where it came with a token.
    session: Option<String>,
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
    let session = match caller.via {
        Via::Session(id) => Some(id.to_string()),
        Via::Token(_) => None,
    };
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
        session,
        administrator,
        scopes: actor.scopes.0.iter().map(|scope| scope.as_str()).collect(),
        memberships: memberships.into_iter().map(membership).collect(),
    })
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPassword {
    /// The one before.
    current_password: String,
    /// The new one: 12 to 256 characters.
    password: String,
}

async fn password(
    State(app): State<App>,
    caller: Caller,
    Input(new): Input<NewPassword>,
) -> Result<StatusCode, Problem> {
    app.run_hashing(move |work| {
        work.knowledge.change_password(&caller.actor, &new.current_password, &new.password, work.now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A secret for an authenticator.
#[derive(Serialize, ToSchema)]
struct OfferView {
    /// In base32.
    secret: String,
    /// As authenticators read it.
    uri: String,
}

async fn offer(caller: Caller) -> Json<OfferView> {
    let offer = offered(&caller.actor);
    Json(OfferView { secret: offer.secret, uri: offer.uri })
}

/// Proof that an authenticator works.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewTotp {
    /// Your password.
    current_password: String,
    /// The secret that was offered.
    secret: String,
    /// Its code of this moment.
    code: String,
}

/// Recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CodesView {
    /// Each is good once, in place of a code.
    recovery_codes: Vec<String>,
}

async fn totp(State(app): State<App>, caller: Caller, Input(new): Input<NewTotp>) -> Result<Json<CodesView>, Problem> {
    let codes = app.run_hashing(move |work| {
        work.knowledge.set_totp(&caller.actor, &new.current_password, &new.secret, &new.code, work.now)
    });
    Ok(Json(CodesView { recovery_codes: codes.await? }))
}
