//! `POST /v2/session`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use switchyard_store::audit::action;
use switchyard_wire::v2::{Session, SessionRequest};

use super::show;
use crate::access::{LogInError, Mode};
use crate::api::access::{refusal_of, session_cookie};
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};

/// Logs in at the dashboard
///
/// The answer sets a cookie that opens the API for the browser, until one logs out, or for too long asks for nothing.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "openSession",
    tag = "access",
    request_body(content = SessionRequest, example = json!({"token": "swy_0123456789abcdef_0000000000000000000000000000000000000000000000000000000000000000"})),
    responses(
        (status = 201, description = "Who one is now.", body = Session,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 400, description = "request.malformed"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<Response, Problem> {
    let body: SessionRequest = body::read(body)?;
    if state.access.mode() != Mode::Tokens {
        // Where nobody is asked there is nothing to log in to.
        return Ok((StatusCode::CREATED, Json(show(&state, &caller.identity, None))).into_response());
    }
    let (identity, opened) = match state.access.log_in(&body.token, caller.from).await {
        Ok(opened) => opened,
        Err(LogInError::Denied(denied)) => return Err(refusal_of(&denied).into()),
        Err(LogInError::Random(error)) => {
            tracing::error!(%error, "no session can be made");
            let detail = "the system gives no randomness";
            return Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "store.failed",
                detail,
            ));
        }
    };
    let caller = Caller {
        name: identity.subject.clone(),
        identity,
        ..caller
    };
    let detail = json!({ "how": caller.identity.how.name(), "role": caller.identity.role.name() });
    let now = state.engine.clock().now();
    let entry = audit::entry(
        &caller,
        now,
        action::SESSION_CREATE,
        "dashboard".to_owned(),
        detail,
    );
    state.engine.store().audit(entry).await?;
    let session = show(&state, &caller.identity, Some(&opened.csrf));
    let cookie = session_cookie(opened.cookie.expose(), state.access.secure());
    let mut response = (StatusCode::CREATED, Json(session)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Hexadecimal digits and constants are a header.
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
