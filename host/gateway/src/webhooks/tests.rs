//! Webhooks and callbacks over a real store and a receiver on this machine.

mod bench;
mod callbacks;
mod hooks;
mod receiver;
