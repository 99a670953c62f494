//! Every limit of the transport, with its default.

use std::sync::Arc;
use std::time::Duration;

use crate::legacy::LegacyTls;
use crate::meter::Meter;

/// The most redirects that one read follows.
pub const REDIRECTS_MAX: usize = 5;
/// The longest path with query that a request may have, in bytes.
pub const PATH_MAX_BYTES: usize = 4096;
/// The most headers that a request may carry, without the host's own.
pub const REQUEST_HEADERS_MAX: usize = 32;
/// The most bytes that the names and values of a request's headers may have together.
pub const REQUEST_HEADERS_MAX_BYTES: usize = 16 * 1024;
/// The most headers that an answer may have.
pub const RESPONSE_HEADERS_MAX: usize = 100;
/// The most requests that wait for a slot of one controller, in each lane. One endpoint can switch thousands of components (a PDU, an
/// emulator of a whole rack), and each of them has a call of its own in line; a waiter costs some hundred bytes.
pub const WAITERS_MAX: usize = 4096;
/// How often a permit gets its send back, in all.
pub const SENDS_BACK_MAX: u8 = 3;
/// The most requests that one change of settings may execute.
pub const CONFIGURATION_SENDS: u8 = 8;
/// Longest time from the guard's consent until the whole changing request has been written.
pub const CHANGE_WRITE: Duration = Duration::from_secs(2);
/// How long a connection may have been idle to carry a change.
pub const CHANGE_IDLE: Duration = Duration::from_secs(1);

/// The limits of a [`Transport`](crate::Transport).
#[derive(Debug, Clone)]
pub struct TransportConfig {
    /// Idle connections kept over all controllers; above it the oldest is dropped.
    pub idle_connections: usize,
    /// How long an idle connection is kept.
    pub idle_for: Duration,
    /// Idle IPMI sessions kept over all controllers; above it the oldest is closed.
    pub ipmi_sessions: usize,
    /// How long an idle IPMI session is kept. BMCs end one by themselves after a minute (IPMI 2.0, section 6.12.15), so it is less, and
    /// no session is kept alive for its own sake.
    pub ipmi_idle: Duration,
    /// Largest body of a request, in bytes.
    pub request_body: usize,
    /// Largest body of an answer, in bytes.
    pub response_body: usize,
    /// Largest status line and headers of an answer, in bytes; at least 8 KiB.
    pub response_head: usize,
    /// How long a request may wait for its slot at a controller.
    pub slot_wait: Duration,
    /// How long the credentials may take to hand out a login.
    pub login_wait: Duration,
    /// How long [`Transport::shutdown`](crate::Transport::shutdown) waits for changes in flight.
    pub shutdown_wait: Duration,
    /// What reaches controllers that rustls does not; nothing in builds without it.
    pub legacy_tls: Option<Arc<dyn LegacyTls>>,
    /// Who is told of every request.
    pub meter: Option<Arc<dyn Meter>>,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            idle_connections: 512,
            idle_for: Duration::from_secs(10),
            ipmi_sessions: 16_384,
            ipmi_idle: Duration::from_secs(30),
            request_body: 256 * 1024,
            response_body: 2 * 1024 * 1024,
            response_head: 64 * 1024,
            slot_wait: Duration::from_mins(2),
            login_wait: Duration::from_secs(10),
            shutdown_wait: Duration::from_secs(65),
            legacy_tls: None,
            meter: None,
        }
    }
}

/// How long the parts of a request to one controller may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP connection and TLS handshake together, or the opening of an IPMI session.
    pub connect: Duration,
    /// A read, from the first byte sent to the last byte received.
    pub read: Duration,
    /// A change: how long its owner waits for the answer, even when the caller has gone.
    pub change: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            change: Duration::from_mins(1),
        }
    }
}
