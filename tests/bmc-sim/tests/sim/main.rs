//! The simulator from outside: a raw HTTP client against its sockets.

mod client;
mod control;
mod faults;
mod fleet;
mod power;
mod program;
mod redfish;
mod tls;
