//! `/api/v1/sessions`: signing in and out.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::account::{
    session::{Begun, Origin},
    sign_in::{Attempt, Outcome},
};
use model::{Session, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    caller::{Caller, cookie_name},
    client::Client,
    extract::{Input, Path},
    json::Json,
    page::Page,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/sessions", Need::NOBODY, "session.add", add)
            .says("Signs in; the session comes as a cookie")
            .takes::<SignIn>()
            .answers::<SessionView>(201, "Signed in")
            .problems(&[401])
            .secret(),
        Route::get("/api/v1/sessions", Need::PERSON, "session.list", list)
            .says("Your sessions, the newest first")
            .answers::<Page<SessionView>>(200, "Your sessions"),
        Route::delete("/api/v1/sessions/{id}", Need::PERSON, "session.end", end)
            .says("Ends one of your sessions; your own is how you sign out")
            .answers_nothing(204, "It has ended"),
    ]
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The name of the account.
    name: String,
    /// Its password.
    password: String,
    /// The code of its authenticator, or a recovery code, where it has one.
    code: Option<String>,
}

/// A session.
#[derive(Serialize, ToSchema)]
struct SessionView {
    /// Its id.
    id: String,
    /// When it began.
    created: String,
    /// When it was last used, to the minute.
    seen: String,
    /// When it ends, whatever happens.
    expires: String,
    /// From where it began.
    address: String,
    /// With which program.
    agent: String,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> SessionView {
        SessionView {
            id: session.id.to_string(),
            created: session.created.to_string(),
            seen: session.seen.to_string(),
            expires: session.expires.to_string(),
            address: session.address.to_string(),
            agent: session.agent,
        }
    }
}

async fn add(
    State(app): State<App>,
    Client(address): Client,
    headers: HeaderMap,
    Input(given): Input<SignIn>,
) -> Result<Response, Problem> {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let attempt = Attempt { name: given.name, password: given.password, code: given.code };
    let (origin, lifetime) = (Origin { address, agent }, app.lifetime);
    let outcome = app.run_hashing(move |work| work.knowledge.sign_in(&attempt, &origin, lifetime, work.now));
    match outcome.await? {
        Outcome::Begun(begun) => Ok(begun_answer(&app, begun)),
        Outcome::Wrong => Err(Problem::new(StatusCode::UNAUTHORIZED, "name, password or code is wrong")),
        Outcome::Wait(seconds) => {
            let seconds = u64::try_from(seconds).unwrap_or(1);
            Err(Problem::busy(
                StatusCode::TOO_MANY_REQUESTS,
                "it failed too often from here; wait and try again",
                seconds,
            ))
        }
    }
}

fn begun_answer(app: &App, begun: Begun) -> Response {
    let mut response = (StatusCode::CREATED, Json(SessionView::from(begun.session))).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie(app, &begun.secret)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The cookie of a session: no script reads it, and requests from pages of others do not carry it, but for links.
pub(crate) fn cookie(app: &App, secret: &str) -> String {
    let secure = if app.tls { "; Secure" } else { "" };
    format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={}", cookie_name(app), app.lifetime.seconds)
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<SessionView>>, Problem> {
    let sessions = app.run(move |work| work.knowledge.sessions(&caller.actor)).await?;
    Ok(Page::whole(sessions.into_iter().map(SessionView::from).collect()))
}

async fn end(State(app): State<App>, caller: Caller, Path(id): Path<SessionId>) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.end_session(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
