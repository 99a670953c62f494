//! Sessions of people at the dashboard, in memory: a restart ends them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use switchyard_transport::Secret;

use super::identity::Identity;
use super::secret::{self, Hash};

/// The most sessions at once. A new one ends the one that was idle for longest.
const SESSIONS_MAX: usize = 1_000;

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct SessionTimes {
    /// Without a request.
    pub idle: Duration,
    /// In all.
    pub whole: Duration,
}

/// Somebody who logged in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Who it was then. A token is looked at again with every request.
    pub(super) identity: Identity,
    /// When what they logged in with is over, if it is no token of this service: the time of the machine in seconds, as in the token.
    pub(super) ends_at: Option<i64>,
    /// What changes carry besides the cookie.
    pub(super) csrf: Secret,
    opened: Instant,
    used: Instant,
}

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    /// What the cookie holds.
    pub cookie: Secret,
    /// What changes carry besides the cookie.
    pub csrf: Secret,
}

/// The sessions, by the hash of what their cookie holds.
#[derive(Debug)]
pub(super) struct Sessions {
    times: SessionTimes,
    open: Mutex<HashMap<Hash, Session>>,
}

impl Sessions {
    pub(super) fn new(times: SessionTimes) -> Self {
        Self {
            times,
            open: Mutex::default(),
        }
    }

    pub(super) fn open(
        &self,
        identity: Identity,
        ends_at: Option<i64>,
        now: Instant,
    ) -> Result<Opened, getrandom::Error> {
        let cookie = secret::fresh_secret()?;
        let csrf = Secret::new(secret::fresh_secret()?.to_string());
        let session = Session {
            identity,
            ends_at,
            csrf: csrf.clone(),
            opened: now,
            used: now,
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| self.lasts(session, now));
        while open.len() >= SESSIONS_MAX {
            let oldest = open.iter().min_by_key(|(_, session)| session.used);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                break;
            };
            open.remove(&key);
        }
        open.insert(secret::hash(&cookie), session);
        Ok(Opened {
            cookie: Secret::new(cookie.to_string()),
            csrf,
        })
    }

    /// The session that a cookie opens, which counts as used then.
    pub(super) fn find(&self, cookie: &str, now: Instant) -> Option<Session> {
        let key = secret::hash(cookie);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(&key)?;
        if !self.lasts(session, now) {
            open.remove(&key);
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    pub(super) fn close(&self, cookie: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&secret::hash(cookie));
    }

    fn lasts(&self, session: &Session, now: Instant) -> bool {
        now.duration_since(session.used) < self.times.idle
            && now.duration_since(session.opened) < self.times.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{How, Role, Scope};

    const TIMES: SessionTimes = SessionTimes {
        idle: Duration::from_mins(10),
        whole: Duration::from_hours(1),
    };

    fn somebody() -> Identity {
        Identity {
            subject: "anna".to_owned(),
            role: Role::Viewer,
            scope: Scope::All,
            how: How::Jwt,
        }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_after_its_whole_time() {
        let sessions = Sessions::new(TIMES);
        let begin = Instant::now();
        let opened = sessions.open(somebody(), None, begin).unwrap();
        let cookie = opened.cookie.expose();
        let mut now = begin;
        while now < begin + TIMES.whole {
            let session = sessions.find(cookie, now).unwrap();
            assert_eq!(session.csrf.expose(), opened.csrf.expose());
            now += Duration::from_mins(9);
        }
        assert!(sessions.find(cookie, now).is_none());
        let idle = sessions.open(somebody(), None, now).unwrap();
        assert!(sessions.find(idle.cookie.expose(), now + TIMES.idle).is_none());
        let closed = sessions.open(somebody(), None, now).unwrap();
        sessions.close(closed.cookie.expose());
        assert!(sessions.find(closed.cookie.expose(), now).is_none());
    }

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::new(TIMES);
        let begin = Instant::now();
        let first = sessions.open(somebody(), None, begin).unwrap();
        for n in 1..=SESSIONS_MAX {
            let at = begin + Duration::from_millis(n as u64);
            sessions.open(somebody(), None, at).unwrap();
        }
        assert_eq!(sessions.open.lock().unwrap().len(), SESSIONS_MAX);
        assert!(
            sessions
                .find(first.cookie.expose(), begin + Duration::from_secs(2))
                .is_none()
        );
    }
}
