//! Request lines that are longer than the HTTP library takes.
//!
//! Clients of PCS ask for the power of thousands of nodes with one `GET /power-status`, one `xname=` each, and PCS's server takes about
//! a megabyte of it. A URI of the HTTP library ends at 65,534 bytes. So [`ShortLines`] stands before the library on each connection: it
//! follows where requests begin and end, takes the query out of an over-long `GET /power-status`, and hands on the same request with a
//! [ticket](LongLines) instead, for which the API finds the query. Any other over-long line becomes a ticket that says why it is refused, so that its
//! answer too is given by the API, in its turn. Everything else passes as it came, byte by byte.

mod chunks;
mod head;
mod listener;
mod shortener;
mod stream;
mod tickets;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use listener::ShortLinesListener;
pub use stream::ShortLines;
pub use tickets::{LongLine, LongLines, LongQuery, Refused};

/// The longest request target that the HTTP library takes, in bytes.
pub const TARGET_MAX_BYTES: usize = 65_534;
/// The longest request line of `GET /power-status`, in bytes: as much as PCS's server takes of a whole head.
pub const LINE_MAX_BYTES: usize = 1 << 20;
/// How much of a line that is refused is read for the sake of an answer, in bytes. Whoever sends more is cut off.
pub const DISCARD_MAX_BYTES: usize = 16 << 20;
/// Long queries that are in memory at once, over all connections.
pub const LONG_QUERIES_MAX: usize = 16;
/// The longest time from the first byte of a request to the end of its head.
pub const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection may be without a byte in either direction. A request may take long and streams beat every few seconds, so who
/// waits for an answer is never cut off.
pub const IDLE_WITHIN: Duration = Duration::from_mins(15);
/// Connections at once. Who comes when there are as many waits in the backlog of the socket, so that BMCs and the database are never
/// without descriptors.
pub const CONNECTIONS_MAX: usize = 8_192;
