//! `/v2/endpoints`.

pub(super) mod get;
pub(super) mod list;
pub(super) mod r#try;

use std::time::Duration;

use http::StatusCode;
use switchyard_core::breaker::Breaker;
use switchyard_wire::v2;
use switchyard_xname::NameSet;

use super::problem::Problem;
use super::words;
use crate::api::time::rfc3339;
use crate::engine::{Endpoint, Engine};

/// An endpoint as it stands.
fn show(engine: &Engine, endpoint: &Endpoint) -> v2::Endpoint {
    let (controller, record) = (&endpoint.controller, endpoint.record());
    let traffic = engine.traffic(&record.id);
    let pace = traffic.map_or(controller.endpoint.pace, |traffic| traffic.pace);
    v2::Endpoint {
        id: record.id.to_string(),
        address: controller.endpoint.address.to_string(),
        driver: controller.driver.clone(),
        breaker: breaker(record.breaker),
        components: components(engine, endpoint),
        pace: v2::Pace {
            parallel: pace.parallel,
            gap_ms: millis(pace.gap),
            settle_ms: millis(pace.settle),
            verify_gap_ms: millis(pace.poll),
        },
        requests: traffic.map(|traffic| v2::Requests {
            in_flight: traffic.load.in_flight,
            waiting: traffic.load.waiting,
        }),
        answered_at: record.answered_at.map(rfc3339),
        failed_at: record.failed_at.map(rfc3339),
        failure: record.failure.as_ref().map(words::failure),
    }
}

fn breaker(breaker: Breaker) -> v2::Breaker {
    let trip = breaker.trip();
    let (failures, until) = match breaker {
        Breaker::Closed { failures, .. } => (u32::from(failures), None),
        Breaker::Open { trip, until } => (trip.probes, Some(until)),
        Breaker::HalfOpen { trip } => (trip.probes, None),
    };
    v2::Breaker {
        state: breaker.name().to_owned(),
        reason: trip.map(|trip| trip.reason.name().to_owned()),
        since: trip.map(|trip| rfc3339(trip.since)),
        until: until.map(rfc3339),
        failures,
    }
}

/// What it switches, folded. Every id of the inventory is a name.
fn components(engine: &Engine, endpoint: &Endpoint) -> String {
    let rows = engine.fleet().of_controller(&endpoint.controller.endpoint.id);
    let ids = rows.iter().map(|row| row.component.id.as_str());
    NameSet::from_texts(ids)
        .map(|names| names.fold())
        .unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn not_found(id: &str) -> Problem {
    let detail = format!("the inventory holds no controller {id:?}");
    Problem::new(StatusCode::NOT_FOUND, "endpoint.not-found", detail)
        .hint("GET /v2/endpoints lists those that it holds")
}
