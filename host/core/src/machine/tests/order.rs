//! Waiting for others of the same request.

use super::*;
use crate::id::ComponentId;
use crate::outcome::Fault;

pub(super) fn fault() -> Fault {
    Fault::Dependency {
        component: ComponentId::parse("x0c0s0b0n0").unwrap(),
        task: None,
        end: "timed-out".to_owned(),
        text: "Timeout".to_owned(),
    }
}

fn blocked(transition: u128) -> Do {
    Blocked(TransitionId(Uuid::from_u128(transition)))
}

fn awaits(operation: Operation) -> Play {
    let mut play = Play::new(operation, FIVE);
    play.machine.awaits_power = true;
    play
}

#[test]
fn between_its_off_and_its_on_a_restart_waits_for_the_power_above() {
    let play = awaits(Operation::HardRestart);
    let mut off = after(play, [Start, Read(On), Ans(204)]);
    assert_eq!(off.go(Read(Off)), "await power");
    // Nothing changes that while the power is away, a crash included.
    assert_eq!(off.go(Crash), "observe +0");
    assert_eq!(off.go(Blind(Cause::Unreachable)), "await power");
    off.go(Wait(3_600));
    off.machine.awaits_power = false;
    off.check([
        (PowerAbove, "observe +0"),
        (Read(Off), "send on"),
        (Ans(204), "observe +0"),
        (Read(On), "end verified"),
    ]);
}

#[test]
fn what_is_off_already_is_not_turned_on_too_early() {
    awaits(Operation::Init).check([
        (Start, "observe +0"),
        (Read(Off), "await power"),
        (Cancel, "end cancelled"),
    ]);
}

#[test]
fn a_restart_from_above_sends_nothing_and_waits_for_an_answer() {
    let mut play = Play::new(Operation::SoftRestart, FIVE);
    play.machine.carried = true;
    let machine = play.check([
        (Start, "observe +0"),
        (Blind(Cause::Unreachable), "observe"),
        (Read(On), "end already"),
    ]);
    let component = ComponentId::parse("x0c0s0b0").unwrap();
    assert_eq!(
        crate::pcs::describe(&machine, &component, None).description,
        crate::pcs::CARRIED
    );
}

#[test]
fn who_waits_in_vain_ends_with_what_blocks() {
    let machine = check(Operation::Off, [(blocked(7), "end failed")]);
    assert_eq!(machine.outcome(), Some(&Outcome::Failed { fault: fault() }));
    let sent = after(Play::new(Operation::Off, FIVE), [Start, Read(On), Ans(204)]);
    sent.check([(blocked(7), "observe +0"), (Read(Off), "end verified")]);
}
