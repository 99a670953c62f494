//! From the names in a request to what each becomes.

use std::collections::HashSet;
use std::time::Duration;

use switchyard_core::configuration::machine::VERIFY_WITHIN_DEFAULT;
use switchyard_core::configuration::{Goal, Machine, Tally, Track};
use switchyard_core::{ConfigurationId, Standing, TaskId, Timestamp};
use switchyard_store::{
    ConfigurationRecord, ConfigurationWant, NewAudit, NewConfiguration, NewConfigurationMember,
    NewConfigurationTask, Refusal,
};

use crate::engine::ids::fresh_id;
use crate::engine::request::refuse_unknown;
use crate::engine::{Guard, Inner};

/// What is wanted of one component.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The component by id or alias, as sent.
    pub name: String,
    /// What is wanted.
    pub goal: Goal,
    /// Why it is refused, when that is known already, and what it then counts as.
    pub refused: Option<(Refusal, Standing)>,
}

/// A request to set how components behave, parsed but not resolved.
#[derive(Debug, Clone)]
pub struct ConfigurationRequest {
    /// The id that the configuration is to have.
    pub id: ConfigurationId,
    /// Whether a configuration of this id may be there already, because a first try was cut off. It is the answer then.
    pub repeated: bool,
    /// What it is about: the track of every wish.
    pub track: Track,
    /// What is wanted; of a component that repeats, under whichever name, the first counts.
    pub wishes: Vec<Wish>,
    /// Who asks, as the caller says.
    pub requested_by: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The id of the HTTP request.
    pub request_id: String,
    /// How long a task may wait to be sent, when the caller says.
    pub start_within: Option<Duration>,
    /// How long a change is read back, when the caller says.
    pub verify_within: Option<Duration>,
    /// Whether one refused name refuses them all.
    pub all_or_none: bool,
    /// The entry of the audit that is stored with it.
    pub audit: Option<NewAudit>,
    /// What its components are checked for besides their lines.
    pub guard: Guard,
}

impl ConfigurationRequest {
    /// A request with the limits of the configuration, name by name.
    pub fn new(id: ConfigurationId, track: Track, wishes: Vec<Wish>) -> Self {
        Self {
            id,
            repeated: false,
            track,
            wishes,
            requested_by: String::new(),
            reason: None,
            request_id: String::new(),
            start_within: None,
            verify_within: None,
            all_or_none: false,
            audit: None,
            guard: Guard::default(),
        }
    }
}

/// Resolves the names of a request against the fleet.
pub(super) fn resolve(inner: &Inner, request: ConfigurationRequest, now: Timestamp) -> NewConfiguration {
    let start_by = now + request.start_within.unwrap_or(inner.settings().start_within);
    let verify_within = request.verify_within.unwrap_or(VERIFY_WITHIN_DEFAULT);
    let mut seen = HashSet::with_capacity(request.wishes.len());
    let members = request
        .wishes
        .into_iter()
        .filter(|wish| {
            let row = inner.fleet().get(&wish.name);
            seen.insert(row.map_or_else(|| wish.name.clone(), |row| row.component.id.to_string()))
        })
        .map(|wish| {
            let machine = Machine::new(wish.goal, start_by, verify_within);
            let want = want(inner, &wish.name, wish.refused, machine, &request.guard, now);
            NewConfigurationMember {
                name: wish.name,
                want,
            }
        })
        .collect();
    NewConfiguration {
        configuration: ConfigurationRecord {
            id: request.id,
            track: request.track,
            created_at: now,
            expires_at: now + inner.settings().record_expiry,
            requested_by: request.requested_by,
            reason: request.reason,
            request_id: request.request_id,
            cancel_asked_at: None,
            ended_at: None,
        },
        members,
        all_or_none: request.all_or_none,
        audit: request.audit,
    }
}

fn want(
    inner: &Inner,
    name: &str,
    refused: Option<(Refusal, Standing)>,
    machine: Machine,
    guard: &Guard,
    now: Timestamp,
) -> ConfigurationWant {
    let refuse = |refusal: Refusal, standing| ConfigurationWant::Refused {
        refusal,
        standing,
        operations: Tally::from(&machine).operations,
    };
    if let Some((refusal, standing)) = refused {
        return refuse(refusal, standing);
    }
    let fleet = inner.fleet();
    let Some(row) = fleet.get(name) else {
        let refusal = refuse_unknown(name, &fleet);
        let standing = refusal.standing();
        return refuse(refusal, standing);
    };
    let reads = machine.goal.track() == Track::Snapshot;
    if let Some(refusal) = guard.protects(&row).filter(|_| !reads) {
        return refuse(refusal, Standing::Failed);
    }
    match &row.component.controller {
        Some(controller) => ConfigurationWant::Task(Box::new(NewConfigurationTask {
            id: TaskId(fresh_id(now)),
            component: row.component.id.clone(),
            controller: controller.clone(),
            machine,
        })),
        None => refuse(Refusal::NoController, Standing::Failed),
    }
}
