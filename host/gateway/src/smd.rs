//! SMD, the service that knows the components of a site: Hardware State Manager, API version 2.
//!
//! [`Client`] is the one way to it.

mod body;
mod call;
mod client;
mod component_ids;
mod error;
pub mod reservations;
mod settings;
mod token;

pub use call::Call;
pub use client::{BODY_MAX_BYTES, Client};
pub use component_ids::{ComponentIds, IDS_MAX};
pub use error::Error;
pub use settings::{Connection, OAuth2, SettingsError};
pub use token::TokenError;
