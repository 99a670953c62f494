//! A receiver of messages that fails, hangs and accepts as it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What every message is answered with from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// A server error.
    Failing,
    /// Nothing, ever.
    Hanging,
    /// 204.
    Accepting,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) path: String,
    /// The headers whose names begin with `webhook-`.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    /// What it was answered with.
    pub(super) mood: Mood,
}

struct Inner {
    mood: Mutex<Mood>,
    got: Mutex<Vec<Message>>,
}

/// A running receiver. It ends when it is dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
    serving: AbortHandle,
}

impl Receiver {
    pub(super) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            mood: Mutex::new(mood),
            got: Mutex::default(),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&inner)));
        Self {
            address,
            inner,
            serving: serving.abort_handle(),
        }
    }

    pub(super) fn is_now(&self, mood: Mood) {
        *lock(&self.inner.mood) = mood;
    }

    pub(super) fn got(&self) -> Vec<Message> {
        lock(&self.inner.got).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, Arc::clone(&inner)));
    }
}

async fn connection(stream: TcpStream, inner: Arc<Inner>) {
    let service = service_fn(|request| take(request, Arc::clone(&inner)));
    // A service that was killed leaves its connection half-way.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn take(request: Request<Incoming>, inner: Arc<Inner>) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mood = *lock(&inner.mood);
    let headers = head.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str();
        name.starts_with("webhook-")
            .then(|| (name.to_owned(), value.to_str().unwrap_or_default().to_owned()))
    });
    lock(&inner.got).push(Message {
        path: head.uri.path().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        mood,
    });
    let status = match mood {
        Mood::Failing => StatusCode::INTERNAL_SERVER_ERROR,
        Mood::Accepting => StatusCode::NO_CONTENT,
        Mood::Hanging => std::future::pending().await,
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}
