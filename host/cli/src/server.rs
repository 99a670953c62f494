//! The service, as a client sees it.

mod access;
mod client;
mod drivers;
mod endpoints;
mod error;

pub(crate) use client::Server;
pub(crate) use drivers::DriverFiles;
pub(crate) use error::Error;
