//! The guard of every send: once the lease of this process is void, nothing may leave.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use switchyard_transport::Guard;

/// Void once a newer epoch was seen. On an engine with a single process the lease does not run out by itself: the lock on the file
/// keeps every other process away for as long as this one lives.
#[derive(Debug, Default)]
pub struct LeaseGuard {
    void: AtomicBool,
}

impl LeaseGuard {
    /// Makes the lease void for good.
    pub fn void(&self) {
        self.void.store(true, Ordering::SeqCst);
    }

    /// Whether the lease is void.
    pub fn is_void(&self) -> bool {
        self.void.load(Ordering::SeqCst)
    }
}

impl Guard for LeaseGuard {
    fn may_send(&self, _needed: Duration) -> Result<(), String> {
        if self.is_void() { Err("another process has taken over".to_owned()) } else { Ok(()) }
    }
}
