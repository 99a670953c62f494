//! From the names in a request to what each becomes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use switchyard_core::admission::IfBusy;
use switchyard_core::machine::{Deadline, Machine};
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, FailureLimit, Operation, TaskId, Timestamp, TransitionId};
use switchyard_store::{Key, NewAudit, NewMember, Refusal, StoreError, Want, Wanted};
use switchyard_xname::Xname;

use super::fleet::{Ambiguous, Fleet};
use super::guard::Guard;
use super::ids::fresh_id;
use super::order;
use super::settings::EngineSettings;

/// Deputy keys by component.
type DeputyKeys = HashMap<ComponentId, Vec<Key>>;

/// The most components that one request may name.
pub const NAMES_MAX: usize = 100_000;

/// A request for power, parsed but not resolved.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_field_names,
    reason = "the id is that of the HTTP request, as in X-Request-Id"
)]
pub struct Request {
    /// The id that the transition is to have.
    pub id: TransitionId,
    /// Whether a transition of this id may be there already, because a first try was cut off. It is the answer then.
    pub repeated: bool,
    /// What is asked for.
    pub operation: Operation,
    /// How long each step may take to be verified.
    pub deadline: Deadline,
    /// The components by id or alias, as sent; a component that repeats, under whichever name, counts once.
    pub names: Vec<String>,
    /// Those of the names that the caller did not send: they stand above or below those that were sent, and were to be included.
    pub included: HashSet<String>,
    /// Who asks, as the caller says.
    pub requested_by: String,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The id of the HTTP request.
    pub request_id: String,
    /// How long a task may wait to be sent, when the caller says.
    pub start_within: Option<Duration>,
    /// What is wanted when there is work in line.
    pub if_busy: IfBusy,
    /// Whether one refused name refuses them all.
    pub all_or_none: bool,
    /// The request whose failed parts it tries again.
    pub retry_of: Option<TransitionId>,
    /// How many of its parts may fail before what has not been sent is given up.
    pub max_failures: Option<FailureLimit>,
    /// The entry of the audit that is stored with it.
    pub audit: Option<NewAudit>,
    /// The URL that is told of its end.
    pub callback: Option<String>,
    /// What its components are checked for besides their lines.
    pub guard: Guard,
    /// Deputy keys by the name that they came with: whoever sent them holds those components in SMD.
    pub deputy_keys: Vec<(String, Key)>,
}

impl Request {
    /// A request as PCS's API makes it: in line, name by name, with the limits of the configuration.
    pub fn new(id: TransitionId, operation: Operation, deadline: Deadline, names: Vec<String>) -> Self {
        Self {
            id,
            repeated: false,
            operation,
            deadline,
            names,
            included: HashSet::new(),
            requested_by: String::new(),
            reason: None,
            request_id: String::new(),
            start_within: None,
            if_busy: IfBusy::Queue,
            all_or_none: false,
            retry_of: None,
            max_failures: None,
            audit: None,
            callback: None,
            guard: Guard::default(),
            deputy_keys: Vec::new(),
        }
    }
}

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The service is stopping.
    #[error("the service is stopping; send the request again when it is back")]
    Stopping,
    /// Too much is waiting already.
    #[error("{open} tasks are waiting or running, {limit} at the most; nothing was accepted")]
    Overloaded {
        /// Tasks that are open.
        open: usize,
        /// From how many on no more are accepted.
        limit: usize,
    },
    /// Too many names.
    #[error("the request names {0} components, more than {NAMES_MAX}; split it")]
    TooMany(usize),
    /// It could not be stored, and so was not accepted.
    #[error("the request could not be stored and was not accepted")]
    Store(#[from] StoreError),
}

/// Resolves the names of a request against the fleet.
pub(super) fn resolve(
    request: &Request,
    fleet: &Fleet,
    settings: &EngineSettings,
    now: Timestamp,
) -> Vec<NewMember> {
    let mut seen = HashSet::with_capacity(request.names.len());
    let start_within = request.start_within.unwrap_or(settings.start_within);
    let mut machine = Machine::new(
        request.operation,
        request.deadline,
        now,
        start_within,
        now + settings.record_expiry,
    );
    machine.emergency = request.if_busy == IfBusy::Overtake;
    let mut deputy_keys = deputy_keys(request, fleet);
    let mut members: Vec<NewMember> = request
        .names
        .iter()
        .filter(|name| {
            let row = fleet.get(name);
            seen.insert(row.map_or_else(|| (*name).clone(), |row| row.component.id.to_string()))
        })
        .map(|name| NewMember {
            name: name.clone(),
            want: want(name, fleet, &request.guard, &machine, &mut deputy_keys, now),
            included: request.included.contains(name),
        })
        .collect();
    if !machine.emergency {
        order::arrange(&mut members, request.operation, fleet);
    }
    members
}

/// The deputy keys of each component, whichever of its names they came with.
fn deputy_keys(request: &Request, fleet: &Fleet) -> DeputyKeys {
    let mut keys = DeputyKeys::new();
    for (name, key) in &request.deputy_keys {
        let Some(row) = fleet.get(name) else { continue };
        let known = keys.entry(row.component.id.clone()).or_default();
        if !known.contains(key) {
            known.push(key.clone());
        }
    }
    keys
}

fn want(
    name: &str,
    fleet: &Fleet,
    guard: &Guard,
    machine: &Machine,
    deputy_keys: &mut DeputyKeys,
    now: Timestamp,
) -> Want {
    let row = match fleet.find(name) {
        Ok(Some(row)) => row,
        Ok(None) => return Want::Refused(refuse_unknown(name, fleet)),
        Err(Ambiguous { one, other }) => return Want::Refused(Refusal::Ambiguous { one, other }),
    };
    if let Some(refusal) = guard.refuses(&row, machine.operation) {
        return Want::Refused(refusal);
    }
    match &row.component.controller {
        Some(controller) => Want::Task(Box::new(Wanted {
            id: TaskId(fresh_id(now)),
            component: row.component.id.clone(),
            controller: controller.clone(),
            machine: machine.clone(),
            below: match machine.operation.end_level() {
                Level::Off => fleet.below(&row.component.id).to_vec(),
                Level::On => Vec::new(),
            },
            deputy_keys: deputy_keys.remove(&row.component.id).unwrap_or_default(),
            after: Vec::new(),
        })),
        None => Want::Refused(Refusal::NoController),
    }
}

pub(super) fn refuse_unknown(name: &str, fleet: &Fleet) -> Refusal {
    if !fleet.inventory().is_complete() {
        return Refusal::InventoryNotRead;
    }
    match Xname::parse(name) {
        Err(_) => Refusal::InvalidName,
        Ok(xname) if !xname.component_type().has_power_control() => Refusal::NoPowerControl {
            component_type: xname.component_type().as_str().to_owned(),
        },
        Ok(_) => Refusal::NotInInventory,
    }
}
