//! `Idempotency-Key`: a request that is sent again, since its answer got lost, is not done again.
//!
//! The key is taken before the work begins, and the answer is kept with it for a day. What ends in a problem frees the
//! key. The work goes on when the client goes, so a key stays *begun* only where the server was killed; then nobody
//! knows, and the client is told to look.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use model::UserId;
use sha2::{Digest, Sha256};
use store::idempotency::{self, Known};

use crate::{
    app::App,
    extract::{BodyMax, read},
    gate::Row,
    problem::Problem,
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key.
const KEY_MAX: usize = 100;
/// Octets of an answer that are kept.
const ANSWER_MAX: usize = 1 << 20;

/// Runs the handler, once for each key.
pub(crate) async fn run(app: &App, row: &Row, user: Option<UserId>, request: Request, next: Next) -> Response {
    let given = request.headers().get(KEY).filter(|_| request.method() == Method::POST).cloned();
    let (Some(given), Some(user)) = (given, user) else { return next.run(request).await };
    if row.secret {
        let why = "this answer holds a secret and is not kept; send no Idempotency-Key";
        return Problem::malformed("Idempotency-Key", why).into_response();
    }
    match keyed(app, user, &given, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn keyed(
    app: &App,
    user: UserId,
    given: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let sane = |text: &&str| (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic());
    let key = given.to_str().ok().filter(sane).map(str::to_owned);
    let key = key.ok_or_else(|| Problem::malformed("Idempotency-Key", "1 to 100 visible ASCII characters"))?;
    let BodyMax(max) = request.extensions().get().copied().unwrap_or(BodyMax(0));
    let (parts, body) = request.into_parts();
    let body = read(body, max).await?;
    let hash = hash(&parts.uri.to_string(), &body);
    let named = key.clone();
    let begin = move |work: &crate::app::Work<'_>| {
        let now = work.now;
        work.knowledge.store.write(|tx| Ok(idempotency::begin(tx, user, &named, hash, now)?))
    };
    match app.run(begin).await? {
        Known::New => {
            let (app, request) = (app.clone(), Request::from_parts(parts, Body::from(body)));
            // A task of its own: it goes on when the client goes.
            let done = tokio::spawn(async move { finish(&app, user, key, next.run(request).await).await });
            done.await.map_err(|_| Problem::internal())?
        }
        Known::Done { status, body } => Ok(replayed(status, body)),
        Known::Other => Err(Problem::invalid("Idempotency-Key", "this key was given with another request")),
        Known::Begun => Err(Problem::new(
            StatusCode::CONFLICT,
            "a request with this key was begun and has not ended; look whether it was done",
        )),
    }
}

fn hash(target: &str, body: &Bytes) -> [u8; 32] {
    Sha256::new()
        .chain_update((target.len() as u64).to_be_bytes())
        .chain_update(target)
        .chain_update(body)
        .finalize()
        .into()
}

/// Keeps an answer that says it was done; frees the key otherwise.
async fn finish(app: &App, user: UserId, key: String, response: Response) -> Result<Response, Problem> {
    if !response.status().is_success() {
        app.run(move |work| work.knowledge.store.write(|tx| Ok(idempotency::forget(tx, user, &key)?))).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = read(body, ANSWER_MAX).await.unwrap_or_default();
    let (status, text) = (parts.status.as_u16(), String::from_utf8_lossy(&body).into_owned());
    app.run(move |work| work.knowledge.store.write(|tx| Ok(idempotency::end(tx, user, &key, status, &text)?))).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
