//! A receiver of messages that does what it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// What the receiver answers.
pub(super) enum Reply {
    /// A status with a text.
    Says(u16, String),
    /// A redirect to this place.
    Redirect(String),
    /// Nothing, ever.
    Hang,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Message {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Inner {
    replies: Mutex<VecDeque<Reply>>,
    got: Mutex<Vec<Message>>,
}

/// A running receiver. It answers 204 when it was told nothing else, and ends when it is dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
    serving: AbortHandle,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let inner = Arc::new(Inner::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            inner,
            serving: serving.abort_handle(),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next message so.
    pub(super) fn reply(&self, reply: Reply) {
        self.inner.replies.lock().unwrap().push_back(reply);
    }

    pub(super) fn says(&self, status: u16, text: &str) {
        self.reply(Reply::Says(status, text.to_owned()));
    }

    pub(super) fn got(&self) -> Vec<Message> {
        self.inner.got.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(inner): State<Arc<Inner>>, uri: http::Uri, headers: HeaderMap, body: String) -> Response {
    let message = Message {
        path: uri.path().to_owned(),
        headers,
        body,
    };
    inner.got.lock().unwrap().push(message);
    let reply = inner.replies.lock().unwrap().pop_front();
    match reply {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Reply::Says(status, text)) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Some(Reply::Redirect(to)) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Some(Reply::Hang) => std::future::pending().await,
    }
}
