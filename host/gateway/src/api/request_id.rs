//! The id of a request, under which its log lines and spans stand.

use std::convert::Infallible;
use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use switchyard_wire::REQUEST_ID_HEADER;
use tracing::Instrument;

use super::ApiState;
use crate::engine::fresh_id;
use crate::telemetry::metrics;

/// The longest id that is taken over from a caller, in bytes.
pub const REQUEST_ID_MAX_BYTES: usize = 128;

/// The id of the request at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(String);

impl RequestId {
    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// The caller's own id, when it is 1 to [`REQUEST_ID_MAX_BYTES`] visible ASCII characters.
    fn sent(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
        let sane = !text.is_empty()
            && text.len() <= REQUEST_ID_MAX_BYTES
            && text.bytes().all(|b| b.is_ascii_graphic());
        sane.then(|| Self(text.to_owned()))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self(String::new())))
    }
}

/// Names the request, runs it in a span of that name, and repeats the name in the answer.
pub(super) async fn name(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::sent(request.headers())
        .unwrap_or_else(|| RequestId(fresh_id(state.engine.clock().now()).to_string()));
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request_id = id.0, %method, %route);
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = begun.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, took_ms = took.as_secs_f64() * 1000.0, "request answered"));
    metrics::http_request(known(&method), &route, status, took);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    response
}

/// The method as a label: what callers invent must not make new time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sane_ids_are_taken_over() {
        let sent = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID_HEADER, HeaderValue::from_str(value).unwrap());
            RequestId::sent(&headers)
        };
        assert_eq!(sent("slurm-42/7"), Some(RequestId("slurm-42/7".to_owned())));
        assert_eq!(sent(""), None);
        assert_eq!(sent("two words"), None);
        assert_eq!(
            sent(&"a".repeat(REQUEST_ID_MAX_BYTES)).map(|id| id.0.len()),
            Some(REQUEST_ID_MAX_BYTES)
        );
        assert_eq!(sent(&"a".repeat(REQUEST_ID_MAX_BYTES + 1)), None);
        assert_eq!(RequestId::sent(&HeaderMap::new()), None);
    }
}
