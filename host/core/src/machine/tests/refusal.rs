//! Answers other than yes, lies, and lost requests.

use super::*;

#[test]
fn a_refusal_fails_at_once_with_the_words_of_the_bmc() {
    for status in [400, 403, 404, 405, 409, 501] {
        let machine = check(
            Operation::On,
            [
                (Start, "observe +0"),
                (Read(Off), "send on"),
                (Ans(status), "observe +0"),
                (Read(Off), "end failed"),
            ],
        );
        assert_eq!(words_of_failure(&machine), format!("{status}: the BMC's words"));
        let machine = check(
            Operation::SoftRestart,
            [
                (Start, "observe +0"),
                (Read(On), "send graceful-restart"),
                (Ans(status), "end failed"),
            ],
        );
        assert_eq!(words_of_failure(&machine), format!("{status}: the BMC's words"));
    }
}

#[test]
fn already_off_counts_only_after_a_reading() {
    for status in [400, 409] {
        let begin = || {
            after(
                Play::new(Operation::ForceOff, FIVE),
                [Start, Read(Unknown), Ans(status)],
            )
        };
        begin().check([(Read(Off), "end already")]);
        begin().check([(Read(Unknown), "end failed")]);
        begin().check([(Read(PoweringOff), "observe +200"), (Read(Off), "end already")]);
        begin().check([
            (Blind(Cause::Unreachable), "observe +2000"),
            (Read(Off), "end already"),
        ]);
        begin().check([(Blind(Cause::Auth), "end failed")]);
    }
    let mut play = after(Play::new(Operation::ForceOff, FIVE), [Start, Read(On), Ans(409)]);
    play.read_for(&Blind(Cause::Unreachable), 900);
    assert_eq!(words_of_failure(&play.machine), "409: the BMC's words");
}

#[test]
fn refused_off_of_a_restart_goes_on_only_after_a_reading() {
    let begin = || {
        after(
            Play::new(Operation::HardRestart, FIVE),
            [Start, Read(On), Ans(409)],
        )
    };
    begin().check([(Read(On), "end failed")]);
    begin().check([
        (Read(Off), "send on"),
        (unsent(Cause::Unreachable), "observe +1000"),
        (Read(Off), "send on"),
        (Ans(204), "observe +0"),
        (Read(On), "end verified"),
    ]);
}

#[test]
fn a_busy_bmc_is_asked_again_when_it_says() {
    for op in [Operation::On, Operation::SoftRestart] {
        let state = if op == Operation::On { Off } else { On };
        let mut play = after(Play::new(op, FIVE), [Start, Read(state)]);
        let sent = play.words();
        assert_eq!(play.go(Busy(429, 20)), "observe +20000");
        play.go(Read(state));
        assert_eq!(play.words(), sent);
        assert!(!play.machine.ever_sent);
    }
}

#[test]
fn refused_credentials_fail_at_once() {
    let machine = check(
        Operation::On,
        [(Start, "observe +0"), (Blind(Cause::Auth), "end failed")],
    );
    assert_eq!(words_of_failure(&machine), "no reading");
    for cause in [Cause::Auth, Cause::Tls, Cause::RefusedByHost] {
        check(
            Operation::On,
            [
                (Start, "observe +0"),
                (Read(Off), "send on"),
                (unsent(cause), "end failed"),
            ],
        );
    }
}

#[test]
fn credentials_that_stop_working_are_not_hammered() {
    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), Ans(204)]);
    assert_eq!(play.go(Blind(Cause::Auth)), "observe +30000");
    assert_eq!(play.go(Read(On)), "end verified");
}

#[test]
fn a_send_that_did_not_leave_is_tried_again() {
    for cause in [Cause::Unreachable, Cause::Timeout, Cause::Cancelled] {
        check(
            Operation::SoftRestart,
            [
                (Start, "observe +0"),
                (Read(On), "send graceful-restart"),
                (unsent(cause.clone()), "observe +1000"),
                (Read(On), "send graceful-restart"),
                (unsent(cause), "observe +2000"),
                (Read(On), "send graceful-restart"),
            ],
        );
    }
}

#[test]
fn a_driver_that_lies_about_sending_is_found_out() {
    let liar = || Out(Delivery::NotSent, Ok(Answer::Accepted));
    let mut play = after(Play::new(Operation::On, FIVE), [Start]);
    for _ in 0..6 {
        assert_eq!(play.go(Read(Off)), "send on");
        play.go(liar());
    }
    assert_eq!(play.words(), "end failed");
    assert!(words_of_failure(&play.machine).contains("no request left the host"));

    let already = || Out(Delivery::NotSent, Ok(Answer::Already));
    let begin = || after(Play::new(Operation::On, FIVE), [Start, Read(Off), already()]);
    begin().check([(Read(On), "end already")]);
    begin().check([(Read(Off), "end failed")]);

    let refused = Out(Delivery::of_http_status(400), Ok(Answer::Accepted));
    let machine =
        after(Play::new(Operation::On, FIVE), [Start, Read(Off), refused]).check([(Read(Off), "end failed")]);
    assert!(words_of_failure(&machine).starts_with("400: "));

    let unfounded = Out(Delivery::of_http_status(204), Ok(Answer::Already));
    after(Play::new(Operation::On, FIVE), [Start, Read(Off), unfounded]).check([(Read(Off), "observe +200")]);
}

#[test]
fn a_driver_cannot_loosen_a_restart() {
    let play = after(Play::new(Operation::SoftRestart, FIVE), [Start, Read(On)]);
    assert!(matches!(
        play.next,
        Next::Send {
            replay: Replay::Never,
            ..
        }
    ));
}

#[test]
fn an_on_without_an_answer_is_asked_again_soon() {
    for out in [lost(), Ans(500), Ans(503)] {
        let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), out]);
        let waited = play.read_for(&Read(Off), 60);
        assert_eq!(play.words(), "send on");
        assert!((2..=4).contains(&waited), "{waited}");
    }
    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), Busy(503, 20)]);
    assert!(play.read_for(&Read(Off), 60) >= 20);
}

#[test]
fn asking_again_in_vain_ends_with_the_refusal() {
    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), lost()]);
    play.read_for(&Read(Off), 60);
    assert_eq!(play.go(Ans(400)), "observe +0");
    play.read_for(&Read(Off), 900);
    assert_eq!(play.words(), "end failed");
    assert_eq!(words_of_failure(&play.machine), "400: the BMC's words");
    assert_eq!(
        play.now.since(T0).as_secs() / 10,
        12,
        "the longest time of the send that got no answer"
    );

    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), lost()]);
    play.read_for(&Read(Off), 60);
    play.go(Ans(409));
    play.read_for(&Read(Off), 30);
    assert_eq!(
        play.go(Read(On)),
        "end verified",
        "the send that got no answer was executed late"
    );
}

#[test]
fn a_refused_second_shutdown_does_not_end_the_grace() {
    let mut play = after(Play::new(Operation::Off, FIVE), [Start, Read(On), Ans(204)]);
    play.read_for(&Read(On), 900);
    assert_eq!(play.words(), "send graceful-shutdown");
    play.go(Ans(409));
    play.read_for(&Read(On), 900);
    assert_eq!(play.words(), "send force-off");
    assert_eq!(play.now.since(T0).as_secs(), 300);
}

#[test]
fn asking_again_that_did_not_leave_is_spaced() {
    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), lost()]);
    let mut waits = Vec::new();
    for _ in 0..5 {
        waits.push(play.read_for(&Read(Off), 60));
        assert_eq!(play.words(), "send on");
        play.go(unsent(Cause::Unreachable));
    }
    assert!(waits.is_sorted() && waits[4] >= 15, "{waits:?}");
}

#[test]
fn a_restart_without_an_answer_is_settled_by_evidence() {
    for out in [lost(), Ans(500)] {
        let begin = || {
            after(
                Play::new(Operation::SoftRestart, FIVE),
                [Start, ReadAt(On, "a"), out.clone()],
            )
        };
        begin().check([(ReadAt(On, "b"), "end verified")]);

        let mut play = begin();
        play.read_for(&ReadAt(On, "a"), 2000);
        assert_eq!(
            play.words(),
            "end timed-out",
            "it was proven not to be executed, past the deadline"
        );

        let mut play = begin();
        play.read_for(&Read(On), 2000);
        assert_eq!(play.words(), "end uncertain", "the evidence got lost");
    }
    let mut play = after(Play::new(Operation::SoftRestart, FIVE), [Start, Read(On), lost()]);
    play.read_for(&Read(On), 2000);
    assert_eq!(
        (play.words().as_str(), play.now.since(T0).as_secs()),
        ("end uncertain", 300)
    );
}

#[test]
fn a_restart_that_is_proven_unexecuted_is_sent_once_more() {
    let long = Deadline::from_minutes(30);
    let mut play = after(
        Play::new(Operation::SoftRestart, long),
        [Start, ReadAt(On, "a"), lost()],
    );
    let waited = play.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(play.words(), "send graceful-restart");
    assert!((300..=310).contains(&waited), "the longest time, not {waited}");
    play.go(lost());
    play.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(play.words(), "end timed-out");

    let mut play = after(
        Play::new(Operation::SoftRestart, long),
        [Start, ReadAt(On, "a"), lost()],
    );
    play.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(play.go(Ans(400)), "observe +1000");
    assert_eq!(play.go(ReadAt(On, "a")), "end failed");
}

#[test]
fn an_open_restart_is_read_while_the_bmc_is_away() {
    let away = Blind(Cause::Unreachable);
    let begin = || {
        let mut play = after(
            Play::new(Operation::SoftRestart, FIVE),
            [Start, ReadAt(On, "a"), lost()],
        );
        play.read_for(&away, 4000);
        play
    };
    begin().check([(ReadAt(On, "b"), "end verified")]);
    begin().check([(ReadAt(On, "a"), "end timed-out")]);
    begin().check([(Read(On), "end uncertain")]);
    let mut play = begin();
    play.read_for(&away, 100_000);
    assert_eq!(play.words(), "end uncertain");

    let mut play = after(
        Play::new(Operation::SoftRestart, FIVE),
        [Start, ReadAt(On, "a"), Ans(204)],
    );
    play.read_for(&away, 4000);
    assert_eq!(
        play.words(),
        "end timed-out",
        "an accepted one ends at its deadline"
    );
}

#[test]
fn times_of_foreign_origin_do_not_overflow() {
    let mut play = Play::new(Operation::On, FIVE);
    for ability in &mut play.abilities {
        (ability.usual, ability.limit) = (Duration::MAX, Duration::MAX);
    }
    let mut play = after(play, [Start, Read(Off), Busy(429, u64::MAX)]);
    assert!(play.go(Read(Off)) == "send on" || play.machine.outcome().is_some());
    play.go(Ans(204));
    play.read_for(&Read(Off), 900);
}

#[test]
fn an_answer_may_leave_execution_open_in_any_way() {
    for executed in [Executed::Unknown, Executed::Accepted] {
        let out = Out(
            Delivery::Answered {
                status: 200,
                executed,
            },
            Err(Failure::new(Cause::Driver, "trap")),
        );
        after(Play::new(Operation::On, FIVE), [Start, Read(Off), out]).check([(Read(On), "end verified")]);
    }
}

#[test]
fn a_bmc_that_fails_itself_is_read_again() {
    for status in [500, 502, 504] {
        check(
            Operation::On,
            [
                (Start, "observe +0"),
                (BlindStatus(status), "observe +1000"),
                (Read(Off), "send on"),
                (Ans(400), "observe +0"),
                (BlindStatus(status), "observe +2000"),
                (Read(On), "end already"),
            ],
        );
        let cut = after(
            Play::new(Operation::Off, FIVE),
            [Start, Read(On), Ans(204), Wait(300), BlindStatus(status)],
        );
        cut.check([(Read(On), "send force-off")]);
    }
    for status in [501, 505] {
        check(
            Operation::On,
            [(Start, "observe +0"), (BlindStatus(status), "end failed")],
        );
    }
}

#[test]
fn a_task_is_not_given_up_between_two_steps_for_a_reading() {
    let between = || {
        after(
            Play::new(Operation::HardRestart, FIVE),
            [Start, Read(On), Ans(204), Read(Off), unsent(Cause::Unreachable)],
        )
    };
    for cause in [
        Cause::NotFound,
        Cause::Invalid,
        Cause::Driver,
        Cause::RefusedByHost,
    ] {
        let mut play = between();
        assert_eq!(play.go(Blind(cause.clone())), "observe +2000", "{cause:?}");
        assert_eq!(play.go(Read(Off)), "send on");
        let mut play = between();
        play.read_for(&Blind(cause), 2000);
        assert_eq!(play.words(), "end timed-out", "waiting has a limit");
        assert!(play.now.since(T0) >= Duration::from_mins(15));
    }
    for cause in [Cause::Auth, Cause::Forbidden, Cause::Tls] {
        between().check([(Blind(cause), "end failed")]);
    }
}
