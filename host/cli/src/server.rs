//! The service, as a client sees it.

mod client;
mod error;

pub(crate) use client::{REASON_MAX_BYTES, Server};
pub(crate) use error::Error;
