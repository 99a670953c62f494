//! The id of what a request makes.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use uuid::Uuid;

use crate::api::ApiState;
use crate::engine::fresh_id;

/// The id that whatever the request makes must have. Handlers that make something take it as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) struct Reservation {
    /// The id.
    pub(in crate::api) id: Uuid,
    /// Whether something of this id may be there already, because a first try under the same key was cut off. It is the answer then.
    pub(in crate::api) repeated: bool,
}

impl FromRequestParts<ApiState> for Reservation {
    type Rejection = Infallible;

    /// The reservation of the request's key, or a fresh id for a request without one.
    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Infallible> {
        let reserved = parts.extensions.get::<Self>().copied();
        Ok(reserved.unwrap_or_else(|| Self {
            id: fresh_id(state.engine.clock().now()),
            repeated: false,
        }))
    }
}
