//! `GET /v2/webhooks`, `POST /v2/webhooks/{name}/enable` and `GET /v2/webhooks/deliveries`.

use serde::{Deserialize, Serialize};

/// The answer of `GET /v2/webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookList {
    /// The configured webhooks in order of name.
    pub webhooks: Vec<Webhook>,
    /// How the callbacks of requests stand; absent when they are not configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callbacks: Option<Progress>,
}

/// A configured webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Its URL, without the query.
    pub url: String,
    /// The kinds of events that it is told of; with a dot at the end, all kinds that begin so.
    pub events: Vec<String>,
    /// How it stands: `active`, `failing` while the last message is tried again, `disabled` after the receiver answered 410.
    pub state: String,
    /// When it was disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<String>,
    /// When the message that fails is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
}

/// How far a receiver is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The id of the last event that was looked at, as in `/v2/events`.
    pub cursor: String,
    /// How many events the log has after that one, of any kind.
    pub behind: u64,
    /// How many messages wait.
    pub pending: u64,
    /// When the oldest of these was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_pending_at: Option<String>,
    /// When a message was last taken, as far as that is remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivered_at: Option<String>,
}

/// The answer of `GET /v2/webhooks/deliveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryList {
    /// The deliveries, newest first.
    pub deliveries: Vec<Delivery>,
    /// What to send as `cursor` for the next page; absent on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// One message to one receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The id of the message, as in the header `webhook-id`.
    pub id: String,
    /// The webhook; `callbacks` for the callback of a request.
    pub webhook: String,
    /// The URL of a callback, without the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The event, as in `/v2/events`.
    pub event: String,
    /// The kind of the event.
    pub kind: String,
    /// The transition that the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<String>,
    /// How it stands: `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was made.
    pub created_at: String,
    /// When it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt_at: Option<String>,
    /// The HTTP status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// What the last attempt met, when the receiver did not simply take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_words: Option<String>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// From when on a failed attempt is the last one.
    pub give_up_at: String,
    /// When it was taken or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}
