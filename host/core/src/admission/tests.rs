use uuid::Uuid;

use super::*;
use Operation::{
    ForceOff, FullPowerCycle, HardRestart, Init, Nmi, Off, On, PowerCycle, Reset, SoftOff, SoftRestart,
};

fn task(n: usize) -> TaskId {
    TaskId(Uuid::from_u128(n as u128))
}

fn line(of: &[(Operation, Progress)]) -> Vec<InLine> {
    of.iter()
        .enumerate()
        .map(|(n, (operation, progress))| InLine {
            task: task(n),
            operation: *operation,
            progress: *progress,
            joined: 1,
        })
        .collect()
}

/// What a request does, in one word and the tasks that it moves.
fn words(new: Operation, if_busy: IfBusy, of: &[(Operation, Progress)]) -> String {
    let number = |id: &TaskId| id.0.as_u128().to_string();
    let admission = admit(new, if_busy, &line(of));
    let mut words = match admission.disposition {
        Disposition::Starts => "starts".to_owned(),
        Disposition::Queues { behind } => format!("behind {}", number(&behind)),
        Disposition::Joins { task } => format!("joins {}", number(&task)),
        Disposition::Refused { conflict } => match conflict {
            Conflict::QueueFull => "full".to_owned(),
            Conflict::TooManyJoined { .. } => "too many joined".to_owned(),
            Conflict::WouldBeOff { task } => format!("would be off by {}", number(&task)),
            Conflict::Busy { task } => format!("busy with {}", number(&task)),
        },
    };
    for (word, tasks) in [
        ("supersedes", &admission.superseded),
        ("absorbs", &admission.absorbed),
    ] {
        for task in tasks {
            words = format!("{words}, {word} {}", number(task));
        }
    }
    match admission.overtaken {
        Some(task) => format!("{words}, overtakes {}", number(&task)),
        None => words,
    }
}

const UNSENT: Progress = Progress::Unsent;
const SENT: Progress = Progress::Sent;
const PAUSED: Progress = Progress::Paused;

#[test]
fn the_matrix_over_what_waits() {
    let waiting = [On, SoftOff, Off, ForceOff, SoftRestart, HardRestart, Init];
    let super_ = "starts, supersedes 0";
    let absorb = "starts, absorbs 0";
    let (joins, behind, off) = ("joins 0", "behind 0", "would be off by 0");
    let rows = [
        (On, [joins, super_, super_, super_, behind, behind, joins]),
        (SoftOff, [super_, joins, joins, joins, super_, super_, super_]),
        (Off, [super_, absorb, joins, joins, super_, super_, super_]),
        (ForceOff, [super_, absorb, absorb, joins, super_, super_, super_]),
        (SoftRestart, [behind, off, off, off, joins, joins, joins]),
        (HardRestart, [behind, off, off, off, absorb, joins, joins]),
        (Init, [absorb, super_, super_, super_, absorb, absorb, joins]),
    ];
    for (new, expected) in rows {
        for (tail, expected) in waiting.into_iter().zip(expected) {
            assert_eq!(
                words(new, IfBusy::Queue, &[(tail, UNSENT)]),
                expected,
                "{new} over a waiting {tail}"
            );
        }
    }
}

#[test]
fn the_matrix_over_what_was_sent() {
    let active = [On, SoftOff, Off, ForceOff, SoftRestart, HardRestart, Init];
    let (joins, behind, off, over) = (
        "joins 0",
        "behind 0",
        "would be off by 0",
        "behind 0, overtakes 0",
    );
    let rows = [
        (On, [joins, behind, behind, behind, behind, behind, joins]),
        (SoftOff, [behind, joins, joins, joins, behind, behind, behind]),
        (Off, [behind, joins, joins, joins, behind, behind, behind]),
        (ForceOff, [over, joins, joins, joins, over, over, over]),
        (SoftRestart, [behind, off, off, off, joins, joins, behind]),
        (HardRestart, [behind, off, off, off, behind, joins, behind]),
        (Init, [behind, behind, behind, behind, behind, behind, joins]),
    ];
    for (new, expected) in rows {
        for (front, expected) in active.into_iter().zip(expected) {
            assert_eq!(
                words(new, IfBusy::Queue, &[(front, SENT)]),
                expected,
                "{new} over an active {front}"
            );
        }
    }
}

const DIRECT: [Operation; 4] = [Reset, PowerCycle, FullPowerCycle, Nmi];

#[test]
fn what_asks_for_one_primitive_is_done_unless_the_power_is_cut_at_once() {
    for (new, direct) in Operation::ALL
        .into_iter()
        .flat_map(|new| DIRECT.map(|direct| (new, direct)))
    {
        let (waiting, active) = match new {
            ForceOff => ("starts, supersedes 0", "behind 0, overtakes 0"),
            new if new == direct => ("joins 0", "joins 0"),
            _ => ("behind 0", "behind 0"),
        };
        let met = |progress| words(new, IfBusy::Queue, &[(direct, progress)]);
        assert_eq!(met(UNSENT), waiting, "{new} over a waiting {direct}");
        assert_eq!(met(SENT), active, "{new} over an active {direct}");
    }
}

#[test]
fn what_asks_for_one_primitive_waits_for_all_but_an_off() {
    for (new, front) in DIRECT
        .into_iter()
        .flat_map(|new| Operation::ALL.map(|front| (new, front)))
    {
        let expected = match front {
            SoftOff | Off | ForceOff => "would be off by 0",
            front if front == new => "joins 0",
            _ => "behind 0",
        };
        for progress in [UNSENT, SENT] {
            assert_eq!(
                words(new, IfBusy::Queue, &[(front, progress)]),
                expected,
                "{new} over {front}, {progress:?}"
            );
        }
    }
}

#[test]
fn the_line_is_walked_from_its_end() {
    let queue = |new, of: &[_]| words(new, IfBusy::Queue, of);
    assert_eq!(
        queue(Off, &[(On, SENT), (On, UNSENT), (SoftRestart, UNSENT)]),
        "behind 0, supersedes 2, supersedes 1"
    );
    assert_eq!(
        queue(On, &[(On, SENT), (Off, UNSENT)]),
        "joins 0, supersedes 1",
        "an off that never began leaves the on that is under way"
    );
    assert_eq!(
        queue(HardRestart, &[(On, UNSENT), (SoftRestart, UNSENT)]),
        "behind 0, absorbs 1"
    );
}

#[test]
fn a_paused_task_holds_nobody_up_and_ends_by_what_is_contrary() {
    let queue = |new, of: &[_]| words(new, IfBusy::Queue, of);
    assert_eq!(queue(On, &[(On, PAUSED)]), "starts");
    assert_eq!(queue(On, &[(Off, PAUSED)]), "starts, supersedes 0");
    assert_eq!(queue(SoftRestart, &[(Off, PAUSED)]), "starts");
    assert_eq!(
        queue(SoftRestart, &[(Off, UNSENT), (On, PAUSED)]),
        "would be off by 0"
    );
}

#[test]
fn nobody_joins_a_task_that_is_cancelled() {
    let queue = |new, of: &[_]| words(new, IfBusy::Queue, of);
    let leaving = Progress::Leaving;
    assert_eq!(queue(On, &[(On, leaving)]), "behind 0");
    assert_eq!(queue(SoftRestart, &[(Off, leaving)]), "behind 0");
    assert_eq!(queue(ForceOff, &[(On, leaving)]), "behind 0, overtakes 0");
}

#[test]
fn nobody_joins_what_was_overtaken() {
    let queue = |new, of: &[_]| words(new, IfBusy::Queue, of);
    assert_eq!(
        queue(On, &[(On, SENT), (ForceOff, UNSENT)]),
        "behind 0, supersedes 1",
        "the force-off has ended the on that it met, and what comes after it begins anew"
    );
    assert_eq!(
        queue(SoftRestart, &[(HardRestart, SENT), (ForceOff, UNSENT)]),
        "would be off by 1"
    );
    assert_eq!(queue(ForceOff, &[(On, SENT), (ForceOff, UNSENT)]), "joins 1");
    assert_eq!(
        queue(On, &[(On, UNSENT), (ForceOff, UNSENT)]),
        "behind 0, supersedes 1",
        "what was being sent then turned out not to have left"
    );
    assert_eq!(queue(On, &[(ForceOff, SENT), (On, UNSENT)]), "joins 1");
    assert_eq!(queue(On, &[(ForceOff, PAUSED), (On, SENT)]), "joins 1");
}

#[test]
fn a_caller_may_want_no_line() {
    let reject = |new, of: &[_]| words(new, IfBusy::Reject, of);
    assert_eq!(reject(On, &[]), "starts");
    assert_eq!(reject(On, &[(Off, UNSENT)]), "busy with 0");
    assert_eq!(reject(On, &[(On, SENT)]), "joins 0");
    assert_eq!(reject(On, &[(Off, PAUSED)]), "starts, supersedes 0");
}

#[test]
fn replace_leaves_active_work_alone() {
    let replace = |new, of: &[_]| words(new, IfBusy::Replace, of);
    assert_eq!(
        replace(On, &[(SoftRestart, SENT), (On, UNSENT), (SoftRestart, UNSENT)]),
        "joins 1, supersedes 2"
    );
    assert_eq!(replace(SoftRestart, &[(Off, UNSENT)]), "starts, supersedes 0");
    assert_eq!(replace(SoftRestart, &[(Off, SENT)]), "would be off by 0");
    assert_eq!(replace(On, &[(Off, SENT)]), "behind 0");
}

#[test]
fn an_emergency_waits_for_nothing() {
    let overtake = |of: &[_]| words(ForceOff, IfBusy::Overtake, of);
    assert_eq!(overtake(&[(ForceOff, SENT)]), "behind 0, overtakes 0");
    assert_eq!(
        overtake(&[(Off, SENT), (On, UNSENT)]),
        "behind 0, supersedes 1, overtakes 0"
    );
    assert_eq!(overtake(&[(ForceOff, UNSENT)]), "starts, absorbs 0");
    assert_eq!(
        overtake(&[(ForceOff, PAUSED), (Off, PAUSED), (On, PAUSED)]),
        "starts, supersedes 2, absorbs 1, absorbs 0",
        "what is paused ends, too"
    );
}

#[test]
fn no_limit_refuses_what_cuts_the_power() {
    let full = [(On, SENT)].into_iter().chain([(SoftOff, PAUSED); QUEUE_MAX]);
    let full: Vec<_> = full.collect();
    assert_eq!(words(Off, IfBusy::Queue, &full), "full");
    assert_eq!(words(ForceOff, IfBusy::Queue, &full), "behind 0, overtakes 0");
    let crowded = |new, if_busy, operation| {
        let mut line = line(&[(operation, UNSENT)]);
        line[0].joined = JOINED_MAX;
        admit(new, if_busy, &line).disposition
    };
    let joins = Disposition::Joins { task: task(0) };
    assert_eq!(crowded(ForceOff, IfBusy::Queue, ForceOff), joins);
    assert_eq!(crowded(ForceOff, IfBusy::Queue, Off), Disposition::Starts);
    assert_eq!(crowded(Off, IfBusy::Overtake, Off), Disposition::Starts);
}

#[test]
fn who_is_absorbed_into_a_new_task_is_counted() {
    let mut waiting = line(&[(SoftRestart, SENT), (SoftRestart, UNSENT)]);
    waiting[1].joined = JOINED_MAX - 1;
    let absorbs = |line: &[InLine]| admit(HardRestart, IfBusy::Queue, line);
    assert_eq!(absorbs(&waiting).absorbed, [task(1)]);
    waiting[1].joined = JOINED_MAX;
    let refusal = refused(Conflict::TooManyJoined { task: task(1) });
    assert_eq!(absorbs(&waiting).disposition, refusal);
    assert_eq!(absorbs(&waiting).absorbed, []);
}

#[test]
fn a_line_is_bounded_and_a_refusal_changes_nothing() {
    let full: Vec<_> = (0..QUEUE_MAX)
        .map(|n| (if n % 2 == 0 { On } else { SoftRestart }, UNSENT))
        .collect();
    assert_eq!(words(HardRestart, IfBusy::Queue, &full[..7]), "behind 6");
    assert_eq!(words(HardRestart, IfBusy::Queue, &full), "behind 6, absorbs 7");
    assert_eq!(words(On, IfBusy::Queue, &full), "full");
    let mut shared = line(&[(On, UNSENT)]);
    shared[0].joined = JOINED_MAX;
    let admission = admit(On, IfBusy::Queue, &shared);
    assert_eq!(
        admission.disposition,
        refused(Conflict::TooManyJoined { task: task(0) })
    );
}
