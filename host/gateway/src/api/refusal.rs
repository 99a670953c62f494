//! One refusal, in the words of the API version that was asked.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use switchyard_store::StoreError;

use super::{pcs, v2};
use crate::engine::SubmitError;
use crate::telemetry::Chain;
use crate::webhooks::CallbackError;

/// How long a caller is asked to wait when the whole service cannot take a request.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How long a caller is asked to wait when too many tasks are waiting, which lasts as long as BMCs take.
const OVERLOADED_RETRY_AFTER: Duration = Duration::from_secs(15);

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The stable code; v1 does not show it.
    pub(super) code: &'static str,
    pub(super) detail: String,
    /// What to do next; v1 does not show it.
    pub(super) hint: Option<&'static str>,
    pub(super) retry_after: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            hint: None,
            retry_after: None,
        }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }

    pub(super) fn retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// The answer, in the version that the path belongs to.
    pub(super) fn answer(self, path: &str) -> Response {
        if v2::owns(path) {
            v2::problem::answer(self)
        } else {
            pcs::problem::answer(self)
        }
    }

    /// Adds what is common to both versions.
    pub(super) fn finish(wait: Option<Duration>, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let Some(wait) = wait {
            // Rounded up: whoever comes back then is not too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Overloaded | StoreError::Closed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "store.unavailable",
                error.to_string(),
            )
            .hint("send the request again after the time in Retry-After")
            .retry_after(RETRY_AFTER),
            error if error.is_transient() => {
                tracing::error!(error = %Chain(error), "the store failed a request");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "store.unavailable",
                    error.to_string(),
                )
                .hint("send the request again after the time in Retry-After; the log of the service has the cause")
                .retry_after(RETRY_AFTER)
            }
            _ => {
                tracing::error!(error = %Chain(&error), "the store failed a request");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "store.failed",
                    error.to_string(),
                )
                .hint("the log of the service has the cause under the X-Request-Id of this answer")
            }
        }
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Stopping => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service.stopping",
                error.to_string(),
            )
            .retry_after(RETRY_AFTER),
            SubmitError::Overloaded { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service.overloaded",
                error.to_string(),
            )
            .hint("force-off is taken all the same")
            .retry_after(OVERLOADED_RETRY_AFTER),
            SubmitError::TooMany(_) => {
                Self::new(StatusCode::BAD_REQUEST, "request.too-many", error.to_string())
            }
            SubmitError::Store(source) => source.into(),
        }
    }
}

impl From<CallbackError> for Refusal {
    fn from(error: CallbackError) -> Self {
        let (code, hint) = match error {
            CallbackError::NotConfigured => (
                "callback.not-configured",
                "leave callback out, or set callbacks.secret_file in the configuration of the service",
            ),
            CallbackError::Invalid(_) => (
                "callback.invalid-url",
                "send an absolute https:// or http:// URL without user and fragment",
            ),
            CallbackError::Refused(_) => (
                "callback.refused-address",
                "list its network under callbacks.allow in the configuration of the service",
            ),
        };
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string()).hint(hint)
    }
}
