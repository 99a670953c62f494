//! A configuration in the words of the API.

use switchyard_store::{ConfigurationCounts, ConfigurationRecord, ConfigurationView};
use switchyard_wire::pcs::TransitionStatus;
use switchyard_wire::v2;

use super::member;
use crate::api::time::rfc3339;
use crate::api::v2::transitions::counts;
use crate::engine::Engine;

/// A configuration with everything about it.
pub(super) fn full(engine: &Engine, view: &ConfigurationView) -> v2::Configuration {
    let members = view.members.iter();
    v2::Configuration {
        summary: summary(&view.configuration, view.counts),
        members: members
            .map(|(record, task)| member::show(engine, &view.configuration, record, task.as_ref()))
            .collect(),
    }
}

pub(super) fn summary(record: &ConfigurationRecord, of: ConfigurationCounts) -> v2::ConfigurationSummary {
    v2::ConfigurationSummary {
        id: record.id.to_string(),
        track: record.track.name().to_owned(),
        status: status(record),
        requested_by: record.requested_by.clone(),
        reason: record.reason.clone(),
        request_id: record.request_id.clone(),
        created_at: rfc3339(record.created_at),
        cancel_asked_at: record.cancel_asked_at.map(rfc3339),
        ended_at: record.ended_at.map(rfc3339),
        counts: counts(of.components),
    }
}

/// How it stands: it is in progress from its acceptance to the end of its last task.
fn status(record: &ConfigurationRecord) -> TransitionStatus {
    match (record.ended_at, record.cancel_asked_at) {
        (None, None) => TransitionStatus::InProgress,
        (None, Some(_)) => TransitionStatus::AbortSignaled,
        (Some(_), None) => TransitionStatus::Completed,
        (Some(_), Some(_)) => TransitionStatus::Aborted,
    }
}
