//! `GET /`.

/// The name of the service
#[utoipa::path(
    get,
    path = "/",
    operation_id = "pcsRoot",
    tag = "pcs",
    responses((status = 200, description = "The name.", body = String, content_type = "text/plain; charset=utf-8", example = "hms-power-control")),
)]
pub(super) async fn show() -> &'static str {
    "hms-power-control"
}
