//! One attempt to deliver: one POST, to an address that may be connected to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::ClientConfig;
use switchyard_store::NewDelivery;

use super::cloud_event::CONTENT_TYPE;
use super::key::Signer;
use super::reach::Reach;
use super::url::ReceiverUrl;
use crate::clock;
use crate::telemetry::Chain;

/// How long an attempt may take, with connecting, sending and the answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connecting may take, with the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next message.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a refusal's body is kept, in bytes.
const WORDS_MAX_BYTES: usize = 1_024;

const MESSAGE_ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The receiver has taken the message.
    Taken {
        /// Its status.
        status: u16,
    },
    /// The receiver wants no messages any more (410).
    Gone {
        /// What it said.
        words: String,
    },
    /// The message has not arrived, or was not taken.
    Failed {
        /// The status, if there was an answer.
        status: Option<u16>,
        /// What it met.
        words: String,
        /// How long the receiver asks to be left alone.
        retry_after: Option<Duration>,
    },
}

impl Answer {
    fn failed(words: impl Into<String>) -> Self {
        Self::Failed {
            status: None,
            words: words.into(),
            retry_after: None,
        }
    }
}

/// Sends to receivers of one kind.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    http: reqwest::Client,
    reach: Arc<Reach>,
}

impl Sender {
    /// A sender; nothing is sent yet. Proxies of the environment are not used: the address that is judged must be the one that is
    /// connected to.
    pub(super) fn new(reach: Reach, tls: &ClientConfig) -> Result<Self, reqwest::Error> {
        let reach = Arc::new(reach);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .user_agent(concat!("switchyard/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .dns_resolver(Guarded(Arc::clone(&reach)))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()?;
        Ok(Self { http, reach })
    }

    /// Sends a message once.
    pub(super) async fn send(&self, url: &ReceiverUrl, signer: &Signer, delivery: &NewDelivery) -> Answer {
        if let Err(refused) = url.check(&self.reach) {
            return Answer::failed(refused.to_string());
        }
        let timestamp = clock::wall_seconds();
        let signature = signer.sign(&delivery.message, timestamp, &delivery.body);
        let sent = self
            .http
            .post(url.url().clone())
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .header(MESSAGE_ID, &delivery.message)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature)
            .body(delivery.body.clone())
            .send()
            .await;
        match sent {
            Ok(response) => judge(response).await,
            Err(error) => Answer::failed(Chain(&error.without_url()).to_string()),
        }
    }
}

async fn judge(response: reqwest::Response) -> Answer {
    let status = response.status();
    if status.is_success() {
        return Answer::Taken {
            status: status.as_u16(),
        };
    }
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let words = words(response).await;
    if status == StatusCode::GONE {
        return Answer::Gone { words };
    }
    Answer::Failed {
        status: Some(status.as_u16()),
        words,
        retry_after,
    }
}

/// The status and the beginning of the body, on one line.
async fn words(mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < WORDS_MAX_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let room = WORDS_MAX_BYTES - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
    }
    let text: String = String::from_utf8_lossy(&body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match text.trim() {
        "" => response.status().to_string(),
        text => format!("{}: {text}", response.status()),
    }
}

/// Resolves names to the addresses that may be connected to.
struct Guarded(Arc<Reach>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let mut refused = None;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| match reach.check(address.ip()) {
                    Ok(()) => true,
                    Err(error) => {
                        refused.get_or_insert(error);
                        false
                    }
                })
                .collect();
            match refused {
                Some(refused) if allowed.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}
