//! A BMC that serves one captured tree on a loopback port.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::tree::Tree;

/// What a BMC says about a path that it does not have.
const MISSING: &str = r#"{"error": {"code": "Base.1.8.ResourceMissingAtURI", "message": "The resource is not part of the captured tree."}}"#;
/// What it says to a change.
const READ_ONLY: &str =
    r#"{"error": {"code": "Base.1.8.ActionNotSupported", "message": "A captured tree cannot be changed."}}"#;

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves the tree.
    pub async fn start(tree: Tree) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let tree = Arc::new(tree);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let tree = Arc::clone(&tree);
                connections.spawn(async move {
                    let answer = service_fn(move |request| {
                        let response = answer(&tree, &request);
                        async move { Ok::<_, Infallible>(response) }
                    });
                    http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await
                });
            }
        });
        Ok(Self { address, task })
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(tree: &Tree, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body) = match *request.method() {
        Method::GET | Method::HEAD => match tree.resource(request.uri().path()) {
            Some(resource) => (StatusCode::OK, Bytes::from(resource)),
            None => (StatusCode::NOT_FOUND, Bytes::from_static(MISSING.as_bytes())),
        },
        _ => (
            StatusCode::METHOD_NOT_ALLOWED,
            Bytes::from_static(READ_ONLY.as_bytes()),
        ),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        const { hyper::header::HeaderValue::from_static("application/json") },
    );
    response
}
