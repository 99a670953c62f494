//! What drivers remember about a BMC between calls, bounded in bytes and time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_core::ControllerId;
use tokio::time::Instant;

use crate::driver::{Driver, DriverName};
use crate::limits::{CACHE_BYTES, CACHE_TTL_MAX};

/// What one driver version remembers about one BMC, in memory only.
#[derive(Debug, Default)]
pub struct CallCache {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: BTreeMap<String, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    expires: Instant,
}

impl CallCache {
    /// An empty cache.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The value of a key, unless it has expired.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let now = Instant::now();
        self.lock()
            .by_key
            .get(key)
            .filter(|entry| entry.expires > now)
            .map(|entry| entry.value.clone())
    }

    /// Remembers a value for at most a day. What goes first when space is short is what expires first; a value that is
    /// larger than the whole cache is not taken.
    pub fn put(&self, key: String, value: Vec<u8>, ttl: Duration) {
        let size = key.len() + value.len();
        if size > CACHE_BYTES {
            return;
        }
        let now = Instant::now();
        let mut entries = self.lock();
        entries.remove(&key);
        if entries.bytes + size > CACHE_BYTES {
            entries.drop_expired(now);
        }
        while entries.bytes + size > CACHE_BYTES {
            entries.drop_first();
        }
        entries.bytes += size;
        entries.by_key.insert(
            key,
            Entry {
                value,
                expires: now + ttl.min(CACHE_TTL_MAX),
            },
        );
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = Entries::default();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.by_key.remove(key) {
            self.bytes -= key.len() + entry.value.len();
        }
    }

    fn drop_expired(&mut self, now: Instant) {
        let expired: Vec<String> = self
            .by_key
            .iter()
            .filter(|(_, entry)| entry.expires <= now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in expired {
            self.remove(&key);
        }
    }

    fn drop_first(&mut self) {
        let first = self
            .by_key
            .iter()
            .min_by_key(|(_, entry)| entry.expires)
            .map(|(key, _)| key.clone());
        match first {
            Some(key) => self.remove(&key),
            None => self.bytes = 0,
        }
    }
}

/// The caches of all BMCs, one for each version that speaks to one. There are as many as there are controllers in the inventory, times
/// two at most; [`CallCaches::forget`] drops those of a controller that has left it.
#[derive(Debug, Default)]
pub struct CallCaches {
    by_controller: Mutex<HashMap<ControllerId, VecDeque<OfVersion>>>,
}

/// The most versions whose caches of one BMC are kept: the present one, and one whose pending work is still asked about.
const VERSIONS_MAX: usize = 2;

#[derive(Debug)]
struct OfVersion {
    driver: DriverName,
    cache: Arc<CallCache>,
}

impl CallCaches {
    /// The cache of a BMC for a driver version. Another driver or version starts with an empty one.
    pub fn of(&self, controller: &ControllerId, driver: &Driver) -> Arc<CallCache> {
        let mut by_controller = self.by_controller.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = by_controller.entry(controller.clone()).or_default();
        if let Some(known) = versions.iter().find(|known| known.driver == *driver.name()) {
            return Arc::clone(&known.cache);
        }
        if versions.len() == VERSIONS_MAX {
            versions.pop_front();
        }
        let cache = CallCache::new();
        versions.push_back(OfVersion {
            driver: driver.name().clone(),
            cache: Arc::clone(&cache),
        });
        cache
    }

    /// Forgets everything about a BMC.
    pub fn forget(&self, controller: &ControllerId) {
        self.by_controller
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(controller);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn values_expire() {
        let cache = CallCache::new();
        cache.put("a".into(), vec![1], Duration::from_secs(5));
        assert_eq!(cache.get("a"), Some(vec![1]));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(cache.get("a"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_are_bounded() {
        let cache = CallCache::new();
        for n in 0..100_u64 {
            cache.put(format!("{n}"), vec![0; 4096], Duration::from_secs(1000 + n));
        }
        assert!(cache.lock().bytes <= CACHE_BYTES);
        assert_eq!(cache.get("0"), None);
        assert!(cache.get("99").is_some());
        cache.put("large".into(), vec![0; CACHE_BYTES], Duration::MAX);
        assert_eq!(cache.get("large"), None);
        cache.put("99".into(), vec![7], Duration::from_secs(1));
        assert_eq!(cache.get("99"), Some(vec![7]));
    }
}
