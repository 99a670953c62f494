//! How many tasks move at once.
//!
//! A task that moves holds a place from its first reading to the first reading after its send, so that what has begun is finished on
//! the same connection before more is begun: the first command leaves early, and memory does not grow with the size of a request. A
//! task that waits, or whose BMC is slow, holds no place, and so a thousand dead BMCs do not stop the others.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The longest time that a task holds a place. A BMC that is slower than this makes nobody wait for it.
const HOLD_MAX: Duration = Duration::from_millis(500);
/// The longest wait within a task for which it keeps its place.
pub(super) const PAUSE_MAX: Duration = Duration::from_millis(20);

/// The places.
#[derive(Debug)]
pub(super) struct Turnstile {
    places: Arc<Semaphore>,
}

impl Turnstile {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places.max(1))),
        }
    }
}

/// One task's place, while it has one.
#[derive(Debug, Default)]
pub(super) struct Pass {
    held: Mutex<Option<(OwnedSemaphorePermit, Instant)>>,
}

impl Pass {
    /// Waits for a place, unless one is held.
    pub(super) async fn enter(&self, turnstile: &Turnstile) {
        if self.until().is_some() {
            return;
        }
        // The semaphore is never closed; without a place the call is only less orderly.
        if let Ok(place) = Arc::clone(&turnstile.places).acquire_owned().await {
            *self.held.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((place, Instant::now() + HOLD_MAX));
        }
    }

    /// Gives the place back.
    pub(super) fn leave(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn until(&self) -> Option<Instant> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|(_, until)| *until)
    }

    /// Runs a call to its end, and gives the place back as soon as it has been held for too long.
    pub(super) async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        let mut call = std::pin::pin!(call);
        if let Some(until) = self.until() {
            tokio::select! {
                biased;
                done = &mut call => return done,
                () = tokio::time::sleep_until(until) => self.leave(),
            }
        }
        call.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_call_gives_its_place_to_the_next() {
        let turnstile = Turnstile::new(1);
        let (slow, quick) = (Pass::default(), Pass::default());
        slow.enter(&turnstile).await;
        let begun = Instant::now();
        let slow_call = slow.during(tokio::time::sleep(Duration::from_mins(1)));
        let quick_call = async {
            quick.enter(&turnstile).await;
            begun.elapsed()
        };
        let ((), waited) = tokio::join!(slow_call, quick_call);
        assert!(waited >= HOLD_MAX && waited < HOLD_MAX * 2, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_kept_until_it_is_left() {
        let turnstile = Turnstile::new(1);
        let pass = Pass::default();
        pass.enter(&turnstile).await;
        pass.enter(&turnstile).await;
        assert_eq!(turnstile.places.available_permits(), 0);
        pass.leave();
        assert_eq!(turnstile.places.available_permits(), 1);
    }
}
