//! Keeping an answer, and giving it again.

use axum::body::{Body, HttpBody, to_bytes};
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use switchyard_store::KeptAnswer;
use switchyard_store::idempotency::ANSWER_MAX_BYTES;
use switchyard_wire::IDEMPOTENCY_REPLAYED_HEADER;
use uuid::Uuid;

use super::KEPT;
use crate::api::ApiState;
use crate::telemetry::Chain;

/// Stores an answer before it is given. One that is not kept is given all the same; its repeat runs under the same reservation.
pub(super) async fn keep(state: &ApiState, reservation: Uuid, response: Response) -> Response {
    let long = response
        .body()
        .size_hint()
        .exact()
        .is_none_or(|bytes| bytes > ANSWER_MAX_BYTES as u64);
    if long || !is_final(response.status()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, ANSWER_MAX_BYTES).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "an answer could not be read and is not kept");
            return Response::from_parts(parts, Body::empty());
        }
    };
    let text = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .map(str::to_owned)
    };
    let kept = KeptAnswer {
        status: parts.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        location: text(header::LOCATION),
        body: body.to_vec(),
    };
    let expires_at = state.engine.clock().now() + KEPT;
    match state
        .engine
        .store()
        .keep_answer(reservation, &kept, expires_at)
        .await
    {
        Ok(true) => {}
        Ok(false) => tracing::warn!(%reservation, "there is no room for an answer, which is not kept"),
        Err(error) => tracing::error!(%reservation, error = %Chain(&error), "an answer could not be kept"),
    }
    Response::from_parts(parts, Body::from(body))
}

/// Whether the same request would be answered alike if it were carried out again.
fn is_final(status: StatusCode) -> bool {
    !status.is_server_error()
        && !matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

/// The answer that was given before.
pub(super) fn replay(kept: KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let texts = [
        (header::CONTENT_TYPE, kept.content_type),
        (header::LOCATION, kept.location),
    ];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(
        HeaderName::from_static(IDEMPOTENCY_REPLAYED_HEADER),
        HeaderValue::from_static("true"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_not_final() {
        for (status, is) in [
            (200, true),
            (202, true),
            (400, true),
            (404, true),
            (409, true),
            (408, false),
            (429, false),
            (500, false),
            (503, false),
        ] {
            assert_eq!(is_final(StatusCode::from_u16(status).unwrap()), is, "{status}");
        }
    }
}
