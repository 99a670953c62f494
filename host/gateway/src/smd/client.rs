//! Requests to SMD. The status of every answer is checked: the bodies of 401 and 500 would pass for empty lists.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::body::{self, BodyError};
use super::call::Call;
use super::error::Error;
use super::settings::Connection;
use super::token::{Token, Tokens};
use crate::engine::chance;
use crate::telemetry::metrics;

/// The largest answer that is read, in bytes: about 100,000 components.
pub const BODY_MAX_BYTES: usize = 32 << 20;
/// How often a read is tried.
const READ_ATTEMPTS: u32 = 3;
/// How long is waited before a read is tried for the second time; twice as long before the third.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// How long connecting may take, with the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that are kept.
const IDLE_MAX: usize = 4;

/// A cheap handle on the connection to SMD.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    base: String,
    timeout: Duration,
    tokens: Option<Tokens>,
}

/// One request as it is sent, however often that is.
struct Request {
    call: Call,
    method: Method,
    url: String,
    body: Option<Bytes>,
}

impl Client {
    /// A client; nothing is sent yet. Proxies of the environment are not used, redirects are not followed.
    pub fn new(connection: Connection) -> Result<Self, reqwest::Error> {
        let Connection {
            url,
            tls,
            timeout,
            oauth2,
        } = connection;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("switchyard/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()?;
        let tokens = oauth2.map(|oauth2| Tokens::new(http.clone(), oauth2));
        let inner = Inner {
            http,
            base: url.as_str().to_owned(),
            timeout,
            tokens,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Asks whether SMD is there, and waits no longer than `within`.
    pub async fn is_live(&self, within: Duration) -> Result<(), Error> {
        let request = self.request(Call::Liveness, Method::GET, "", None);
        self.send(request, within.min(self.inner.timeout)).await.map(drop)
    }

    /// GET. `tail` follows the path of the call: a query with its `?`, or a segment with its `/`.
    pub async fn get<T: DeserializeOwned>(&self, call: Call, tail: &str) -> Result<T, Error> {
        let request = self.request(call, Method::GET, tail, None);
        self.exchange(request).await
    }

    /// POST with a body of JSON, and an answer of JSON.
    pub async fn post<T: DeserializeOwned>(&self, call: Call, body: &impl Serialize) -> Result<T, Error> {
        let body = encoded(call, body)?;
        let request = self.request(call, Method::POST, "", Some(body));
        self.exchange(request).await
    }

    /// PATCH with a body of JSON, and an answer that says nothing.
    pub async fn patch(&self, call: Call, body: &impl Serialize) -> Result<(), Error> {
        let body = encoded(call, body)?;
        let request = self.request(call, Method::PATCH, "", Some(body));
        self.send(request, self.inner.timeout).await.map(drop)
    }

    /// DELETE of what `tail` names below the path of the call.
    pub async fn delete(&self, call: Call, tail: &str) -> Result<(), Error> {
        let request = self.request(call, Method::DELETE, tail, None);
        self.send(request, self.inner.timeout).await.map(drop)
    }

    fn request(&self, call: Call, method: Method, tail: &str, body: Option<Bytes>) -> Request {
        Request {
            call,
            method,
            url: format!("{}{}{tail}", self.inner.base, call.path()),
            body,
        }
    }

    async fn exchange<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let call = request.call;
        let answer = self.send(request, self.inner.timeout).await?;
        serde_json::from_slice(&answer).map_err(|source| {
            let error = Error::Body { call, source };
            metrics::smd_request(call.name(), error.name());
            error
        })
    }

    /// Sends within a deadline that holds for all tries together. What changes something is tried once.
    async fn send(&self, request: Request, within: Duration) -> Result<Bytes, Error> {
        let call = request.call;
        let deadline = Instant::now() + within;
        let sending = self.send_again(&request, deadline);
        let sent = tokio::time::timeout_at(deadline, sending)
            .await
            .unwrap_or(Err(Error::Timeout { call, after: within }));
        metrics::smd_request(call.name(), sent.as_ref().err().map_or("ok", Error::name));
        sent
    }

    async fn send_again(&self, request: &Request, deadline: Instant) -> Result<Bytes, Error> {
        let attempts = if request.call.is_read() { READ_ATTEMPTS } else { 1 };
        let mut pause = RETRY_PAUSE;
        for _ in 1..attempts {
            match self.authorized(request).await {
                Err(error) if error.is_passing() && Instant::now() + pause < deadline => {}
                ended => return ended,
            }
            tokio::time::sleep(spread(pause)).await;
            pause *= 2;
        }
        self.authorized(request).await
    }

    /// Sends with a token, and once more with a new one when the first is refused: what a 401 answers was not done.
    async fn authorized(&self, request: &Request) -> Result<Bytes, Error> {
        let call = request.call;
        let Some(tokens) = &self.inner.tokens else {
            return self.once(request, None).await;
        };
        let failed = |source| Error::Token { call, source };
        let token = tokens.token().await.map_err(failed)?;
        match self.once(request, Some(&token)).await {
            Err(error) if error.status() == Some(StatusCode::UNAUTHORIZED) => {
                let token = tokens.replace(&token).await.map_err(failed)?;
                self.once(request, Some(&token)).await
            }
            ended => ended,
        }
    }

    async fn once(&self, request: &Request, token: Option<&Token>) -> Result<Bytes, Error> {
        let call = request.call;
        let mut sending = self
            .inner
            .http
            .request(request.method.clone(), &request.url)
            .header(header::ACCEPT, "application/json");
        if let Some(body) = &request.body {
            sending = sending
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        if let Some(token) = token {
            sending = sending.header(header::AUTHORIZATION, token.header());
        }
        let unreachable = |error: reqwest::Error| Error::Unreachable {
            call,
            source: error.without_url(),
        };
        let answer = sending.send().await.map_err(unreachable)?;
        let status = answer.status();
        if !status.is_success() {
            let detail = body::detail(answer).await;
            return Err(Error::Refused { call, status, detail });
        }
        body::read(answer, BODY_MAX_BYTES)
            .await
            .map_err(|error| match error {
                BodyError::TooLarge => Error::TooLarge {
                    call,
                    max: BODY_MAX_BYTES,
                },
                BodyError::Cut(error) => unreachable(error),
            })
    }
}

fn encoded(call: Call, body: &impl Serialize) -> Result<Bytes, Error> {
    serde_json::to_vec(body)
        .map(Bytes::from)
        .map_err(|source| Error::Body { call, source })
}

/// Between half of a time and one and a half of it, so that not everybody comes back at once.
pub(super) fn spread(time: Duration) -> Duration {
    time.mul_f64(0.5 + f64::from(chance()) / f64::from(u16::MAX))
}
