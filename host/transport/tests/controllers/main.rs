//! The transport against a server that plays a controller byte by byte.

#![expect(clippy::unwrap_used, reason = "the helpers are test code, too")]

mod change;
mod connections;
mod digest;
mod fixture;
mod read;
mod secrets;
mod server;
mod tls;
