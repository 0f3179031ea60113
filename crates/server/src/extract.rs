//! What a request says, parsed; what cannot be parsed is a [`Problem`] that names the place.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{app::App, page::PAGE_KEYS, problem::Problem};

/// Arrays and objects in one another in JSON that comes in.
const DEPTH_MAX: usize = 32;
/// How long a body may take to arrive, whatever its length.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Further time for each mebibyte of a long body.
const LONG_BODY_TIME: Duration = Duration::from_secs(2);
/// Query parameters.
const PARAMETERS_MAX: usize = 64;

/// How many octets the body of this request may have; set by the gate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyMax(pub(crate) usize);

/// A parameter of the path. One that cannot be (a malformed id) is not there: the same answer as for an unknown one.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Path<T>, Problem> {
        let found = axum::extract::Path::<T>::from_request_parts(parts, app).await;
        found.map(|axum::extract::Path(value)| Path(value)).map_err(|_| Problem::not_found())
    }
}

/// The parameters of the query, but for those of a page (see [`crate::page`]).
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Query<T>, Problem> {
        let own = pairs(parts)?.into_iter().filter(|(name, _)| !PAGE_KEYS.contains(&name.as_str()));
        parse_pairs(own.collect()).map(Query)
    }
}

/// The pairs of a query, decoded.
pub(crate) fn pairs(parts: &Parts) -> Result<Vec<(String, String)>, Problem> {
    let query = parts.uri.query().unwrap_or("");
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|error| Problem::malformed("query", error))?;
    if pairs.len() > PARAMETERS_MAX {
        return Err(Problem::malformed("query", format!("more than {PARAMETERS_MAX} parameters")));
    }
    Ok(pairs)
}

/// A struct of pairs: `limit=3` is the number 3, `name=x` the text.
pub(crate) fn parse_pairs<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, Problem> {
    let text = serde_urlencoded::to_string(&pairs).map_err(|error| Problem::malformed("query", error))?;
    let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(form(&text)));
    parsed.map_err(|error| Problem::malformed(format!("query.{}", error.path()), error.inner()))
}

fn form(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

/// JSON of a known shape.
pub(crate) struct Input<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Input<T>, Problem> {
        if media_type(request.headers()) != "application/json" {
            return Err(unsupported("application/json"));
        }
        let octets = octets(request).await?;
        json(&octets).map(Input)
    }
}

/// Parses JSON within its limits.
pub(crate) fn json<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Problem> {
    if depth(octets) > DEPTH_MAX {
        return Err(Problem::malformed("", format!("more than {DEPTH_MAX} arrays and objects in one another")));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(octets);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        match error.inner().is_data() {
            true => Problem::invalid(field, error.inner()),
            false => Problem::malformed(field, error.inner()),
        }
    })?;
    deserializer.end().map_err(|error| Problem::malformed("", error))?;
    Ok(parsed)
}

/// How deep arrays and objects stand in one another. Looks at the octets alone, so it costs nothing to be refused.
fn depth(octets: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0usize, 0usize, false, false);
    for octet in octets {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Octets with their media type, as an import has them.
pub(crate) struct Octets {
    /// The media type, without parameters, in lower case.
    pub(crate) media_type: String,
    /// All of them.
    pub(crate) octets: Bytes,
}

impl FromRequest<App> for Octets {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Octets, Problem> {
        let media_type = media_type(request.headers());
        Ok(Octets { media_type, octets: octets(request).await? })
    }
}

/// That this media type is not one that the route takes.
pub(crate) fn unsupported(known: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("send one of these media types: {known}"))
}

fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    text.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

async fn octets(request: Request) -> Result<Bytes, Problem> {
    let BodyMax(max) = request.extensions().get().copied().unwrap_or(BodyMax(0));
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: u64| length > max as u64) {
        return Err(too_large(max));
    }
    read(request.into_body(), max).await
}

/// Reads a body of at most `max` octets that arrives in time.
pub(crate) async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    let time = BODY_TIME + LONG_BODY_TIME * u32::try_from(max >> 20).unwrap_or(u32::MAX);
    match tokio::time::timeout(time, axum::body::to_bytes(body, max)).await {
        Ok(Ok(octets)) => Ok(octets),
        Ok(Err(error)) if is_too_large(&error) => Err(too_large(max)),
        Ok(Err(error)) => Err(Problem::malformed("", error)),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn too_large(max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("more than {max} octets; send less at once"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_depth_outside_of_text() {
        assert_eq!(depth(br#"{"a":["[[[\"[",{}]}"#), 3);
        assert_eq!(depth(b"]]]["), 1);
        assert!(json::<serde_json::Value>("[".repeat(1_000_000).as_bytes()).is_err());
        assert!(json::<serde_json::Value>(b"{} {}").is_err(), "one value, no more");
    }
}
