//! SMD's own notifications of changes of state (SCN). They are a hint to read again, and nothing more is believed of them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::client::{Client, spread};
use super::error::Error;
use crate::config::smd::BaseUrl;
use crate::telemetry::Chain;

/// The path below the callback URL, before the token.
const PATH: &str = "/v2/smd/notifications/";
/// Random bytes in the token.
const TOKEN_BYTES: usize = 32;
/// How often it is seen to that SMD still knows the subscription.
const RENEW_EVERY: Duration = Duration::from_mins(5);
/// How soon a subscription that failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// How long an SMD that offers no notifications is left alone.
const NOT_OFFERED_FOR: Duration = Duration::from_hours(1);
/// How long the stop of the service waits until SMD has taken the subscription back.
const UNSUBSCRIBE_WITHIN: Duration = Duration::from_secs(2);

/// The states whose coming is told.
const STATES: [&str; 7] = ["Empty", "Populated", "Off", "On", "Standby", "Halt", "Ready"];

/// Why there can be no notifications.
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

/// The subscription of this process.
pub(super) struct Notifications {
    subscriber: String,
    /// Where notifications of any process of this service go.
    prefix: String,
    token: String,
}

impl std::fmt::Debug for Notifications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifications")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted<'a> {
    subscriber: &'a str,
    enabled: bool,
    states: [&'static str; 7],
    url: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Known {
    #[serde(rename = "ID")]
    id: u64,
    #[serde(default)]
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    subscription_list: Option<Vec<Known>>,
}

impl Notifications {
    /// A subscription with a fresh token, which nobody but SMD learns.
    pub(super) fn new(callback: &BaseUrl) -> Result<Self, NotificationsError> {
        let mut random = [0; TOKEN_BYTES];
        getrandom::fill(&mut random).map_err(NotificationsError::Random)?;
        let host = Url::parse(callback.as_str())
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        Ok(Self {
            subscriber: format!("switchyard@{}", host.unwrap_or_default()),
            prefix: format!("{}{PATH}", callback.as_str()),
            token: URL_SAFE_NO_PAD.encode(random),
        })
    }

    /// What only SMD learns.
    #[cfg(test)]
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a notification shows the token of this process.
    pub(super) fn is_ours(&self, token: &str) -> bool {
        self.token.as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// Keeps the subscription until `stop`, then takes it back.
    pub(super) async fn keep(&self, client: &Client, stop: CancellationToken) {
        let mut offered = true;
        let mut mine = None;
        while !stop.is_cancelled() {
            let Some(subscribed) = stop.run_until_cancelled(self.subscribe(client)).await else {
                break;
            };
            let wait = match subscribed {
                Ok(id) => {
                    if mine.replace(id) != Some(id) {
                        tracing::info!("SMD tells of changes");
                    }
                    offered = true;
                    RENEW_EVERY
                }
                Err(error) if is_not_offered(&error) => {
                    if offered {
                        tracing::info!("SMD offers no notifications; it is read at intervals alone");
                    }
                    offered = false;
                    NOT_OFFERED_FOR
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "SMD's notifications could not be subscribed to; trying again");
                    RETRY_AFTER
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(spread(wait))).await;
        }
        if let Some(id) = mine {
            let path = format!("/{id}");
            let gone = client.delete(Call::Subscriptions, &path);
            drop(tokio::time::timeout(UNSUBSCRIBE_WITHIN, gone).await);
        }
    }

    /// Sees to it that SMD knows this subscription, and none of an earlier process of this service.
    async fn subscribe(&self, client: &Client) -> Result<u64, Error> {
        let url = format!("{}{}", self.prefix, self.token);
        let list: List = client.get(Call::Subscriptions, "").await?;
        let mut mine = None;
        for known in list.subscription_list.unwrap_or_default() {
            if known.url == url && mine.is_none() {
                mine = Some(known.id);
            } else if known.url.starts_with(&self.prefix) {
                client
                    .delete(Call::Subscriptions, &format!("/{}", known.id))
                    .await?;
            }
        }
        if let Some(id) = mine {
            return Ok(id);
        }
        let wanted = Wanted {
            subscriber: &self.subscriber,
            enabled: true,
            states: STATES,
            url: &url,
        };
        let known: Known = client.post(Call::Subscriptions, &wanted).await?;
        Ok(known.id)
    }
}

fn is_not_offered(error: &Error) -> bool {
    matches!(
        error.status(),
        Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED)
    )
}
