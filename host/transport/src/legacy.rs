//! The place of another TLS, for controllers that rustls cannot reach.

use std::fmt;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::fault::Fault;

/// Whom the certificate of a legacy controller has to satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyTrust {
    /// Exactly one certificate.
    Pin {
        /// SHA-256 over the DER form of the leaf certificate.
        sha256: [u8; 32],
    },
    /// Any certificate. Whoever is on the path can read what is sent and send commands.
    Unverified,
}

/// A connection that carries bytes.
pub trait LegacyStream: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> LegacyStream for T {}

/// A handshake that is going on.
pub type LegacyConnecting<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn LegacyStream>, Fault>> + Send + 'a>>;

/// Makes TLS connections that rustls does not make. It is asked for controllers with [`TlsPolicy::Legacy`](crate::TlsPolicy::Legacy)
/// alone, and has checked the certificate when it gives a stream.
pub trait LegacyTls: fmt::Debug + Send + Sync {
    /// Makes a handshake over an open connection to `host`.
    fn connect<'a>(&'a self, host: &'a str, tcp: TcpStream, trust: LegacyTrust) -> LegacyConnecting<'a>;
}
