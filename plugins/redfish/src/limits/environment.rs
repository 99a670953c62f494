//! Limits in `EnvironmentMetrics` (DSP2046, `EnvironmentMetrics`: `PowerLimitWatts`).

use switchyard_driver_sdk::{Failure, Limit, LimitMode};

use super::control::{is_limit, of_control};
use super::{Found, NODE_LIMIT, Place, in_force, unlicensed, unset};
use crate::chassis::{optional, same};
use crate::client::Client;
use crate::resource::{Resource, path_of};
use crate::tagged::Tagged;

/// The limit in the metrics of a chassis, unless it is one of the Controls that are known already.
pub(super) fn find(
    client: &Client<'_>,
    chassis: &Resource,
    known: &[Found],
) -> Result<Option<Found>, Failure> {
    let Some(path) = chassis.link(&["EnvironmentMetrics"]) else {
        return Ok(None);
    };
    let metrics = match optional(client, &path) {
        Ok(Some(metrics)) => metrics,
        Ok(None) => return Ok(None),
        Err(failure) => return unlicensed(&path, failure).map(Some),
    };
    if metrics.resource.at(&["PowerLimitWatts"]).is_none() {
        return Ok(None);
    }
    let source = metrics.resource.text(&["PowerLimitWatts", "DataSourceUri"]);
    if let Some(source) = source.and_then(path_of) {
        if known.iter().any(|found| same(&found.limit.id, &source)) {
            return Ok(None);
        }
        if let Some(control) = optional(client, &source)?
            && is_limit(&control.resource)
        {
            return Ok(Some(of_control(control, None)));
        }
    }
    Ok(Some(of_metrics(metrics)))
}

fn of_metrics(metrics: Tagged) -> Found {
    let number = |name: &str| metrics.resource.number(&["PowerLimitWatts", name]);
    let word = metrics.resource.text(&["PowerLimitWatts", "ControlMode"]);
    let watts = in_force(number("SetPoint")).filter(|_| word != Some("Disabled"));
    let mode = match (word, watts) {
        (Some("Automatic"), _) => LimitMode::Automatic,
        (Some("Override"), _) => LimitMode::OverrideMode,
        (Some("Manual"), _) => LimitMode::Manual,
        (Some("Disabled"), _) | (None, None) => LimitMode::Disabled,
        _ => LimitMode::Unknown,
    };
    let id = format!("{}#/PowerLimitWatts", metrics.path);
    Found {
        limit: Limit {
            watts,
            min: number("AllowableMin"),
            max: number("AllowableMax"),
            mode,
            ..unset(&id, NODE_LIMIT)
        },
        place: Place::Environment(metrics),
        whole: true,
    }
}
