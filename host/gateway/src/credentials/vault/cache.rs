//! Logins that were read, and names that have none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_transport::Login;
use tokio::time::Instant;

use super::Keeping;

/// The most names that are remembered.
const NAMES_MAX: usize = 100_000;
/// How often a login that a controller refuses is read again at most.
const DOUBT_EVERY: Duration = Duration::from_secs(10);

/// What is kept of a name.
#[derive(Debug)]
pub(super) enum Kept {
    /// It was read a short while ago; nothing: there is none of this name.
    Fresh(Option<Arc<Login>>),
    /// It is to be read again, and serves if that is not possible.
    Stale(Option<Arc<Login>>),
    /// Nothing that may be used.
    Nothing,
}

struct Entry {
    login: Option<Arc<Login>>,
    read_at: Instant,
    /// A controller has refused it since.
    doubted: bool,
}

/// The cache.
pub(super) struct Cache {
    keeping: Keeping,
    entries: Mutex<HashMap<String, Entry>>,
}

impl Cache {
    pub(super) fn new(keeping: Keeping) -> Self {
        Self {
            keeping,
            entries: Mutex::default(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Kept {
        let entries = self.entries();
        let Some(entry) = entries.get(name) else {
            return Kept::Nothing;
        };
        let (age, login) = (entry.read_at.elapsed(), entry.login.clone());
        let fresh = if entry.doubted {
            self.keeping.fresh.min(DOUBT_EVERY)
        } else {
            self.keeping.fresh
        };
        if age < fresh {
            Kept::Fresh(login)
        } else if age < self.keeping.fresh.saturating_add(self.keeping.stale) {
            Kept::Stale(login)
        } else {
            Kept::Nothing
        }
    }

    /// Remembers what was read. A login that is no longer doubted may be one that was rotated.
    pub(super) fn put(&self, name: &str, login: Option<Arc<Login>>) {
        let mut entries = self.entries();
        if entries.len() >= NAMES_MAX && !entries.contains_key(name) {
            let kept = self.keeping.fresh.saturating_add(self.keeping.stale);
            entries.retain(|_, entry| entry.read_at.elapsed() < kept);
            if entries.len() >= NAMES_MAX {
                return;
            }
        }
        let same = |former: &Entry| {
            former.login.as_ref().map(|login| login.version()) == login.as_ref().map(|login| login.version())
        };
        let doubted = entries
            .get(name)
            .is_some_and(|former| former.doubted && same(former));
        let entry = Entry {
            login,
            read_at: Instant::now(),
            doubted,
        };
        entries.insert(name.to_owned(), entry);
    }

    /// A controller has refused the login: it is read again, now if it was not read just now, and often until it changes.
    pub(super) fn doubt(&self, name: &str) {
        if let Some(entry) = self.entries().get_mut(name) {
            if !entry.doubted {
                // The first doubt counts at once.
                entry.read_at = entry.read_at.checked_sub(DOUBT_EVERY).unwrap_or(entry.read_at);
            }
            entry.doubted = true;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries().values().all(|entry| entry.login.is_none())
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use switchyard_transport::Secret;

    use super::*;

    const KEEPING: Keeping = Keeping {
        fresh: Duration::from_mins(10),
        stale: Duration::from_hours(1),
    };

    #[expect(clippy::unnecessary_wraps, reason = "what the cache keeps")]
    fn login(password: &str) -> Option<Arc<Login>> {
        Some(Arc::new(Login::new("root", Secret::new(password.to_owned()))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_is_fresh_then_stale_then_gone() {
        let cache = Cache::new(KEEPING);
        assert!(matches!(cache.get("a"), Kept::Nothing) && cache.is_empty());
        cache.put("a", login("one"));
        tokio::time::advance(Duration::from_secs(599)).await;
        assert!(matches!(cache.get("a"), Kept::Fresh(Some(_))));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(matches!(cache.get("a"), Kept::Stale(Some(_))));
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!(matches!(cache.get("a"), Kept::Nothing));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_login_is_read_at_once_and_then_often_until_it_changes() {
        let cache = Cache::new(KEEPING);
        tokio::time::advance(Duration::from_mins(1)).await;
        cache.put("a", login("one"));
        cache.doubt("a");
        assert!(matches!(cache.get("a"), Kept::Stale(_)), "read at once");
        cache.put("a", login("one"));
        cache.doubt("a");
        assert!(matches!(cache.get("a"), Kept::Fresh(_)), "not again at once");
        tokio::time::advance(DOUBT_EVERY).await;
        assert!(matches!(cache.get("a"), Kept::Stale(_)));
        cache.put("a", login("two"));
        tokio::time::advance(DOUBT_EVERY).await;
        assert!(matches!(cache.get("a"), Kept::Fresh(_)));
    }
}
