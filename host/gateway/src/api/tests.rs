//! The router over a real engine and store, and BMCs that live in memory.

mod abort;
mod access;
mod bench;
mod closed;
mod configuring;
mod creating;
mod deadlines;
mod dependencies;
mod docs;
mod endpoints;
mod hardware;
mod holding;
mod identity_provider;
mod intervening;
mod kinds;
mod limits;
mod listing;
mod looking;
mod openapi;
mod planning;
mod power_cap;
mod repetition;
mod routes;
mod samples;
mod streams;
mod v2;
