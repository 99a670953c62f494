//! Errors of v1: RFC 7807, with PCS's four keys.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use switchyard_wire::pcs;

use crate::api::refusal::Refusal;

/// The content type of an error.
pub(in crate::api) const CONTENT_TYPE: &str = "application/problem+json";

/// Why a v1 request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Problem(Refusal);

impl Problem {
    /// A request that makes no sense.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self(Refusal::new(StatusCode::BAD_REQUEST, "request.invalid", detail))
    }

    /// Something that does not exist.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self(Refusal::new(StatusCode::NOT_FOUND, "not-found", detail))
    }
}

impl<E: Into<Refusal>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        answer(self.0)
    }
}

/// The answer to a refused request.
pub(in crate::api) fn answer(refusal: Refusal) -> Response {
    let body = pcs::Problem {
        kind: "about:blank".to_owned(),
        detail: refusal.detail,
        status: refusal.status.as_u16(),
        title: refusal.status.canonical_reason().unwrap_or_default().to_owned(),
    };
    Refusal::finish(
        refusal.retry_after,
        (refusal.status, [(header::CONTENT_TYPE, CONTENT_TYPE)], Json(body)),
    )
}
