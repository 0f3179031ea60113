//! What went wrong, for the client: `application/problem+json` (RFC 9457).
//!
//! The one place where a failure of the engine becomes a status. What the client may not know (why the database
//! failed) is logged here, once, and answered as *something failed* with the request's id.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// A failure as the client sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The status, again.
    #[schema(example = 404)]
    status: u16,
    /// The status in words.
    title: &'static str,
    /// What is wrong and, where there is one, the remedy.
    detail: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// The id of the request, as in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// A field that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Its path: `members.0.role`.
    field: String,
    /// What is wrong with it.
    why: String,
}

impl Problem {
    /// A problem of a status.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        let title = status.canonical_reason().unwrap_or("Problem");
        let (status, detail) = (status.as_u16(), detail.into());
        Problem { status, title, detail, errors: Vec::new(), request_id: None, retry_after: None }
    }

    /// The request cannot be read.
    pub(crate) fn malformed(field: impl Into<String>, why: impl ToString) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "the request cannot be read").at(field, why)
    }

    /// The request was read and asks for something that cannot be.
    pub(crate) fn invalid(field: impl Into<String>, why: impl ToString) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "something in the request cannot be").at(field, why)
    }

    /// There is no such thing, or the caller may not know of it: one answer for both.
    pub(crate) fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "there is no such thing, or you may not know of it")
    }

    /// Nobody is signed in.
    pub(crate) fn unauthorized() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "sign in, or send a token: Authorization: Bearer spoor_…")
    }

    /// The caller is known and may not.
    pub(crate) fn forbidden(why: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, why)
    }

    /// Too much of something; try again after so many seconds.
    pub(crate) fn busy(status: StatusCode, why: impl Into<String>, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds.max(1)), ..Problem::new(status, why) }
    }

    /// Something of ours failed; the client learns no more.
    pub(crate) fn internal() -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something failed; the log says what, under this request's id")
    }

    /// Names a field that is wrong.
    pub(crate) fn at(mut self, field: impl Into<String>, why: impl ToString) -> Problem {
        self.errors.push(FieldError { field: field.into(), why: why.to_string() });
        self
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The response, with the id of the request.
    pub(crate) fn response(mut self, request_id: &str) -> Response {
        self.request_id = Some(request_id.to_owned());
        self.into_response()
    }
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Problem {
        match error {
            engine::Error::Invalid { field, why } => Problem::invalid(field, why),
            engine::Error::NotFound => Problem::not_found(),
            engine::Error::Denied(why) => Problem::forbidden(why.to_string()),
            engine::Error::Conflict(why) => Problem::new(StatusCode::CONFLICT, why),
            engine::Error::Stale => Problem::new(StatusCode::PRECONDITION_FAILED, error.to_string()),
            engine::Error::Limit(why) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why),
            engine::Error::Knowledge(store::Error::Busy) => {
                Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "something large is being written; nothing was done", 10)
            }
            engine::Error::Knowledge(_) | engine::Error::Store(_) => {
                tracing::error!(error = %error, "a request failed");
                Problem::internal()
            }
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        engine::Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"spoor\""));
        }
        // Whoever finishes the response writes it again with the id of the request.
        response.extensions_mut().insert(self);
        response
    }
}
