//! The event log. One writer numbers the events, so that their order is that of the commits.

use serde_json::Value;
use sqlx::SqliteConnection;
use switchyard_core::{TaskId, Timestamp, TransitionId};
use switchyard_store::event::kind;
use switchyard_store::{Event, EventId, EventPage, Gap, NewEvent, StoreError};
use tokio::sync::watch;
use uuid::Uuid;

use crate::encoding::{from_json, from_text, to_json};
use crate::error::failed;

/// Appends events in order.
pub(crate) async fn append(conn: &mut SqliteConnection, events: &[&NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = to_json(events)?;
    sqlx::query!(
        "INSERT INTO event (seq, at, kind, component, task, transition, data)
         SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1 + key,
             value ->> '$.at', value ->> '$.kind', value ->> '$.component',
             unhex(value ->> '$.task', '-'), unhex(value ->> '$.transition', '-'), value -> '$.data'
         FROM jsonb_each(?1)",
        rows,
    )
    .execute(conn)
    .await
    .map_err(failed("append events"))?;
    Ok(())
}

/// Events after the given place.
pub(crate) async fn after(
    conn: &mut SqliteConnection,
    log: &Log,
    after: Option<&EventId>,
    limit: u32,
) -> Result<EventPage, StoreError> {
    let kept = kept(conn).await?;
    let place = after.map(|id| log.seq(id).filter(|seq| *seq <= kept.last));
    let (from, gap) = match place {
        None => (kept.before, None),
        Some(None) => (kept.before, Some(Gap::Unknown)),
        Some(Some(seq)) if seq < kept.before => (kept.before, Some(Gap::Pruned)),
        Some(Some(seq)) => (seq, None),
    };
    let rows = sqlx::query_as!(
        EventRow,
        r#"SELECT seq AS "seq!: i64", at AS "at!: i64", kind AS "kind!: String", component AS "component: String",
               task AS "task: Uuid", transition AS "transition: Uuid", data AS "data!: String"
           FROM event
           WHERE seq > ?1
           ORDER BY seq
           LIMIT ?2"#,
        from,
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(failed("read events"))?;
    let end = rows.last().map_or(from, |row| row.seq);
    let events = rows
        .into_iter()
        .map(|row| row.event(log))
        .collect::<Result<_, _>>()?;
    Ok(EventPage {
        events,
        end: log.id(end),
        gap,
    })
}

/// The part of the log that is kept.
struct Kept {
    /// The place in front of the oldest event kept.
    before: i64,
    /// The place of the last event that was ever given.
    last: i64,
}

async fn kept(conn: &mut SqliteConnection) -> Result<Kept, StoreError> {
    let row = sqlx::query!(
        r#"SELECT (SELECT min(seq) FROM event) AS "oldest: i64",
               coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) AS "last!: i64""#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("read how much of the event log is kept"))?;
    Ok(Kept {
        before: row.oldest.map_or(row.last, |oldest| oldest - 1),
        last: row.last,
    })
}

/// The place in front of the event that tells that a transition was accepted: it bears the time of the transition.
pub(crate) async fn start_of(
    conn: &mut SqliteConnection,
    log: &Log,
    id: TransitionId,
) -> Result<Option<EventId>, StoreError> {
    let first = sqlx::query_scalar!(
        r#"SELECT seq AS "seq!: i64" FROM event
           WHERE at = (SELECT created_at FROM transition WHERE id = ?1) AND transition = ?1 AND kind = ?2
           ORDER BY seq LIMIT 1"#,
        id.0,
        kind::TRANSITION_ACCEPTED,
    )
    .fetch_optional(conn)
    .await
    .map_err(failed("find the first event of a transition"))?;
    Ok(first.map(|seq| log.id(seq - 1)))
}

/// The place of the last event that was ever given, seen by the writer.
pub(crate) async fn last(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) AS "seq!: i64""#
    )
    .fetch_one(conn)
    .await
    .map_err(failed("read the last place in the event log"))
}

struct EventRow {
    seq: i64,
    at: i64,
    kind: String,
    component: Option<String>,
    task: Option<Uuid>,
    transition: Option<Uuid>,
    data: String,
}

impl EventRow {
    fn event(self, log: &Log) -> Result<Event, StoreError> {
        let data: Value = from_json(&self.data, "event", self.seq)?;
        let component = self.component.as_deref();
        Ok(Event {
            id: log.id(self.seq),
            event: NewEvent {
                at: Timestamp::from_millis(self.at),
                kind: self.kind,
                component: component.map(|id| from_text(id, "component")).transpose()?,
                task: self.task.map(TaskId),
                transition: self.transition.map(TransitionId),
                data,
            },
        })
    }
}

/// The log of one file: its name, which is part of every id, and how far it has got.
#[derive(Debug)]
pub(crate) struct Log {
    name: String,
    last: watch::Sender<EventId>,
}

impl Log {
    pub(crate) async fn read(conn: &mut SqliteConnection) -> Result<Self, StoreError> {
        let name = sqlx::query_scalar!(r#"SELECT name AS "name!: String" FROM event_log"#)
            .fetch_one(&mut *conn)
            .await
            .map_err(failed("read the name of the event log"))?;
        let place = last(conn).await?;
        let log = Self {
            name,
            last: watch::Sender::new(EventId(String::new())),
        };
        log.last.send_replace(log.id(place));
        Ok(log)
    }

    /// The id of a place.
    pub(crate) fn id(&self, seq: i64) -> EventId {
        EventId(format!("{}.{seq}", self.name))
    }

    /// The place that an id names, as far as its text tells.
    pub(crate) fn seq(&self, id: &EventId) -> Option<i64> {
        let (name, seq) = id.0.split_once('.')?;
        let digits = name == self.name && seq.bytes().all(|digit| digit.is_ascii_digit());
        digits.then(|| seq.parse().ok()).flatten()
    }

    /// Tells the readers that the log has got this far. Of two commits that end together the later one may tell first.
    pub(crate) fn tell(&self, seq: i64) {
        self.last.send_if_modified(|last| {
            let news = self.seq(last).is_none_or(|told| told < seq);
            if news {
                *last = self.id(seq);
            }
            news
        });
    }

    pub(crate) fn hint(&self) -> watch::Receiver<EventId> {
        self.last.subscribe()
    }
}
