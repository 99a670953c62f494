//! Plans, escalation, asking again, deadlines.

use super::*;

#[test]
fn every_operation_has_a_happy_path() {
    use Operation as Op;
    let read = "observe +0";
    check(
        Op::On,
        [
            (Start, read),
            (Read(Off), "send on"),
            (Ans(204), read),
            (Read(On), "end verified"),
        ],
    );
    check(
        Op::ForceOff,
        [
            (Start, read),
            (Read(On), "send force-off"),
            (Ans(204), read),
            (Read(Off), "end verified"),
        ],
    );
    for op in [Op::Off, Op::SoftOff] {
        check(
            op,
            [
                (Start, read),
                (Read(On), "send graceful-shutdown"),
                (Ans(204), read),
                (Read(Off), "end verified"),
            ],
        );
    }
    for op in [Op::HardRestart, Op::Init] {
        check(
            op,
            [
                (Start, read),
                (Read(On), "send graceful-shutdown"),
                (Ans(204), read),
                (Read(Off), "send on"),
                (Ans(204), read),
                (Read(On), "end verified"),
            ],
        );
    }
    check(
        Op::Init,
        [
            (Start, read),
            (Read(Off), "send on"),
            (Ans(204), read),
            (Read(On), "end verified"),
        ],
    );
    check(
        Op::SoftRestart,
        [
            (Start, read),
            (ReadAt(On, "a"), "send graceful-restart"),
            (Ans(204), read),
            (ReadAt(On, "a"), "observe +200"),
            (ReadAt(On, "b"), "end verified"),
        ],
    );
}

#[test]
fn there_already_means_nothing_is_sent() {
    for (op, state) in [
        (Operation::On, On),
        (Operation::Off, Off),
        (Operation::SoftOff, Off),
        (Operation::ForceOff, Off),
    ] {
        let machine = check(op, [(Start, "observe +0"), (Read(state), "end already")]);
        assert!(!machine.ever_sent);
    }
}

#[test]
fn a_restart_needs_a_component_that_is_known_to_be_on() {
    for op in [Operation::SoftRestart, Operation::HardRestart] {
        for state in [Off, Unknown, PoweringOn, PoweringOff] {
            check(op, [(Start, "observe +0"), (Read(state), "end failed")]);
        }
    }
}

#[test]
fn levels_are_sent_from_unknown() {
    for (op, sent) in [
        (Operation::On, "send on"),
        (Operation::Off, "send graceful-shutdown"),
        (Operation::ForceOff, "send force-off"),
        (Operation::Init, "send graceful-shutdown"),
    ] {
        check(
            op,
            [
                (Start, "observe +0"),
                (Read(Unknown), sent),
                (Ans(204), "observe +0"),
                (Read(Unknown), "observe"),
            ],
        );
    }
}

#[test]
fn what_is_not_offered_is_unsupported() {
    let play = Play::with(Operation::SoftOff, FIVE, &[Primitive::On, Primitive::ForceOff]);
    play.check([(Start, "observe +0"), (Read(On), "end failed")]);
}

/// How often `act` is read before something is sent, and what.
fn asked_again(play: &mut Play, act: &Do, seconds: u64) -> (u64, String) {
    let waited = play.read_for(act, seconds);
    (waited, play.words())
}

#[test]
fn an_ignored_on_is_asked_again_three_times_in_all() {
    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), Ans(204)]);
    for _ in 0..2 {
        let (waited, words) = asked_again(&mut play, &Read(Off), 600);
        assert_eq!(words, "send on");
        assert!((30..=40).contains(&waited), "twice the usual 15 s, not {waited}");
        play.go(Ans(204));
    }
    let (_, words) = asked_again(&mut play, &Read(Off), 600);
    assert_eq!(words, "end timed-out");
    assert_eq!(play.now.since(T0), Duration::from_mins(5));
}

#[test]
fn what_is_on_its_way_is_not_asked_again() {
    let mut play = after(Play::new(Operation::On, FIVE), [Start, Read(Off), Ans(204)]);
    let (waited, words) = asked_again(&mut play, &Read(PoweringOn), 100);
    assert!(waited >= 100 && words.starts_with("observe"), "{words}");
    assert_eq!(play.go(Read(On)), "end verified");
}

#[test]
fn an_ignored_restart_is_never_asked_again() {
    let mut play = after(
        Play::new(Operation::SoftRestart, FIVE),
        [Start, ReadAt(On, "a"), Ans(204)],
    );
    let (waited, words) = asked_again(&mut play, &ReadAt(On, "a"), 900);
    assert_eq!((waited, words.as_str()), (300, "end timed-out"));
}

#[test]
fn a_restart_without_evidence_is_unproven() {
    let quick = Deadline::Within(Duration::from_mins(15));
    let mut play = after(
        Play::new(Operation::SoftRestart, quick),
        [Start, Read(On), Ans(204)],
    );
    let (waited, words) = asked_again(&mut play, &Read(On), 900);
    assert_eq!(words, "end unproven");
    assert!(
        (300..=310).contains(&waited),
        "the limit of the driver, not {waited}"
    );

    let mut play = after(
        Play::new(Operation::SoftRestart, FIVE),
        [Start, Read(On), Ans(204), Read(Off)],
    );
    let (_, words) = asked_again(&mut play, &Read(Off), 900);
    assert_eq!(
        words, "end timed-out",
        "a node that went away and did not come back has not restarted"
    );

    let play = after(
        Play::new(Operation::SoftRestart, FIVE),
        [Start, Read(On), Ans(204), Read(Off)],
    );
    play.check([(Read(On), "end verified")]);
}

#[test]
fn off_escalates_at_the_deadline_and_the_cut_has_its_own() {
    let mut play = after(Play::new(Operation::Off, FIVE), [Start, Read(On), Ans(204)]);
    let (waited, words) = asked_again(&mut play, &Read(On), 900);
    assert_eq!(words, "send graceful-shutdown");
    assert!((150..=160).contains(&waited), "half the grace, not {waited}");
    play.go(Ans(204));
    let (waited, words) = asked_again(&mut play, &Read(On), 900);
    assert_eq!(
        words, "send force-off",
        "the second shutdown is the last, after {waited}"
    );
    assert_eq!(play.now.since(T0), Duration::from_mins(5));
    play.go(Ans(204));
    play.go(Wait(30));
    play.go(Read(On));
    assert_eq!(
        play.words(),
        "send force-off",
        "a cut that was ignored is asked again"
    );
    play.go(Ans(204));
    let (_, words) = asked_again(&mut play, &Read(On), 900);
    assert_eq!(words, "send force-off");
    play.go(Ans(204));
    let (_, words) = asked_again(&mut play, &Read(On), 900);
    assert_eq!(words, "end timed-out");
    assert_eq!(play.now.since(T0), Duration::from_mins(6));
}

#[test]
fn soft_off_never_cuts_the_power() {
    let mut play = after(Play::new(Operation::SoftOff, FIVE), [Start, Read(On), Ans(204)]);
    play.read_for(&Read(On), 900);
    assert_eq!(play.go(Ans(204)), "observe +0");
    let (_, words) = asked_again(&mut play, &Read(On), 900);
    assert_eq!(words, "end timed-out");
}

#[test]
fn the_cut_after_the_grace_waits_for_a_bmc_that_is_away() {
    let mut play = after(
        Play::new(Operation::Off, FIVE),
        [Start, Read(On), Ans(204), Wait(300)],
    );
    assert_eq!(play.go(Blind(Cause::Unreachable)), "observe +1000");
    assert_eq!(play.go(Read(On)), "send force-off");
    assert_eq!(play.go(Ans(204)), "observe +0");
    assert_eq!(play.go(Read(Off)), "end verified");
}

#[test]
fn a_restart_by_off_and_on_escalates_between() {
    let mut play = after(
        Play::new(Operation::HardRestart, FIVE),
        [Start, Read(On), Ans(204), Wait(300)],
    );
    assert_eq!(play.go(Read(On)), "send force-off");
    assert_eq!(play.go(Ans(204)), "observe +0");
    assert_eq!(play.go(Read(Off)), "send on");
    assert_eq!(play.go(unsent(Cause::Unreachable)), "observe +1000");
    assert_eq!(play.go(Read(Off)), "send on");
    assert_eq!(play.go(Ans(204)), "observe +0");
    assert_eq!(play.go(Read(On)), "end verified");
    assert_eq!(play.machine.plan.len(), 3);
}

#[test]
fn deadline_zero_confirms_all_but_the_last_step() {
    let zero = Deadline::from_minutes(0);
    let play = Play::new(Operation::On, zero);
    play.check([
        (Start, "observe +0"),
        (Read(Off), "send on"),
        (Ans(204), "end unproven"),
    ]);
    let play = Play::new(Operation::HardRestart, zero);
    play.check([
        (Start, "observe +0"),
        (Read(On), "send graceful-shutdown"),
        (Ans(204), "observe +0"),
        (Read(On), "observe +200"),
        (Read(Off), "send on"),
        (Ans(204), "end unproven"),
    ]);
    let mut play = after(
        Play::new(Operation::HardRestart, zero),
        [Start, Read(On), Ans(204), Wait(300)],
    );
    assert_eq!(play.go(Read(On)), "end timed-out", "nothing escalates");
}

#[test]
fn a_negative_deadline_waits_until_the_record_expires() {
    let mut play = after(
        Play::new(Operation::Off, Deadline::from_minutes(-1)),
        [Start, Read(On), Ans(204)],
    );
    play.read_for(&Read(On), 100_000);
    assert_eq!(play.words(), "send graceful-shutdown");
    play.go(Ans(204));
    let (_, words) = asked_again(&mut play, &Read(On), 100_000);
    assert_eq!(words, "end timed-out", "nothing escalates");
    assert_eq!(play.now.since(T0), Duration::from_hours(24));

    let pending = Out(
        Delivery::of_http_status(202),
        Ok(Answer::Pending {
            handle: "7".to_owned(),
            poll_after: Duration::ZERO,
        }),
    );
    let play = Play::new(Operation::On, Deadline::from_minutes(-1));
    play.check([
        (Start, "observe +0"),
        (Read(Off), "send on"),
        (pending, "poll 7 +250"),
        (Wait(86_400), ""),
        (
            Poll(Ok(TaskProgress::Running {
                handle: "7".to_owned(),
                poll_after: Duration::from_secs(5),
            })),
            "observe +0",
        ),
        (Read(Off), "end timed-out"),
    ]);
}

#[test]
fn waiting_has_a_limit() {
    check(Operation::On, [(StartLimit, "end timed-out")]);
    check(
        Operation::On,
        [
            (Wait(901), ""),
            (Start, "observe +0"),
            (Read(Off), "end timed-out"),
        ],
    );
    check(
        Operation::On,
        [(Wait(901), ""), (Start, "observe +0"), (Read(On), "end already")],
    );

    let mut play = after(Play::new(Operation::On, FIVE), [Start]);
    let (_, words) = asked_again(&mut play, &Blind(Cause::Unreachable), 2000);
    assert_eq!(words, "end timed-out");
    assert_eq!(play.now.since(T0), Duration::from_mins(15));
    assert_eq!(words_of_failure(&play.machine), "no reading");
    assert!(!play.machine.ever_sent);
}

#[test]
fn tries_before_a_send_are_spaced() {
    let away = || Blind(Cause::Unreachable);
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (away(), "observe +1000"),
            (away(), "observe +2000"),
            (away(), "observe +4000"),
            (away(), "observe +8000"),
            (away(), "observe +15000"),
            (away(), "observe +15000"),
            (Read(Off), "send on"),
        ],
    );
}

#[test]
fn a_bmc_task_is_polled_and_proves_nothing() {
    let pending = |handle: &str| {
        let answer = Answer::Pending {
            handle: handle.to_owned(),
            poll_after: Duration::from_secs(5),
        };
        Out(Delivery::of_http_status(202), Ok(answer))
    };
    let running = |handle: &str| {
        Poll(Ok(TaskProgress::Running {
            handle: handle.to_owned(),
            poll_after: Duration::from_secs(9),
        }))
    };
    let failed = || {
        Poll(Ok(TaskProgress::Failed(Failure::new(
            Cause::Other("x".to_owned()),
            "the task's words",
        ))))
    };
    let begin = || after(Play::new(Operation::On, FIVE), [Start, Read(Off), pending("7")]);
    begin().check([
        (running("7"), "poll 7 +9000"),
        (running("8"), "poll 8 +9000"),
        (Poll(Err(Failure::new(Cause::Unreachable, ""))), "poll 8 +30000"),
        (Crash, "poll 8 +0"),
        (Poll(Ok(TaskProgress::Done)), "observe +0"),
        (Read(Off), "observe +200"),
        (Read(On), "end verified"),
    ]);
    begin().check([
        (Poll(Ok(TaskProgress::Gone)), "observe +0"),
        (Read(On), "end verified"),
    ]);
    begin().check([
        (Wait(300), ""),
        (running("8"), "observe +0"),
        (Read(On), "end verified"),
    ]);
    begin().check([(failed(), "observe +0"), (Read(On), "end verified")]);
    let machine = begin().check([(failed(), "observe +0"), (Read(Off), "end failed")]);
    assert_eq!(words_of_failure(&machine), "the task's words");
    let restart = after(
        Play::new(Operation::SoftRestart, FIVE),
        [Start, Read(On), pending("8")],
    );
    restart.check([(failed(), "end failed")]);
}

#[test]
fn readings_before_the_settle_time_and_old_ones_say_nothing() {
    let mut play = Play::new(Operation::On, FIVE);
    play.pace.settle = Duration::from_secs(8);
    play.pace.poll = Duration::from_secs(3);
    after(play, [Start, Read(Off)]).check([(Ans(204), "observe +8000"), (Read(Off), "observe +3000")]);

    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Read(Off), "send on"),
            (Wait(5), ""),
            (Ans(204), "observe +0"),
            (ReadOld(On, "new", 2), "observe +200"),
            (Read(On), "end verified"),
        ],
    );
}

#[test]
fn a_component_that_got_there_by_itself_after_a_failed_try_is_planned_afresh() {
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Read(Off), "send on"),
            (unsent(Cause::Unreachable), "observe +1000"),
            (Read(On), "end already"),
        ],
    );
    for state in [Off, Unknown] {
        check(
            Operation::SoftRestart,
            [
                (Start, "observe +0"),
                (Read(On), "send graceful-restart"),
                (unsent(Cause::Unreachable), "observe +1000"),
                (Read(state), "end failed"),
            ],
        );
    }
}

#[test]
fn a_slow_reading_from_before_the_longest_time_allows_no_second_restart() {
    let begin = |deadline| {
        after(
            Play::new(Operation::SoftRestart, deadline),
            [Start, ReadAt(On, "a"), lost(), Wait(310)],
        )
    };
    begin(Deadline::from_minutes(30)).check([
        (ReadOld(On, "a", 60), "observe +200"),
        (ReadAt(On, "a"), "send graceful-restart"),
    ]);
    begin(FIVE).check([
        (ReadOld(On, "a", 60), "observe +0"),
        (ReadAt(On, "a"), "end timed-out"),
    ]);
    begin(FIVE).check([
        (ReadOld(On, "a", 60), "observe +0"),
        (ReadAt(On, "b"), "end verified"),
    ]);
}

#[test]
fn the_grace_runs_from_the_send_and_not_from_the_intent() {
    let mut play = after(
        Play::new(Operation::Off, FIVE),
        [Start, Read(On), Wait(400), Ans(204)],
    );
    assert_eq!(play.go(Read(On)), "observe +200", "the request waited its turn");
    play.read_for(&Read(On), 900);
    assert_eq!(play.words(), "send graceful-shutdown");
    play.go(Ans(204));
    play.read_for(&Read(On), 900);
    assert_eq!(play.words(), "send force-off");
    assert_eq!(play.now.since(T0), Duration::from_secs(700));
}
