//! What a BMC really executed, in order.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::clock::Moment;
use crate::power::{Outcome, ResetType};

/// The most entries kept per BMC; older ones are forgotten, the totals are not.
const MAX_ENTRIES: usize = 4096;

/// What a reset is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The system with this index behind its BMC.
    System(usize),
    /// The chassis.
    Chassis,
    /// The BMC itself.
    Manager,
    /// The outlet with this index of a power distribution unit.
    Outlet(usize),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(index) => write!(f, "system {index}"),
            Self::Chassis => f.write_str("chassis"),
            Self::Manager => f.write_str("manager"),
            Self::Outlet(index) => write!(f, "outlet {index}"),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A reset that a BMC executed: it reached the power model. Refused, ignored and cut requests leave no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Executed {
    /// When, in milliseconds since the simulator started. A late execution has its own time.
    #[serde(rename = "at_ms")]
    pub at: Moment,
    /// What was reset.
    pub target: Target,
    /// How.
    pub reset_type: ResetType,
    /// To what effect.
    pub outcome: Outcome,
}

/// The log of one BMC.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: std::collections::VecDeque<Executed>,
    forgotten: u64,
}

impl Log {
    /// Adds an entry in the order of time.
    pub(crate) fn push(&mut self, entry: Executed) {
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        let position = self.entries.partition_point(|earlier| earlier.at <= entry.at);
        self.entries.insert(position, entry);
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Executed> {
        self.entries.iter()
    }

    /// How many entries were forgotten to stay within the limit.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: u64) -> Executed {
        let reset_type = ResetType::On;
        Executed {
            at: Moment(at),
            target: Target::System(0),
            reset_type,
            outcome: Outcome::Changed,
        }
    }

    #[test]
    fn the_log_is_in_the_order_of_time_and_bounded() {
        let mut log = Log::default();
        for at in [5, 1, 3] {
            log.push(entry(at));
        }
        assert_eq!(
            log.entries().map(|entry| entry.at.0).collect::<Vec<_>>(),
            [1, 3, 5]
        );
        for _ in 0..MAX_ENTRIES {
            log.push(entry(9));
        }
        assert_eq!((log.entries().count(), log.forgotten()), (MAX_ENTRIES, 3));
    }
}
