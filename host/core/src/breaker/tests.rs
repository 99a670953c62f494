use proptest::prelude::*;

use super::*;
use crate::delivery::Delivery;
use crate::failure::{Cause, Failure};

const T0: Timestamp = Timestamp::from_millis(1_000_000);

fn ended(report: Report) -> Event {
    Event::Ended { report, probe: false }
}

fn probe(report: Report) -> Event {
    Event::Ended { report, probe: true }
}

fn after(breaker: Breaker, events: &[Event]) -> Breaker {
    events
        .iter()
        .fold(breaker, |breaker, event| breaker.step(*event, T0, 0))
}

fn open(reason: Reason) -> Breaker {
    opened(reason, T0, 0)
}

fn reason(breaker: &Breaker) -> Option<Reason> {
    breaker.trip().map(|trip| trip.reason)
}

#[test]
fn five_failures_in_a_row_open_it_and_an_answer_starts_the_count_anew() {
    let read = ended(Report::Answered { change: false });
    let four = after(Breaker::CLOSED, &[ended(Report::Silent); 4]);
    assert_eq!(four.name(), "closed");
    assert_eq!(after(four, &[read]), Breaker::CLOSED);
    assert_eq!(
        reason(&after(four, &[ended(Report::Silent)])),
        Some(Reason::Unreachable)
    );
}

#[test]
fn three_changes_without_an_answer_open_it_although_reads_are_answered() {
    let read = ended(Report::Answered { change: false });
    let lost = ended(Report::Unanswered);
    let two = after(Breaker::CLOSED, &[lost, read, lost, read]);
    assert_eq!(two.name(), "closed");
    assert_eq!(reason(&after(two, &[lost])), Some(Reason::Unanswered));
    let answered = ended(Report::Answered { change: true });
    assert_eq!(after(two, &[answered, lost, lost]).name(), "closed");
}

#[test]
fn one_refused_login_opens_it_until_the_secret_changes() {
    let refused = after(Breaker::CLOSED, &[ended(Report::AuthRefused)]);
    let before = T0 + REST_AUTH - Duration::from_millis(1);
    assert!(matches!(
        refused.admission(Passage::Ordinary, before),
        Admission::Refused { .. }
    ));
    assert_eq!(
        refused.admission(Passage::Ordinary, T0 + REST_AUTH),
        Admission::Probe
    );
    let changed = refused.step(Event::SecretChanged, T0, 0);
    assert_eq!(changed.admission(Passage::Ordinary, T0), Admission::Probe);
    // An answer that was under way belongs to the login before.
    let late = refused.step(ended(Report::Answered { change: true }), T0, 0);
    assert_eq!(late, refused);
    // A try of one that was under way is a try: the rest begins with it.
    let again = refused.step(ended(Report::AuthRefused), before, 0);
    assert!(matches!(
        again.admission(Passage::Ordinary, T0 + REST_AUTH),
        Admission::Refused { .. }
    ));
}

#[test]
fn a_rest_grows_with_every_failed_probe_up_to_its_limit() {
    let mut breaker = open(Reason::Unreachable);
    let mut now = T0;
    let mut rests = Vec::new();
    for _ in 0..8 {
        let Breaker::Open { until, .. } = breaker else {
            panic!("{breaker:?}");
        };
        rests.push(until.since(now).as_secs());
        now = until;
        breaker = breaker
            .step(Event::ProbeBegan, now, 0)
            .step(probe(Report::Silent), now, 0);
    }
    assert_eq!(rests, [15, 30, 60, 120, 240, 300, 300, 300]);
    assert_eq!(
        breaker.trip().map(|trip| (trip.since, trip.probes)),
        Some((T0, 8))
    );
}

#[test]
fn one_call_probes_and_the_others_wait_for_its_end() {
    let due = open(Reason::Unreachable).step(Event::TryNow, T0, 0);
    assert_eq!(due.admission(Passage::Ordinary, T0), Admission::Probe);
    let probing = due.step(Event::ProbeBegan, T0, 0);
    assert_eq!(
        probing.admission(Passage::Ordinary, T0),
        Admission::Refused {
            reason: Reason::Unreachable,
            retry_after: PROBE_AGAIN
        }
    );
    assert_eq!(
        after(probing, &[probe(Report::Answered { change: false })]),
        Breaker::CLOSED
    );
    assert_eq!(
        probing.recovered(T0).admission(Passage::Ordinary, T0),
        Admission::Probe
    );
}

#[test]
fn a_force_off_passes_and_does_not_try_a_refused_login() {
    for unanswering in [Reason::Unreachable, Reason::Unanswered, Reason::SessionsFull] {
        assert_eq!(open(unanswering).admission(Passage::ForceOff, T0), Admission::Go);
    }
    let refused = open(Reason::Auth);
    assert!(matches!(
        refused.admission(Passage::ForceOff, T0),
        Admission::Refused {
            reason: Reason::Auth,
            ..
        }
    ));
    assert_eq!(refused.admission(Passage::EmergencyOff, T0), Admission::Go);
}

#[test]
fn what_a_call_says_about_its_controller() {
    let failed = |cause, status| Failure {
        status,
        ..Failure::new(cause, "words")
    };
    let read = |cause, status| Report::of_read(Some(&failed(cause, status)));
    let answered = Report::Answered { change: false };
    assert_eq!(Report::of_read(None), answered);
    assert_eq!(read(Cause::Unreachable, None), Report::Silent);
    assert_eq!(read(Cause::Timeout, None), Report::Silent);
    assert_eq!(read(Cause::Unreachable, Some(502)), answered);
    assert_eq!(read(Cause::NotFound, Some(404)), answered);
    assert_eq!(read(Cause::Busy, Some(503)), answered);
    assert_eq!(read(Cause::Auth, Some(401)), Report::AuthRefused);
    assert_eq!(read(Cause::Auth, None), Report::AuthRefused);
    assert_eq!(read(Cause::Tls, None), Report::Nothing);
    assert_eq!(read(Cause::Cancelled, None), Report::Nothing);
    assert_eq!(read(Cause::BreakerOpen, None), Report::Nothing);
    let full = Failure {
        codes: vec!["IDRAC.2.8.RAC0218".to_owned()],
        ..failed(Cause::Busy, Some(503))
    };
    assert_eq!(Report::of_read(Some(&full)), Report::SessionsFull);

    let change = |delivery, cause| Report::of_change(delivery, Some(&failed(cause, None)));
    assert_eq!(change(Delivery::MaybeSent, Cause::Timeout), Report::Unanswered);
    assert_eq!(change(Delivery::MaybeSent, Cause::Cancelled), Report::Nothing);
    assert_eq!(change(Delivery::NotSent, Cause::Unreachable), Report::Silent);
    assert_eq!(change(Delivery::NotSent, Cause::Cancelled), Report::Nothing);
    assert_eq!(
        change(Delivery::of_http_status(401), Cause::Invalid),
        Report::AuthRefused
    );
    assert_eq!(
        Report::of_change(Delivery::of_http_status(204), None),
        Report::Answered { change: true }
    );
}

fn report() -> impl Strategy<Value = Report> {
    prop_oneof![
        any::<bool>().prop_map(|change| Report::Answered { change }),
        Just(Report::Silent),
        Just(Report::Unanswered),
        Just(Report::AuthRefused),
        Just(Report::SessionsFull),
        Just(Report::Nothing),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (report(), any::<bool>()).prop_map(|(report, probe)| Event::Ended { report, probe }),
        2 => Just(Event::ProbeBegan),
        1 => Just(Event::TryNow),
        1 => Just(Event::SecretChanged),
    ]
}

proptest! {
    /// Whatever happens: what is stored is what is read again, nobody waits longer than the longest rest, and a closed breaker is closed
    /// by an answer alone.
    #[test]
    fn any_history_is_bounded_and_can_be_stored(
        history in prop::collection::vec((event(), 0..400_000_u64, any::<u16>()), 0..60)
    ) {
        let (mut breaker, mut now) = (Breaker::CLOSED, T0);
        for (event, passed, chance) in history {
            now = now + Duration::from_millis(passed);
            let before = breaker;
            breaker = breaker.step(event, now, chance);
            let stored = serde_json::to_string(&breaker).unwrap();
            prop_assert_eq!(serde_json::from_str::<Breaker>(&stored).unwrap(), breaker);
            if let Admission::Refused { retry_after, .. } = breaker.admission(Passage::Ordinary, now) {
                prop_assert!(retry_after <= REST_MAX, "{retry_after:?}");
            }
            let answered = matches!(event, Event::Ended { report: Report::Answered { .. }, .. });
            if before.trip().is_some() && breaker.trip().is_none() {
                prop_assert!(answered, "{event:?} closed {before:?}");
            }
            if let Breaker::Closed { failures, unanswered } = breaker {
                prop_assert!(failures < FAILURES_MAX && unanswered < UNANSWERED_MAX);
            }
        }
    }

    /// Of callers that obey the breaker, and whose credentials are refused, none comes to the controller within the rest of the one before.
    #[test]
    fn a_wrong_login_is_tried_once_in_an_interval(
        asked in prop::collection::vec((0..120_000_u64, any::<u16>()), 1..200)
    ) {
        let (mut breaker, mut now) = (Breaker::CLOSED, T0);
        let mut last: Option<Timestamp> = None;
        for (passed, chance) in asked {
            now = now + Duration::from_millis(passed);
            let probe = match breaker.admission(Passage::Ordinary, now) {
                Admission::Refused { .. } => continue,
                Admission::Go => false,
                Admission::Probe => {
                    breaker = breaker.step(Event::ProbeBegan, now, chance);
                    true
                }
            };
            prop_assert!(last.is_none_or(|last| now.since(last) >= REST_AUTH));
            last = Some(now);
            breaker = breaker.step(Event::Ended { report: Report::AuthRefused, probe }, now, chance);
        }
    }
}
