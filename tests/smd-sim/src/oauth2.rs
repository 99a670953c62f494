//! A token endpoint, and the tokens that are taken.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::json;
use uuid::Uuid;

use crate::App;

/// Who may ask for tokens, and the tokens that were given.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    pub(crate) client: String,
    pub(crate) secret: String,
    pub(crate) life: Duration,
    pub(crate) given: Vec<(String, Instant)>,
}

impl Authority {
    pub(crate) fn takes(&self, token: &str) -> bool {
        self.given
            .iter()
            .any(|(given, until)| given == token && Instant::now() < *until)
    }
}

/// `POST /token` (RFC 6749, section 4.4): the secret comes by HTTP Basic.
pub(crate) async fn token(State(app): State<App>, headers: HeaderMap, form: String) -> Response {
    let refused =
        |error: &str| (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": error }))).into_response();
    let mut authority = app.authority();
    let Some(authority) = authority.as_mut() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if shown(&headers) != Some((authority.client.clone(), authority.secret.clone())) {
        return refused("invalid_client");
    }
    if !form
        .split('&')
        .any(|pair| pair == "grant_type=client_credentials")
    {
        return refused("unsupported_grant_type");
    }
    let token = Uuid::new_v4().to_string();
    authority
        .given
        .push((token.clone(), Instant::now() + authority.life));
    axum::Json(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": authority.life.as_secs(),
    }))
    .into_response()
}

/// Client and secret, each of which is encoded as in a form (RFC 6749, section 2.3.1).
fn shown(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let plain = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (client, secret) = plain.split_once(':')?;
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    Some((decoded(client)?, decoded(secret)?))
}
