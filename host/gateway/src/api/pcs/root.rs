//! `GET /`.

/// The name of the service.
pub(super) async fn show() -> &'static str {
    "hms-power-control"
}
