//! Cancel, in every phase.

use super::*;

#[test]
fn before_a_send_a_cancel_ends_the_task() {
    check(Operation::On, [(Cancel, "end cancelled")]);
    check(Operation::On, [(Start, "observe +0"), (Cancel, "end cancelled")]);
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Blind(Cause::Busy), "observe +1000"),
            (Cancel, "end cancelled"),
        ],
    );
    let refused = after(Play::new(Operation::On, FIVE), [Start, Read(Off), Ans(400)]);
    refused.check([(Cancel, "end cancelled")]);
}

#[test]
fn the_request_in_flight_ends_and_is_the_last() {
    let begin = || after(Play::new(Operation::HardRestart, FIVE), [Start, Read(On), Cancel]);
    assert_eq!(begin().words(), "await");
    let machine = begin().check([(Ans(204), "observe +0"), (Read(Off), "end cancelled-after-send")]);
    assert_eq!(
        machine.outcome(),
        Some(&Outcome::CancelledAfterSend { left: Off })
    );
    begin().check([
        (lost(), "observe +0"),
        (Blind(Cause::Unreachable), "end cancelled-after-send"),
    ]);
    begin().check([(Ans(500), "observe +0"), (Read(On), "end cancelled-after-send")]);
    begin().check([(Ans(400), "end cancelled")]);
    begin().check([(Busy(429, 5), "end cancelled")]);
    begin().check([(unsent(Cause::Cancelled), "end cancelled")]);
    begin().check([
        (Cancel, "await"),
        (Ans(204), "observe +0"),
        (Cancel, "observe +0"),
    ]);
    let pending = Out(
        Delivery::of_http_status(202),
        Ok(Answer::Pending {
            handle: "7".to_owned(),
            poll_after: Duration::ZERO,
        }),
    );
    begin().check([(pending, "observe +0"), (Read(On), "end cancelled-after-send")]);
}

#[test]
fn no_step_no_escalation_and_no_second_send_follow() {
    let verifying = || {
        after(
            Play::new(Operation::HardRestart, FIVE),
            [Start, Read(On), Ans(204), Read(On), Cancel],
        )
    };
    verifying().check([(Read(Off), "end cancelled-after-send")]);
    verifying().check([(Wait(400), ""), (Read(On), "end cancelled-after-send")]);
    let pending = Out(
        Delivery::of_http_status(202),
        Ok(Answer::Pending {
            handle: "7".to_owned(),
            poll_after: Duration::ZERO,
        }),
    );
    let begin = after(
        Play::new(Operation::On, FIVE),
        [Start, Read(Off), pending, Cancel],
    );
    begin.check([(Read(Off), "end cancelled-after-send")]);
    let between = after(
        Play::new(Operation::HardRestart, FIVE),
        [Start, Read(On), Ans(204), Read(Off), unsent(Cause::Unreachable)],
    );
    between.check([(Cancel, "observe +0"), (Read(Off), "end cancelled-after-send")]);
}

#[test]
fn the_last_reading_waits_for_the_settle_time() {
    let mut play = Play::new(Operation::On, FIVE);
    play.pace.settle = Duration::from_secs(8);
    after(play, [Start, Read(Off), Ans(204), Wait(3)]).check([(Cancel, "observe +5000")]);
}

#[test]
fn a_task_that_has_ended_stays_as_it_is() {
    let play = after(Play::new(Operation::On, FIVE), [Start, Read(On)]);
    play.check([
        (Cancel, "end already"),
        (Crash, "end already"),
        (Start, "a task that is done cannot meet the event start"),
        (Read(Off), "a task that is done cannot meet the event observed"),
    ]);
}

#[test]
fn a_cancel_survives_a_crash() {
    let mut play = Play::new(Operation::On, FIVE);
    play.pace.settle = Duration::from_secs(3);
    let intent = after(play, [Start, Read(Off), Cancel]);
    intent.check([(Crash, "observe +3000"), (Read(Off), "end cancelled-after-send")]);
    let closing = after(
        Play::new(Operation::On, FIVE),
        [Start, Read(Off), Ans(204), Cancel],
    );
    closing.check([(Crash, "observe +0"), (Read(On), "end cancelled-after-send")]);
    let restart = after(
        Play::new(Operation::SoftRestart, FIVE),
        [Start, ReadAt(On, "a"), Cancel],
    );
    restart.check([
        (Crash, "observe +90000"),
        (ReadAt(On, "a"), "end cancelled-after-send"),
    ]);
}
