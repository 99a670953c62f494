//! What a request would do to each component.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use switchyard_core::admission::Disposition;
use switchyard_core::plan::{self, Plan as Steps};
use switchyard_core::{ComponentId, Operation, PowerState, Timestamp, TransitionId};
use switchyard_store::{MemberRecord, Part, PlanId, Refusal};
use switchyard_wire::v2::{InFlight, Plan, PlanGroup, PlanMember, PlanVerdict, TransitionRequest};

use super::{estimate, execute, hindrance, waves};
use crate::api::time::rfc3339;
use crate::api::v2::selection::{count, fold};
use crate::api::v2::transitions::disposition;
use crate::api::v2::{obstacles, words};
use crate::engine::{Engine, Row, is_bmc};

/// What a plan says besides what would happen.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: PlanId,
    pub(super) operation: Operation,
    pub(super) by: String,
    pub(super) at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) request: TransitionRequest,
    pub(super) needs_confirmation: bool,
}

/// The plan of a request with these members.
pub(super) fn plan(engine: &Engine, draft: Draft, records: &[MemberRecord]) -> Plan {
    let operation = draft.operation;
    let mut members: Vec<PlanMember> = records
        .iter()
        .map(|record| member(engine, operation, draft.at, record))
        .collect();
    let ids: BTreeSet<ComponentId> = accepted(engine, &members)
        .map(|row| row.component.id.clone())
        .collect();
    let fleet = engine.fleet();
    let wave_of = waves::of(&fleet, operation, &ids);
    for member in &mut members {
        let wave = member.component.as_deref().and_then(|id| wave_of.get(id));
        member.wave = wave.copied().unwrap_or(1);
    }
    let (parents, children) = waves::relatives(&fleet, &ids);
    let notices = waves::notices(&fleet, operation, &parents, &children);
    let expect = members
        .iter()
        .filter(|member| !execute::is_refusal(member.verdict))
        .count();
    Plan {
        id: draft.id.to_string(),
        operation: operation.name().to_owned(),
        requested_by: draft.by,
        made_at: rfc3339(draft.at),
        expires_at: rfc3339(draft.expires_at),
        request: draft.request,
        resolved: count(&members),
        expect: u32::try_from(expect).unwrap_or(u32::MAX),
        needs_confirmation: draft.needs_confirmation,
        groups: groups(&members),
        waves: waves::show(&wave_of),
        parents: fold(&parents),
        children: fold(&children),
        notices,
        in_flight: in_flight(engine, &ids),
        estimate: estimate::of(engine, operation, &members),
        members,
        transition: None,
    }
}

/// The components that the plan does not refuse.
fn accepted<'a>(
    engine: &'a Engine,
    members: &'a [PlanMember],
) -> impl Iterator<Item = std::sync::Arc<Row>> + use<'a> {
    members
        .iter()
        .filter(|member| !execute::is_refusal(member.verdict))
        .filter_map(|member| engine.fleet().get(member.component.as_deref()?))
}

fn member(engine: &Engine, operation: Operation, now: Timestamp, record: &MemberRecord) -> PlanMember {
    let row = engine.fleet().get(&record.name);
    let row = row.as_deref();
    let seen = row.map(Row::seen);
    let (verdict, code, text) = match (&record.part, row) {
        (Part::Refused { refusal }, _) => refused(refusal),
        (Part::Task { .. }, Some(row)) if record.how.is_none() => alone(engine, operation, row),
        (Part::Task { .. }, Some(row)) => hindered(engine, row)
            .unwrap_or_else(|| (PlanVerdict::Act, None, beside_others(record).to_owned())),
        (Part::Task { .. }, None) => (PlanVerdict::Act, None, beside_others(record).to_owned()),
    };
    let age = seen
        .as_ref()
        .and_then(|seen| seen.read_at)
        .map(|at| now.since(at));
    PlanMember {
        name: record.name.clone(),
        component: row.map(|row| row.component.id.to_string()),
        verdict,
        code: code.map(str::to_owned),
        text,
        state: row.map_or("unknown", |row| words::state(state(row))).to_owned(),
        age_ms: age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        wave: 1,
        disposition: disposition(record),
        included: record.included,
    }
}

fn refused(refusal: &Refusal) -> (PlanVerdict, Option<&'static str>, String) {
    let (code, text, _) = obstacles::explain(refusal);
    let verdict = match refusal {
        Refusal::OnHold { .. } => PlanVerdict::Held,
        Refusal::Unsupported { .. } | Refusal::NoPowerControl { .. } => PlanVerdict::Unsupported,
        Refusal::InvalidName
        | Refusal::NotInInventory
        | Refusal::InventoryNotRead
        | Refusal::Ambiguous { .. }
        | Refusal::NoController
        | Refusal::Protected { .. }
        | Refusal::UnknownLimit { .. }
        | Refusal::Conflict { .. }
        | Refusal::Dependency { .. }
        | Refusal::OutOfScope
        | Refusal::Uncertain { .. } => PlanVerdict::Refused,
    };
    (verdict, Some(code), text)
}

/// What would happen to a component for which nothing is in line, by its last known state.
fn alone(engine: &Engine, operation: Operation, row: &Row) -> (PlanVerdict, Option<&'static str>, String) {
    let (abilities, through) = row.abilities_for(operation);
    let steps = plan::make(operation, row.component.kind, state(row), &abilities);
    let unknown = !row.seen().surveyed && abilities.is_empty();
    let hindered = match &steps {
        Steps::Unsupported if !unknown => None,
        Steps::Already => hindrance::of_controller(engine, row).map(coded),
        _ => hindered(engine, row),
    };
    if let Some(hindered) = hindered {
        return hindered;
    }
    let (verdict, code, text) = match steps {
        _ if unknown => (
            PlanVerdict::Act,
            None,
            "it is switched; what it supports is not known yet",
        ),
        Steps::Already => (
            PlanVerdict::Already,
            None,
            "it is there already, by its last reading",
        ),
        Steps::WrongState => (
            PlanVerdict::Blocked,
            Some("task.wrong-state"),
            "it would fail: the operation needs it on, and by its last reading it is not",
        ),
        Steps::Unsupported => (
            PlanVerdict::Blocked,
            Some("task.unsupported"),
            "it would fail: it does not support the operation",
        ),
        Steps::Steps(_) if waits_above(engine, operation, row) => (
            PlanVerdict::Act,
            None,
            "it waits for the end of an off above it, then it is switched",
        ),
        Steps::Steps(_) => (PlanVerdict::Act, None, "it is switched"),
    };
    let text = match through {
        Some(through) if verdict == PlanVerdict::Act => {
            format!("{text}, through its second controller {through}, which alone offers the operation")
        }
        _ => text.to_owned(),
    };
    (verdict, code, text)
}

/// What would happen to a component that its controller or SMD stands in the way of.
fn hindered(engine: &Engine, row: &Row) -> Option<(PlanVerdict, Option<&'static str>, String)> {
    let hindrance = hindrance::of_controller(engine, row).or_else(|| hindrance::of_smd(engine, row));
    hindrance.map(coded)
}

fn coded((verdict, code, text): hindrance::Hindrance) -> (PlanVerdict, Option<&'static str>, String) {
    (verdict, Some(code), text)
}

fn waits_above(engine: &Engine, operation: Operation, row: &Row) -> bool {
    let ends = |operation: Operation| operation.end_level();
    let fleet = engine.fleet();
    let above = fleet.above(&row.component.id);
    ends(operation) == switchyard_core::power::Level::On
        && above
            .iter()
            .flat_map(|id| engine.look(id))
            .any(|entry| ends(entry.operation) == switchyard_core::power::Level::Off)
}

/// The state as it is shown: a BMC that answers is on.
fn state(row: &Row) -> PowerState {
    let seen = row.seen();
    if is_bmc(row.component.kind) && seen.available {
        PowerState::On
    } else {
        seen.state
    }
}

/// What would happen to a component for which work is in line.
fn beside_others(record: &MemberRecord) -> &'static str {
    let Some(how) = &record.how else {
        return "it is switched";
    };
    let displaces = !how.superseded.is_empty() || !how.absorbed.is_empty();
    match how.disposition {
        Disposition::Joins { .. } => "it shares work in line that leads there",
        Disposition::Queues { .. } if how.overtaken.is_some() => {
            "it goes before the work in progress, which ends"
        }
        Disposition::Queues { .. } if displaces => {
            "it takes the place of work in line and waits behind the rest"
        }
        Disposition::Queues { .. } => "it waits behind work in line",
        Disposition::Starts if displaces => "it takes the place of work in line",
        Disposition::Starts | Disposition::Refused { .. } => "it is switched",
    }
}

fn groups(members: &[PlanMember]) -> Vec<PlanGroup> {
    let mut groups: BTreeMap<(PlanVerdict, Option<&str>, &str), Vec<&str>> = BTreeMap::new();
    for member in members {
        let key = (member.verdict, member.code.as_deref(), member.text.as_str());
        groups.entry(key).or_default().push(&member.name);
    }
    let groups = groups.into_iter();
    groups
        .map(|((verdict, code, text), names)| PlanGroup {
            verdict,
            code: code.map(str::to_owned),
            text: text.to_owned(),
            count: count(&names),
            components: fold(&names),
        })
        .collect()
}

/// The work in line for these components, by transition.
fn in_flight(engine: &Engine, ids: &BTreeSet<ComponentId>) -> Vec<InFlight> {
    let mut order: Vec<TransitionId> = Vec::new();
    let mut found: HashMap<TransitionId, (InFlight, Vec<&str>)> = HashMap::new();
    for id in ids {
        for entry in engine.look(id) {
            let (_, names) = found.entry(entry.transition).or_insert_with(|| {
                order.push(entry.transition);
                let bare = InFlight {
                    transition: entry.transition.to_string(),
                    operation: entry.operation.name().to_owned(),
                    requested_by: entry.by.clone(),
                    count: 0,
                    components: String::new(),
                };
                (bare, Vec::new())
            });
            names.push(id.as_str());
        }
    }
    order
        .iter()
        .filter_map(|transition| found.remove(transition))
        .map(|(bare, names)| InFlight {
            count: count(&names),
            components: fold(&names),
            ..bare
        })
        .collect()
}
