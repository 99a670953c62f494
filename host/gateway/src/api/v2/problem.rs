//! Errors of v2: RFC 9457, with a stable code.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use switchyard_core::TransitionId;
use switchyard_wire::v2;
use switchyard_wire::v2::problem::{CONTENT_TYPE, TYPE_PREFIX};

use crate::api::refusal::Refusal;

/// Why a v2 request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    refusal: Refusal,
    obstacles: Vec<v2::Obstacle>,
    transition: Option<TransitionId>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Refusal::new(status, code, detail).into()
    }

    pub(super) fn hint(mut self, hint: &'static str) -> Self {
        self.0.refusal = self.0.refusal.hint(hint);
        self
    }

    /// Tells everything that stands in the way.
    pub(in crate::api) fn because(mut self, obstacles: Vec<v2::Obstacle>) -> Self {
        self.0.obstacles = obstacles;
        self
    }

    /// Names the transition that answers the request.
    pub(super) fn see(mut self, transition: TransitionId) -> Self {
        self.0.transition = Some(transition);
        self
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.0.refusal.status
    }
}

impl<E: Into<Refusal>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(Box::new(Parts {
            refusal: error.into(),
            obstacles: Vec::new(),
            transition: None,
        }))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Parts {
            refusal,
            obstacles,
            transition,
        } = *self.0;
        let body = v2::Problem {
            kind: format!("{TYPE_PREFIX}{}", refusal.code),
            title: refusal.status.canonical_reason().unwrap_or_default().to_owned(),
            status: refusal.status.as_u16(),
            detail: refusal.detail,
            code: refusal.code.to_owned(),
            hint: refusal.hint.map(str::to_owned),
            problems: obstacles,
            transition: transition.map(|id| id.to_string()),
        };
        Refusal::finish(
            refusal.retry_after,
            (refusal.status, [(header::CONTENT_TYPE, CONTENT_TYPE)], Json(body)),
        )
    }
}

/// The answer to a refused request.
pub(in crate::api) fn answer(refusal: Refusal) -> Response {
    Problem::from(refusal).into_response()
}
