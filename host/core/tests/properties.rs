//! The task machine against a model BMC that ignores, is late, loses, refuses and lies, with crashes at every effect boundary.
//!
//! `SWITCHYARD_LONG=1` plays a hundred times as many cases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod model;

use std::time::Duration;

use model::bmc::{Request, T0};
use model::engine::{CHANGE_TIMEOUT, EXPIRES, Engine, Run, START_WITHIN};
use model::scenario::{Behaviour, Evidence, Scenario, Smd, scenario};
use proptest::prelude::*;
use switchyard_core::machine::{Deadline, Machine};
use switchyard_core::outcome::{Fault, Proof};
use switchyard_core::plan::{self, Plan, Step};
use switchyard_core::resend::{SENDS_IF_UNCHANGED_MAX, SENDS_MAX, SENDS_NEVER_MAX};
use switchyard_core::{Kind, Operation, Outcome, PowerState, Primitive, Replay};

const QUICK: u32 = 300;
const LONG: u32 = 30_000;

fn cases() -> ProptestConfig {
    let long = std::env::var_os("SWITCHYARD_LONG").is_some_and(|value| value == "1");
    ProptestConfig {
        cases: if long { LONG } else { QUICK },
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What must hold whatever the BMC does and whenever the process dies.
fn check_always(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    check_sends(scenario, run)?;
    check_restarts(run)?;
    check_cancel(run)?;
    check_grace(scenario, run)?;
    check_outcome(scenario, run)?;
    check_end(scenario, run)
}

/// The requests that may have been executed, as far as the host can tell.
fn open(run: &Run) -> impl Iterator<Item = &Request> {
    run.bmc.requests.iter().filter(|request| !request.disproved)
}

fn check_sends(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    for step in 0..run.machine.plan.len() {
        let sends = open(run).filter(|request| request.step == step).count();
        let Some(primitive) = open(run)
            .find(|request| request.step == step)
            .map(|request| request.primitive)
        else {
            continue;
        };
        let offered = scenario
            .offers
            .iter()
            .find(|ability| ability.what == primitive)
            .unwrap();
        let most = match offered.effective_replay() {
            Replay::Safe => SENDS_MAX,
            Replay::IfUnchanged => SENDS_IF_UNCHANGED_MAX,
            Replay::Never if primitive.level().is_some() => 1,
            Replay::Never => SENDS_NEVER_MAX,
        };
        prop_assert!(sends <= usize::from(most), "{sends} sends of {primitive}");
        let through = |second| open(run).any(|request| request.step == step && request.second == second);
        prop_assert!(
            !(through(false) && through(true)),
            "one step through two controllers"
        );
    }
    Ok(())
}

/// A restart is executed at most once, and begins only at a component that was read to be on; mains are cut whatever is read.
fn check_restarts(run: &Run) -> Result<(), TestCaseError> {
    prop_assert!(run.bmc.restarts() <= 1, "{} restarts", run.bmc.restarts());
    for (primitive, seen) in &run.seen {
        if primitive.replay_floor() == Replay::Never {
            let any = *primitive == Primitive::FullPowerCycle && seen.is_some();
            prop_assert!(any || *seen == Some(PowerState::On), "{primitive} from {seen:?}");
        }
    }
    Ok(())
}

/// After a cancel nothing is sent but what was in flight, and the task says so.
fn check_cancel(run: &Run) -> Result<(), TestCaseError> {
    if let Some(begun) = run.cancelled {
        prop_assert!(run.seen.len() <= begun, "sent after a cancel");
    }
    match run.machine.outcome() {
        Some(Outcome::Cancelled) => prop_assert_eq!(open(run).count(), 0),
        Some(Outcome::CancelledAfterSend { .. }) => prop_assert!(run.machine.ever_sent),
        _ => {}
    }
    Ok(())
}

/// The power is cut only by who asked for it, and a second shutdown follows only after half the grace.
fn check_grace(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    let shutdowns: Vec<_> = open(run)
        .filter(|request| request.primitive == Primitive::GracefulShutdown)
        .collect();
    let graceful = scenario
        .offers
        .iter()
        .any(|ability| ability.what == Primitive::GracefulShutdown);
    for cut in run
        .bmc
        .requests
        .iter()
        .filter(|request| request.primitive == Primitive::ForceOff)
    {
        prop_assert_ne!(scenario.operation, Operation::SoftOff);
        if scenario.operation == Operation::ForceOff || !graceful {
            continue;
        }
        let Deadline::Within(grace) = scenario.deadline else {
            return Err(TestCaseError::fail("only a grace that ends escalates"));
        };
        // What a crash leaves of an intent counts as a send, since it may have been one.
        let intended = run
            .intents
            .iter()
            .find(|(primitive, _)| *primitive == Primitive::GracefulShutdown);
        let sent = shutdowns.first().map(|request| request.at);
        let first = if scenario.crashes.is_empty() {
            sent
        } else {
            intended.map(|(_, at)| *at)
        };
        prop_assert!(
            first.is_some_and(|first| cut.at.since(first) >= grace),
            "cut within the grace"
        );
    }
    if let [first, second] = shutdowns[..] {
        let half = match scenario.deadline {
            Deadline::Within(grace) => grace / 2,
            Deadline::SkipConfirmation => Deadline::DEFAULT / 2,
            Deadline::Unbounded => scenario.limit(Primitive::GracefulShutdown) / 2,
        };
        prop_assert!(second.at.since(first.at) >= half, "a second shutdown too soon");
    }
    Ok(())
}

fn check_outcome(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    let machine = &run.machine;
    match machine.outcome() {
        Some(Outcome::Already { reading }) => {
            prop_assert_eq!(open(run).count(), 0, "already, and something was sent");
            prop_assert!(!scenario.is_truthful() || run.bmc.state(reading.at) == reading.state);
        }
        Some(Outcome::Verified { proof }) => check_proof(scenario, run, proof)?,
        Some(Outcome::Uncertain { primitive }) => {
            prop_assert_eq!(primitive.replay_floor(), Replay::Never);
        }
        Some(Outcome::Unproven) => {
            let taken = run.bmc.requests.iter().any(|request| request.taken);
            prop_assert!(taken, "success, and the BMC took nothing");
            let edge = matches!(machine.plan[..], [Step::Restart { .. } | Step::Interrupt]);
            prop_assert!(edge || scenario.deadline == Deadline::SkipConfirmation);
        }
        Some(Outcome::Failed {
            fault: Fault::Refused { failure, .. },
        }) => prop_assert!(!failure.text.is_empty()),
        Some(
            Outcome::TimedOut { sent: false, .. }
            | Outcome::Failed {
                fault: Fault::NotReserved { .. },
            },
        ) => prop_assert_eq!(open(run).count(), 0),
        Some(Outcome::Failed {
            fault: Fault::ReservationLost { left },
        }) => {
            prop_assert!(machine.ever_sent, "lost, and nothing was sent");
            prop_assert!(scenario.smd.as_ref().is_some_and(|smd| !smd.taken.is_empty()));
            prop_assert!(
                !scenario.is_truthful() || *left != PowerState::Unknown || !scenario.away.is_empty()
            );
        }
        _ => {}
    }
    Ok(())
}

/// A task is verified only by a reading after the last send, and of what really is.
fn check_proof(scenario: &Scenario, run: &Run, proof: &Proof) -> Result<(), TestCaseError> {
    let at = match proof {
        Proof::Reading { reading } => reading.at,
        Proof::Evidence { at, .. } | Proof::SeenOff { at } | Proof::SeenAway { at } => *at,
    };
    for request in open(run) {
        prop_assert!(request.at <= at, "read before the last send");
    }
    if !scenario.is_truthful() {
        return Ok(());
    }
    match proof {
        Proof::Reading { reading } => {
            prop_assert_eq!(run.bmc.state(at), reading.state);
            prop_assert!(reading.state.is(scenario.operation.end_level()));
        }
        Proof::Evidence { .. } | Proof::SeenOff { .. } => prop_assert_eq!(run.bmc.restarts(), 1),
        // That the BMC went is how it was accepted, however it came about.
        Proof::SeenAway { .. } => prop_assert!(scenario.operation.takes_controller_down(Kind::Node)),
    }
    let stumbled = matches!(proof, Proof::SeenAway { .. }) && !scenario.away.is_empty();
    prop_assert!(
        stumbled || run.bmc.executed.iter().any(|(executed, _)| *executed <= at),
        "verified, and nothing was done"
    );
    Ok(())
}

/// Every task ends in time.
fn check_end(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    let deadline = match scenario.deadline {
        Deadline::Within(time) => time,
        Deadline::SkipConfirmation => Deadline::DEFAULT,
        Deadline::Unbounded => EXPIRES,
    };
    let limit = scenario
        .offers
        .iter()
        .map(|ability| ability.limit)
        .max()
        .unwrap_or_default();
    let slack = Duration::from_mins(2);
    let steps = u32::try_from(run.machine.plan.len().max(1)).unwrap();
    let away: u64 = scenario.away.iter().map(|(_, length)| *length).sum();
    let most = START_WITHIN
        + run.down
        + Duration::from_secs(away)
        + (START_WITHIN + deadline + limit + CHANGE_TIMEOUT + slack) * steps;
    prop_assert!(
        run.ended <= T0 + most,
        "ended after {:?}, not within {most:?}",
        run.ended.since(T0)
    );
    Ok(())
}

/// A case in which the BMC does what it is asked for and says so, and everything has time enough.
fn faithful() -> impl Strategy<Value = Scenario> {
    scenario().prop_map(|mut scenario| {
        scenario.behaviours.retain(|behaviour| behaviour.is_faithful());
        scenario.lies.clear();
        scenario.away.clear();
        scenario.smd = scenario.smd.map(|_| Smd::default());
        scenario.crashes.clear();
        scenario.cancel = None;
        scenario.queued %= 900;
        if scenario.deadline == Deadline::from_minutes(1) || scenario.deadline == Deadline::from_minutes(5) {
            scenario.deadline = Deadline::from_minutes(10);
        }
        scenario
    })
}

/// As [`faithful`], with one crash that is soon mended, and steps that may be repeated.
fn faithful_but_mortal() -> impl Strategy<Value = Scenario> {
    (faithful(), 0..40_u16, 0..10_u64).prop_map(|(mut scenario, at, down)| {
        scenario.crashes = vec![(at, down)];
        scenario.queued %= 60;
        // What the crash made unknown is asked for once more, and has to be done in what is left of the deadline.
        scenario
            .behaviours
            .iter_mut()
            .for_each(|behaviour| *behaviour = Behaviour::Execute(10));
        scenario
            .offers
            .retain(|ability| ability.what.replay_floor() != Replay::Never);
        for ability in &mut scenario.offers {
            ability.replay = Replay::Safe;
        }
        scenario
    })
}

fn planned(scenario: &Scenario) -> Plan {
    let state = if scenario.starts_on {
        PowerState::On
    } else {
        PowerState::Off
    };
    plan::make(scenario.operation, Kind::Node, state, &scenario.offers)
}

/// What a plan must come to when nothing goes wrong.
fn check_success(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    let outcome = run.machine.outcome().unwrap();
    match planned(scenario) {
        Plan::Already => prop_assert_eq!(outcome.name(), "already"),
        Plan::WrongState | Plan::Unsupported => prop_assert_eq!(outcome.name(), "failed"),
        Plan::Steps(_) if scenario.deadline == Deadline::SkipConfirmation => {
            prop_assert!(outcome.is_success());
        }
        Plan::Steps(steps) => {
            let provable = match steps[..] {
                [Step::Restart { .. }] => scenario.evidence != Evidence::None && scenario.starts_on,
                [Step::Interrupt] => false,
                _ => true,
            };
            prop_assert!(
                outcome.name() == "verified" || (!provable && outcome.name() == "unproven"),
                "{:?}",
                outcome
            );
            // What had no power to lose gets none back.
            let stays_off = scenario.operation == Operation::FullPowerCycle && !scenario.starts_on;
            prop_assert!(stays_off || run.bmc.state(run.ended).is(scenario.operation.end_level()));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn nothing_is_done_twice_and_nothing_is_claimed_that_is_not_so(scenario in scenario()) {
        check_always(&scenario, &Engine::play(&scenario))?;
    }

    #[test]
    fn restarts_stay_single_when_answers_get_lost(
        mut scenario in scenario(),
        operation in prop::sample::select(vec![
            Operation::SoftRestart,
            Operation::Reset,
            Operation::PowerCycle,
            Operation::FullPowerCycle,
            Operation::Nmi,
        ]),
    ) {
        scenario.operation = operation;
        scenario.starts_on = true;
        scenario.deadline = Deadline::from_minutes(30);
        scenario.evidence = if scenario.chance & 2 == 0 { Evidence::ResetTime } else { scenario.evidence };
        for behaviour in &mut scenario.behaviours {
            *behaviour = match *behaviour {
                Behaviour::Execute(percent) => Behaviour::LoseReply(percent),
                Behaviour::Refuse(_) => Behaviour::LoseRequest,
                other => other,
            };
        }
        check_always(&scenario, &Engine::play(&scenario))?;
    }

    #[test]
    fn what_a_faithful_bmc_does_is_verified(scenario in faithful()) {
        let run = Engine::play(&scenario);
        prop_assert!(scenario.is_faithful());
        check_always(&scenario, &run)?;
        check_success(&scenario, &run)?;
    }

    #[test]
    fn a_second_controller_does_what_the_first_cannot_be_asked_for(scenario in without_own_controller()) {
        let run = Engine::play(&scenario);
        check_always(&scenario, &run)?;
        check_success(&scenario, &run)?;
        prop_assert!(run.bmc.requests.iter().all(|request| request.second || request.disproved));
    }

    #[test]
    fn one_crash_costs_a_faithful_bmc_no_success(scenario in faithful_but_mortal()) {
        let run = Engine::play(&scenario);
        check_always(&scenario, &run)?;
        if let Plan::Steps(_) = planned(&scenario) {
            prop_assert!(run.machine.outcome().is_some_and(Outcome::is_success), "{:#?}", run.machine);
        }
    }

    #[test]
    fn a_bmc_that_does_nothing_is_given_up_in_time(mut scenario in faithful(), lost in 0..4_usize) {
        let trouble = [Behaviour::Ignore, Behaviour::LoseRequest, Behaviour::Error, Behaviour::Refuse(409)][lost];
        scenario.behaviours = vec![trouble; 20];
        let run = Engine::play(&scenario);
        check_always(&scenario, &run)?;
        prop_assert_eq!(run.bmc.executed.len(), 0);
        let outcome = run.machine.outcome().unwrap();
        let without_proof = scenario.operation == Operation::Nmi
            || (scenario.operation == Operation::FullPowerCycle && !scenario.starts_on);
        let skipped = without_proof
            || scenario.deadline == Deadline::SkipConfirmation
            || scenario.evidence != Evidence::ResetTime;
        let unproven = skipped && trouble == Behaviour::Ignore && outcome.name() == "unproven";
        prop_assert!(!outcome.is_success() || outcome.name() == "already" || unproven, "{outcome:?}");
    }

    #[test]
    fn a_lost_request_is_made_good_for_levels(mut scenario in faithful(), lost in 0..2_usize) {
        scenario.operation = if scenario.starts_on { Operation::ForceOff } else { Operation::On };
        for ability in &mut scenario.offers {
            ability.replay = Replay::Safe;
        }
        let trouble = if lost == 0 { Behaviour::LoseRequest } else { Behaviour::Ignore };
        scenario.behaviours = vec![trouble, Behaviour::Error];
        let run = Engine::play(&scenario);
        check_always(&scenario, &run)?;
        if let Plan::Steps(_) = planned(&scenario) {
            prop_assert!(run.machine.outcome().is_some_and(Outcome::is_success), "{:#?}", run.machine);
        }
    }
}

/// A case in which nothing is wrong but the component's own controller, which is away all the time.
fn without_own_controller() -> impl Strategy<Value = Scenario> {
    faithful().prop_map(|mut scenario| {
        scenario.away = vec![(0, EXPIRES.as_secs())];
        scenario.fallback = Some(Vec::new());
        scenario
    })
}

/// Every boundary of a plain case, one by one, so that none is missed by chance.
#[test]
fn a_crash_at_every_single_boundary_is_survived() {
    let offers: Vec<_> = [
        Primitive::On,
        Primitive::ForceOff,
        Primitive::GracefulShutdown,
        Primitive::GracefulRestart,
        Primitive::ForceRestart,
        Primitive::PowerCycle,
        Primitive::FullPowerCycle,
        Primitive::Nmi,
    ]
    .into_iter()
    .map(|what| switchyard_core::Ability {
        what,
        replay: Replay::Safe,
        advertised: true,
        usual: what.usual(),
        limit: what.limit(),
    })
    .collect();
    for operation in Operation::ALL {
        for crash in 0..60 {
            for chance in 0..64_u64 {
                let scenario = Scenario {
                    operation,
                    deadline: Deadline::from_minutes(30),
                    offers: offers.clone(),
                    starts_on: operation != Operation::On,
                    evidence: Evidence::ResetTime,
                    dip: 3,
                    behaviours: Vec::new(),
                    lies: Vec::new(),
                    away: Vec::new(),
                    fallback: None,
                    smd: None,
                    crashes: vec![(crash, 1)],
                    cancel: None,
                    queued: 0,
                    takes: (0, 0),
                    settle: 0,
                    chance: chance.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                };
                let run = Engine::play(&scenario);
                check_always(&scenario, &run).unwrap();
                let machine: &Machine = &run.machine;
                // Nothing disproves these.
                let is_open = matches!(operation, Operation::FullPowerCycle | Operation::Nmi);
                let unsure = |outcome: &Outcome| is_open && matches!(outcome, Outcome::Uncertain { .. });
                assert!(
                    machine
                        .outcome()
                        .is_some_and(|outcome| outcome.is_success() || unsure(outcome)),
                    "{scenario:?} {machine:#?}"
                );
            }
        }
    }
}
