//! Limits of one instance: memory and CPU time.

use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

use crate::limits::{CORE_INSTANCES, CPU_TICK, MEMORIES, TABLE_ELEMENTS, TABLES};

/// Which limit a driver went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Linear memory or tables.
    Memory,
    /// CPU time.
    Cpu,
}

/// Linear memory over all memories of an instance, and table elements.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    limit: usize,
    used: usize,
    elements: usize,
    refused: bool,
}

impl MemoryBudget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            elements: 0,
            refused: false,
        }
    }

    /// Whether growth was refused.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, used: usize, current: usize, desired: usize, limit: usize) -> Option<usize> {
        let after = used.saturating_add(desired.saturating_sub(current));
        if after > limit {
            self.refused = true;
            return None;
        }
        Some(after)
    }
}

impl ResourceLimiter for MemoryBudget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.grow(self.used, current, desired, self.limit);
        self.used = after.unwrap_or(self.used);
        Ok(after.is_some())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.grow(self.elements, current, desired, TABLE_ELEMENTS);
        self.elements = after.unwrap_or(self.elements);
        Ok(after.is_some())
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}

/// CPU time of an instance: what passes between two host functions that wait, or between two ticks. A stretch counts for one tick at
/// most, so that time in which other tasks ran is not charged.
#[derive(Debug)]
pub(crate) struct CpuBudget {
    limit: Duration,
    used: Duration,
    since: Instant,
}

impl CpuBudget {
    pub(crate) fn new(ticks: u32) -> Self {
        Self {
            limit: CPU_TICK * ticks,
            used: Duration::ZERO,
            since: Instant::now(),
        }
    }

    /// Charges the stretch that ends now and begins the next. False: the budget is used up.
    pub(crate) fn charge(&mut self) -> bool {
        let now = Instant::now();
        self.used += now.saturating_duration_since(self.since).min(CPU_TICK);
        self.since = now;
        self.used <= self.limit
    }

    /// Begins a stretch after a wait that costs nothing.
    pub(crate) fn resume(&mut self) {
        self.since = Instant::now();
    }

    /// Whether the budget is used up.
    pub(crate) fn spent(&self) -> bool {
        self.used > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_over_all_memories() {
        let mut budget = MemoryBudget::new(1000);
        assert!(budget.memory_growing(0, 600, None).unwrap());
        assert!(budget.memory_growing(0, 400, None).unwrap());
        assert!(!budget.refused());
        assert!(!budget.memory_growing(400, 401, None).unwrap());
        assert!(budget.refused());
    }

    #[test]
    fn a_stretch_costs_one_tick_at_most() {
        let mut budget = CpuBudget::new(2);
        let Some(long_ago) = budget.since.checked_sub(Duration::from_mins(1)) else {
            return;
        };
        for left in [true, true, false] {
            budget.since = long_ago;
            assert_eq!(budget.charge(), left);
        }
        assert!(budget.spent());
    }
}
