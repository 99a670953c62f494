//! The service switchyardd: configuration, engine, inventory, credentials and API.

pub mod access;
pub mod api;
pub mod backup;
pub mod bmc;
pub mod check;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod dependencies;
pub mod discovery;
pub mod document;
pub mod drivers;
pub mod engine;
pub mod events;
pub mod inventory;
pub mod reload;
pub mod request_line;
pub mod service;
pub mod smd;
pub mod telemetry;
pub mod tls;
pub mod watch;
pub mod web_ui;
pub mod webhooks;
mod whole_file;
