//! Locks and reservations.

use axum::Router;

use crate::App;

/// The locks and reservations of every component.
#[derive(Debug, Default)]
pub struct Locks {}

/// The routes below `/hsm/v2/locks`.
pub(crate) fn router() -> Router<App> {
    Router::new()
}
