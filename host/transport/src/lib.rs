//! What the host lends to drivers: HTTP and IPMI with pacing, TLS policy, credentials and delivery facts.
//!
//! A [`Transport`] makes one [`Controller`] per BMC endpoint. A controller reads ([`Controller::read`]) and changes
//! ([`Controller::change`]); a change spends a [`Permit`], which afterwards knows whether nothing left, something may have left, or an
//! answer came. Nothing that changes is ever sent twice by the transport itself. Drivers see paths, headers and bodies only: address,
//! TLS and login stay here.

mod address;
mod authentication;
mod change;
mod connection;
mod controller;
mod digest;
mod echo;
mod examination;
mod fault;
mod http;
pub mod ipmi;
mod legacy;
mod limits;
mod login;
mod meter;
mod permit;
mod pool;
mod read;
mod scope;
mod slot;
mod tls;
mod transport;
mod wire;
mod wsman;

pub use address::{Address, AddressError, Scheme};
pub use authentication::Authentication;
pub use controller::{Controller, Endpoint};
pub use digest::Challenge;
pub use examination::{Examination, Stretch, Tls};
pub use fault::{Fault, FaultDelivery, Reason};
pub use http::{Method, Request, Response};
pub use legacy::{LegacyConnecting, LegacyStream, LegacyTls, LegacyTrust};
pub use limits::{
    CHANGE_IDLE, CHANGE_WRITE, CONFIGURATION_SENDS, PATH_MAX_BYTES, REDIRECTS_MAX, REQUEST_HEADERS_MAX,
    REQUEST_HEADERS_MAX_BYTES, RESPONSE_HEADERS_MAX, SENDS_BACK_MAX, Timeouts, TransportConfig, WAITERS_MAX,
};
pub use login::{Credentials, Login, LoginError, LoginFuture, LoginVersion, Secret};
pub use meter::Meter;
pub use permit::{Guard, Permit};
pub use scope::{Lane, Scope};
pub use slot::Load;
pub use tls::{Fingerprint, FingerprintError, TlsPolicy};
pub use transport::Transport;
