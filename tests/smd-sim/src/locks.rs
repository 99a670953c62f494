//! Locks and reservations.
//!
//! SMD's traps are here on purpose: an empty list of a reservation means every component, an unknown id is in neither list of a flexible
//! answer, and what has expired stands in the way until the next clean-up.

mod administration;
mod reservation;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::App;

/// The time between two clean-ups of what has expired.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(30);

/// The locks and reservations of every component.
#[derive(Debug)]
pub struct Locks {
    entries: BTreeMap<String, Entry>,
    /// How much faster its time runs than that of the test.
    speed: u32,
    began: (Instant, Timestamp),
    cleaned_up: Timestamp,
}

/// One component.
#[derive(Debug, Default)]
struct Entry {
    locked: bool,
    disabled: bool,
    reservation: Option<Reservation>,
}

#[derive(Debug, Clone)]
struct Reservation {
    key: String,
    deputy_key: String,
    created: Timestamp,
    /// Nothing for that of an administrator.
    expires: Option<Timestamp>,
}

impl Default for Locks {
    fn default() -> Self {
        let now = Timestamp::now();
        Self {
            entries: BTreeMap::new(),
            speed: 1,
            began: (Instant::now(), now),
            cleaned_up: now,
        }
    }
}

impl Locks {
    /// Lets its time run faster, so that what expires in a minute expires in seconds of a test.
    pub fn run_faster(&mut self, speed: u32) {
        let now = self.now();
        self.began = (Instant::now(), now);
        self.speed = speed.max(1);
    }

    /// The components that are reserved now, the expired ones that are not cleaned up included.
    pub fn reserved(&mut self) -> Vec<String> {
        self.clean_up();
        let entries = self.entries.iter();
        entries
            .filter(|(_, entry)| entry.reservation.is_some())
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Locks a component, as an administrator.
    pub fn lock(&mut self, id: &str) {
        self.entries.entry(id.to_owned()).or_default().locked = true;
    }

    pub(crate) fn is_locked(&self, id: &str) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.locked)
    }

    pub(crate) fn is_disabled(&self, id: &str) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.disabled)
    }

    /// Unlocks a component, as an administrator.
    pub fn unlock(&mut self, id: &str) {
        self.entries.entry(id.to_owned()).or_default().locked = false;
    }

    /// Takes away whatever reservation there is of a component, as an administrator.
    pub fn remove(&mut self, id: &str) {
        self.entries.entry(id.to_owned()).or_default().reservation = None;
    }

    /// Reserves a component for somebody else for so many minutes, for ever without, and gives the deputy key.
    pub fn reserve(&mut self, id: &str, minutes: Option<u32>) -> String {
        let reservation = self.made(id, minutes);
        let deputy_key = reservation.deputy_key.clone();
        self.entries.entry(id.to_owned()).or_default().reservation = Some(reservation);
        deputy_key
    }

    fn now(&self) -> Timestamp {
        let (at, time) = self.began;
        let passed = at.elapsed() * self.speed;
        time.checked_add(passed).unwrap_or(time)
    }

    fn made(&self, id: &str, minutes: Option<u32>) -> Reservation {
        let now = self.now();
        let after = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        Reservation {
            key: format!("{id}:rk:{}", Uuid::new_v4()),
            deputy_key: format!("{id}:dk:{}", Uuid::new_v4()),
            created: now,
            expires: minutes.and_then(|minutes| now.checked_add(after(minutes)).ok()),
        }
    }

    /// Deletes what has expired, when it is time for that.
    fn clean_up(&mut self) {
        let now = self.now();
        if now.duration_since(self.cleaned_up).unsigned_abs() < CLEAN_UP_EVERY {
            return;
        }
        self.cleaned_up = now;
        for entry in self.entries.values_mut() {
            let over = |reservation: &mut Reservation| reservation.expires.is_some_and(|end| end <= now);
            entry.reservation.take_if(over);
        }
    }
}

/// A time as SMD writes it.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The routes below `/hsm/v2/locks`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/service/reservations", post(reservation::create))
        .route("/service/reservations/check", post(reservation::check))
        .route("/service/reservations/renew", post(reservation::renew))
        .route("/service/reservations/release", post(reservation::release))
        .route("/reservations", post(administration::reserve))
        .route("/reservations/release", post(reservation::release))
        .route("/reservations/remove", post(administration::remove))
        .route("/lock", post(administration::lock))
        .route("/unlock", post(administration::unlock))
        .route("/disable", post(administration::disable))
        .route("/repair", post(administration::repair))
        .route(
            "/status",
            get(administration::status_by_query).post(administration::status),
        )
}
