//! The router over a real engine and store, and BMCs that live in memory.

mod abort;
mod bench;
mod docs;
mod endpoints;
mod hardware;
mod limits;
mod openapi;
mod repetition;
mod routes;
mod samples;
mod v2;
