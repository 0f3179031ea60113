//! `/api/v1/sign-in`: by way of an identity provider. These two are for browsers, which are sent on.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::account::{external::Newcomer, session::Origin};
use serde::Deserialize;
use utoipa::IntoParams;

use super::session::cookie;
use crate::{
    app::App,
    client::Client,
    extract::Query,
    oidc::{Oidc, OidcError},
    problem::Problem,
    route::{Need, Route},
};

/// The cookie that binds a sign-in to its browser.
const COOKIE: &str = "spoor-sign-in";
const PATH: &str = "/api/v1/sign-in";
/// Where a browser is sent when it has signed in.
const AFTER: &str = "/api/v1/me";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/sign-in", Need::NOBODY, "sign-in.depart", depart)
            .says("Sends a browser to the identity provider to sign in there")
            .answers_nothing(303, "There")
            .problems(&[404, 502]),
        Route::get("/api/v1/sign-in/arrival", Need::NOBODY, "sign-in.arrive", arrive)
            .says("Where the identity provider sends a browser back to")
            .query::<Arrival>()
            .answers_nothing(303, "Signed in; the session comes as a cookie")
            .problems(&[401, 404, 409]),
    ]
}

/// What a provider sends back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Arrival {
    /// The code.
    code: Option<String>,
    /// The sign-in that it is for.
    state: Option<String>,
}

async fn depart(State(app): State<App>) -> Result<Response, Problem> {
    let departure = oidc(&app)?.depart((app.clock)()).await.map_err(|error| {
        tracing::warn!(error = %error, "nobody can sign in at the identity provider");
        Problem::new(StatusCode::BAD_GATEWAY, "the identity provider cannot be reached; the log says why")
    })?;
    let secure = if app.tls { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={}; Path={PATH}; HttpOnly; SameSite=Lax; Max-Age=600{secure}", departure.cookie);
    sent_to(&departure.to, &[cookie])
}

async fn arrive(
    State(app): State<App>,
    Client(address): Client,
    headers: HeaderMap,
    Query(arrival): Query<Arrival>,
) -> Result<Response, Problem> {
    let oidc = oidc(&app)?;
    let (code, state) = (arrival.code.unwrap_or_default(), arrival.state.unwrap_or_default());
    let own = own_cookie(&headers).unwrap_or_default();
    let claims = oidc.arrive(&code, &state, &own, (app.clock)()).await.map_err(|error| refused(&error))?;
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let (origin, lifetime, settings) = (Origin { address, agent }, app.lifetime, oidc.settings.clone());
    let begun = app.run(move |work| {
        let newcomer = settings.create_accounts.then(|| Newcomer {
            name: claims.preferred_username.clone().unwrap_or_default(),
            owner: Some(settings.owner.clone()).filter(|owner| !owner.is_empty()),
            role: settings.role,
        });
        work.knowledge.sign_in_external(&claims.iss, &claims.sub, newcomer.as_ref(), &origin, lifetime, work.now)
    });
    let begun = begun.await?.ok_or_else(|| refused(&OidcError::Refused("it is no account here, or a disabled one")))?;
    let over = format!("{COOKIE}=; Path={PATH}; HttpOnly; SameSite=Lax; Max-Age=0");
    sent_to(AFTER, &[cookie(&app, &begun.secret), over])
}

fn oidc(app: &App) -> Result<&Oidc, Problem> {
    app.oidc.as_ref().ok_or_else(Problem::not_found)
}

/// What went wrong goes to the log: who is not let in learns nothing of why.
fn refused(error: &OidcError) -> Problem {
    tracing::warn!(error = %error, "a sign-in at the identity provider was refused");
    Problem::new(StatusCode::UNAUTHORIZED, "signing in did not work; begin again")
}

fn own_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

fn sent_to(to: &str, cookies: &[String]) -> Result<Response, Problem> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(to).map_err(|_| Problem::internal())?;
    response.headers_mut().insert(header::LOCATION, location);
    for cookie in cookies {
        let cookie = HeaderValue::from_str(cookie).map_err(|_| Problem::internal())?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
