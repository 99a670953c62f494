//! Tokens by OAuth 2.0 client credentials (RFC 6749, section 4.4).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::body::{self, BodyError};
use super::settings::OAuth2;
use crate::telemetry::metrics;

/// How long the token endpoint may take to answer.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer of the token endpoint, in bytes.
const ANSWER_MAX_BYTES: usize = 64 << 10;
/// How long before its end a token is replaced, unless it lasts less than twice as long.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a token is taken to last when the answer does not say.
const USUAL_LIFE: Duration = Duration::from_mins(5);
/// The longest time that a token is kept, whatever it says.
const LIFE_MAX: Duration = Duration::from_hours(24);
/// How long a refusal of the token endpoint is taken over before it is asked again.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// What is left as it is in a form (RFC 3986, section 2.3).
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why there is no token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// The token endpoint did not answer.
    #[error("the token endpoint did not answer: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("the token endpoint did not answer within {} s", TOKEN_TIMEOUT.as_secs())]
    Timeout,
    /// It refused.
    #[error("the token endpoint answered {status}: {detail}; check smd.oauth2.client_id and its secret")]
    Refused {
        /// Its status.
        status: StatusCode,
        /// What it said.
        detail: String,
    },
    /// Its answer is no token that can be used.
    #[error("the answer of the token endpoint cannot be used: {0}")]
    Answer(&'static str),
}

/// A bearer token as the header that shows it.
#[derive(Clone)]
pub(super) struct Token {
    header: HeaderValue,
    /// Tells one token from the next.
    generation: u64,
    until: Instant,
}

impl Token {
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Obtains tokens, one at a time, and keeps the newest.
#[derive(Debug)]
pub(super) struct Tokens {
    http: reqwest::Client,
    oauth2: OAuth2,
    /// Held while a token is obtained, so that all who need one wait for the same.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    obtained: u64,
    /// What the token endpoint said last, when that was no token.
    failed: Option<(Instant, TokenError)>,
}

/// What the token endpoint answers (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

impl Tokens {
    pub(super) fn new(http: reqwest::Client, oauth2: OAuth2) -> Self {
        Self {
            http,
            oauth2,
            state: Mutex::default(),
        }
    }

    /// A token that lasts for a while.
    pub(super) async fn token(&self) -> Result<Token, TokenError> {
        let mut state = self.state.lock().await;
        match &state.token {
            Some(token) if Instant::now() < token.until => Ok(token.clone()),
            _ => self.obtain(&mut state).await,
        }
    }

    /// Another token than the one that was refused: the one that somebody else has obtained meanwhile, or a new one.
    pub(super) async fn replace(&self, refused: &Token) -> Result<Token, TokenError> {
        let mut state = self.state.lock().await;
        match &state.token {
            Some(token) if token.generation != refused.generation => Ok(token.clone()),
            _ => self.obtain(&mut state).await,
        }
    }

    async fn obtain(&self, state: &mut State) -> Result<Token, TokenError> {
        state.token = None;
        if let Some((at, error)) = &state.failed
            && at.elapsed() < REFUSED_FOR
        {
            return Err(error.clone());
        }
        let asked = tokio::time::timeout(TOKEN_TIMEOUT, self.ask())
            .await
            .unwrap_or(Err(TokenError::Timeout));
        metrics::smd_token(asked.is_ok());
        match asked {
            Ok((header, until)) => {
                state.obtained += 1;
                state.failed = None;
                let token = Token {
                    header,
                    generation: state.obtained,
                    until,
                };
                state.token = Some(token.clone());
                Ok(token)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn ask(&self) -> Result<(HeaderValue, Instant), TokenError> {
        let asked_at = Instant::now();
        let unreachable = |error: reqwest::Error| {
            TokenError::Unreachable(crate::telemetry::Chain(&error.without_url()).to_string())
        };
        let answer = self
            .http
            .post(self.oauth2.token_url.as_str())
            .header(header::AUTHORIZATION, self.basic()?)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(self.form())
            .send()
            .await
            .map_err(unreachable)?;
        let status = answer.status();
        if status != StatusCode::OK {
            let detail = body::detail(answer).await;
            return Err(TokenError::Refused { status, detail });
        }
        let text = body::read(answer, ANSWER_MAX_BYTES)
            .await
            .map_err(|error| match error {
                BodyError::TooLarge => TokenError::Answer("it is too large"),
                BodyError::Cut(error) => unreachable(error),
            })?;
        let answer: Answer =
            serde_json::from_slice(&text).map_err(|_| TokenError::Answer("it is no token response"))?;
        answer.token(asked_at)
    }

    /// Client and secret as RFC 6749, section 2.3.1, wants them: each encoded as in a form.
    fn basic(&self) -> Result<HeaderValue, TokenError> {
        let secret = self.oauth2.client_secret.expose();
        let encode = |text| utf8_percent_encode(text, FORM);
        let plain = Zeroizing::new(format!("{}:{}", encode(&self.oauth2.client_id), encode(secret)));
        let mut text = Zeroizing::new(String::from("Basic "));
        STANDARD.encode_string(plain.as_bytes(), &mut text);
        sensitive(&text)
    }

    fn form(&self) -> String {
        let mut form = String::from("grant_type=client_credentials");
        if !self.oauth2.scope.is_empty() {
            form.push_str("&scope=");
            form.extend(utf8_percent_encode(&self.oauth2.scope, FORM));
        }
        form
    }
}

impl Answer {
    fn token(self, asked_at: Instant) -> Result<(HeaderValue, Instant), TokenError> {
        if !self.token_type.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Answer("its token is no bearer token"));
        }
        if self.access_token.is_empty() {
            return Err(TokenError::Answer("its token is empty"));
        }
        let life = self
            .expires_in
            .map_or(USUAL_LIFE, Duration::from_secs)
            .min(LIFE_MAX);
        let used_for = life.saturating_sub(MARGIN.min(life / 2));
        let token = Zeroizing::new(self.access_token);
        let text = Zeroizing::new(format!("Bearer {}", token.as_str()));
        Ok((sensitive(&text)?, asked_at + used_for))
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, TokenError> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| TokenError::Answer("it holds what no header can"))?;
    value.set_sensitive(true);
    Ok(value)
}
