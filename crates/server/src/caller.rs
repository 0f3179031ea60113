//! Who asks: from a session's cookie or a token.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::account::{Credential, Via};
use model::{Actor, actor::Standing};

use crate::{app::App, problem::Problem, route::Way};

/// The cookie of a session where connections are encrypted: bound to this host and never sent in clear.
const COOKIE_TLS: &str = "__Host-spoor";
/// The cookie of a session on a loopback or behind a proxy.
const COOKIE: &str = "spoor";

/// An account that was recognised.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What they may read and do.
    pub(crate) actor: Actor,
    /// By what they were recognised.
    pub(crate) via: Via,
}

impl Caller {
    /// Whether a person signed in, rather than a program with a token.
    pub(crate) fn is_person(&self) -> bool {
        matches!(self.via, Via::Session(_))
    }

    /// Whether they administer this installation.
    pub(crate) fn is_administrator(&self) -> bool {
        matches!(self.actor.standing, Standing::Local | Standing::Account { administrator: true, .. })
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    /// There only where the row's need says that somebody has to be signed in.
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Caller, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::unauthorized)
    }
}

/// The name of the session's cookie.
pub(crate) fn cookie_name(app: &App) -> &'static str {
    if app.tls { COOKIE_TLS } else { COOKIE }
}

/// What a request brings to be recognised by.
pub(crate) struct Brought {
    /// The token or session.
    pub(crate) credential: Credential,
    /// Whose the client says it is, where its protocol says so.
    pub(crate) name: Option<String>,
}

/// What the request brings, in our own way or in the one of the route's protocol.
pub(crate) fn brought(app: &App, way: Way, headers: &HeaderMap) -> Result<Option<Brought>, Problem> {
    let foreign = match way {
        Way::Own => None,
        Way::ApiKey => headers.get("x-api-key").map(|key| {
            let token = key.to_str().map_err(|_| Problem::unauthorized())?.trim().to_owned();
            Ok(Brought { credential: Credential::Token(token), name: None })
        }),
        Way::Basic => headers.get(header::AUTHORIZATION).and_then(basic).map(Ok),
    };
    match foreign {
        Some(brought) => brought.map(Some),
        None => Ok(credential(app, headers)?.map(|credential| Brought { credential, name: None })),
    }
}

/// Name and password of `Authorization: Basic` (RFC 7617); none where it is something else.
fn basic(value: &HeaderValue) -> Option<Brought> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, token) = text.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    Some(Brought { credential: Credential::Token(token.trim().to_owned()), name: Some(name.to_owned()) })
}

/// What the request brings in our own way. A token goes before a cookie; two of either are none.
fn credential(app: &App, headers: &HeaderMap) -> Result<Option<Credential>, Problem> {
    let mut tokens = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(value) = tokens.next() {
        let text = value.to_str().ok().filter(|_| tokens.next().is_none());
        let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or_else(Problem::unauthorized)?;
        let bearer = scheme.eq_ignore_ascii_case("bearer").then(|| Credential::Token(token.trim().to_owned()));
        return bearer.map(Some).ok_or_else(Problem::unauthorized);
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut sessions = pairs.filter(|(name, _)| *name == cookie_name(app)).map(|(_, value)| value.to_owned());
    match (sessions.next(), sessions.next()) {
        (Some(session), None) => Ok(Some(Credential::Session(session))),
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Problem::unauthorized()),
    }
}
