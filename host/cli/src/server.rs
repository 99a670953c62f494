//! The service, as a client sees it.

mod client;
mod error;

pub(crate) use client::Server;
pub(crate) use error::Error;
