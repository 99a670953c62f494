//! Reservations in SMD.

use super::*;
use crate::outcome::Fault;
use crate::reservation::{Reason, Refusal};

fn wanted(operation: Operation) -> Play {
    Play {
        reservation: Reservation::Wanted,
        ..Play::new(operation, FIVE)
    }
}

fn away() -> Do {
    Smd(Err(Refusal::Later(Failure::new(Cause::Smd, "SMD is away"))))
}

fn refused(reason: Reason, bad_deputy_key: bool) -> Do {
    Smd(Err(Refusal::Refused {
        reason,
        bad_deputy_key,
    }))
}

#[track_caller]
fn fault(machine: &Machine) -> &Fault {
    match machine.outcome() {
        Some(Outcome::Failed { fault }) => fault,
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn it_is_asked_for_after_the_first_reading_and_before_the_baseline() {
    wanted(Operation::On).check([
        (Start, "observe +0"),
        (Read(Off), "reserve"),
        (Smd(Ok(())), "observe +0"),
        (Read(Off), "send on"),
        (Ans(204), "observe +0"),
        (Read(On), "end verified"),
    ]);
}

#[test]
fn what_is_there_already_needs_none() {
    wanted(Operation::On).check([(Start, "observe +0"), (Read(On), "end already")]);
    // Also what got there while SMD was asked.
    wanted(Operation::On).check([
        (Start, "observe +0"),
        (Read(Off), "reserve"),
        (Smd(Ok(())), "observe +0"),
        (Read(On), "end already"),
    ]);
}

#[test]
fn it_is_asked_for_again_before_each_step() {
    wanted(Operation::HardRestart).check([
        (Start, "observe +0"),
        (Read(On), "reserve"),
        (Smd(Ok(())), "observe +0"),
        (Read(On), "send graceful-shutdown"),
        (Ans(204), "observe +0"),
        (Read(Off), "reserve"),
        (Smd(Ok(())), "observe +0"),
        (Read(Off), "send on"),
        (Ans(204), "observe +0"),
        (Read(On), "end verified"),
    ]);
}

#[test]
fn a_refusal_ends_what_was_not_sent() {
    for (reason, bad) in [(Reason::Locked, false), (Reason::Reserved, true)] {
        let machine = wanted(Operation::On).check([
            (Start, "observe +0"),
            (Read(Off), "reserve"),
            (refused(reason.clone(), bad), "end failed"),
        ]);
        let expected = Fault::NotReserved {
            why: reason,
            bad_deputy_key: bad,
        };
        assert_eq!(*fault(&machine), expected);
        assert!(!machine.ever_sent);
    }
}

#[test]
fn between_two_steps_it_is_lost() {
    let until_off = || {
        after(
            wanted(Operation::HardRestart),
            [Start, Read(On), Smd(Ok(())), Read(On), Ans(204), Read(Off)],
        )
    };
    for answer in [Smd(Err(Refusal::Lost)), refused(Reason::Locked, false)] {
        let machine = until_off().check([(answer, "end failed")]);
        assert_eq!(*fault(&machine), Fault::ReservationLost { left: Off });
    }
}

#[test]
fn what_is_lost_before_a_send_is_asked_for_anew() {
    let play = after(
        wanted(Operation::On),
        [Start, Read(Off), Smd(Ok(())), Stands(Reservation::Wanted)],
    );
    play.check([
        (Read(Off), "reserve"),
        (Smd(Err(Refusal::Lost)), "observe"),
        (Read(Off), "reserve"),
        (Smd(Ok(())), "observe +0"),
        (Read(Off), "send on"),
    ]);
}

#[test]
fn what_is_lost_is_asked_for_before_a_step_is_sent_again() {
    for (answer, sent_again) in [(Ok(()), true), (Err(Refusal::Lost), false)] {
        let mut play = after(
            wanted(Operation::On),
            [
                Start,
                Read(Off),
                Smd(Ok(())),
                Read(Off),
                lost(),
                Stands(Reservation::Wanted),
            ],
        );
        while play.words().starts_with("observe") {
            play.go(Read(Off));
        }
        play.go(Smd(answer));
        if sent_again {
            play.check([(Read(Off), "send on")]);
        } else {
            assert_eq!(play.machine.sends, 1);
            assert_eq!(*fault(&play.machine), Fault::ReservationLost { left: Off });
        }
    }
}

#[test]
fn smd_is_waited_for_until_the_time_to_start_has_passed() {
    let mut play = after(wanted(Operation::On), [Start, Read(Off)]);
    let mut rounds = 0;
    while play.machine.outcome().is_none() {
        assert_eq!(play.words(), "reserve");
        play.go(away());
        if play.machine.outcome().is_none() {
            assert!(
                matches!(&play.machine.phase, Phase::Backoff { reason, .. } if reason.cause == Cause::Smd)
            );
            play.go(Read(Off));
        }
        rounds += 1;
        assert!(rounds < 1_000);
    }
    assert!(play.now.since(T0) >= Duration::from_mins(15));
    assert_eq!(play.machine.outcome().unwrap().name(), "timed-out");
    assert!(!play.machine.ever_sent);
}

#[test]
fn an_emergency_needs_none() {
    let mut play = wanted(Operation::ForceOff);
    play.machine.emergency = true;
    play.check([(Start, "observe +0"), (Read(On), "send force-off")]);
}

#[test]
fn while_smd_is_asked_the_task_can_be_stopped() {
    let asking = || after(wanted(Operation::On), [Start, Read(Off)]);
    asking().check([(Cancel, "end cancelled")]);
    asking().check([(Overtake, "end superseded")]);
    asking().check([(Pause, "await"), (Start, "observe +0"), (Read(Off), "reserve")]);
    asking().check([(Crash, "observe +0"), (Read(Off), "reserve")]);
}

#[test]
fn after_a_crash_it_is_asked_for_again() {
    let machine = wanted(Operation::On).check([
        (Start, "observe +0"),
        (Read(Off), "reserve"),
        (Smd(Ok(())), "observe +0"),
        (Crash, "observe +0"),
        (Read(Off), "reserve"),
    ]);
    assert!(!machine.reserved);
}
