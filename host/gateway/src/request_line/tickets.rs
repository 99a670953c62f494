//! What was taken out of requests, until the API asks for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::LONG_QUERIES_MAX;

/// What stands before the ticket in the query of a shortened request.
const PARAMETER: &str = "switchyard-long-line=";

/// Why an over-long request line is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is too long, or its resource takes no long ones.
    TooLong,
    /// Others are in work; there will be room.
    Busy,
    /// It holds characters that no URI holds.
    Malformed,
}

/// The query of an over-long request line. It counts as in memory until its last clone is dropped.
#[derive(Debug, Clone)]
pub struct LongQuery(Arc<(String, OwnedSemaphorePermit)>);

impl LongQuery {
    pub(super) fn new(text: String, room: OwnedSemaphorePermit) -> Self {
        Self(Arc::new((text, room)))
    }

    /// The query as it was sent, without its question mark.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }
}

/// What became of an over-long request line.
#[derive(Debug, Clone)]
pub enum LongLine {
    /// Its query was taken out.
    Query(LongQuery),
    /// It is refused.
    Refused(Refused),
}

/// The lines that were taken out, each behind a ticket: a random number in the place of the query, which is good once and cannot be
/// guessed from outside. Clones share them.
#[derive(Debug, Clone)]
pub struct LongLines {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    paths: Vec<String>,
    room: Arc<Semaphore>,
    kept: Mutex<HashMap<Uuid, LongLine>>,
}

impl LongLines {
    /// Takes long queries of GET on these paths.
    pub fn new(paths: Vec<String>) -> Self {
        Self {
            inner: Arc::new(Inner {
                paths,
                room: Arc::new(Semaphore::new(LONG_QUERIES_MAX)),
                kept: Mutex::default(),
            }),
        }
    }

    /// What the ticket in the query of a request stands for; nothing when there is none.
    pub fn take(&self, query: &str) -> Option<LongLine> {
        let ticket = Uuid::try_parse(query.strip_prefix(PARAMETER)?).ok()?;
        self.lock().remove(&ticket)
    }

    /// Whether a path takes long queries.
    pub(super) fn takes(&self, path: &[u8]) -> bool {
        self.inner.paths.iter().any(|known| known.as_bytes() == path)
    }

    /// Room for one more query, unless there is none.
    pub(super) fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.inner.room).try_acquire_owned().ok()
    }

    /// Keeps a line until it is asked for or the ticket is dropped.
    pub(super) fn keep(&self, line: LongLine) -> Result<Ticket, getrandom::Error> {
        let mut number = [0; 16];
        getrandom::fill(&mut number)?;
        let id = Uuid::from_bytes(number);
        self.lock().insert(id, line);
        Ok(Ticket {
            id,
            lines: self.clone(),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, LongLine>> {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one line. What was not asked for is forgotten with it.
#[derive(Debug)]
pub(super) struct Ticket {
    id: Uuid,
    lines: LongLines,
}

impl Ticket {
    /// The query in its place.
    pub(super) fn query(&self) -> String {
        format!("{PARAMETER}{}", self.id.as_simple())
    }

    pub(super) fn is_used(&self) -> bool {
        !self.lines.lock().contains_key(&self.id)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.lines.lock().remove(&self.id);
    }
}
