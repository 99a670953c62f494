//! The router over a real engine and store, and BMCs that live in memory.

mod abort;
mod bench;
mod docs;
mod endpoints;
mod hardware;
mod openapi;
mod routes;
mod samples;
mod v2;
