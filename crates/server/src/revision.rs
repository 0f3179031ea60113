//! Revisions as entity tags: no change is made on top of one that its maker has not seen (RFC 9110 §8.8.3, §13.1.1).

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{app::App, json::Json, problem::Problem};

/// The revision that the caller has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) i64);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<IfMatch, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            let why = "say which revision you have seen: If-Match with the ETag of what you read";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, why));
        };
        let revision = value.to_str().ok().and_then(read);
        revision.map(IfMatch).ok_or_else(|| Problem::from(engine::Error::Stale))
    }
}

fn read(text: &str) -> Option<i64> {
    let digits = text.trim().strip_prefix("\"r")?.strip_suffix('"')?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// An answer with the entity tag of its revision.
pub(crate) fn tagged(status: StatusCode, revision: i64, view: impl Serialize) -> Response {
    let mut response = (status, Json(view)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"r{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_tags_alone() {
        assert_eq!(read("\"r12\""), Some(12));
        for other in ["*", "W/\"r1\"", "r1", "\"r\"", "\"r-1\"", "\"r1\", \"r2\"", "\"r99999999999999999999\""] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
