//! What asks a BMC for one primitive as it is: restarts at once, interrupts, and cuts of mains that take the BMC away.

use super::*;

const DIRECT: [Primitive; 5] = [
    Primitive::On,
    Primitive::ForceRestart,
    Primitive::PowerCycle,
    Primitive::FullPowerCycle,
    Primitive::Nmi,
];

fn play(operation: Operation) -> Play {
    Play::with(operation, FIVE, &DIRECT)
}

/// The restart of a BMC.
fn bmc(operation: Operation) -> Play {
    Play {
        kind: Kind::Controller,
        ..play(operation)
    }
}

#[test]
fn an_interrupt_ends_when_it_is_accepted() {
    play(Operation::Nmi).check([
        (Start, "observe +0"),
        (ReadAt(On, "a"), "send nmi"),
        (Ans(204), "end unproven"),
    ]);
    play(Operation::Nmi).check([(Start, "observe +0"), (Read(Off), "end failed")]);
    play(Operation::Nmi).check([(Start, "observe +0"), (Read(Unknown), "end failed")]);
    let refused = after(play(Operation::Nmi), [Start, Read(On)]);
    refused.check([(Ans(400), "end failed")]);
}

#[test]
fn an_interrupt_that_may_be_lost_is_not_sent_again() {
    let mut play = after(play(Operation::Nmi), [Start, ReadAt(On, "a"), lost()]);
    play.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(play.words(), "end uncertain");
}

#[test]
fn a_reset_is_proven_as_a_restart_is() {
    let sent = || after(play(Operation::Reset), [Start, ReadAt(On, "a"), Ans(204)]);
    sent().check([(ReadAt(On, "b"), "end verified")]);
    sent().check([(Read(Off), "observe"), (ReadAt(On, "a"), "end verified")]);
    let mut unmoved = sent();
    unmoved.read_for(&ReadAt(On, "a"), 3000);
    assert_eq!(unmoved.words(), "end timed-out");
    play(Operation::Reset).check([(Start, "observe +0"), (Read(Off), "end failed")]);
}

#[test]
fn a_power_cycle_of_what_is_off_is_an_on() {
    let rows = [
        (Start, "observe +0"),
        (Read(Off), "send on"),
        (Ans(204), "observe +0"),
        (Read(On), "end verified"),
    ];
    play(Operation::PowerCycle).check(rows);
    play(Operation::PowerCycle).check([(Start, "observe +0"), (Read(On), "send power-cycle")]);
    play(Operation::PowerCycle).check([(Start, "observe +0"), (Read(Unknown), "end failed")]);
}

#[test]
fn a_bmc_that_was_to_go_and_comes_back_has_restarted() {
    let away = || {
        let sent = after(bmc(Operation::Reset), [Start, Read(On), Ans(204), Read(On)]);
        after(sent, [Blind(Cause::Unreachable), Wait(9)])
    };
    away().check([(Wait(1), ""), (Read(On), "end verified")]);
    away().check([(Read(On), "observe"), (Read(On), "observe")]);
    let evident = after(bmc(Operation::SoftRestart), [Start, ReadAt(On, "a"), Ans(204)]);
    evident.check([(ReadAt(On, "b"), "end verified")]);
}

#[test]
fn a_bmc_with_a_time_of_reset_has_to_move_it() {
    let away = [Start, ReadAt(On, "a"), Ans(204), Blind(Cause::Timeout), Wait(100)];
    after(bmc(Operation::Reset), away).check([(ReadAt(On, "a"), "observe")]);
}

#[test]
fn without_an_answer_an_absence_proves_nothing() {
    let mut play = after(bmc(Operation::Reset), [Start, Read(On), lost()]);
    play.read_for(&Blind(Cause::Unreachable), 60);
    play.read_for(&Read(On), 3000);
    assert_eq!(play.words(), "end uncertain");
}

#[test]
fn mains_that_were_cut_have_their_longest_time_however_short_the_deadline_is() {
    let mut play = after(
        play(Operation::FullPowerCycle),
        [Start, ReadAt(On, "a"), Ans(204)],
    );
    let waited = play.read_for(&Blind(Cause::Unreachable), 540);
    assert!(
        waited >= 540,
        "the limit of 600 s holds, not the deadline of 300: {waited}"
    );
    play.check([(ReadAt(On, "b"), "end verified")]);
}

#[test]
fn mains_are_cut_whatever_the_power_is() {
    for state in [Off, Unknown] {
        let sent = after(play(Operation::FullPowerCycle), [Start, Read(state), Ans(204)]);
        after(sent, [Blind(Cause::Unreachable), Wait(60)]).check([(Read(Off), "end verified")]);
    }
    let sent = after(play(Operation::FullPowerCycle), [Start, Read(Off), lost()]);
    let mut sent = after(sent, [Blind(Cause::Unreachable), Wait(60)]);
    sent.read_for(&Read(Off), 3000);
    assert_eq!(sent.words(), "end uncertain");
}
