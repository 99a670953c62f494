//! `POST /v2/webhooks/{name}/enable`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use switchyard_wire::v2::Webhook;

use super::show;
use crate::api::ApiState;
use crate::api::v2::problem::Problem;

/// Let a webhook go on after its receiver answered 410, and try at once what waits
#[utoipa::path(
    post,
    path = "/webhooks/{name}/enable",
    operation_id = "enableWebhook",
    tag = "webhooks",
    params(("name" = String, Path, description = "The name of the webhook.")),
    responses(
        (status = 200, description = "The webhook as it stands now.", body = Webhook),
        (status = 404, description = "webhook.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(name): Path<String>,
) -> Result<Json<Webhook>, Problem> {
    state.webhooks.enable(&name).await?;
    let hooks = state.webhooks.hooks().await?;
    let hook = hooks.into_iter().find(|hook| hook.follower.name == name);
    hook.map(|hook| Json(show(hook))).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "webhook.not-found",
            format!("no webhook is called {name:?}"),
        )
        .hint("GET /v2/webhooks lists those that are configured")
    })
}
