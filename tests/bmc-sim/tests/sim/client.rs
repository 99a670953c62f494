//! A small HTTP client that shows everything and repairs nothing.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bmc_sim::{DEFAULT_PASSWORD, DEFAULT_USER, Sim};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Every wait of a test ends by this time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn message_id(&self) -> String {
        self.json()["error"]["@Message.ExtendedInfo"][0]["MessageId"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authorization: Option<String>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        Self::over(stream).await
    }

    pub(crate) async fn over<S>(stream: S) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            authorization: Some(basic(DEFAULT_USER, DEFAULT_PASSWORD)),
        })
    }

    pub(crate) fn with_login(self, login: Option<String>) -> Self {
        Self {
            authorization: login,
            ..self
        }
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, Failure> {
        self.send_with(method, path, &[], body).await
    }

    pub(crate) async fn send_with(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "bmc");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let exchange = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request.body(Full::new(body))?).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Answer {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        };
        tokio::time::timeout(PATIENCE, exchange).await?
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send(Method::GET, path, Bytes::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(Method::POST, path, body.to_string().into()).await
    }
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

pub(crate) async fn get(sim: &Sim, bmc: usize, path: &str) -> Result<Answer, Failure> {
    Connection::open(sim.address(bmc)).await?.get(path).await
}

/// Reads a resource that must be there.
pub(crate) async fn read(sim: &Sim, bmc: usize, path: &str) -> Value {
    let answer = get(sim, bmc, path).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer.json()
}

/// Sends a reset to a system.
pub(crate) async fn reset(sim: &Sim, bmc: usize, system: usize, reset_type: &str) -> Result<Answer, Failure> {
    let target = format!("{}/Actions/ComputerSystem.Reset", sim.system_path(bmc, system));
    let mut connection = Connection::open(sim.address(bmc)).await?;
    connection.post(&target, &json!({"ResetType": reset_type})).await
}

/// What a reading of a system's `PowerState` says.
pub(crate) async fn power(sim: &Sim, bmc: usize, system: usize) -> String {
    let resource = read(sim, bmc, &sim.system_path(bmc, system)).await;
    resource["PowerState"].as_str().unwrap().to_owned()
}

/// Looks until `done`, or fails with what was seen last.
pub(crate) async fn until<T: std::fmt::Debug, F: Future<Output = T>>(
    mut look: impl FnMut() -> F,
    done: impl Fn(&T) -> bool,
) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let seen = look().await;
        if done(&seen) {
            return seen;
        }
        assert!(tokio::time::Instant::now() < deadline, "gave up at {seen:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
