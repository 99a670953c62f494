//! The keys whose work is going on in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use switchyard_store::KeyScope;

/// How many keys are kept.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct KeyLimits {
    /// Of one caller.
    pub(in crate::api) per_caller: u32,
    /// Of all callers.
    pub(in crate::api) overall: u32,
}

type Fingerprints = HashMap<KeyScope, [u8; 32]>;

/// The keys whose work is going on, with the fingerprints of their requests. There are never more than requests in flight, and works
/// whose caller hung up.
#[derive(Debug, Clone, Default)]
pub(in crate::api) struct Running {
    keys: Arc<Mutex<Fingerprints>>,
}

impl Running {
    fn lock(&self) -> MutexGuard<'_, Fingerprints> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a key until the place is dropped. Fails with the fingerprint of the request that is running under it.
    pub(super) fn enter(&self, scope: &KeyScope, fingerprint: [u8; 32]) -> Result<Place, [u8; 32]> {
        let mut keys = self.lock();
        if let Some(running) = keys.get(scope) {
            return Err(*running);
        }
        keys.insert(scope.clone(), fingerprint);
        Ok(Place {
            running: self.clone(),
            scope: scope.clone(),
        })
    }
}

/// A key that is being worked under. It is left on every way out, a panic included.
#[derive(Debug)]
pub(super) struct Place {
    running: Running,
    scope: KeyScope,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.running.lock().remove(&self.scope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_entered_by_one_at_a_time() {
        let running = Running::default();
        let scope = |key: &str| KeyScope {
            caller: "slurm".to_owned(),
            key: key.to_owned(),
            method: "POST".to_owned(),
            path: "/transitions".to_owned(),
        };
        let place = running.enter(&scope("k"), [1; 32]).unwrap();
        assert_eq!(running.enter(&scope("k"), [2; 32]).unwrap_err(), [1; 32]);
        drop(running.enter(&scope("other"), [2; 32]).unwrap());
        drop(place);
        assert!(running.enter(&scope("k"), [2; 32]).is_ok());
        assert!(running.lock().is_empty());
    }
}
