//! How many components stand where.

use switchyard_wire::v2::Member;

use super::fate::{Fate, fate};

/// The number of components of each fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) waiting: usize,
    /// Everything that is being worked on.
    pub(crate) in_progress: usize,
    /// Those of them that were sent and not proven yet.
    pub(crate) verifying: usize,
    /// Those of them that wait for the next try after something went wrong.
    pub(crate) retrying: usize,
    pub(crate) verified: usize,
    pub(crate) already: usize,
    pub(crate) unproven: usize,
    pub(crate) succeeded: usize,
    pub(crate) failed: usize,
    pub(crate) cancelled: usize,
    pub(crate) superseded: usize,
}

impl Tally {
    /// Counts the members.
    pub(crate) fn of(members: &[Member]) -> Self {
        let mut tally = Self::default();
        for member in members {
            let fate = fate(member);
            *tally.slot(fate) += 1;
            if fate == Fate::InProgress {
                match member.phase.as_deref() {
                    Some("verifying") => tally.verifying += 1,
                    Some("backoff") => tally.retrying += 1,
                    _ => {}
                }
            }
        }
        tally
    }

    fn slot(&mut self, fate: Fate) -> &mut usize {
        match fate {
            Fate::Waiting => &mut self.waiting,
            Fate::InProgress => &mut self.in_progress,
            Fate::Verified => &mut self.verified,
            Fate::Already => &mut self.already,
            Fate::Unproven => &mut self.unproven,
            Fate::Succeeded => &mut self.succeeded,
            Fate::Failed => &mut self.failed,
            Fate::Cancelled => &mut self.cancelled,
            Fate::Superseded => &mut self.superseded,
        }
    }

    /// All components.
    pub(crate) const fn total(&self) -> usize {
        self.ended() + self.in_progress + self.waiting
    }

    /// Those for which nothing will change any more.
    pub(crate) const fn ended(&self) -> usize {
        self.fulfilled() + self.failed + self.left_out()
    }

    /// Those that are as the caller wants them, as far as anyone can tell.
    pub(crate) const fn fulfilled(&self) -> usize {
        self.verified + self.already + self.unproven + self.succeeded
    }

    /// Those that were left out on purpose.
    pub(crate) const fn left_out(&self) -> usize {
        self.cancelled + self.superseded
    }

    /// How much has ended, in whole percent; an empty transition has ended.
    pub(crate) const fn percent(&self) -> usize {
        match self.total() {
            0 => 100,
            total => self.ended() * 100 / total,
        }
    }
}
