//! Around every request: its id, the limits that need no route, the headers of every answer, and the access log.

use std::{any::Any, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{app::App, client::client, problem::Problem};

/// Octets of a path with its query.
const TARGET_MAX: usize = 8 * 1024;
/// Characters of an id that a client gives its request.
const REQUEST_ID_MAX: usize = 64;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is in the log beside the request itself; put there by the gate of a route.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// The name of the route.
    pub(crate) route: &'static str,
    /// The account.
    pub(crate) account: Option<String>,
}

/// Headers that every answer has. Nothing that is served here may run, be framed, be guessed at or be kept.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// The outermost layer.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers(), &app);
    let client = client(request.extensions(), request.headers(), &app.config.trusted_proxies);
    request.extensions_mut().insert(client);
    let method = request.method().clone();
    let long = request.uri().path_and_query().is_some_and(|target| target.as_str().len() > TARGET_MAX);
    let mut response = if long {
        Problem::new(StatusCode::URI_TOO_LONG, "the path with its query is too long").into_response()
    } else {
        match app.in_flight.try_acquire() {
            Ok(_permit) => next.run(request).await,
            Err(_) => {
                Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "too many requests at one time", 1).into_response()
            }
        }
    };
    response = finished(response, &id, app.tls);
    let served = response.extensions().get::<Served>();
    tracing::info!(
        target: "spoor::access",
        request_id = %id,
        client = %client.0,
        method = %method,
        route = served.map_or("none", |served| served.route),
        account = served.and_then(|served| served.account.as_deref()).unwrap_or("nobody"),
        status = response.status().as_u16(),
        duration_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request",
    );
    response
}

/// Writes a problem again with the id of the request, and adds the headers of every answer.
fn finished(mut response: Response, id: &str, tls: bool) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let (parts, _) = response.into_parts();
        response = problem.response(id);
        let own = response.headers().clone();
        *response.headers_mut() = parts.headers;
        response.headers_mut().remove(header::CONTENT_LENGTH);
        own.iter().for_each(|(name, value)| drop(response.headers_mut().insert(name.clone(), value.clone())));
        *response.extensions_mut() = parts.extensions;
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The id that the client gave, where it is sane; a new one otherwise.
fn request_id(headers: &HeaderMap, app: &App) -> String {
    let sane = |text: &&str| {
        (1..=REQUEST_ID_MAX).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'))
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sane);
    given.map_or_else(|| store::fresh::id((app.clock)()).to_string(), str::to_owned)
}

/// What a handler that panics answers.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request ended in a defect of this program");
    Problem::internal().into_response()
}
