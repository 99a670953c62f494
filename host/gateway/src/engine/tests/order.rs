//! The order within one request, over BMCs that take their time. Every component is a node, whatever it stands for.

use switchyard_core::outcome;

use super::*;

const CHASSIS: &str = "x0c0s0b0n0";
const BLADE: &str = "x0c0s1b0n0";
const OTHER_BLADE: &str = "x0c0s2b0n0";
const NODE: &str = "x0c0s3b0n0";
const OTHER_NODE: &str = "x0c0s4b0n0";
const ALL: [&str; 5] = [CHASSIS, BLADE, OTHER_BLADE, NODE, OTHER_NODE];
/// The index of the node's BMC.
const SLOW: usize = 3;

fn id(name: &str) -> ComponentId {
    ComponentId::parse(name).unwrap()
}

/// A chassis with two blades, each with a node.
fn inventory() -> String {
    let parents = [
        vec![],
        vec![CHASSIS],
        vec![CHASSIS],
        vec![BLADE],
        vec![OTHER_BLADE],
    ];
    let mut text = String::new();
    for (n, parents) in parents.iter().enumerate() {
        writeln!(
            text,
            "[[controller]]\nid = \"x0c0s{n}b0\"\naddress = \"http://127.0.0.1:{}\"\n\
             [[component]]\nid = \"x0c0s{n}b0n0\"\nkind = \"node\"\n\
             controller = \"x0c0s{n}b0\"\npath = \"/redfish/v1/Systems/1\"\nparents = {parents:?}",
            n + 1
        )
        .unwrap();
    }
    text
}

async fn start(folder: &std::path::Path, hardware: &Arc<ModelHardware>) -> Bench {
    Bench::with_inventory(folder, Arc::clone(hardware), &inventory()).await
}

fn end_of<'a>(view: &'a TransitionView, name: &str) -> Option<&'a Outcome> {
    let (_, task) = view
        .members
        .iter()
        .find(|(_, task)| task.as_ref().is_some_and(|task| task.component.as_str() == name))?;
    task.as_ref()?.machine.outcome()
}

fn is_verified(view: &TransitionView, name: &str) -> bool {
    matches!(end_of(view, name), Some(Outcome::Verified { .. }))
}

/// What stopped a component, if another did.
fn stopped_by<'a>(view: &'a TransitionView, name: &str) -> Option<&'a str> {
    match end_of(view, name)? {
        Outcome::Failed {
            fault: outcome::Fault::Dependency { component, .. },
        } => Some(component.as_str()),
        _ => None,
    }
}

/// What a component waits for, by the order of its request.
fn waits_for(bench: &Bench, name: &str) -> Option<String> {
    bench
        .engine
        .look(&id(name))
        .into_iter()
        .find_map(|entry| match entry.wait {
            Some(Wait::Order { component, .. }) => Some(component.to_string()),
            _ => None,
        })
}

#[tokio::test]
async fn an_off_goes_up_past_everybody_but_what_is_slow() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(SLOW, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let off = bench.ask(Operation::Off, &ALL).await;
    bench
        .until(off, "past the other blade", |view| is_verified(view, OTHER_BLADE))
        .await;
    bench
        .until(off, "waiting", |_| {
            waits_for(&bench, BLADE).as_deref() == Some(NODE) && waits_for(&bench, CHASSIS).is_some()
        })
        .await;
    assert_eq!((hardware.received(0), hardware.received(1)), (0, 0));
    hardware.heal(SLOW);
    let view = bench
        .until(off, "ended", |view| view.transition.ended_at.is_some())
        .await;
    assert!(ALL.iter().all(|name| is_verified(&view, name)), "{view:#?}");
    bench.engine.stop().await;
}

#[tokio::test]
async fn an_on_goes_down() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::Off);
    hardware.fault(1, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let on = bench.ask(Operation::On, &ALL).await;
    bench
        .until(on, "past the other node", |view| is_verified(view, OTHER_NODE))
        .await;
    assert_eq!(waits_for(&bench, NODE).as_deref(), Some(BLADE));
    assert_eq!(hardware.received(SLOW), 0);
    hardware.heal(1);
    let view = bench
        .until(on, "ended", |view| view.transition.ended_at.is_some())
        .await;
    assert!(ALL.iter().all(|name| is_verified(&view, name)), "{view:#?}");
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_child_that_fails_stops_its_own_ancestors_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(SLOW, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let soft = Request {
        deadline: Deadline::Within(Duration::from_millis(700)),
        ..request("tester", Operation::SoftOff, &ALL)
    };
    let Answer::Accepted { submitted, .. } = bench.engine.submit(soft).await.unwrap() else {
        panic!("refused");
    };
    let view = bench
        .until(submitted.transition.id, "ended", |view| {
            view.transition.ended_at.is_some()
        })
        .await;
    assert!(matches!(end_of(&view, NODE), Some(Outcome::TimedOut { .. })));
    assert_eq!(stopped_by(&view, BLADE), Some(NODE));
    assert_eq!(stopped_by(&view, CHASSIS), Some(NODE));
    assert!(is_verified(&view, OTHER_BLADE) && is_verified(&view, OTHER_NODE));
    assert_eq!((hardware.received(0), hardware.received(1)), (0, 0));
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_restart_goes_down_and_then_up() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(1, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let restart = bench.ask(Operation::HardRestart, &[BLADE, NODE]).await;
    bench
        .until(restart, "sent to the blade", |_| hardware.received(1) == 1)
        .await;
    assert_eq!(hardware.executed(SLOW), [Primitive::GracefulShutdown]);
    assert_eq!(waits_for(&bench, NODE).as_deref(), Some(BLADE));
    hardware.heal(1);
    let view = bench
        .until(restart, "ended", |view| view.transition.ended_at.is_some())
        .await;
    assert!(is_verified(&view, BLADE) && is_verified(&view, NODE), "{view:#?}");
    let both = [Primitive::GracefulShutdown, Primitive::On];
    assert_eq!(hardware.executed(1), both);
    assert_eq!(hardware.executed(SLOW), both);
    bench.engine.stop().await;
}

#[tokio::test]
async fn init_of_what_is_off_waits_for_the_power_above() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.set(SLOW, PowerState::Off);
    hardware.fault(1, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let init = bench.ask(Operation::Init, &[BLADE, NODE]).await;
    bench
        .until(init, "sent to the blade", |_| hardware.received(1) == 1)
        .await;
    assert_eq!(hardware.received(SLOW), 0);
    hardware.heal(1);
    let view = bench
        .until(init, "ended", |view| view.transition.ended_at.is_some())
        .await;
    assert!(is_verified(&view, BLADE) && is_verified(&view, NODE), "{view:#?}");
    assert_eq!(hardware.executed(SLOW), [Primitive::On]);
    bench.engine.stop().await;
}

#[tokio::test]
async fn a_soft_restart_of_both_hangs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    let bench = start(folder.path(), &hardware).await;
    for _ in 0..2 {
        // The first time nothing is known of the blade, so that it may well lose its power.
        let restart = bench.ask(Operation::SoftRestart, &[BLADE, NODE]).await;
        assert!(matches!(
            bench.ended(restart).await[..],
            [Outcome::Verified { .. }, Outcome::Verified { .. }]
        ));
    }
    assert_eq!(
        hardware.executed(SLOW),
        [
            Primitive::GracefulShutdown,
            Primitive::On,
            Primitive::GracefulRestart
        ]
    );
    bench.engine.stop().await;
}

#[tokio::test]
async fn the_order_holds_after_a_restart_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(SLOW, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let off = bench.ask(Operation::Off, &[BLADE, NODE]).await;
    bench
        .until(off, "sent to the node", |_| hardware.received(SLOW) == 1)
        .await;
    bench.engine.stop().await;
    drop(bench);
    let bench = start(folder.path(), &hardware).await;
    bench
        .until(off, "waiting", |_| {
            waits_for(&bench, BLADE).as_deref() == Some(NODE)
        })
        .await;
    assert_eq!(hardware.received(1), 0);
    hardware.heal(SLOW);
    assert!(matches!(
        bench.ended(off).await[..],
        [Outcome::Verified { .. }, Outcome::Verified { .. }]
    ));
    bench.engine.stop().await;
}

#[tokio::test]
async fn who_shares_a_task_waits_for_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(SLOW, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    let node = bench.ask(Operation::Off, &[NODE]).await;
    bench.sent(node).await;
    let both = bench
        .ask_as("bob", Operation::Off, &[NODE, BLADE])
        .await
        .transition
        .id;
    bench
        .until(both, "waiting", |_| {
            waits_for(&bench, BLADE).as_deref() == Some(NODE)
        })
        .await;
    let cancelled = CancelAsk {
        scope: CancelScope::Transition {
            id: both,
            only: Some(vec![id(NODE)]),
        },
        mode: CancelMode::Now,
        by: "bob".to_owned(),
        at: SystemClock.now(),
        audit: None,
    };
    bench.engine.cancel(cancelled).await.unwrap();
    let view = bench
        .until(both, "ended", |view| view.transition.ended_at.is_some())
        .await;
    assert_eq!(stopped_by(&view, BLADE), Some(NODE));
    hardware.heal(SLOW);
    assert!(matches!(bench.ended(node).await[..], [Outcome::Verified { .. }]));
    assert_eq!(hardware.received(1), 0);
    bench.engine.stop().await;
}

#[tokio::test]
async fn who_shares_a_task_is_not_stopped_by_what_another_wanted_first() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(1, Fault::Slow);
    let bench = start(folder.path(), &hardware).await;
    // The blade is busy, so that both offs of it wait.
    let busy = bench.ask(Operation::SoftRestart, &[BLADE]).await;
    bench.sent(busy).await;
    let alone = bench.ask(Operation::Off, &[BLADE]).await;
    hardware.fault(SLOW, Fault::Slow);
    let both = bench
        .ask_as("bob", Operation::Off, &[NODE, BLADE])
        .await
        .transition
        .id;
    bench
        .until(both, "sent to the node", |_| hardware.received(SLOW) == 1)
        .await;
    bench.cancel(both).await;
    hardware.heal(1);
    assert!(matches!(bench.ended(alone).await[..], [Outcome::Verified { .. }]));
    bench.engine.stop().await;
}

#[tokio::test]
async fn what_is_refused_keeps_its_power() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    let bench = start(folder.path(), &hardware).await;
    let now = SystemClock.now();
    let hold = HoldRecord {
        id: switchyard_store::HoldId(fresh_id(now)),
        components: vec![id(NODE)],
        reason: "a new board".to_owned(),
        by: "bob".to_owned(),
        at: now,
        until: now + Duration::from_hours(1),
        allow: Vec::new(),
    };
    bench.engine.place_hold(hold, None).await.unwrap();
    let submitted = bench.ask_as("tester", Operation::Off, &ALL).await;
    for (member, name) in submitted.members.iter().zip(ALL) {
        assert_eq!(member.name, name);
        let below = matches!(
            &member.part,
            Part::Refused { refusal: Refusal::Dependency { component } } if component.as_str() == NODE
        );
        assert_eq!(below, [CHASSIS, BLADE].contains(&name), "{name}");
    }
    bench.ended(submitted.transition.id).await;
    assert_eq!((hardware.received(0), hardware.received(1)), (0, 0));
    bench.engine.stop().await;
}

#[tokio::test]
async fn force_off_waits_for_its_own_and_not_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    hardware.fault(SLOW, Fault::Unreachable);
    let bench = start(folder.path(), &hardware).await;
    let off = bench.ask(Operation::ForceOff, &[BLADE, NODE]).await;
    bench
        .until(off, "waiting", |_| {
            bench
                .engine
                .look(&id(BLADE))
                .iter()
                .any(|entry| matches!(entry.wait, Some(Wait::Order { until: Some(_), .. })))
        })
        .await;
    bench.cancel(off).await;
    bench.ended(off).await;
    bench.engine.stop().await;
}

/// Whatever is asked for, in whatever order, paused, resumed and cancelled: everything ends.
#[tokio::test]
async fn nobody_waits_for_ever() {
    const OPERATIONS: [Operation; 7] = [
        Operation::On,
        Operation::Off,
        Operation::SoftOff,
        Operation::HardRestart,
        Operation::Init,
        Operation::SoftRestart,
        Operation::PowerCycle,
    ];
    let mut seed: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let folder = tempfile::tempdir().unwrap();
    let hardware = model(5, PowerState::On);
    let bench = start(folder.path(), &hardware).await;
    let mut asked = Vec::new();
    for round in 0..60 {
        let names: Vec<&str> = ALL.into_iter().filter(|_| random(3) > 0).collect();
        if names.is_empty() {
            continue;
        }
        if round % 7 == 0 {
            hardware.fault(random(5), Fault::Slow);
        }
        let wanted = Request {
            deadline: Deadline::Within(Duration::from_millis(300)),
            start_within: Some(Duration::from_mins(1)),
            ..request("tester", OPERATIONS[random(OPERATIONS.len())], &names)
        };
        let Answer::Accepted { submitted, .. } = bench.engine.submit(wanted).await.unwrap() else {
            panic!("refused");
        };
        asked.push(submitted.transition.id);
        let tasks: Vec<TaskId> = submitted.tasks.iter().map(|task| task.record.id).collect();
        match random(4) {
            0 => {
                bench.engine.pause(tasks.clone(), true, None).await.unwrap();
                bench.engine.pause(tasks, false, None).await.unwrap();
            }
            1 => {
                bench.cancel(submitted.transition.id).await;
            }
            _ => {}
        }
        if round % 7 == 5 {
            (0..5).for_each(|index| hardware.heal(index));
        }
        tokio::time::sleep(Duration::from_millis(random(60) as u64)).await;
    }
    (0..5).for_each(|index| hardware.heal(index));
    for id in asked {
        bench
            .until(id, "ended", |view| view.transition.ended_at.is_some())
            .await;
    }
    bench.engine.stop().await;
}
