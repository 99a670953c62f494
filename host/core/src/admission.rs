//! Whether a new task gets in line for its component, and behind what.

use std::time::Duration;

use crate::id::TaskId;

/// The most tasks that one component has in line, the active one included.
pub const QUEUE_MAX: usize = 8;
/// How long a task waits for its turn and for its BMC, when the caller does not say.
pub const START_WITHIN_DEFAULT: Duration = Duration::from_mins(15);

/// What becomes of a request for one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Nothing is in line: the task starts.
    Starts,
    /// The task waits behind this one.
    Queues {
        /// The task in front.
        behind: TaskId,
    },
    /// The line is full.
    Full,
}

/// Decides on one component, given the tasks in its line in order, the active one first.
pub fn admit(line: &[TaskId]) -> Disposition {
    match line.last() {
        _ if line.len() >= QUEUE_MAX => Disposition::Full,
        Some(behind) => Disposition::Queues { behind: *behind },
        None => Disposition::Starts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_line_is_bounded() {
        let line: Vec<TaskId> = (0..QUEUE_MAX as u128)
            .map(|n| TaskId(Uuid::from_u128(n)))
            .collect();
        assert_eq!(admit(&[]), Disposition::Starts);
        assert_eq!(admit(&line[..1]), Disposition::Queues { behind: line[0] });
        assert_eq!(admit(&line), Disposition::Full);
    }
}
