//! A process dies in every phase, and another goes on.

use super::*;

#[test]
fn what_has_not_been_sent_goes_on_from_a_reading() {
    check(Operation::On, [(Crash, "await"), (Start, "observe +0")]);
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Crash, "observe +0"),
            (Read(On), "end already"),
        ],
    );
    let backoff = after(Play::new(Operation::On, FIVE), [Start, Blind(Cause::Unreachable)]);
    backoff.check([(Crash, "observe +0"), (Read(Off), "send on")]);
    let late = after(Play::new(Operation::On, FIVE), [Start, Wait(1000)]);
    late.check([(Crash, "observe +0"), (Read(Off), "end timed-out")]);
}

#[test]
fn an_intent_of_a_level_is_read_first_and_asked_again() {
    let begin = || after(Play::new(Operation::On, FIVE), [Start, Read(Off), Crash]);
    begin().check([(Read(On), "end verified")]);
    let mut play = begin();
    let waited = play.read_for(&Read(Off), 60);
    assert_eq!(play.words(), "send on");
    assert!((2..=4).contains(&waited), "{waited}");
    begin().check([(Ans(204), "a task that is verifying cannot meet the event sent")]);
}

#[test]
fn an_intent_of_a_restart_is_in_flight_for_a_while() {
    let begin = || {
        after(
            Play::new(Operation::SoftRestart, FIVE),
            [Start, ReadAt(On, "a"), Crash],
        )
    };
    assert_eq!(begin().words(), "observe +90000");
    begin().check([(ReadAt(On, "b"), "end verified")]);

    let again = after(begin(), [Wait(10), Crash]);
    assert_eq!(again.words(), "observe +80000", "a second crash shortens nothing");

    let long = Deadline::from_minutes(30);
    let mut play = after(
        Play::new(Operation::SoftRestart, long),
        [Start, ReadAt(On, "a"), Crash],
    );
    let waited = play.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(play.words(), "send graceful-restart");
    assert!(
        (390..=400).contains(&waited),
        "in flight and the longest time, not {waited}"
    );
    play.go(Crash);
    play.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(play.words(), "end timed-out", "not a third time");

    let mut play = after(Play::new(Operation::SoftRestart, FIVE), [Start, Read(On), Crash]);
    play.read_for(&Read(On), 3000);
    assert_eq!(play.words(), "end uncertain");
}

#[test]
fn after_the_answer_readings_go_on() {
    let mut play = Play::new(Operation::On, FIVE);
    play.pace.settle = Duration::from_secs(8);
    let verifying = after(play, [Start, Read(Off), Ans(204), Wait(3)]);
    verifying.check([(Crash, "observe +5000"), (Read(On), "end verified")]);

    let refused = after(Play::new(Operation::On, FIVE), [Start, Read(Off), Ans(400)]);
    refused.check([(Crash, "observe +0"), (Read(Off), "end failed")]);

    let pending = Out(
        Delivery::of_http_status(202),
        Ok(Answer::Pending {
            handle: "7".to_owned(),
            poll_after: Duration::ZERO,
        }),
    );
    let pending = after(Play::new(Operation::On, FIVE), [Start, Read(Off), pending]);
    pending.check([
        (Crash, "poll 7 +0"),
        (Poll(Ok(TaskProgress::Gone)), "observe +0"),
        (Read(On), "end verified"),
    ]);

    let between = after(
        Play::new(Operation::HardRestart, FIVE),
        [Start, Read(On), Ans(204), Read(Off), unsent(Cause::Unreachable)],
    );
    between.check([
        (Crash, "observe +0"),
        (Read(Off), "send on"),
        (Crash, "observe +0"),
        (Read(On), "end verified"),
    ]);
}

#[test]
fn the_grace_after_a_crash_runs_from_when_the_request_can_no_longer_be_in_flight() {
    let mut play = after(Play::new(Operation::Off, FIVE), [Start, Read(On), Crash]);
    while play.words() != "send force-off" {
        let got = play.go(Read(On));
        assert!(!got.starts_with("end"), "{got}");
        if got == "send graceful-shutdown" {
            play.go(Ans(204));
        }
    }
    assert_eq!(play.now.since(T0), Duration::from_secs(390));
}

#[test]
fn a_lost_on_is_asked_again_also_where_that_needs_an_unchanged_state() {
    let mut play = Play::new(Operation::On, FIVE);
    for ability in &mut play.abilities {
        ability.replay = Replay::IfUnchanged;
    }
    let mut play = after(play, [Start, Read(Off), lost()]);
    let waited = play.read_for(&Read(Off), 300);
    assert_eq!(play.words(), "send on", "it is off as before");
    assert!((150..=170).contains(&waited), "{waited}");
}
