use std::sync::Arc;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use switchyard_core::machine::{Deadline, Event, Machine};
use switchyard_core::{ControllerId, Kind};
use switchyard_store::TaskRecord;
use uuid::Uuid;

use super::*;
use crate::inventory::{Component, Facts, Inventory};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn name(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

fn task(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(n))
}

/// A blade and its two nodes.
fn fleet() -> Fleet {
    let component = |id: &str, parents: &[&str]| Component {
        id: name(id),
        kind: Kind::Node,
        component_type: None,
        controller: None,
        path: None,
        fallback: None,
        parents: parents.iter().map(|parent| name(parent)).collect(),
        parents_named: true,
        facts: Facts::default(),
    };
    let components = vec![
        component("x0c0s0", &[]),
        component("x0c0s0b0n0", &["x0c0s0"]),
        component("x0c0s0b0n1", &["x0c0s0"]),
    ];
    Fleet::new(Arc::new(Inventory::new(Vec::new(), components)), Vec::new(), NOW)
}

fn open(n: u128, component: &str, operation: Operation) -> OpenTask {
    let minute = Duration::from_mins(1);
    let machine = Machine::new(
        operation,
        Deadline::Within(minute * 5),
        NOW,
        minute * 15,
        NOW + minute * 60,
    );
    OpenTask {
        record: TaskRecord {
            id: task(n),
            component: name(component),
            controller: ControllerId::parse("x0c0s0b0").unwrap(),
            transition: TransitionId(Uuid::from_u128(n)),
            seq: i64::try_from(n).unwrap(),
            place: i64::try_from(n).unwrap(),
            created_at: NOW,
            updated_at: NOW,
            cancel_asked: None,
            paused: false,
            machine,
        },
        demands: Vec::new(),
        requested_by: format!("caller-{n}"),
    }
}

struct Yard {
    lines: Lines,
    holds: Holds,
    fleet: Fleet,
}

impl Yard {
    fn new() -> Self {
        Self {
            lines: Lines::default(),
            holds: Holds::default(),
            fleet: fleet(),
        }
    }

    fn join(&self, n: u128, component: &str, operation: Operation) -> Place {
        self.lines
            .join(
                &open(n, component, operation),
                vec![format!("caller-{n}")],
                &self.fleet,
            )
            .unwrap()
    }

    fn begin(&self, n: u128, component: &str) -> Result<(), Wait> {
        self.lines
            .begin(&name(component), task(n), &self.fleet, &self.holds, NOW)
    }

    fn leave(&self, n: u128, component: &str) {
        self.lines.leave(&name(component), task(n), &self.fleet);
    }
}

fn was_woken(place: &Place) -> bool {
    let changed = pin!(place.slot.changed());
    changed.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}

fn machine(phase: &str) -> Machine {
    let mut machine = open(9, "x0c0s0b0n0", Operation::On).record.machine;
    if phase == "preparing" {
        machine.phase = switchyard_core::machine::Phase::Preparing;
    }
    machine
}

const NODE: &str = "x0c0s0b0n0";

/// Two nodes behind one BMC, and one behind another.
fn shared_bmc() -> Yard {
    let node = |id: &str, controller: &str| Component {
        id: name(id),
        kind: Kind::Node,
        component_type: None,
        controller: Some(ControllerId::parse(controller).unwrap()),
        path: Some(id.to_owned()),
        fallback: None,
        parents: Vec::new(),
        parents_named: true,
        facts: Facts::default(),
    };
    let components = vec![
        node(NODE, "x0c0s0b0"),
        node("x0c0s0b0n1", "x0c0s0b0"),
        node("x0c0s1b0n0", "x0c0s1b0"),
    ];
    Yard {
        fleet: Fleet::new(Arc::new(Inventory::new(Vec::new(), components)), Vec::new(), NOW),
        ..Yard::new()
    }
}

#[test]
fn what_takes_a_controller_down_has_it_alone() {
    let yard = shared_bmc();
    let other = "x0c0s0b0n1";
    yard.join(1, NODE, Operation::FullPowerCycle);
    assert_eq!(yard.begin(1, NODE), Ok(()));
    let waits = yard.join(2, other, Operation::On);
    let down = Wait::ControllerDown {
        component: name(NODE),
        task: task(1),
    };
    assert_eq!(yard.begin(2, other), Err(down));
    yard.join(3, "x0c0s1b0n0", Operation::On);
    assert_eq!(yard.begin(3, "x0c0s1b0n0"), Ok(()), "another controller");
    was_woken(&waits);
    yard.leave(1, NODE);
    assert!(was_woken(&waits));
    assert_eq!(yard.begin(2, other), Ok(()));
}

#[test]
fn what_takes_a_controller_down_waits_for_those_behind_it() {
    let yard = shared_bmc();
    let other = "x0c0s0b0n1";
    yard.join(1, other, Operation::On);
    assert_eq!(yard.begin(1, other), Ok(()));
    yard.join(2, NODE, Operation::FullPowerCycle);
    let busy = Wait::ControllerBusy {
        component: name(other),
        task: task(1),
    };
    assert_eq!(yard.begin(2, NODE), Err(busy));
    yard.leave(1, other);
    assert_eq!(yard.begin(2, NODE), Ok(()));
    yard.join(3, other, Operation::ForceOff);
    assert_eq!(
        yard.begin(3, other),
        Ok(()),
        "a force-off waits for no controller"
    );
}

#[test]
fn one_task_begins_and_the_next_when_it_leaves() {
    let yard = Yard::new();
    yard.join(1, NODE, Operation::On);
    let second = yard.join(2, NODE, Operation::SoftRestart);
    assert!(
        yard.lines
            .join(&open(2, NODE, Operation::SoftRestart), Vec::new(), &yard.fleet)
            .is_none()
    );
    assert_eq!(yard.begin(1, NODE), Ok(()));
    assert_eq!(yard.begin(2, NODE), Err(Wait::Turn { behind: task(1) }));
    assert_eq!(yard.lines.depth(NOW + Duration::from_secs(3)).oldest.as_secs(), 3);
    was_woken(&second);
    yard.leave(1, NODE);
    assert!(was_woken(&second));
    assert_eq!(yard.begin(2, NODE), Ok(()));
    yard.leave(2, NODE);
    assert!(!yard.lines.is_busy(&name(NODE)));
}

#[test]
fn a_force_off_tells_the_active_task_to_make_way() {
    let yard = Yard::new();
    let on = yard.join(1, NODE, Operation::On);
    yard.begin(1, NODE).unwrap();
    yard.join(2, NODE, Operation::ForceOff);
    let by = TransitionId(Uuid::from_u128(2));
    assert_eq!(
        on.slot.order(&machine("preparing")),
        Some(Order::Tell(Event::Overtaken { by }))
    );
    assert!(on.slot.interrupt().is_cancelled());
}

#[test]
fn an_on_waits_for_an_off_above_and_an_off_for_work_below() {
    let yard = Yard::new();
    yard.join(1, NODE, Operation::On);
    yard.begin(1, NODE).unwrap();
    let blade = yard.join(2, "x0c0s0", Operation::Off);
    assert_eq!(
        yard.begin(2, "x0c0s0"),
        Err(Wait::WorkBelow {
            component: name(NODE),
            task: task(1)
        })
    );
    let other = yard.join(3, "x0c0s0b0n1", Operation::On);
    assert_eq!(
        yard.begin(3, "x0c0s0b0n1"),
        Err(Wait::OffAbove {
            component: name("x0c0s0"),
            task: task(2)
        })
    );
    was_woken(&blade);
    yard.leave(1, NODE);
    assert!(was_woken(&blade));
    assert_eq!(yard.begin(2, "x0c0s0"), Ok(()));
    was_woken(&other);
    yard.leave(2, "x0c0s0");
    assert!(was_woken(&other));
    assert_eq!(yard.begin(3, "x0c0s0b0n1"), Ok(()));
}

#[test]
fn a_paused_task_lets_others_pass_and_comes_back_at_the_end() {
    let yard = Yard::new();
    let first = yard.join(1, NODE, Operation::On);
    let second = yard.join(2, NODE, Operation::SoftRestart);
    yard.lines.pause(&name(NODE), task(1), &yard.fleet);
    assert_eq!(yard.begin(1, NODE), Err(Wait::Paused));
    assert_eq!(
        first.slot.order(&machine("preparing")),
        Some(Order::Tell(Event::Paused))
    );
    assert!(was_woken(&second));
    assert_eq!(yard.begin(2, NODE), Ok(()));
    let mut resumed = open(1, NODE, Operation::On).record;
    resumed.place = 7;
    resumed.machine.resume(NOW);
    yard.lines.resume(&name(NODE), &resumed);
    assert_eq!(first.slot.take_resumed(), Some(NOW));
    assert_eq!(yard.begin(1, NODE), Err(Wait::Turn { behind: task(2) }));
}

#[test]
fn a_hold_keeps_off_whom_it_does_not_name() {
    let yard = Yard::new();
    yard.join(1, NODE, Operation::ForceOff);
    let hold = switchyard_store::HoldRecord {
        id: switchyard_store::HoldId(Uuid::from_u128(5)),
        components: vec![name(NODE)],
        reason: "memory is swapped".to_owned(),
        by: "bob".to_owned(),
        at: NOW,
        until: NOW + Duration::from_mins(1),
        allow: vec!["caller-2".to_owned()],
    };
    yard.holds.place(hold.clone());
    assert!(matches!(yard.begin(1, NODE), Err(Wait::Held { by, .. }) if by == "bob"));
    let mut emergency = open(3, NODE, Operation::ForceOff);
    emergency.record.machine.emergency = true;
    yard.leave(1, NODE);
    yard.lines
        .join(&emergency, vec!["admin".to_owned()], &yard.fleet)
        .unwrap();
    assert_eq!(yard.begin(3, NODE), Ok(()));
    yard.leave(3, NODE);
    yard.join(2, NODE, Operation::On);
    assert_eq!(yard.begin(2, NODE), Ok(()));
    yard.holds.release(&hold);
    assert!(!yard.holds.is_held(hold.id));
}

#[test]
fn who_holds_a_component_gets_the_task_through_that_he_joined() {
    let yard = Yard::new();
    let place = yard.join(1, NODE, Operation::On);
    yard.holds.place(switchyard_store::HoldRecord {
        id: switchyard_store::HoldId(Uuid::from_u128(5)),
        components: vec![name(NODE)],
        reason: "a new board".to_owned(),
        by: "alice".to_owned(),
        at: NOW,
        until: NOW + Duration::from_mins(1),
        allow: Vec::new(),
    });
    assert!(matches!(yard.begin(1, NODE), Err(Wait::Held { .. })));
    yard.join(2, "x0c0s0b0n1", Operation::On);
    yard.lines.share(&name(NODE), task(1), &[], "alice");
    assert!(was_woken(&place));
    assert_eq!(yard.begin(1, NODE), Ok(()));
}

#[test]
fn a_held_task_keeps_nobody_who_is_not() {
    let yard = Yard::new();
    yard.join(1, NODE, Operation::On);
    yard.join(2, NODE, Operation::SoftRestart);
    yard.holds.place(switchyard_store::HoldRecord {
        id: switchyard_store::HoldId(Uuid::from_u128(5)),
        components: vec![name(NODE)],
        reason: "a new board".to_owned(),
        by: "caller-2".to_owned(),
        at: NOW,
        until: NOW + Duration::from_mins(1),
        allow: Vec::new(),
    });
    assert_eq!(yard.begin(2, NODE), Ok(()));
}

#[test]
fn a_pause_lets_those_look_again_who_wait_above_and_below() {
    let yard = Yard::new();
    yard.join(1, "x0c0s0", Operation::Off);
    let node = yard.join(2, NODE, Operation::On);
    assert!(matches!(yard.begin(2, NODE), Err(Wait::OffAbove { .. })));
    was_woken(&node);
    yard.lines.pause(&name("x0c0s0"), task(1), &yard.fleet);
    assert!(was_woken(&node));
    assert_eq!(yard.begin(2, NODE), Ok(()));
}

#[test]
fn a_paused_force_off_overtakes_nobody_until_it_is_resumed() {
    let yard = Yard::new();
    let mut force = open(1, NODE, Operation::ForceOff);
    force.record.paused = true;
    yard.lines.join(&force, Vec::new(), &yard.fleet).unwrap();
    let restart = yard.join(2, NODE, Operation::HardRestart);
    yard.begin(2, NODE).unwrap();
    assert_eq!(restart.slot.order(&machine("preparing")), None);
    force.record.place = 3;
    force.record.machine.resume(NOW);
    yard.lines.resume(&name(NODE), &force.record);
    assert!(matches!(
        restart.slot.order(&machine("preparing")),
        Some(Order::Tell(Event::Overtaken { .. }))
    ));
}

#[test]
fn whom_all_have_left_is_cancelled() {
    let yard = Yard::new();
    let mut shared = open(1, NODE, Operation::Off);
    let demand = |n: u128| Demand {
        transition: TransitionId(Uuid::from_u128(n)),
        operation: Operation::Off,
        deadline: Deadline::Unbounded,
        joined_at: NOW,
        start_by: NOW,
        expires: NOW,
    };
    shared.demands = vec![demand(1), demand(2)];
    let place = yard.lines.join(&shared, Vec::new(), &yard.fleet).unwrap();
    place.slot.left(demand(1).transition);
    assert_eq!(place.slot.order(&machine("preparing")), None);
    place.slot.left(demand(2).transition);
    assert_eq!(
        place.slot.order(&machine("preparing")),
        Some(Order::Tell(Event::CancelAsked))
    );
}

#[test]
fn a_cancel_that_finishes_can_be_sharpened() {
    let yard = Yard::new();
    let place = yard.join(1, NODE, Operation::HardRestart);
    yard.lines.cancel(&name(NODE), task(1), CancelMode::Finish);
    let mut between = machine("preparing");
    between.ever_sent = true;
    between.plan = vec![
        switchyard_core::plan::Step::Shutdown,
        switchyard_core::plan::Step::On,
    ];
    assert_eq!(place.slot.order(&between), None);
    yard.lines.cancel(&name(NODE), task(1), CancelMode::Now);
    assert_eq!(place.slot.order(&between), Some(Order::Tell(Event::CancelAsked)));
}
