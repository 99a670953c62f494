//! Settings and meters in the words of the API.

use std::sync::Arc;

use http::StatusCode;
use switchyard_core::configuration::{Snapshot, Track, Values, words};
use switchyard_core::{BootOverride, Cause, Fact, Failure, Indicator, MeterReading, PowerLimit, Watts};
use switchyard_wire::v2;

use super::problem::Problem;
use crate::api::ApiState;
use crate::api::refusal::Refusal;
use crate::api::time::rfc3339;
use crate::engine::Row;

/// The component of a path.
pub(super) fn row(state: &ApiState, id: &str) -> Result<Arc<Row>, Problem> {
    state.engine.fleet().get(id).ok_or_else(|| {
        let detail = format!("the inventory holds no component {id:?}");
        Problem::new(StatusCode::NOT_FOUND, "component.not-found", detail)
            .hint("GET /v2/components lists those that it holds")
    })
}

/// Reads one setting of a component from its BMC.
pub(super) async fn read(state: &ApiState, row: &Row, track: Track) -> Result<Snapshot, Problem> {
    state
        .engine
        .read_setting(row, track)
        .await
        .map_err(|failure| unread(&failure))
}

/// Why a component could not be read.
pub(super) fn unread(failure: &Failure) -> Problem {
    let detail = failure.to_string();
    match failure.cause {
        Cause::NotSupported => Problem::new(StatusCode::NOT_FOUND, "reading.not-offered", detail),
        Cause::BreakerOpen => {
            let code = "reading.left-alone";
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
                .hint("look at the BMC and its network, then POST /v2/endpoints/{id}/try");
            match failure.retry_after {
                Some(wait) => refusal.retry_after(wait).into(),
                None => refusal.into(),
            }
        }
        Cause::Timeout => Problem::new(StatusCode::GATEWAY_TIMEOUT, "reading.timeout", detail),
        _ => Problem::new(StatusCode::BAD_GATEWAY, "reading.failed", detail).because(vec![v2::Obstacle {
            code: failure.cause.code().to_owned(),
            detail: failure.text.clone(),
            components: None,
            count: None,
        }]),
    }
}

/// A reading that shows something else than was asked for.
pub(super) fn odd() -> Problem {
    let detail = "the driver answered with a reading of something else";
    Problem::new(StatusCode::BAD_GATEWAY, "reading.failed", detail)
}

/// A reading within a configuration.
pub(super) fn reading(snapshot: &Snapshot) -> v2::SettingReading {
    let mut shown = v2::SettingReading {
        at: rfc3339(snapshot.at),
        limits: None,
        boot: None,
        indicator: None,
    };
    match &snapshot.values {
        Values::Limits(found) => shown.limits = Some(found.iter().map(limit).collect()),
        Values::Boot(found) => shown.boot = Some(boot(found)),
        Values::Indicator(found) => shown.indicator = Some(indicator(found)),
    }
    shown
}

pub(super) fn limit(limit: &PowerLimit) -> v2::PowerLimit {
    v2::PowerLimit {
        id: limit.id.clone(),
        name: limit.name.clone(),
        watts: limit.watts.map(Watts::get),
        min: limit.min.map(Watts::get),
        max: limit.max.map(Watts::get),
        mode: words::mode(limit.mode).to_owned(),
        writable: limit.writable,
        facts: facts(&limit.facts),
    }
}

pub(super) fn boot(found: &BootOverride) -> v2::BootOverride {
    v2::BootOverride {
        source: words::source(found.source).to_owned(),
        duration: words::duration(found.duration).to_owned(),
        firmware: words::firmware(found.firmware).to_owned(),
        raw: found.raw.clone(),
        sources: found
            .sources
            .iter()
            .map(|source| words::source(*source).to_owned())
            .collect(),
        writable: found.writable,
        facts: facts(&found.facts),
    }
}

pub(super) fn indicator(found: &Indicator) -> v2::Indicator {
    v2::Indicator {
        light: words::light(found.light).to_owned(),
        raw: found.raw.clone(),
        lights: found
            .lights
            .iter()
            .map(|light| words::light(*light).to_owned())
            .collect(),
        facts: facts(&found.facts),
    }
}

pub(super) fn meter(reading: &MeterReading) -> v2::Meter {
    v2::Meter {
        id: reading.id.clone(),
        name: reading.name.clone(),
        watts: reading.watts.map(Watts::get),
        min: reading.min.map(Watts::get),
        max: reading.max.map(Watts::get),
        average: reading.average.map(Watts::get),
        window_ms: reading
            .window
            .map(|window| u64::try_from(window.as_millis()).unwrap_or(u64::MAX)),
        facts: facts(&reading.facts),
    }
}

fn facts(facts: &[Fact]) -> Vec<v2::Fact> {
    facts
        .iter()
        .map(|fact| v2::Fact {
            name: fact.name.clone(),
            value: fact.value.clone(),
        })
        .collect()
}
