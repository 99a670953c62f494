//! What becomes of a request for a component that has work in line: it joins, takes over, sets aside, waits, or is refused.
//!
//! The rules are the two tables of `docs/queue.md`. [`admit`] is pure: the store calls it inside the one transaction that stores a
//! request, so that what was decided is what is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::TaskId;
use crate::operation::Operation;
use crate::power::Level;

/// The most tasks that one component has in line, the active one and paused ones included.
pub const QUEUE_MAX: usize = 8;
/// The most requests that share one task.
pub const JOINED_MAX: usize = 256;
/// How long a task waits for its turn and for its BMC, when the caller does not say.
pub const START_WITHIN_DEFAULT: Duration = Duration::from_mins(15);

/// What a caller wants when there is work in line already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IfBusy {
    /// Get in line.
    #[default]
    Queue,
    /// Refuse, unless the work in line is what is asked for.
    Reject,
    /// Take the place of everything that waits; active work is never touched.
    Replace,
    /// Take the place of everything, active work and holds included: for an emergency alone.
    Overtake,
}

/// How far a task in line has come, as far as others may still change its fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// Nothing was sent: a stronger request may absorb it, a contrary one supersede it.
    Unsent,
    /// As [`Self::Unsent`], and stepped out of the line by a pause.
    Paused,
    /// An intent was made: only a force-off goes before it.
    Sent,
    /// Everybody who wanted it has cancelled: nobody joins it, and only a force-off goes before it.
    Leaving,
}

/// A task in a component's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InLine {
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub operation: Operation,
    /// How far it has come.
    pub progress: Progress,
    /// How many requests share it.
    pub joined: usize,
}

/// What becomes of a request for one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// What the request gets.
    pub disposition: Disposition,
    /// Tasks that end because the request wants the contrary, latest first.
    pub superseded: Vec<TaskId>,
    /// Weaker tasks whose requests move to the task that the request gets, latest first.
    pub absorbed: Vec<TaskId>,
    /// The active task that makes way after what it has in flight.
    pub overtaken: Option<TaskId>,
}

/// What a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Disposition {
    /// A task of its own, with nothing in front of it.
    Starts,
    /// A task of its own, behind this one.
    Queues {
        /// The task in front.
        behind: TaskId,
    },
    /// A share in a task that leads there already.
    Joins {
        /// That task.
        task: TaskId,
    },
    /// Nothing.
    Refused {
        /// Why.
        conflict: Conflict,
    },
}

/// Why the line of a component does not take a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "conflict", rename_all = "kebab-case")]
pub enum Conflict {
    /// The line is full.
    QueueFull,
    /// Too many requests share the task that this one would join or absorb.
    TooManyJoined {
        /// The task.
        task: TaskId,
    },
    /// A restart behind a task that leaves the component off.
    WouldBeOff {
        /// The task.
        task: TaskId,
    },
    /// There is work in line and the caller wants none.
    Busy {
        /// The task in front.
        task: TaskId,
    },
}

/// What a new request does to a task that has sent nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OverUnsent {
    Joins,
    Absorbs,
    Supersedes,
    Queues,
    WouldBeOff,
}

/// What a new request does to a task of which something was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OverSent {
    Joins,
    Overtakes,
    Queues,
    WouldBeOff,
}

/// How much an off insists, and how deep a restart goes; a request is absorbed by one of the same end that is stronger. What asks for one
/// primitive as it is has no stronger or weaker form.
const fn strength(operation: Operation) -> u8 {
    match operation {
        Operation::On
        | Operation::SoftOff
        | Operation::SoftRestart
        | Operation::Reset
        | Operation::PowerCycle
        | Operation::FullPowerCycle
        | Operation::Nmi => 0,
        Operation::Off | Operation::HardRestart => 1,
        Operation::ForceOff | Operation::Init => 2,
    }
}

/// Whether the operation comes to nothing behind one that leaves the component off.
const fn follows_no_off(operation: Operation) -> bool {
    operation.is_direct() || matches!(operation, Operation::SoftRestart | Operation::HardRestart)
}

fn over_unsent(new: Operation, waiting: Operation) -> OverUnsent {
    use OverUnsent::{Absorbs, Joins, Queues, Supersedes, WouldBeOff};
    if new == waiting {
        return Joins;
    }
    match (new.end_level(), waiting.end_level()) {
        (Level::On, Level::Off) if follows_no_off(new) => WouldBeOff,
        // What somebody asks for by its name is done, unless the power is to be cut at once.
        _ if waiting.is_direct() && new != Operation::ForceOff => Queues,
        _ if new.is_direct() => Queues,
        (Level::Off, Level::Off) if strength(new) > strength(waiting) => Absorbs,
        (Level::Off, Level::Off) => Joins,
        (Level::Off, Level::On) | (Level::On, Level::Off) => Supersedes,
        (Level::On, Level::On) => match (new, waiting) {
            (Operation::Init, _) => Absorbs,
            (_, Operation::Init) => Joins,
            (Operation::On, _) | (_, Operation::On) => Queues,
            _ if strength(new) > strength(waiting) => Absorbs,
            _ => Joins,
        },
    }
}

fn over_sent(new: Operation, active: Operation) -> OverSent {
    use OverSent::{Joins, Overtakes, Queues, WouldBeOff};
    if new == active {
        return Joins;
    }
    match (new.end_level(), active.end_level()) {
        (Level::Off, Level::Off) => Joins,
        (Level::Off, Level::On) if new == Operation::ForceOff => Overtakes,
        (Level::On, Level::Off) if follows_no_off(new) => WouldBeOff,
        (Level::On, Level::On) => match (new, active) {
            (Operation::On, Operation::Init) | (Operation::SoftRestart, Operation::HardRestart) => Joins,
            _ => Queues,
        },
        (Level::Off, Level::On) | (Level::On, Level::Off) => Queues,
    }
}

/// Whether `waiting` does not wait for `active` to end, since it cuts what that one builds up.
pub fn overtakes(waiting: Operation, active: Operation) -> bool {
    over_sent(waiting, active) == OverSent::Overtakes
}

/// Whether a task in line makes an active one end, also when the request that is decided on takes its place: nothing more is sent for
/// what was overtaken, and it does not come back.
fn is_overtaken(active: &InLine, line: &[InLine]) -> bool {
    let mut behind = line.iter().skip_while(|other| other.task != active.task).skip(1);
    behind.any(|other| other.progress != Progress::Paused && overtakes(other.operation, active.operation))
}

/// Whether a task of an ancestor that turns off makes a waiting task below it pointless.
pub fn supersedes_below(ancestor: Operation, below: Operation) -> bool {
    ancestor.end_level() == Level::Off && below.end_level() == Level::On
}

/// Decides on one component, given the tasks in its line in order, the active one first.
///
/// The line is walked from its end while the matrix says that the request takes the place of what waits there; what it then meets
/// decides. A refused request changes nothing. What cuts the power at once is refused for no limit.
pub fn admit(new: Operation, if_busy: IfBusy, line: &[InLine]) -> Admission {
    let mut walk = Walk::default();
    let disposition = walk.down(new, if_busy, line);
    let busy = line.iter().find(|task| task.progress != Progress::Paused);
    let is_limited = new != Operation::ForceOff && if_busy != IfBusy::Overtake;
    let disposition = match (disposition, busy) {
        (Disposition::Starts | Disposition::Queues { .. }, Some(front)) if if_busy == IfBusy::Reject => {
            refused(Conflict::Busy { task: front.task })
        }
        (disposition, _) if is_limited => walk.within_limits(disposition, line),
        (disposition, _) => disposition,
    };
    if matches!(disposition, Disposition::Refused { .. }) {
        walk = Walk::default();
    }
    Admission {
        disposition,
        superseded: walk.superseded,
        absorbed: walk.absorbed,
        overtaken: walk.overtaken,
    }
}

const fn refused(conflict: Conflict) -> Disposition {
    Disposition::Refused { conflict }
}

#[derive(Default)]
struct Walk {
    superseded: Vec<TaskId>,
    absorbed: Vec<TaskId>,
    overtaken: Option<TaskId>,
}

impl Walk {
    fn down(&mut self, new: Operation, if_busy: IfBusy, line: &[InLine]) -> Disposition {
        for task in line.iter().rev() {
            let over = match task.progress {
                Progress::Sent | Progress::Leaving if if_busy == IfBusy::Overtake => {
                    self.overtaken = Some(task.task);
                    return Disposition::Queues { behind: task.task };
                }
                Progress::Sent | Progress::Unsent if is_overtaken(task, line) => {
                    return self.meet_leaving(new, task);
                }
                Progress::Sent => return self.meet_sent(new, task),
                Progress::Leaving => return self.meet_leaving(new, task),
                Progress::Paused if if_busy == IfBusy::Overtake => over_unsent(new, task.operation),
                // A paused task is out of the line: nobody joins it or waits for it, but what is wanted contrary to it ends it.
                Progress::Paused => match over_unsent(new, task.operation) {
                    OverUnsent::Supersedes => OverUnsent::Supersedes,
                    _ => continue,
                },
                Progress::Unsent => over_unsent(new, task.operation),
            };
            match over {
                OverUnsent::Joins if if_busy == IfBusy::Overtake => self.absorbed.push(task.task),
                OverUnsent::Joins => return Disposition::Joins { task: task.task },
                OverUnsent::Absorbs => self.absorbed.push(task.task),
                OverUnsent::Supersedes => self.superseded.push(task.task),
                OverUnsent::Queues | OverUnsent::WouldBeOff
                    if matches!(if_busy, IfBusy::Replace | IfBusy::Overtake) =>
                {
                    self.superseded.push(task.task);
                }
                OverUnsent::Queues => return Disposition::Queues { behind: task.task },
                OverUnsent::WouldBeOff => return refused(Conflict::WouldBeOff { task: task.task }),
            }
        }
        Disposition::Starts
    }

    /// In which state a cancelled or overtaken task leaves the component is not known, so that whatever comes waits and reads afresh.
    fn meet_leaving(&mut self, new: Operation, active: &InLine) -> Disposition {
        if overtakes(new, active.operation) {
            self.overtaken = Some(active.task);
        }
        Disposition::Queues { behind: active.task }
    }

    fn meet_sent(&mut self, new: Operation, active: &InLine) -> Disposition {
        match over_sent(new, active.operation) {
            OverSent::Joins => Disposition::Joins { task: active.task },
            OverSent::Queues => Disposition::Queues { behind: active.task },
            OverSent::WouldBeOff => refused(Conflict::WouldBeOff { task: active.task }),
            OverSent::Overtakes => {
                self.overtaken = Some(active.task);
                Disposition::Queues { behind: active.task }
            }
        }
    }

    /// What the request gets, or that there is no room for it.
    fn within_limits(&self, disposition: Disposition, line: &[InLine]) -> Disposition {
        let shared = match disposition {
            Disposition::Refused { .. } => return disposition,
            Disposition::Joins { task } => Some(task),
            Disposition::Starts | Disposition::Queues { .. } if self.remaining(line) >= QUEUE_MAX => {
                return refused(Conflict::QueueFull);
            }
            Disposition::Starts | Disposition::Queues { .. } => None,
        };
        match shared.or(self.absorbed.first().copied()) {
            Some(task) if self.sharing(shared, line) >= JOINED_MAX => {
                refused(Conflict::TooManyJoined { task })
            }
            _ => disposition,
        }
    }

    /// How many tasks stay in line.
    fn remaining(&self, line: &[InLine]) -> usize {
        line.len()
            .saturating_sub(self.superseded.len())
            .saturating_sub(self.absorbed.len())
    }

    /// How many requests the new one comes to share a task with: those of the task that it joins, and those that it brings with it.
    fn sharing(&self, joined: Option<TaskId>, line: &[InLine]) -> usize {
        line.iter()
            .filter(|in_line| joined == Some(in_line.task) || self.absorbed.contains(&in_line.task))
            .map(|in_line| in_line.joined)
            .sum()
    }
}

#[cfg(test)]
mod tests;
