//! The machine of a configuration task against a model BMC that ignores, is late, loses and refuses, with a crash at any boundary.
//!
//! `SWITCHYARD_LONG=1` plays a hundred times as many cases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod setting;

use proptest::prelude::*;
use setting::bmc::{Behaviour, MAX, MIN};
use setting::engine::{EXPIRES, Run, Shown, play};
use setting::scenario::{Scenario, scenario};
use switchyard_core::configuration::machine::SENDS_MAX;
use switchyard_core::configuration::{Fault, Objection, Outcome};

const QUICK: u32 = 500;
const LONG: u32 = 50_000;

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
fn check(scenario: &Scenario, run: &Run) -> Result<(), TestCaseError> {
    let outcome = run.machine.outcome().unwrap();
    prop_assert!(
        run.open_sends <= usize::from(SENDS_MAX),
        "{} sends",
        run.open_sends
    );
    prop_assert!(run.ended.since(setting::engine::T0) < EXPIRES, "it took too long");
    let is_in_range = |watts: u32| (MIN..=MAX).contains(&watts);
    let reachable = scenario.wanted.is_none_or(is_in_range);
    if !reachable {
        prop_assert_eq!(run.sends, 0, "a value outside the range was sent");
    }
    match outcome {
        Outcome::Verified => {
            prop_assert_eq!(run.shown_last, Shown::Limit(scenario.wanted), "verified by what?");
            prop_assert!(run.sends > 0);
        }
        Outcome::Already => prop_assert_eq!(run.shown_last, Shown::Limit(scenario.wanted)),
        Outcome::Failed {
            fault: Fault::Invalid { objections },
        } => {
            prop_assert!(!reachable);
            let range = matches!(
                objections.as_slice(),
                [Objection::BelowMinimum { .. } | Objection::AboveMaximum { .. }]
            );
            prop_assert!(range);
        }
        Outcome::Failed {
            fault: Fault::Refused { .. },
        } => {
            let says_no = [Behaviour::Refuse, Behaviour::Liar];
            prop_assert!(
                scenario
                    .behaviours
                    .iter()
                    .any(|behaviour| says_no.contains(behaviour))
            );
        }
        Outcome::Cancelled => prop_assert!(run.cancelled_after.is_some() && run.open_sends == 0),
        Outcome::CancelledAfterSend => prop_assert!(run.cancelled_after.is_some() && run.sends > 0),
        // A crash may hide that what was sent was not executed, never that it may have been.
        Outcome::TimedOut { sent: true, .. } => prop_assert!(run.sends > 0),
        Outcome::TimedOut { sent: false, .. } => prop_assert_eq!(run.open_sends, 0),
        Outcome::Read | Outcome::Superseded { .. } | Outcome::Failed { .. } => {
            prop_assert!(false, "an end that cannot be: {:?}", outcome);
        }
    }
    if let Some(begun) = run.cancelled_after {
        prop_assert!(run.sends <= begun, "something was sent after the cancel");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_task_ends_and_tells_the_truth(scenario in scenario()) {
        check(&scenario, &play(&scenario))?;
    }

    /// A BMC that does what it says gets every change through, whenever the process dies.
    #[test]
    fn an_honest_bmc_is_set(mut scenario in scenario()) {
        scenario.behaviours.clear();
        scenario.away.clear();
        scenario.cancel_at = None;
        scenario.wanted = Some(500);
        let run = play(&scenario);
        prop_assert!(run.machine.outcome().unwrap().is_success());
        prop_assert_eq!(run.left, Some(500));
    }
}

/// The process dies at each single boundary of a change whose answer is lost.
#[test]
fn a_crash_at_every_boundary_is_survived() {
    for crash in 0..40 {
        let scenario = Scenario {
            start: None,
            wanted: Some(600),
            behaviours: vec![Behaviour::LoseReply],
            away: Vec::new(),
            crashes: vec![crash],
            cancel_at: None,
        };
        let run = play(&scenario);
        assert!(run.machine.outcome().unwrap().is_success(), "crash at {crash}");
        assert_eq!(run.left, Some(600), "crash at {crash}");
        check(&scenario, &run).unwrap_or_else(|error| panic!("crash at {crash}: {error}"));
    }
}
