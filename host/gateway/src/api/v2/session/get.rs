//! `GET /v2/session`.

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, HeaderValue, header};
use switchyard_wire::v2::Session;

use super::show;
use crate::access::{Presented, Proof};
use crate::api::ApiState;
use crate::api::access::session_of;
use crate::api::caller::Caller;

/// Who one is, and what one may do
#[utoipa::path(
    get,
    path = "/session",
    operation_id = "getSession",
    tag = "access",
    responses((status = 200, description = "The caller.", body = Session)),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
) -> ([(header::HeaderName, HeaderValue); 1], Json<Session>) {
    let authorized = headers.contains_key(header::AUTHORIZATION);
    let cookie = session_of(&headers, state.access.secure()).filter(|_| !authorized);
    let known = match cookie {
        Some(cookie) => {
            let presented = Presented::SessionCookie(cookie);
            state.access.identify(presented, caller.from).await.ok()
        }
        None => None,
    };
    let csrf = known.and_then(|known| match known.proof {
        Proof::SessionCookie(csrf) => Some(csrf),
        Proof::Header | Proof::JwtCookie => None,
    });
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([no_store], Json(show(&state, &caller.identity, csrf.as_ref())))
}
