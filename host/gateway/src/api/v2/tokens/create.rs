//! `POST /v2/tokens`.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use switchyard_core::Timestamp;
use switchyard_store::audit::action;
use switchyard_wire::v2::{TokenCreated, TokenRequest};

use super::show;
use crate::access::{CreateError, NewToken, RoleError, Scope};
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;
use crate::api::{ApiState, audit};
use crate::telemetry::Chain;

/// Makes a token
///
/// Its text is in the answer and kept nowhere, so it cannot be shown again. An operator may be held to a set of components.
#[utoipa::path(
    post,
    path = "/tokens",
    operation_id = "createToken",
    tag = "access",
    request_body(content = TokenRequest, example = json!({"name": "slurm", "role": "operator", "scope": ["x1000c[0-7]s[0-7]b0n0"], "reason": "CHG0012"})),
    responses(
        (status = 201, description = "The token.", body = TokenCreated),
        (status = 400, description = "request.malformed, request.invalid-reason"),
        (status = 422, description = "token.invalid"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let body: TokenRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let new = wanted(&caller, body).map_err(invalid)?;
    let now = state.engine.clock().now();
    let detail = json!({ "name": new.name, "role": new.role.name(), "scope": new.scope.expressions() });
    let entry = |id: &_| {
        let target = format!("{id}");
        Some(audit::entry(&caller, now, action::TOKEN_CREATE, target, detail))
    };
    let created = state.access.tokens().create(new, now, entry).await;
    let (token, text) = created.map_err(refused)?;
    let body = TokenCreated {
        token: show(&token),
        text: text.expose().to_owned(),
    };
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::CREATED, [no_store], Json(body)))
}

fn wanted(caller: &Caller, body: TokenRequest) -> Result<NewToken, String> {
    let role = body.role.parse().map_err(|error: RoleError| error.to_string())?;
    let scope = match body.scope {
        None => Scope::All,
        Some(expressions) => Scope::only(expressions).map_err(|error| format!("scope: {error}"))?,
    };
    let time = |text: String| {
        let at: Result<jiff::Timestamp, _> = text.parse();
        at.map(|at| Timestamp::from_millis(at.as_millisecond()))
            .map_err(|_| {
                format!("expiresAt is a time in RFC 3339, such as 2030-01-01T18:00:00Z, not {text:?}")
            })
    };
    Ok(NewToken {
        name: body.name,
        role,
        scope,
        expires_at: body.expires_at.map(time).transpose()?,
        created_by: caller.name.clone(),
    })
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "token.invalid", detail)
}

fn refused(error: CreateError) -> Problem {
    match error {
        CreateError::Name | CreateError::Scope | CreateError::Expiry | CreateError::TooMany => {
            invalid(error.to_string())
        }
        CreateError::Store(error) => error.into(),
        CreateError::Random(_) => {
            tracing::error!(error = %Chain(&error), "no token can be made");
            let detail = "the system gives no randomness";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", detail)
        }
    }
}
