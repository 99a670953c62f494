//! `/v2/endpoints`.

pub(super) mod get;
pub(super) mod list;
pub(super) mod pin;
pub(super) mod probe;
pub(super) mod remove;
pub(super) mod r#try;

use std::time::Duration;

use http::StatusCode;
use switchyard_core::breaker::Breaker;
use switchyard_drivers::DriverName;
use switchyard_wire::v2;
use switchyard_xname::NameSet;

use super::problem::Problem;
use super::words;
use crate::api::time::{rfc3339, rfc3339_of};
use crate::engine::{Endpoint, Engine, Selection};

/// An endpoint as it stands.
fn show(engine: &Engine, endpoint: &Endpoint) -> v2::Endpoint {
    let (controller, record) = (&endpoint.controller, endpoint.record());
    let traffic = engine.traffic(&record.id);
    let (driver, selection) = selection(engine.selection(&record.id));
    let pace = traffic.map_or(controller.endpoint.pace, |traffic| traffic.pace);
    v2::Endpoint {
        id: record.id.to_string(),
        address: controller.endpoint.address.to_string(),
        driver: driver.as_ref().map(|driver| driver.id().to_owned()),
        selection,
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

fn selection(selection: Option<Selection>) -> (Option<DriverName>, v2::Selection) {
    let by = |by: &str| v2::Selection {
        by: by.to_owned(),
        ..v2::Selection::default()
    };
    match selection {
        Some(Selection::Named(driver)) => {
            let version = Some(driver.version().to_string());
            (
                Some(driver),
                v2::Selection {
                    version,
                    ..by("inventory")
                },
            )
        }
        Some(Selection::Probed { driver, choice }) => {
            let selection = v2::Selection {
                version: Some(driver.version().to_string()),
                prober: Some(choice.prober),
                probed_at: Some(rfc3339_of(choice.at)),
                facts: choice.facts.into_iter().map(words::fact).collect(),
                ..by("probe")
            };
            (Some(driver), selection)
        }
        Some(Selection::Missing(failure)) => {
            let problem = Some(failure.text);
            (
                None,
                v2::Selection {
                    problem,
                    ..by("nobody")
                },
            )
        }
        Some(Selection::Unknown) | None => (None, by("nobody")),
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
    let fleet = engine.fleet();
    let rows = fleet.of_controller(&endpoint.controller.endpoint.id);
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
