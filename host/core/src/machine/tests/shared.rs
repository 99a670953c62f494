//! Several requests that share one task, and what overtakes, hurries and pauses it.

use super::*;

fn transition(n: u128) -> TransitionId {
    TransitionId(Uuid::from_u128(n))
}

/// A request that came so many seconds after the task was made.
fn demand(n: u128, operation: Operation, deadline: Deadline, after: u64) -> Demand {
    let joined_at = T0 + Duration::from_secs(after);
    Demand {
        transition: transition(n),
        operation,
        deadline,
        joined_at,
        start_by: joined_at + Duration::from_mins(15),
        expires: joined_at + Duration::from_hours(24),
    }
}

fn minutes(n: u64) -> Deadline {
    Deadline::Within(Duration::from_mins(n))
}

fn shared(operation: Operation, demands: &[Demand]) -> Play {
    let mut play = Play::new(operation, demands[0].deadline);
    play.demands = demands.to_vec();
    play
}

fn left(play: &Play) -> Vec<(u128, &'static str)> {
    let left = play.departed.iter();
    left.map(|left| (left.transition.0.as_u128(), left.outcome.name()))
        .collect()
}

/// Reads `On` for so long, while every shutdown that is asked for again is accepted and ignored.
fn ignore_shutdowns(play: &mut Play, seconds: u64) -> u64 {
    let from = play.now;
    play.read_for(&Read(On), seconds);
    while play.words() == "send graceful-shutdown" {
        play.go(Ans(204));
        let passed = play.now.since(from).as_secs();
        play.read_for(&Read(On), seconds - passed);
    }
    play.now.since(from).as_secs()
}

#[test]
fn an_off_that_joined_a_soft_off_still_escalates() {
    let soft = demand(1, Operation::SoftOff, minutes(30), 0);
    let mut play = after(shared(Operation::SoftOff, &[soft]), [Start, Read(On), Ans(204)]);
    ignore_shutdowns(&mut play, 60);
    let joined_after = play.now.since(T0).as_secs();
    play.demands
        .push(demand(2, Operation::Off, minutes(5), joined_after));
    let waited = ignore_shutdowns(&mut play, 3_600);
    assert_eq!(play.words(), "send force-off");
    assert!((299..=310).contains(&waited), "{waited} s of grace");
    assert_eq!(left(&play), [], "the soft-off shares the cut");
}

#[test]
fn a_soft_off_that_joined_an_off_does_not_escalate_alone() {
    let off = demand(1, Operation::Off, minutes(5), 0);
    let soft = demand(2, Operation::SoftOff, minutes(20), 0);
    let mut play = after(shared(Operation::Off, &[off, soft]), [Start, Read(On), Ans(204)]);
    ignore_shutdowns(&mut play, 60);
    play.demands.remove(0);
    ignore_shutdowns(&mut play, 3_600);
    assert_eq!(play.words(), "end timed-out");
}

#[test]
fn each_request_ends_by_its_own_deadline() {
    let demands = [
        demand(1, Operation::On, minutes(1), 0),
        demand(2, Operation::On, minutes(5), 0),
        demand(3, Operation::On, Deadline::SkipConfirmation, 0),
    ];
    let mut play = after(shared(Operation::On, &demands), [Start, Read(Off), Ans(204)]);
    assert_eq!(left(&play), [(3, "unproven")]);
    let slow = Play {
        abilities: play
            .abilities
            .iter()
            .map(|ability| Ability {
                usual: Duration::from_hours(1),
                ..ability.clone()
            })
            .collect(),
        ..play
    };
    play = slow;
    play.read_for(&Read(Off), 100);
    assert_eq!(left(&play), [(3, "unproven"), (1, "timed-out")]);
    assert!(play.machine.outcome().is_none());
    assert_eq!(play.go(Read(On)), "end verified");
}

#[test]
fn waiting_ends_with_the_most_patient() {
    let mut hasty = demand(1, Operation::On, FIVE, 0);
    hasty.start_by = T0 + Duration::from_secs(10);
    let patient = demand(2, Operation::On, FIVE, 0);
    let mut play = after(
        shared(Operation::On, &[hasty, patient]),
        [Start, Wait(11), Blind(Cause::Unreachable)],
    );
    assert_eq!(left(&play), [(1, "timed-out")]);
    assert_eq!(play.go(Read(Off)), "send on");
}

#[test]
fn a_request_without_a_deadline_gives_way_once_others_wait() {
    let demands = [demand(1, Operation::On, Deadline::Unbounded, 0)];
    let mut play = after(shared(Operation::On, &demands), [Start, Read(Off), Ans(204)]);
    let blind = Blind(Cause::Unreachable);
    play.read_for(&blind, 3_600);
    assert!(
        play.machine.outcome().is_none(),
        "it waits for as long as it takes"
    );
    play.others_wait_since = Some(play.now);
    let waited = play.read_for(&blind, 3_600);
    assert_eq!(play.words(), "end timed-out");
    assert!((300..=310).contains(&waited), "{waited} s");
}

#[test]
fn an_open_restart_parks_once_others_wait() {
    let mut play = after(Play::new(Operation::SoftRestart, FIVE), [Start, Read(On), lost()]);
    let blind = Blind(Cause::Unreachable);
    play.read_for(&blind, 1_800);
    assert!(play.machine.outcome().is_none(), "the BMC may come back and tell");
    play.others_wait_since = Some(play.now);
    play.go(blind);
    assert_eq!(play.words(), "end uncertain");
}

#[test]
fn a_force_off_that_joined_cuts_at_once() {
    let off = demand(1, Operation::Off, FIVE, 0);
    let begin = || {
        after(
            shared(Operation::Off, &[off]),
            [Start, Read(On), Ans(204), Read(On)],
        )
    };
    let mut play = begin();
    play.demands.push(demand(2, Operation::ForceOff, FIVE, 1));
    play.check([(Hurry, "observe +0"), (Read(On), "send force-off")]);
    let unmoved = begin().check([(Hurry, "observe +0")]);
    assert_eq!(unmoved.plan, [crate::plan::Step::Shutdown]);
    let mut died = begin();
    died.demands.push(demand(2, Operation::ForceOff, FIVE, 1));
    died.check([(Crash, "observe +0"), (Read(On), "send force-off")]);
}

#[test]
fn an_overtaken_task_ends_at_once_and_sends_nothing_more() {
    let machine = check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Read(Off), "send on"),
            (Ans(204), "observe +0"),
            (Overtake, "end superseded"),
        ],
    );
    assert_eq!(
        machine.outcome(),
        Some(&Outcome::Superseded { by: transition(99) })
    );
    check(
        Operation::HardRestart,
        [
            (Start, "observe +0"),
            (Read(On), "send graceful-shutdown"),
            (Overtake, "await"),
            (Ans(204), "end superseded"),
        ],
    );
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Read(Off), "send on"),
            (Overtake, "await"),
            (unsent(Cause::Unreachable), "end superseded"),
        ],
    );
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Read(Off), "send on"),
            (Ans(204), "observe +0"),
            (Cancel, "observe +0"),
            (Overtake, "end cancelled-after-send"),
        ],
    );
}

#[test]
fn an_emergency_is_one_try_whatever_a_reading_says() {
    let emergency = || {
        let mut play = Play::new(Operation::ForceOff, FIVE);
        play.machine.emergency = true;
        play
    };
    let blind = Blind(Cause::Unreachable);
    emergency().check([
        (Start, "observe +0"),
        (blind.clone(), "send force-off"),
        (unsent(Cause::Unreachable), "end failed"),
    ]);
    let mut ignored = after(emergency(), [Start, blind, Ans(204)]);
    ignored.read_for(&Read(On), 3_600);
    assert_eq!(ignored.words(), "end timed-out");
}

#[test]
fn a_force_off_does_not_wait_for_a_controller_that_is_left_alone() {
    let open = Blind(Cause::BreakerOpen);
    check(
        Operation::ForceOff,
        [(Start, "observe +0"), (open.clone(), "send force-off")],
    );
    let off = check(Operation::Off, [(Start, "observe +0"), (open.clone(), "observe")]);
    assert!(!off.ever_sent);
    let demands = [
        demand(1, Operation::Off, FIVE, 0),
        demand(2, Operation::ForceOff, FIVE, 1),
    ];
    let joined = after(shared(Operation::Off, &demands[..1]), [Start, Read(On), Ans(204)]);
    let joined = Play {
        demands: demands.to_vec(),
        ..joined
    };
    joined.check([(Hurry, "observe +0"), (open, "send force-off")]);
}

#[test]
fn a_successor_reads_only_what_is_settled() {
    let mut play = Play::new(Operation::ForceOff, FIVE);
    play.settled_at = T0 + Duration::from_secs(7);
    assert_eq!(play.go(Start), "observe +7000");
}

#[test]
fn a_paused_task_steps_out_until_it_is_started_again() {
    check(
        Operation::On,
        [
            (Start, "observe +0"),
            (Blind(Cause::Unreachable), "observe +1000"),
            (Pause, "await"),
            (Start, "observe +0"),
            (Read(Off), "send on"),
            (Ans(204), "observe +0"),
            (Pause, "observe +0"),
            (Read(On), "end verified"),
        ],
    );
}

#[test]
fn a_force_off_does_not_wait_for_what_a_crash_left_in_flight() {
    let soft = demand(1, Operation::SoftOff, minutes(30), 0);
    let mut play = after(
        shared(Operation::SoftOff, &[soft]),
        [Start, Read(On), Crash, Wait(3)],
    );
    play.demands.push(demand(2, Operation::ForceOff, minutes(5), 3));
    play.check([(Hurry, "observe +0"), (Read(On), "send force-off")]);
}

#[test]
fn an_accepted_shutdown_is_not_what_a_force_off_asked_for() {
    let skip = Deadline::SkipConfirmation;
    let soft = demand(1, Operation::SoftOff, skip, 0);
    let force = demand(2, Operation::ForceOff, skip, 0);
    let mut play = after(shared(Operation::SoftOff, &[soft]), [Start, Read(On)]);
    play.demands.push(force);
    let play = after(play, [Ans(204)]);
    assert_eq!(
        left(&play),
        [(1, "unproven")],
        "the force-off stays until the power is cut"
    );
    play.check([(Read(On), "send force-off"), (Ans(204), "end unproven")]);

    let patient = demand(1, Operation::SoftOff, minutes(30), 0);
    let play = shared(Operation::SoftOff, &[patient]);
    let mut play = after(play, [Start, Read(On), Ans(204), Read(On)]);
    play.demands.push(force);
    play.go(Crash);
    assert_eq!(left(&play), []);
}
