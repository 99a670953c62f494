//! A configuration in the shape of PCS's power caps.

use switchyard_core::configuration::{Fault, Goal, Machine, Objection, Outcome, Phase, Track};
use switchyard_core::{Cause, Fact, Failure, PowerLimit, Timestamp, Watts};
use switchyard_store::{
    ConfigurationMember, ConfigurationRecord, ConfigurationTask, ConfigurationView, Counts, Part, Refusal,
};
use switchyard_wire::pcs::{
    PowerCap, PowerCapBounds, PowerCapComponent, PowerCapKind, PowerCapLimit, PowerCapStatus,
};

use crate::api::pcs::transitions::view::counts;
use crate::api::time::rfc3339;
use crate::api::v2::explain;

/// The facts of a limit that are about its whole component.
const HOST_MAX: &str = "host-max-watts";
const HOST_MIN: &str = "host-min-watts";
const POWER_UP: &str = "power-up-watts";
/// Whether a licence is missing.
const LICENSE: &str = "license";
const LICENSE_REQUIRED: &str = "required";
const UNLICENSED: &str = "Invalid license for power capping";
/// What a limit is set to that is not in force.
const SET_POINT: &str = "set-point-watts";

/// A task with its components.
pub(super) fn full(view: &ConfigurationView) -> PowerCap {
    let members = view.members.iter();
    PowerCap {
        components: members
            .map(|(member, task)| component(member, task.as_ref()))
            .collect(),
        ..head(&view.configuration, view.counts.operations)
    }
}

/// A task without its components.
pub(super) fn head(configuration: &ConfigurationRecord, operations: Counts) -> PowerCap {
    let kind = match configuration.track {
        Track::Snapshot => PowerCapKind::Snapshot,
        Track::Limits | Track::Boot | Track::Indicator => PowerCapKind::Patch,
    };
    let status = match configuration.ended_at {
        None if operations.new == operations.total() => PowerCapStatus::New,
        None => PowerCapStatus::InProgress,
        Some(_) => PowerCapStatus::Completed,
    };
    PowerCap {
        id: configuration.id.to_string(),
        kind,
        created_at: rfc3339(configuration.created_at),
        expires_at: rfc3339(configuration.expires_at),
        status,
        counts: counts(operations),
        components: Vec::new(),
    }
}

/// Whether v1 shows the task no more.
pub(super) fn is_expired(configuration: &ConfigurationRecord, now: Timestamp) -> bool {
    configuration.ended_at.is_some() && configuration.expires_at <= now
}

fn component(member: &ConfigurationMember, task: Option<&ConfigurationTask>) -> PowerCapComponent {
    let bare = PowerCapComponent {
        xname: member.name.clone(),
        error: None,
        limits: None,
        power_cap_limits: Vec::new(),
    };
    match (task, &member.part) {
        (Some(_), _) if member.departed_at.is_some() => PowerCapComponent {
            error: Some("Power cap task aborted".to_owned()),
            ..bare
        },
        (Some(task), _) => of_task(&task.machine, bare),
        (None, Part::Refused { refusal }) => PowerCapComponent {
            error: Some(of_refusal(refusal)),
            ..bare
        },
        (None, Part::Task { .. }) => bare,
    }
}

fn of_task(machine: &Machine, bare: PowerCapComponent) -> PowerCapComponent {
    let Phase::Done { outcome, .. } = &machine.phase else {
        return bare;
    };
    let seen = machine
        .seen
        .as_ref()
        .and_then(|seen| seen.limits())
        .unwrap_or(&[]);
    let error = error(machine, outcome, seen);
    if !outcome.is_success() {
        return PowerCapComponent { error, ..bare };
    }
    match &machine.goal {
        Goal::Limits { limits, .. } => {
            let named = limits.iter().filter_map(|goal| {
                let name = goal.limit.as_deref()?;
                seen.iter()
                    .find(|limit| limit.name.eq_ignore_ascii_case(name) || limit.id == name)
            });
            PowerCapComponent {
                error,
                power_cap_limits: named.map(limit).collect(),
                ..bare
            }
        }
        _ => PowerCapComponent {
            error: error.or_else(|| seen.iter().any(is_unlicensed).then(|| UNLICENSED.to_owned())),
            limits: bounds(seen),
            power_cap_limits: seen
                .iter()
                .filter(|limit| !is_unlicensed(limit))
                .map(read)
                .collect(),
            ..bare
        },
    }
}

fn limit(limit: &PowerLimit) -> PowerCapLimit {
    PowerCapLimit {
        name: limit.name.clone(),
        current_value: Some(limit.watts.map_or(0, whole)),
        maximum_value: limit.max.map(whole),
        minimum_value: limit.min.map(whole),
    }
}

/// Whether the BMC keeps a limit behind a licence that it has not.
fn is_unlicensed(limit: &PowerLimit) -> bool {
    let mut facts = limit.facts.iter();
    facts.any(|fact| fact.name == LICENSE && fact.value == LICENSE_REQUIRED)
}

/// A limit that was read: one that is not in force shows what it is set to, where the BMC tells.
fn read(read: &PowerLimit) -> PowerCapLimit {
    let idle = || watts_of(read.facts.iter(), SET_POINT).map(whole);
    PowerCapLimit {
        current_value: read.watts.map(whole).or_else(idle).or(Some(0)),
        ..limit(read)
    }
}

/// The watts that a fact tells.
fn watts_of<'a>(mut facts: impl Iterator<Item = &'a Fact>, name: &str) -> Option<Watts> {
    let found = facts.find(|fact| fact.name == name)?;
    found.value.parse().ok().and_then(Watts::new)
}

/// What BMCs tell of a component as a whole, which a driver puts on any of its limits.
fn bounds(limits: &[PowerLimit]) -> Option<PowerCapBounds> {
    let fact = |name: &str| watts_of(limits.iter().flat_map(|limit| &limit.facts), name).map(whole);
    let bounds = PowerCapBounds {
        host_limit_max: fact(HOST_MAX),
        host_limit_min: fact(HOST_MIN),
        powerup_power: fact(POWER_UP),
    };
    (bounds != PowerCapBounds::default()).then_some(bounds)
}

/// PCS's watts are whole numbers.
fn whole(watts: Watts) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a power is finite and below a gigawatt"
    )]
    let whole = watts.get().round() as i64;
    whole
}

fn error(machine: &Machine, outcome: &Outcome, seen: &[PowerLimit]) -> Option<String> {
    let objection = |objection: &Objection| match objection {
        Objection::NotWritable { .. } if seen.iter().any(is_unlicensed) => UNLICENSED.to_owned(),
        other => self::objection(other),
    };
    match outcome {
        Outcome::Verified | Outcome::Already | Outcome::Read => machine.objections.first().map(objection),
        Outcome::Failed { fault } => Some(match fault {
            Fault::NotRead { failure } => not_read(failure),
            Fault::Refused { failure } => failure.to_string(),
            Fault::Invalid { objections } => objections
                .first()
                .map_or_else(|| "Missing Power Cap URI".to_owned(), objection),
        }),
        Outcome::TimedOut { last, .. } => Some(last.as_ref().map_or_else(
            || "Timeout waiting for the power cap to be confirmed".to_owned(),
            ToString::to_string,
        )),
        Outcome::Superseded { by } => Some(format!("Superseded by power cap task {by}")),
        Outcome::Cancelled | Outcome::CancelledAfterSend => Some("Power cap task aborted".to_owned()),
    }
}

fn not_read(failure: &Failure) -> String {
    match failure.cause {
        Cause::NotSupported => "Missing Power Cap URI".to_owned(),
        _ => failure.to_string(),
    }
}

fn objection(objection: &Objection) -> String {
    match objection {
        Objection::NoLimits => "Missing Power Cap URI".to_owned(),
        Objection::UnknownLimit { name, .. } => format!("Skipping undefined control '{name}'"),
        Objection::BelowMinimum { name, watts, min } => format!(
            "Control ({name}) value ({}) is less than minimum ({})",
            whole(*watts),
            whole(*min)
        ),
        Objection::AboveMaximum { name, watts, max } => format!(
            "Control ({name}) value ({}) is more than maximum ({})",
            whole(*watts),
            whole(*max)
        ),
        Objection::Ambiguous { .. }
        | Objection::Twice { .. }
        | Objection::NotWritable { .. }
        | Objection::SourceNotOffered { .. }
        | Objection::LightNotOffered { .. }
        | Objection::OtherTrack => objection.to_string(),
    }
}

fn of_refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::InvalidName | Refusal::Ambiguous { .. } => "Invalid xname".to_owned(),
        Refusal::NotInInventory => "Xname not found in HSM".to_owned(),
        Refusal::NoPowerControl { component_type } => {
            format!("Type, {component_type} unsupported for power capping")
        }
        Refusal::NoController => "Missing RfFQDN".to_owned(),
        Refusal::UnknownLimit { limit } => format!("Skipping undefined control '{limit}'"),
        Refusal::Protected { .. } => "Power capping Management nodes is not supported".to_owned(),
        Refusal::InventoryNotRead
        | Refusal::Unsupported { .. }
        | Refusal::Conflict { .. }
        | Refusal::OnHold { .. }
        | Refusal::Dependency { .. }
        | Refusal::OutOfScope
        | Refusal::Uncertain { .. } => explain(refusal),
    }
}
