//! The service around the site.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Request as HttpRequest, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::answer::{not_found, problem};
use crate::fault::Faults;
use crate::oauth2::{self, Authority};
use crate::recorder::{Recorder, Request};
use crate::{Fault, Site, group, inventory, locks, power_map, state_components, subscription};

/// The largest body that is taken, in bytes.
const BODY_MAX_BYTES: usize = 64 << 20;

/// What the handlers work with.
#[derive(Debug, Clone)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    site: Mutex<Site>,
    faults: Mutex<Faults>,
    recorder: Mutex<Recorder>,
    authority: Mutex<Option<Authority>>,
    notifications: Mutex<bool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// What SMD knows.
    pub fn site(&self) -> MutexGuard<'_, Site> {
        lock(&self.inner.site)
    }

    pub(crate) fn authority(&self) -> MutexGuard<'_, Option<Authority>> {
        lock(&self.inner.authority)
    }

    pub(crate) fn offers_notifications(&self) -> bool {
        *lock(&self.inner.notifications)
    }
}

/// A simulated SMD on a loopback address.
#[derive(Debug)]
pub struct SmdSim {
    address: SocketAddr,
    app: App,
    serving: Option<Serving>,
}

#[derive(Debug)]
struct Serving {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl SmdSim {
    /// Serves a site at a free port of 127.0.0.1.
    pub async fn start(site: Site) -> io::Result<Self> {
        Self::start_at(site, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Serves a site at a loopback address.
    pub async fn start_at(site: Site, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the simulator is served at loopback addresses only",
            ));
        }
        let inner = Inner {
            site: Mutex::new(site),
            faults: Mutex::default(),
            recorder: Mutex::default(),
            authority: Mutex::default(),
            notifications: Mutex::new(true),
        };
        let app = App {
            inner: Arc::new(inner),
        };
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let serving = Some(serve(listener, app.clone()));
        Ok(Self {
            address,
            app,
            serving,
        })
    }

    /// Where it is, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its token endpoint is.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.base_url())
    }

    /// What it knows. Do not hold it over an await.
    pub fn site(&self) -> MutexGuard<'_, Site> {
        self.app.site()
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.app.inner.recorder).all()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.app.inner.recorder).clear();
    }

    /// From now on every request whose path holds `word` goes wrong in this way. There is one fault at a time.
    pub fn set_fault(&self, word: &str, fault: Fault) {
        lock(&self.app.inner.faults).set = Some((word.to_owned(), fault));
    }

    /// From now on nothing goes wrong.
    pub fn clear_fault(&self) {
        lock(&self.app.inner.faults).set = None;
    }

    /// From now on a request needs a token, which this client obtains at the token endpoint and which lasts so long.
    pub fn require_token(&self, client: &str, secret: &str, life: Duration) {
        *self.app.authority() = Some(Authority {
            client: client.to_owned(),
            secret: secret.to_owned(),
            life,
            given: Vec::new(),
        });
    }

    /// From now on no token that was given is taken any more.
    pub fn revoke_tokens(&self) {
        if let Some(authority) = self.app.authority().as_mut() {
            authority.given.clear();
        }
    }

    /// Whether notifications are offered; they are at the start.
    pub fn offer_notifications(&self, offered: bool) {
        *lock(&self.app.inner.notifications) = offered;
    }

    /// Is away: nobody listens at its address any more.
    pub async fn leave(&mut self) {
        if let Some(Serving { stop, task }) = self.serving.take() {
            stop.cancel();
            drop(task.await);
        }
    }

    /// Is back at the same address.
    pub async fn come_back(&mut self) -> io::Result<()> {
        if self.serving.is_none() {
            let listener = TcpListener::bind(self.address).await?;
            self.serving = Some(serve(listener, self.app.clone()));
        }
        Ok(())
    }

    /// Stops.
    pub async fn stop(mut self) {
        self.leave().await;
    }
}

fn serve(listener: TcpListener, app: App) -> Serving {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let serving = axum::serve(listener, router(app)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let task = tokio::spawn(async move {
        // Whoever is away answers nobody, not even those whose request it has.
        tokio::select! {
            _ = serving.into_future() => {}
            () = stopped.cancelled() => {}
        }
    });
    Serving { stop, task }
}

fn router(app: App) -> Router {
    let hsm = Router::new()
        .nest("/State/Components", state_components::router())
        .nest("/Inventory", inventory::router())
        .nest("/sysinfo/powermaps", power_map::router())
        .nest("/Subscriptions/SCN", subscription::router())
        .nest("/locks", locks::router())
        .merge(group::router())
        .route("/service/liveness", get(async || StatusCode::NO_CONTENT))
        .route("/service/ready", get(ready))
        .route("/service/values/class", get(classes));
    Router::new()
        .nest("/hsm/v2", hsm)
        .route("/token", axum::routing::post(oauth2::token))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(middleware::from_fn_with_state(app.clone(), pass))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(app)
}

async fn ready() -> Json<serde_json::Value> {
    Json(json!({ "code": 0, "message": "HSM is healthy" }))
}

async fn classes() -> Json<serde_json::Value> {
    Json(json!({ "Class": ["River", "Mountain", "Hill"] }))
}

/// Notes a request, lets it go wrong where it should, and asks for a token where one is needed.
async fn pass(State(app): State<App>, request: HttpRequest, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    let bearer = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .map(str::to_owned);
    let mut noted = Request {
        method: parts.method.to_string(),
        path: path.clone(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        status: 0,
        bearer: bearer.clone(),
    };
    let fault = lock(&app.inner.faults).at(&path);
    if let Some(Fault::Slow(wait)) = fault {
        tokio::time::sleep(wait).await;
    }
    let refused = !path.starts_with("/token")
        && app
            .authority()
            .as_ref()
            .is_some_and(|authority| !bearer.is_some_and(|token| authority.takes(&token)));
    let answer = match fault {
        Some(Fault::Unauthorized) => unauthorized(),
        Some(Fault::Broken) => problem(StatusCode::INTERNAL_SERVER_ERROR, "the database is away"),
        _ if refused => unauthorized(),
        _ => next.run(HttpRequest::from_parts(parts, Body::from(body))).await,
    };
    noted.status = answer.status().as_u16();
    lock(&app.inner.recorder).note(noted);
    if fault == Some(Fault::Half) {
        return half(answer).await;
    }
    answer
}

fn unauthorized() -> Response {
    problem(StatusCode::UNAUTHORIZED, "token is unauthorized")
}

/// The first half of an answer, after which the connection is cut.
async fn half(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, BODY_MAX_BYTES).await.unwrap_or_default();
    let first = body.slice(..body.len() / 2);
    let pieces: [Result<Bytes, io::Error>; 2] =
        [Ok(first), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    let body = Body::from_stream(tokio_stream::iter(pieces));
    let mut half = Response::new(body);
    *half.status_mut() = parts.status;
    half.headers_mut().extend(
        parts
            .headers
            .into_iter()
            .filter(|(name, _)| *name != Some(header::CONTENT_LENGTH)),
    );
    half
}
