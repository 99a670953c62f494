//! The real command against a service that plays its part request by request.

#![expect(clippy::unwrap_used, reason = "the helpers are test code, too")]

mod command;
mod doctor;
mod errors;
mod every;
mod follow;
mod interventions;
mod limits;
mod log;
mod plan;
mod queue;
mod service;
mod shell;
mod status;
mod terminal;
mod tokens;
