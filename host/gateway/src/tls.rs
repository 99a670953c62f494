//! TLS for callers: the certificate, which can be renewed while the service runs, and the handshakes.

mod certificate;
mod listener;
pub mod presented;

pub use certificate::{Certificate, CertificateError};
pub use listener::TlsListener;

#[cfg(test)]
mod tests;
