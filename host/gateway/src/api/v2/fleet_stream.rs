//! `GET /v2/fleet/stream`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event as Frame;
use switchyard_core::{ComponentId, Timestamp};
use switchyard_wire::v2::stream::{COLUMNS, DELTA, SNAPSHOT};
use switchyard_wire::v2::{self, FleetFrame};
use tokio::time::Instant;

use super::problem::Problem;
use super::words;
use crate::api::ApiState;
use crate::api::streams::{Frames, Gone, Kind, frame, heartbeat, hello};
use crate::api::time::rfc3339;
use crate::engine::{Changes, Engine, Fleet, Glance, Tally};
use crate::inventory::Group;

/// The shortest time between two frames.
const FRAME_EVERY: Duration = Duration::from_millis(100);
/// A client that took longer for a frame gets a new snapshot.
const LAG_MAX: Duration = Duration::from_secs(5);

/// The fleet for screens
///
/// Server-Sent Events: a frame `snapshot` with every component, then frames `delta` with those that look different, coalesced per
/// component, at most ten in a second. A client that lags gets a new snapshot, and so does everyone when the inventory changes.
#[utoipa::path(
    get,
    path = "/fleet/stream",
    operation_id = "followFleet",
    tag = "events",
    responses(
        (status = 200, description = "The stream.", body = FleetFrame, content_type = "text/event-stream"),
        (status = 503, description = "service.stopping, stream.full"),
    ),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Result<Response, Problem> {
    let seat = state.streams.seat(Kind::Fleet)?;
    let engine = state.engine;
    Ok(seat.answer(move |frames| show(engine, frames)))
}

async fn show(engine: Engine, mut frames: Frames) -> Result<(), Gone> {
    frames.send(hello(None)).await?;
    let mut mark = None;
    loop {
        let begun = Instant::now();
        let changes = engine.overview(mark);
        let now = engine.clock().now();
        if changes.whole {
            frames.send(snapshot(&engine.fleet(), &changes, now)).await?;
        } else if !changes.rows.is_empty() {
            frames.send(delta(&changes, now)).await?;
        }
        mark = (begun.elapsed() < LAG_MAX).then_some(changes.mark);
        frames.wait(tokio::time::sleep_until(begun + FRAME_EVERY)).await?;
        frames.beat(heartbeat).await?;
    }
}

fn snapshot(fleet: &Fleet, changes: &Changes, now: Timestamp) -> Frame {
    let rows = changes.rows.iter().map(|(_, glance)| v2::SnapshotRow {
        id: glance.id.to_string(),
        cells: cells(glance),
    });
    let kinds = changes.rows.iter().map(|(_, glance)| {
        let row = fleet.component(&glance.id);
        words::kind(row.map_or(switchyard_core::Kind::Other, |row| row.component.kind)).to_owned()
    });
    let snapshot = v2::FleetSnapshot {
        columns: COLUMNS.map(str::to_owned).into(),
        rows: rows.collect(),
        kinds: kinds.collect(),
        groups: groups(fleet, changes),
        counts: counts(&changes.tally),
        at: rfc3339(now),
    };
    frame(SNAPSHOT, &FleetFrame::Snapshot(snapshot))
}

/// The groups of the inventory with the places of their members. A member that is no component has none.
fn groups(fleet: &Fleet, changes: &Changes) -> Vec<v2::FleetGroup> {
    let rows = changes.rows.iter();
    let places: HashMap<&ComponentId, usize> = rows.map(|(place, glance)| (&glance.id, *place)).collect();
    let group = |group: &Arc<Group>| {
        let members = group.members.iter();
        let mut members: Vec<usize> = members.filter_map(|id| places.get(id).copied()).collect();
        members.sort_unstable();
        members.dedup();
        v2::FleetGroup {
            name: group.name.clone(),
            members,
        }
    };
    let mut groups: Vec<_> = fleet.inventory().groups().map(group).collect();
    groups.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    groups
}

fn delta(changes: &Changes, now: Timestamp) -> Frame {
    let rows = changes.rows.iter().map(|(index, glance)| v2::DeltaRow {
        index: *index,
        cells: cells(glance),
    });
    let delta = v2::FleetDelta {
        rows: rows.collect(),
        counts: counts(&changes.tally),
        at: rfc3339(now),
    };
    frame(DELTA, &FleetFrame::Delta(delta))
}

fn cells(glance: &Glance) -> v2::Cells {
    let front = glance.front.as_ref();
    v2::Cells {
        state: words::state(glance.state).to_owned(),
        available: glance.available,
        desired: glance.desired.map(|level| words::level(level).to_owned()),
        operation: front.map(|front| front.operation.name().to_owned()),
        phase: front.map(|front| front.phase.to_owned()),
        transition: front.map(|front| front.transition.to_string()),
        by: front.map(|front| front.by.clone()),
        waiting: front.map_or(0, |front| front.waiting),
        observed_at: glance.observed_at.map(Timestamp::as_millis),
        flags: glance.flags.iter().map(|flag| flag.name().to_owned()).collect(),
    }
}

fn counts(tally: &Tally) -> v2::FleetCounts {
    v2::FleetCounts {
        total: tally.total,
        on: tally.on,
        off: tally.off,
        unknown: tally.unknown,
        other: tally.other,
        unavailable: tally.unavailable,
        busy: tally.busy,
        waiting: tally.waiting,
        phases: tally
            .phases
            .iter()
            .map(|(phase, count)| ((*phase).to_owned(), *count))
            .collect(),
    }
}
