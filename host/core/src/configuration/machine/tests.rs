//! Single histories. What holds for all of them is in `tests/configuration.rs`.

use uuid::Uuid;

use super::*;
use crate::configuration::outcome::Fault;
use crate::configuration::snapshot::Values;
use crate::delivery::Executed;
use crate::failure::Cause;
use crate::indicator::{Indicator, Light};

const START: Timestamp = Timestamp::from_millis(1_000_000);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A task to light the indicator, and the time.
struct Case {
    machine: Machine,
    now: Timestamp,
    permits: u128,
}

impl Case {
    fn begun() -> Self {
        let goal = Goal::Indicator(Light::Lit);
        let mut case = Self {
            machine: Machine::new(goal, START + seconds(60), VERIFY_WITHIN_DEFAULT),
            now: START,
            permits: 0,
        };
        case.take(Event::Start);
        case
    }

    fn take(&mut self, event: Event) -> Next {
        self.permits += 1;
        let world = World {
            now: self.now,
            fresh_permit: PermitId(Uuid::from_u128(self.permits)),
            chance: 0,
            pace: Pace::default(),
        };
        let transition = self.machine.clone().step(event, &world).unwrap();
        self.machine = transition.machine;
        if let Next::Observe { not_before } | Next::Poll { not_before, .. } = &transition.next {
            self.now = self.now.max(*not_before);
        }
        transition.next
    }

    fn see(&mut self, light: Light) -> Next {
        let indicator = Indicator {
            light,
            raw: String::new(),
            lights: Vec::new(),
            facts: Vec::new(),
        };
        let at = self.now;
        let values = Values::Indicator(indicator);
        self.take(Event::Observed(Ok(Snapshot { at, values })))
    }

    fn answer(&mut self, delivery: Delivery, answer: Result<Answer, Failure>) -> Next {
        self.take(Event::Sent { delivery, answer })
    }

    fn outcome(&self) -> &Outcome {
        self.machine.outcome().unwrap()
    }
}

fn words(cause: Cause, status: u16) -> Failure {
    Failure {
        status: Some(status),
        ..Failure::new(cause, "the BMC's words")
    }
}

#[test]
fn what_is_so_already_sends_nothing() {
    let mut case = Case::begun();
    assert_eq!(case.see(Light::Lit), Next::End);
    assert_eq!(
        (case.outcome(), case.machine.attempts.len()),
        (&Outcome::Already, 0)
    );
}

#[test]
fn a_change_is_verified_by_reading_back() {
    let mut case = Case::begun();
    assert!(matches!(case.see(Light::Off), Next::Send { .. }));
    case.answer(Delivery::of_http_status(200), Ok(Answer::Accepted));
    assert!(matches!(case.see(Light::Off), Next::Observe { .. }));
    assert_eq!(case.see(Light::Lit), Next::End);
    assert_eq!(case.outcome(), &Outcome::Verified);
    let attempt = &case.machine.attempts[0];
    assert_eq!(attempt.delivery, Some(Delivery::of_http_status(200)));
    assert_eq!(case.machine.sends, 1);
}

#[test]
fn a_refusal_ends_with_the_words_of_the_bmc() {
    let mut case = Case::begun();
    case.see(Light::Off);
    let refusal = words(Cause::Invalid, 400);
    case.answer(Delivery::of_http_status(400), Err(refusal.clone()));
    case.see(Light::Off);
    let fault = Fault::Refused { failure: refusal };
    assert_eq!(case.outcome(), &Outcome::Failed { fault });
    assert_eq!(case.machine.sends, 0);
}

#[test]
fn a_refusal_of_the_second_of_two_requests_is_final_too() {
    let mut case = Case::begun();
    case.see(Light::Off);
    let open = Delivery::Answered {
        status: 400,
        executed: Executed::Unknown,
    };
    case.answer(open, Err(words(Cause::Invalid, 400)));
    assert_eq!(case.see(Light::Off), Next::End);
    assert!(matches!(
        case.outcome(),
        Outcome::Failed {
            fault: Fault::Refused { .. }
        }
    ));
}

#[test]
fn a_busy_bmc_is_asked_again_until_the_time_to_start_is_over() {
    let mut case = Case::begun();
    while case.machine.outcome().is_none() {
        assert!(matches!(case.see(Light::Off), Next::Send { .. }));
        let busy = Err(words(Cause::Busy, 503));
        let refused = Delivery::Answered {
            status: 503,
            executed: Executed::No,
        };
        case.answer(refused, busy);
    }
    assert_eq!(case.machine.sends, 0);
    assert!(matches!(case.outcome(), Outcome::TimedOut { sent: false, .. }));
    assert!(case.now <= START + seconds(61) && case.machine.attempts.len() <= ATTEMPTS_KEPT);
}

#[test]
fn a_lost_change_is_sent_again_at_most_twice() {
    let mut case = Case::begun();
    let mut sends = 0;
    let mut next = case.see(Light::Off);
    while next != Next::End {
        next = if matches!(next, Next::Send { .. }) {
            sends += 1;
            let cut = Failure::new(Cause::Unreachable, "the connection was cut");
            case.answer(Delivery::MaybeSent, Err(cut))
        } else {
            case.see(Light::Off)
        };
    }
    assert_eq!(sends, SENDS_MAX);
    let cut = Some(Cause::Unreachable);
    match case.outcome() {
        Outcome::TimedOut { sent: true, last } => assert_eq!(last.clone().map(|last| last.cause), cut),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_intent_without_a_result_counts_as_sent() {
    let mut case = Case::begun();
    for crash in 1..=SENDS_MAX {
        assert!(matches!(case.see(Light::Off), Next::Send { .. }), "crash {crash}");
        assert!(matches!(case.take(Event::Recovered), Next::Observe { .. }));
        case.now = case.now + seconds(3);
    }
    assert!(matches!(case.see(Light::Off), Next::Observe { .. }));
    case.see(Light::Lit);
    assert_eq!(case.outcome(), &Outcome::Verified);
}

#[test]
fn a_cancel_says_what_was_left() {
    let mut queued = Case::begun();
    assert_eq!(queued.take(Event::CancelAsked), Next::End);
    assert_eq!(queued.outcome(), &Outcome::Cancelled);

    let mut sent = Case::begun();
    sent.see(Light::Off);
    assert_eq!(sent.take(Event::CancelAsked), Next::Await);
    assert_eq!(sent.machine.progress(), Progress::Leaving);
    sent.answer(Delivery::of_http_status(204), Ok(Answer::Accepted));
    sent.see(Light::Lit);
    assert_eq!(sent.outcome(), &Outcome::CancelledAfterSend);

    let mut unsent = Case::begun();
    unsent.see(Light::Off);
    unsent.take(Event::CancelAsked);
    let kept = Failure::new(Cause::Cancelled, "nothing was sent");
    unsent.answer(Delivery::NotSent, Err(kept));
    assert_eq!(unsent.outcome(), &Outcome::Cancelled);
}

#[test]
fn a_task_of_the_bmc_is_followed_and_proves_nothing() {
    let pending = || Answer::Pending {
        handle: "7".to_owned(),
        poll_after: seconds(1),
    };
    let mut case = Case::begun();
    case.see(Light::Off);
    assert!(matches!(
        case.answer(Delivery::of_http_status(202), Ok(pending())),
        Next::Poll { .. }
    ));
    assert!(matches!(case.take(Event::Recovered), Next::Poll { .. }));
    case.take(Event::Polled(Ok(TaskProgress::Done)));
    case.see(Light::Lit);
    assert_eq!(case.outcome(), &Outcome::Verified);

    let mut failing = Case::begun();
    failing.see(Light::Off);
    failing.answer(Delivery::of_http_status(202), Ok(pending()));
    let failure = words(Cause::Other("task".to_owned()), 500);
    failing.take(Event::Polled(Ok(TaskProgress::Failed(failure.clone()))));
    failing.see(Light::Off);
    let fault = Fault::Refused { failure };
    assert_eq!(failing.outcome(), &Outcome::Failed { fault });
}

#[test]
fn a_component_that_cannot_be_read_is_waited_for_or_fails() {
    let mut away = Case::begun();
    let lost = || Err(Failure::new(Cause::Unreachable, "no route"));
    assert!(matches!(away.take(Event::Observed(lost())), Next::Observe { .. }));
    assert!(matches!(away.see(Light::Off), Next::Send { .. }));

    let mut never = Case::begun();
    let failure = Failure::new(Cause::NotSupported, "this BMC has no indicator");
    never.take(Event::Observed(Err(failure.clone())));
    let fault = Fault::NotRead { failure };
    assert_eq!(never.outcome(), &Outcome::Failed { fault });
    let standing = crate::Standing::from(&never.machine);
    assert_eq!(standing, crate::Standing::Unsupported);
}

#[test]
fn no_event_in_no_phase_is_too_much() {
    let mut case = Case::begun();
    case.see(Light::Off);
    let world = World {
        now: case.now,
        fresh_permit: PermitId(Uuid::nil()),
        chance: 0,
        pace: Pace::default(),
    };
    let illegal = case.machine.clone().step(Event::Start, &world).unwrap_err();
    assert_eq!(
        illegal.to_string(),
        "a task that is intent cannot meet the event start"
    );
}
