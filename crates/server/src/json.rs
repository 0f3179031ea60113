//! JSON in answers.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::problem::Problem;

/// An answer in JSON. Everything here is written to octets in memory, so that each kind of answer is compiled for one
/// writer.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(octets) => ([(header::CONTENT_TYPE, "application/json")], octets).into_response(),
            Err(error) => {
                tracing::error!(error = %error, "an answer could not be written");
                Problem::internal().into_response()
            }
        }
    }
}
