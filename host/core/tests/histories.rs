//! Histories of requests for one component against a model BMC that ignores, is late, loses and refuses, with crashes at every boundary:
//! admission, the store, the line and the task machine together.
//!
//! `SWITCHYARD_LONG=1` plays thirty times as many.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod history;

use history::check::{self, Checked};
use history::engine::{Engine, Run};
use history::promise;
use history::script::{Ask, Behaviour, Deed, Evidence, Moment, Script, script};
use history::store::transition_id;
use proptest::prelude::*;
use switchyard_core::admission::{Disposition, IfBusy};
use switchyard_core::machine::Deadline;
use switchyard_core::{Operation, Primitive, Replay};

/// How many times as many cases the long run plays.
const LONG: u32 = 30;

fn cases(quick: u32) -> ProptestConfig {
    let long = std::env::var_os("SWITCHYARD_LONG").is_some_and(|value| value == "1");
    ProptestConfig {
        cases: if long { quick * LONG } else { quick },
        max_shrink_iters: 3_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn check_always(script: &Script, run: &Run) -> Checked {
    let checks = || {
        check::one_is_active(run)?;
        check::restarts_are_single(run)?;
        check::what_ends_in_line_sends_nothing(run)?;
        check::what_is_stopped_sends_no_more(run)?;
        check::every_request_ends_once(script, run)?;
        check::a_cancel_is_ones_own(run)?;
        promise::dispositions_are_true(run)?;
        promise::a_force_off_waits_for_nobody(script, run)?;
        promise::the_power_is_cut_for_somebody(run)?;
        promise::a_grace_ends(script, run)
    };
    told(script, run, checks())
}

/// Adds what happened to what was found.
fn told(script: &Script, run: &Run, checked: Checked) -> Checked {
    checked.map_err(|error| match error {
        TestCaseError::Fail(reason) => TestCaseError::fail(format!("{reason}\n{}", check::tale(script, run))),
        reject @ TestCaseError::Reject(_) => reject,
    })
}

/// Histories in which nothing fails but perhaps the process, once, and everything has time enough.
fn faithful() -> impl Strategy<Value = Script> {
    script().prop_map(|mut script| {
        script.behaviours.clear();
        script.lies.clear();
        script.away.clear();
        script.deeds.clear();
        script.deaf = false;
        // A force-off that meets a restart while that shows the component off has nothing to do.
        script.dip = 0;
        script.crashes.truncate(1);
        for crash in &mut script.crashes {
            crash.down %= 60;
        }
        if !script.crashes.is_empty() {
            script
                .offers
                .retain(|ability| ability.what.replay_floor() != Replay::Never);
        }
        for what in [Primitive::GracefulShutdown, Primitive::ForceOff] {
            if !script.offers.iter().any(|ability| ability.what == what) {
                script.offers.push(switchyard_core::Ability {
                    what,
                    replay: what.replay_floor(),
                    advertised: true,
                    usual: what.usual(),
                    limit: what.limit(),
                });
            }
        }
        for ask in &mut script.asks {
            ask.deadline = Deadline::from_minutes(60);
            // A restart that replaces an off leaves the component as it was before that.
            let restarts = ask.operation.needs_on() || ask.operation.is_direct();
            let replaces = ask.if_busy == IfBusy::Replace && restarts;
            if replaces || ask.if_busy == IfBusy::Overtake {
                ask.if_busy = IfBusy::Queue;
            }
        }
        script.start_within = std::time::Duration::from_hours(12);
        script
    })
}

/// Histories of one operation in several, in which answers get lost.
fn losing(operations: &'static [Operation]) -> impl Strategy<Value = Script> {
    script().prop_map(|mut script| {
        for (ask, operation) in script.asks.iter_mut().zip(operations.iter().cycle()) {
            ask.operation = *operation;
            if ask.if_busy == IfBusy::Overtake {
                ask.if_busy = IfBusy::Queue;
            }
        }
        script.starts_on = true;
        for behaviour in &mut script.behaviours {
            *behaviour = match *behaviour {
                Behaviour::Execute(percent) => Behaviour::LoseReply(percent),
                Behaviour::Refuse(_) => Behaviour::LoseRequest,
                other => other,
            };
        }
        script
    })
}

/// Histories of shutdowns that the operating system does not care for.
fn deaf() -> impl Strategy<Value = Script> {
    use Operation::{ForceOff, HardRestart, Off, SoftOff};
    let operation = prop::sample::select(vec![SoftOff, SoftOff, Off, Off, ForceOff, HardRestart]);
    (script(), prop::collection::vec(operation, 12)).prop_map(|(mut script, operations)| {
        for (ask, operation) in script.asks.iter_mut().zip(operations) {
            ask.operation = operation;
            if ask.if_busy == IfBusy::Overtake {
                ask.if_busy = IfBusy::Queue;
            }
        }
        script.starts_on = true;
        script.deaf = true;
        script.behaviours.retain(|behaviour| behaviour.takes());
        script.lies.clear();
        script.away.clear();
        script
            .deeds
            .retain(|(_, deed)| matches!(deed, Deed::Cancel { .. }));
        script
    })
}

/// A history with a second request like one of the others, and when that is cancelled.
fn twins() -> impl Strategy<Value = (Script, usize, u64)> {
    (script(), any::<prop::sample::Index>(), 0..200_000_u64).prop_map(|(mut script, index, after)| {
        script
            .deeds
            .retain(|(_, deed)| !matches!(deed, Deed::Cancel { .. }));
        script.crashes.retain(|crash| crash.moment != Moment::Any);
        let one = index.index(script.asks.len());
        let first = script.asks[one];
        let if_busy = IfBusy::Queue;
        script.asks.push(Ask { if_busy, ..first });
        let at = first.at + after;
        (script, one, at)
    })
}

fn with_deed(script: &Script, at: u64, deed: Deed) -> Script {
    let mut script = script.clone();
    script.deeds.push((at, deed));
    script
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn every_history_keeps_the_rules(script in script()) {
        check_always(&script, &Engine::play(&script))?;
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn the_last_word_holds_where_nothing_fails(script in faithful()) {
        let run = Engine::play(&script);
        check_always(&script, &run)?;
        told(&script, &run, check::the_last_word_holds(&script, &run))?;
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn many_restarts_are_one_each_when_answers_get_lost(
        mut script in losing(&[Operation::SoftRestart, Operation::Reset, Operation::SoftRestart, Operation::PowerCycle, Operation::Nmi, Operation::ForceOff, Operation::On]),
    ) {
        script.evidence = if script.chance & 2 == 0 { Evidence::ResetTime } else { script.evidence };
        check_always(&script, &Engine::play(&script))?;
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_shutdown_that_hangs_is_cut_for_who_wants_that(script in deaf()) {
        check_always(&script, &Engine::play(&script))?;
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn who_cancels_changes_nothing_for_others((script, one, at) in twins()) {
        let twin = script.asks.len() - 1;
        let without = Engine::play(&with_deed(&script, at, Deed::Nothing));
        let cancelled = with_deed(&script, at, Deed::Cancel { request: twin, finish: false });
        let with = Engine::play(&cancelled);
        check_always(&cancelled, &with)?;
        let (one, id) = (transition_id(one), transition_id(twin));
        let is_twin = with.store.member(one).zip(with.store.member(id)).is_some_and(|(one, twin)| {
            let joins = matches!(twin.admission.disposition, Disposition::Joins { .. });
            joins && one.demand.joined_at == twin.demand.joined_at
        });
        if is_twin {
            told(&cancelled, &with, check::others_get_the_same(&without, &with, id))?;
        }
    }
}
