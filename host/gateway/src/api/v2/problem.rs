//! Errors of v2: RFC 9457, with a stable code.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use switchyard_wire::v2;
use switchyard_wire::v2::problem::{CONTENT_TYPE, TYPE_PREFIX};

use crate::api::refusal::Refusal;

/// Why a v2 request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Problem(Refusal);

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Refusal::new(status, code, detail))
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self(self.0.hint(hint))
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
    let body = v2::Problem {
        kind: format!("{TYPE_PREFIX}{}", refusal.code),
        title: refusal.status.canonical_reason().unwrap_or_default().to_owned(),
        status: refusal.status.as_u16(),
        detail: refusal.detail,
        code: refusal.code.to_owned(),
        hint: refusal.hint.map(str::to_owned),
    };
    Refusal::finish(
        refusal.retry_after,
        (refusal.status, [(header::CONTENT_TYPE, CONTENT_TYPE)], Json(body)),
    )
}
