//! The HTTP API of the simulated Vault (version 1 of it).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::to_bytes;
use axum::extract::{Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::state::{Engine, Mood, State};
use crate::{MOUNT, ROLE, ROOT_TOKEN};

/// The largest body that is taken, in bytes.
const BODY_MAX_BYTES: usize = 64 * 1024;

type App = Arc<Mutex<State>>;

pub(crate) fn router(state: App) -> Router {
    Router::new()
        .fallback(answer)
        .layer(middleware::from_fn_with_state(Arc::clone(&state), behave))
        .with_state(state)
}

fn lock(app: &App) -> MutexGuard<'_, State> {
    app.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(status: StatusCode, errors: &[&str]) -> Response {
    (status, Json(json!({ "errors": errors }))).into_response()
}

/// Counts what is open, and behaves as it was told.
async fn behave(Shared(app): Shared<App>, request: Request, next: Next) -> Response {
    let mood = {
        let mut state = lock(&app);
        state.open += 1;
        state.most_at_once = state.most_at_once.max(state.open);
        let namespace = request.headers().get("x-vault-namespace");
        state.namespace = namespace.and_then(|value| value.to_str().ok()).map(str::to_owned);
        state.mood
    };
    let _open = Open(Arc::clone(&app));
    match mood {
        Mood::Answers => next.run(request).await,
        Mood::Slow(wait) => {
            tokio::time::sleep(wait).await;
            next.run(request).await
        }
        Mood::Sealed => refused(StatusCode::SERVICE_UNAVAILABLE, &["Vault is sealed"]),
        Mood::Broken => refused(StatusCode::INTERNAL_SERVER_ERROR, &["internal error"]),
        Mood::Silent => std::future::pending().await,
    }
}

/// A question that is open.
struct Open(App);

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0).open -= 1;
    }
}

async fn answer(Shared(app): Shared<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX_BYTES).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let Some(path) = path.strip_prefix("/v1/") else {
        return refused(StatusCode::NOT_FOUND, &[]);
    };
    let mut state = lock(&app);
    match (&parts.method, path) {
        (&Method::GET, "sys/health") => Json(json!({ "initialized": true, "sealed": false })).into_response(),
        (&Method::POST, "auth/kubernetes/login") => log_in(&mut state, &body),
        (&Method::GET, "auth/token/lookup-self") => look_up(&state, &parts.headers),
        (&Method::POST, "auth/token/renew-self") => renew(&mut state, &parts.headers),
        (&Method::GET, path) => secret(&mut state, path, &parts.headers),
        _ => refused(StatusCode::METHOD_NOT_ALLOWED, &["unsupported operation"]),
    }
}

fn token(headers: &HeaderMap) -> &str {
    let token = headers.get("x-vault-token");
    token.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn log_in(state: &mut State, body: &Value) -> Response {
    state.logins += 1;
    if body["role"] != ROLE {
        let words = format!("invalid role name {}", body["role"]);
        return refused(StatusCode::BAD_REQUEST, &[&words]);
    }
    if body["jwt"] != state.jwt.as_str() {
        return refused(StatusCode::FORBIDDEN, &["permission denied"]);
    }
    let lease = state.lease;
    let token = state.make_token(lease);
    Json(json!({ "auth": { "client_token": token, "lease_duration": lease.as_secs(), "renewable": true } }))
        .into_response()
}

fn look_up(state: &State, headers: &HeaderMap) -> Response {
    let token = token(headers);
    if !state.lets_in(token) {
        return refused(StatusCode::FORBIDDEN, &["permission denied"]);
    }
    let ttl = state.tokens.get(token).map_or(0, |token| token.lasts.as_secs());
    Json(json!({ "data": { "ttl": ttl, "renewable": ttl > 0 } })).into_response()
}

fn renew(state: &mut State, headers: &HeaderMap) -> Response {
    let token = token(headers);
    if !state.lets_in(token) || token == ROOT_TOKEN {
        return refused(StatusCode::FORBIDDEN, &["permission denied"]);
    }
    state.renewals += 1;
    let Some(held) = state.tokens.get_mut(token) else {
        return refused(StatusCode::FORBIDDEN, &["permission denied"]);
    };
    held.until = std::time::Instant::now() + held.lasts;
    let lasts = held.lasts.as_secs();
    Json(json!({ "auth": { "client_token": token, "lease_duration": lasts, "renewable": true } }))
        .into_response()
}

fn secret(state: &mut State, path: &str, headers: &HeaderMap) -> Response {
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    *state.reads.entry(name.clone()).or_default() += 1;
    if !state.lets_in(token(headers)) || state.denied.contains(&name) {
        return refused(StatusCode::FORBIDDEN, &["permission denied"]);
    }
    let (engine, secrets) = (state.engine, &state.secrets);
    let of_version_two = path.starts_with(&format!("{MOUNT}/data/"));
    match engine {
        Engine::Two if !of_version_two => {
            let warnings = ["Invalid path for a versioned K/V secrets engine."];
            let body = json!({ "errors": [], "warnings": warnings });
            (StatusCode::NOT_FOUND, Json(body)).into_response()
        }
        Engine::One | Engine::Two => match secrets.get(&name) {
            None => refused(StatusCode::NOT_FOUND, &[]),
            Some(secret) if of_version_two => {
                Json(json!({ "data": { "data": secret, "metadata": { "version": 1 } } })).into_response()
            }
            Some(secret) => Json(json!({ "lease_duration": 2_764_800, "data": secret })).into_response(),
        },
    }
}
