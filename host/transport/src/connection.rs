//! One connection to a controller: hyper's HTTP/1.1 over TCP or TLS, and what is known about each request on it.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::uri::PathAndQuery;
use http::{HeaderMap, Uri};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use crate::address::Address;
use crate::fault::{Fault, FaultDelivery, Reason};
use crate::http::Method;
use crate::legacy::{LegacyTls, LegacyTrust};
use crate::limits::{RESPONSE_HEADERS_MAX, TransportConfig};
use crate::login::Login;
use crate::tls::rejected;
use crate::wire::{Payload, Stream, Wire, Wired};

/// What to do about a controller that is too old for rustls.
const LEGACY: &str =
    "one that cannot is reached with `tls = { legacy = true, pin = \"sha256:...\" }` in the inventory";
/// How long a kept connection may take to become ready again after its last answer.
const READY: Duration = Duration::from_millis(250);
/// hyper's own lower limit for its buffers.
const BUFFER_MIN: usize = 8192;

/// A request that passed all rules.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) path: PathAndQuery,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The login with which each sending is signed; basic credentials stand in the headers.
    pub(crate) signer: Option<Arc<Login>>,
}

impl Prepared {
    /// Whether the request asks for the connection to end with it.
    pub(crate) fn closes(&self) -> bool {
        self.headers.contains_key(http::header::CONNECTION)
    }
}

/// What protects a connection.
#[derive(Debug)]
pub(crate) enum Security {
    Plain,
    Tls(Arc<ClientConfig>),
    Legacy(Arc<dyn LegacyTls>, LegacyTrust),
}

/// An open connection. Its task ends with it.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Payload>,
    wire: Arc<Wire>,
    /// Whether it has carried a request.
    used: bool,
    _task: AbortOnDropHandle<()>,
}

impl Connection {
    /// Connects; nothing of any request leaves.
    pub(crate) async fn open(
        address: &Address,
        security: Security,
        limits: &TransportConfig,
    ) -> Result<Self, Fault> {
        let stream = stream(address, security).await?;
        let wire = Arc::new(Wire::default());
        let (sender, connection) = http1::Builder::new()
            .max_headers(RESPONSE_HEADERS_MAX)
            .max_buf_size(limits.response_head.max(BUFFER_MIN))
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(Wired::new(stream, Arc::clone(&wire))))
            .await
            .map_err(|error| {
                Fault::not_sent(
                    Reason::Unreachable,
                    format!("{address}: no HTTP connection: {error}"),
                )
            })?;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection ended");
            }
        });
        Ok(Self {
            sender,
            wire,
            used: false,
            _task: AbortOnDropHandle::new(task),
        })
    }

    pub(crate) fn is_used(&self) -> bool {
        self.used
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Whether it can take a request; waits a moment for the last answer to be cleared away.
    pub(crate) async fn is_ready(&mut self) -> bool {
        matches!(timeout(READY, self.sender.ready()).await, Ok(Ok(())))
    }

    /// Sends the request and waits for the status line and headers, until `until`. The request must have been written within
    /// `write`. After a fault the connection is of no use any more.
    pub(crate) async fn send(
        &mut self,
        request: Prepared,
        write: Duration,
        until: Instant,
    ) -> Result<http::Response<Incoming>, Fault> {
        self.used = true;
        self.wire.begin(!request.body.is_empty());
        let mut head = http::Request::new(Payload::new(request.body, Arc::clone(&self.wire)));
        *head.method_mut() = request.method.into();
        *head.uri_mut() = Uri::from(request.path);
        *head.headers_mut() = request.headers;
        let answer = self.sender.try_send_request(head);
        tokio::pin!(answer);
        let mut give_up = until.min(Instant::now() + write);
        let mut writing = true;
        loop {
            tokio::select! {
                biased;
                result = &mut answer => return result.map_err(|mut error| {
                    let left = self.wire.shut() && error.take_message().is_none();
                    broken(left, error.error())
                }),
                () = self.wire.written(), if writing => {
                    writing = false;
                    give_up = until;
                }
                () = tokio::time::sleep_until(give_up) => {
                    return Err(silent(self.wire.shut(), writing));
                }
            }
        }
    }

    /// Reads the body of an answer, at most `most` bytes until `until`.
    pub(crate) async fn body(
        &mut self,
        answer: http::Response<Incoming>,
        most: usize,
        until: Instant,
    ) -> Result<Bytes, Fault> {
        let status = answer.status().as_u16();
        timeout_at(until, collect(answer.into_body(), status, most))
            .await
            .unwrap_or_else(|_| {
                Err(Fault::answered(
                    status,
                    Reason::Timeout,
                    format!(
                        "the controller answered {status}, but the rest of the answer did not come in time"
                    ),
                ))
            })
    }
}

async fn stream(address: &Address, security: Security) -> Result<Stream, Fault> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .map_err(|error| unreachable(address, &error))?;
    // Requests are small and answered one by one: waiting for more to send only costs time.
    tcp.set_nodelay(true)
        .map_err(|error| unreachable(address, &error))?;
    let config = match security {
        Security::Plain => return Ok(Stream::Plain(tcp)),
        Security::Legacy(tls, trust) => {
            let connecting = tls.connect(&address.host, tcp, trust).await;
            return connecting.map(Stream::Legacy).map_err(|fault| Fault {
                text: format!("the TLS handshake with {address} failed: {}", fault.text),
                ..fault
            });
        }
        Security::Tls(config) => config,
    };
    let name = ServerName::try_from(address.host.clone()).map_err(|_| {
        Fault::not_sent(
            Reason::Tls,
            format!("{address} has no name that a certificate can carry"),
        )
    })?;
    let connecting = TlsConnector::from(config).connect(name, tcp);
    connecting
        .await
        .map(|tls| Stream::Tls(Box::new(tls)))
        .map_err(|error| handshake(address, &error))
}

async fn collect(mut body: Incoming, status: u16, most: usize) -> Result<Bytes, Fault> {
    let too_large = || {
        Fault::answered(
            status,
            Reason::TooLarge,
            format!("the controller answered {status} with more than {most} bytes, which is the limit"),
        )
    };
    if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > most {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Fault::answered(
                status,
                Reason::Cut,
                format!(
                    "the controller answered {status}, but the answer broke off: {}",
                    root(&error)
                ),
            )
        })?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > most {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

/// The deepest cause of an HTTP error; the ones above it only say where it was noticed.
fn root(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = next.to_string();
        cause = next.source();
    }
    text
}

fn delivery(left: bool) -> FaultDelivery {
    if left {
        FaultDelivery::MaybeSent
    } else {
        FaultDelivery::NotSent
    }
}

/// A request that got no answer because the connection broke, or because what came was none.
fn broken(left: bool, error: &hyper::Error) -> Fault {
    // hyper tells this kind apart by type for servers only.
    let (reason, what) = if error.is_parse() && error.to_string().contains("too large") {
        (
            Reason::TooLarge,
            "the controller's answer has larger headers than allowed".to_owned(),
        )
    } else if error.is_parse() {
        (
            Reason::Cut,
            format!("the controller's answer is no HTTP/1.1: {}", root(error)),
        )
    } else if !left {
        (
            Reason::Cut,
            format!("the connection closed before the request left: {}", root(error)),
        )
    } else if error.is_incomplete_message() {
        (
            Reason::Cut,
            "the controller closed the connection without an answer".to_owned(),
        )
    } else {
        (
            Reason::Cut,
            format!("the connection broke before the answer: {}", root(error)),
        )
    };
    Fault {
        delivery: delivery(left),
        reason,
        status: None,
        text: what,
    }
}

fn silent(left: bool, writing: bool) -> Fault {
    let text = match (writing, left) {
        (true, false) => "the controller's connection took no byte of the request",
        (true, true) => "the controller's connection did not take the whole request in time",
        (false, _) => "the controller took the request and did not answer in time",
    };
    Fault {
        delivery: delivery(left),
        reason: Reason::Timeout,
        status: None,
        text: text.to_owned(),
    }
}

pub(crate) fn unreachable(address: &Address, error: &io::Error) -> Fault {
    let hint = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there; check the address and whether the controller's web service runs"
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "there is no way to it; check the network"
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "the controller closed it at once; it may have too many connections"
        }
        _ => "check the address and the network",
    };
    Fault::not_sent(
        Reason::Unreachable,
        format!("no connection to {address}: {error}: {hint}"),
    )
}

pub(crate) fn handshake(address: &Address, error: &io::Error) -> Fault {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let what = match tls {
        Some(tls) => match rejected(tls) {
            Some(rejected) => format!(
                "{rejected}: if this is the right controller, pin this fingerprint or give its authority; if not, somebody may be in between"
            ),
            None => match tls {
                rustls::Error::InvalidMessage(_) => {
                    format!("what answers speaks no TLS ({tls}): check scheme and port")
                }
                rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => {
                    format!(
                        "{tls}: the controller must offer TLS 1.2 or 1.3 with a current cipher suite; {LEGACY}"
                    )
                }
                _ => tls.to_string(),
            },
        },
        None => format!(
            "the connection broke ({error}): the controller may speak only an older TLS than 1.2 ({LEGACY}), or none at this port"
        ),
    };
    // A connection that merely broke may come about the next time: a BMC that restarts does that. What TLS itself refused will not.
    let reason = if tls.is_some() {
        Reason::Tls
    } else {
        Reason::Unreachable
    };
    Fault::not_sent(reason, format!("the TLS handshake with {address} failed: {what}"))
}
