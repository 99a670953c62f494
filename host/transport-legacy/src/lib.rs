//! TLS by OpenSSL for controllers that rustls cannot reach: TLS 1.0 and later, RSA key exchange, CBC.
//!
//! None of that is fit for a network that others can listen on: without forward secrecy a recorded connection is read once the
//! controller's key is known. So it is used where the inventory asks for it, one controller at a time, and the certificate is pinned
//! rather than trusted by an authority.

use std::io;
use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslOptions, SslVerifyMode, SslVersion};
use switchyard_transport::{
    Fault, Fingerprint, LegacyConnecting, LegacyStream, LegacyTls, LegacyTrust, Reason,
};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// AES alone, with forward secrecy where the controller has it. What was broken before (RC4, DES, export) stays out.
const CIPHERS: &str = "ECDHE+AES:DHE+AES:kRSA+AES:!aNULL:@SECLEVEL=0";
/// Connects to servers that do not know RFC 5746 (`SSL_OP_LEGACY_SERVER_CONNECT`); connections are never renegotiated here.
const LEGACY_SERVER_CONNECT: u64 = 0x4;
/// The TLS alerts `protocol_version` and `handshake_failure` in OpenSSL's words.
const NOTHING_IN_COMMON: [&str; 3] = ["protocol version", "handshake failure", "unsupported protocol"];

/// OpenSSL, set to reach old controllers.
pub struct OpenSsl {
    context: SslContext,
}

impl std::fmt::Debug for OpenSsl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenSsl").finish_non_exhaustive()
    }
}

/// OpenSSL refuses its settings.
#[derive(Debug)]
pub struct SetUpError(ErrorStack);

impl std::fmt::Display for SetUpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenSSL cannot be set up for legacy controllers")
    }
}

impl std::error::Error for SetUpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl OpenSsl {
    /// Sets OpenSSL up. Certificates are checked after the handshake, by pin.
    pub fn new() -> Result<Self, SetUpError> {
        context().map(|context| Self { context }).map_err(SetUpError)
    }

    async fn handshake(
        &self,
        host: &str,
        tcp: TcpStream,
        trust: LegacyTrust,
    ) -> Result<Box<dyn LegacyStream>, Fault> {
        let set_up = |error: ErrorStack| refused(format!("OpenSSL cannot begin: {error}"));
        let mut ssl = Ssl::new(&self.context).map_err(set_up)?;
        if host.parse::<std::net::IpAddr>().is_err() {
            ssl.set_hostname(host).map_err(set_up)?;
        }
        let mut stream = SslStream::new(ssl, tcp).map_err(set_up)?;
        Pin::new(&mut stream)
            .connect()
            .await
            .map_err(|error| failed(&error))?;
        check(&stream, trust)?;
        Ok(Box::new(stream))
    }
}

impl LegacyTls for OpenSsl {
    fn connect<'a>(&'a self, host: &'a str, tcp: TcpStream, trust: LegacyTrust) -> LegacyConnecting<'a> {
        Box::pin(self.handshake(host, tcp, trust))
    }
}

fn context() -> Result<SslContext, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(SslVersion::TLS1))?;
    builder.set_cipher_list(CIPHERS)?;
    builder.set_options(SslOptions::from_bits_retain(LEGACY_SERVER_CONNECT) | SslOptions::NO_RENEGOTIATION);
    builder.set_verify(SslVerifyMode::NONE);
    Ok(builder.build())
}

/// Compares the certificate with the pin. Nothing of any request has left yet, and the handshake has proven that the controller holds
/// the certificate's key.
fn check(stream: &SslStream<TcpStream>, trust: LegacyTrust) -> Result<(), Fault> {
    let LegacyTrust::Pin { sha256 } = trust else {
        return Ok(());
    };
    let certificate = stream
        .ssl()
        .peer_certificate()
        .ok_or_else(|| refused("the controller showed no certificate".to_owned()))?;
    let digest = certificate
        .digest(MessageDigest::sha256())
        .map_err(|error| refused(format!("the certificate cannot be read: {error}")))?;
    let presented =
        <[u8; 32]>::try_from(&*digest).map_err(|_| refused("the certificate cannot be read".to_owned()))?;
    if openssl::memcmp::eq(&presented, &sha256) {
        return Ok(());
    }
    Err(refused(format!(
        "the certificate has the SHA-256 fingerprint {}, the pin is {}: if this is the right controller, pin this fingerprint; if not, somebody may be in between",
        Fingerprint(presented),
        Fingerprint(sha256)
    )))
}

/// A failed handshake. What merely broke may come about the next time; what TLS refused will not.
fn failed(error: &openssl::ssl::Error) -> Fault {
    match (error.ssl_error(), error.io_error()) {
        (Some(refusal), _) => {
            let words = refusal.to_string();
            let hint = if NOTHING_IN_COMMON.iter().any(|known| words.contains(known)) {
                ": the controller offers nothing from TLS 1.0 with AES on"
            } else {
                ""
            };
            refused(format!("{words}{hint}"))
        }
        (None, Some(broken)) => broke(broken),
        (None, None) => broke(&io::Error::from(io::ErrorKind::UnexpectedEof)),
    }
}

fn refused(text: String) -> Fault {
    Fault::not_sent(Reason::Tls, text)
}

fn broke(error: &io::Error) -> Fault {
    Fault::not_sent(
        Reason::Unreachable,
        format!("the connection broke ({error}): the controller may speak no TLS at this port"),
    )
}
