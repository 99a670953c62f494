//! Subscriptions to state change notifications (SCN).

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::App;
use crate::answer::{decode, deleted, no_such_xname, not_found, ok};

/// Who is told of changes of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subscription {
    /// Its number.
    #[serde(rename = "ID", default)]
    pub id: u64,
    /// Who asked.
    pub subscriber: String,
    /// Whether changes of being in service are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The states whose coming is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<String>,
    /// The roles whose coming is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Where notifications are posted to.
    pub url: String,
}

/// The routes below `/hsm/v2/Subscriptions/SCN`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(list).post(create))
        .route("/{id}", delete(remove))
}

async fn list(State(app): State<App>) -> Response {
    if !app.offers_notifications() {
        return not_found().await;
    }
    ok(json!({ "SubscriptionList": app.site().subscriptions }))
}

async fn create(State(app): State<App>, body: Bytes) -> Response {
    if !app.offers_notifications() {
        return not_found().await;
    }
    let mut subscription: Subscription = match decode(&body) {
        Ok(subscription) => subscription,
        Err(answer) => return answer,
    };
    let mut site = app.site();
    let last = site.subscriptions.iter().map(|known| known.id).max();
    subscription.id = last.unwrap_or_default() + 1;
    site.subscriptions.push(subscription.clone());
    ok(json!(subscription))
}

async fn remove(State(app): State<App>, Path(id): Path<u64>) -> Response {
    let mut site = app.site();
    let before = site.subscriptions.len();
    site.subscriptions.retain(|subscription| subscription.id != id);
    if site.subscriptions.len() == before {
        no_such_xname()
    } else {
        deleted()
    }
}
