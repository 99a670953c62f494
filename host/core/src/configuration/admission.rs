//! What becomes of a request for one component that has work on the same track in line.
//!
//! A line holds at most one task of which something was sent and one behind it: the last writer takes the place of whoever waits.

use serde::{Deserialize, Serialize};

use super::goal::{Goal, Track};
use crate::admission::JOINED_MAX;
use crate::id::TaskId;

/// How far a task in line has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// Nothing was read or sent.
    Queued,
    /// Nothing was sent.
    Unsent,
    /// An intent was made.
    Sent,
    /// Everybody who wanted it has cancelled.
    Leaving,
}

/// A task in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InLine<'a> {
    /// The task.
    pub task: TaskId,
    /// What it is to bring about.
    pub goal: &'a Goal,
    /// How far it has come.
    pub progress: Progress,
    /// How many requests share it.
    pub joined: usize,
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
    /// A share in a task that brings about the same.
    Joins {
        /// That task.
        task: TaskId,
    },
    /// Nothing: as many requests as may share that task.
    TooManyJoined {
        /// That task.
        task: TaskId,
    },
}

/// What becomes of a request for one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// What the request gets.
    pub disposition: Disposition,
    /// Waiting tasks whose place it takes, latest first.
    pub superseded: Vec<TaskId>,
}

impl Progress {
    /// Whether a request for the same may share the task: one that is only read must be read after it was asked for.
    const fn is_shared_for(self, track: Track) -> bool {
        match self {
            Self::Queued => true,
            Self::Unsent | Self::Sent => !matches!(track, Track::Snapshot),
            Self::Leaving => false,
        }
    }
}

/// Decides on one component, given its line in order, the active task first.
pub fn admit(new: &Goal, line: &[InLine<'_>]) -> Admission {
    let track = new.track();
    let mut superseded = Vec::new();
    for task in line.iter().rev() {
        if task.goal == new && task.progress.is_shared_for(track) {
            // What would be superseded behind it is contrary to what was asked for last, so that it ends all the same.
            let full = task.joined >= JOINED_MAX;
            return Admission {
                superseded: if full { Vec::new() } else { superseded },
                disposition: if full {
                    Disposition::TooManyJoined { task: task.task }
                } else {
                    Disposition::Joins { task: task.task }
                },
            };
        }
        match task.progress {
            Progress::Queued | Progress::Unsent if track != Track::Snapshot => superseded.push(task.task),
            Progress::Queued | Progress::Unsent | Progress::Sent | Progress::Leaving => {
                return Admission {
                    disposition: Disposition::Queues { behind: task.task },
                    superseded,
                };
            }
        }
    }
    Admission {
        disposition: Disposition::Starts,
        superseded,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::indicator::Light;

    fn task(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    fn in_line(number: u128, goal: &Goal, progress: Progress) -> InLine<'_> {
        InLine {
            task: task(number),
            goal,
            progress,
            joined: 1,
        }
    }

    const LIT: Goal = Goal::Indicator(Light::Lit);
    const OFF: Goal = Goal::Indicator(Light::Off);

    #[test]
    fn the_same_joins_and_the_last_writer_takes_the_place() {
        assert_eq!(admit(&LIT, &[]).disposition, Disposition::Starts);
        for progress in [Progress::Queued, Progress::Unsent, Progress::Sent] {
            let line = [in_line(1, &LIT, progress)];
            let joins = Disposition::Joins { task: task(1) };
            assert_eq!(admit(&LIT, &line).disposition, joins, "{progress:?}");
        }
        for progress in [Progress::Queued, Progress::Unsent] {
            let taken = admit(&OFF, &[in_line(1, &LIT, progress)]);
            assert_eq!(
                (taken.disposition, taken.superseded),
                (Disposition::Starts, vec![task(1)])
            );
        }
    }

    #[test]
    fn what_was_sent_is_waited_for() {
        for progress in [Progress::Sent, Progress::Leaving] {
            let behind = admit(&OFF, &[in_line(1, &LIT, progress)]);
            let queues = Disposition::Queues { behind: task(1) };
            assert_eq!((behind.disposition, behind.superseded), (queues, vec![]));
        }
        let line = [
            in_line(1, &LIT, Progress::Sent),
            in_line(2, &OFF, Progress::Queued),
        ];
        let back = admit(&LIT, &line);
        let joins = Disposition::Joins { task: task(1) };
        assert_eq!((back.disposition, back.superseded), (joins, vec![task(2)]));
        let leaving = admit(&LIT, &[in_line(1, &LIT, Progress::Leaving)]);
        assert_eq!(leaving.disposition, Disposition::Queues { behind: task(1) });
    }

    #[test]
    fn a_reading_is_shared_only_before_it_was_asked_for() {
        let queued = [
            in_line(1, &Goal::Snapshot, Progress::Unsent),
            in_line(2, &Goal::Snapshot, Progress::Queued),
        ];
        let joins = Disposition::Joins { task: task(2) };
        assert_eq!(admit(&Goal::Snapshot, &queued).disposition, joins);
        let behind = admit(&Goal::Snapshot, &queued[..1]);
        let queues = Disposition::Queues { behind: task(1) };
        assert_eq!((behind.disposition, behind.superseded), (queues, vec![]));
    }

    #[test]
    fn a_task_is_shared_by_so_many() {
        let mut full = in_line(1, &LIT, Progress::Queued);
        full.joined = JOINED_MAX;
        let refused = Disposition::TooManyJoined { task: task(1) };
        assert_eq!(admit(&LIT, &[full]).disposition, refused);
    }
}
