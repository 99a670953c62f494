//! The service, as a client sees it.

mod access;
mod client;
mod diagnose;
mod drivers;
mod endpoints;
mod error;
mod holds;
mod limits;
mod log;
mod orders;
mod problem;
mod stream;
mod suggestions;

pub(crate) use client::{Server, fresh_id};
pub(crate) use diagnose::{Diagnosis, Step};
pub(crate) use drivers::DriverFiles;
pub(crate) use error::Error;
pub(crate) use log::EventQuery;
pub(crate) use stream::{Frame, Frames};
