//! `GET /v2/webhooks`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2::WebhookList;

use super::{progress, show};
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// Configured webhooks, and how they and the callbacks of requests stand
#[utoipa::path(
    get,
    path = "/webhooks",
    operation_id = "listWebhooks",
    tag = "webhooks",
    responses((status = 200, description = "All configured webhooks.", body = WebhookList)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Result<Json<WebhookList>, Problem> {
    let webhooks = state.webhooks.hooks().await?;
    let callbacks = state.webhooks.callbacks().await?;
    Ok(Json(WebhookList {
        webhooks: webhooks.into_iter().map(show).collect(),
        callbacks: callbacks.as_ref().map(progress),
    }))
}
