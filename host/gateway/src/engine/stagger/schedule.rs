//! Who goes when: the rules of staggering without a clock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{ComponentId, Timestamp};

/// Names a place in the lines of some groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ticket(u64);

/// What a ticket may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Go: the leave is taken.
    Go,
    /// It is the first of all its lines, and has leave then.
    At(Timestamp),
    /// Somebody is in front.
    Later,
}

#[derive(Debug)]
struct Group {
    on: usize,
    every: Duration,
    /// The last leaves, at most `on`, the oldest first.
    given: VecDeque<Timestamp>,
    line: VecDeque<Ticket>,
}

impl Group {
    /// When the power-on after so many others has leave.
    fn leave_after(&self, others: usize, now: Timestamp) -> Timestamp {
        let (rounds, place) = (others / self.on, others % self.on);
        let oldest = self.on.saturating_sub(self.given.len());
        let first = place.checked_sub(oldest).and_then(|place| self.given.get(place));
        let first = first.map_or(now, |given| (*given + self.every).max(now));
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        first + self.every.saturating_mul(rounds)
    }

    fn leave(&mut self, ticket: Ticket) {
        if self.line.front() == Some(&ticket) {
            self.line.pop_front();
        } else {
            self.line.retain(|other| *other != ticket);
        }
    }

    fn give(&mut self, now: Timestamp) {
        if self.given.len() >= self.on {
            self.given.pop_front();
        }
        self.given.push_back(now);
    }
}

/// The lines of all groups.
#[derive(Debug)]
pub(super) struct Schedule {
    groups: Vec<Group>,
    tickets: HashMap<Ticket, (ComponentId, Arc<[usize]>)>,
    next: u64,
}

impl Schedule {
    /// Groups of so many power-ons in an interval. What a former process let through is not known, so that every group begins as if
    /// all its leaves had just been given.
    pub(super) fn new(groups: impl IntoIterator<Item = (usize, Duration)>, now: Timestamp) -> Self {
        let groups = groups.into_iter().map(|(on, every)| {
            let on = on.max(1);
            Group {
                on,
                every,
                given: VecDeque::from(vec![now; on]),
                line: VecDeque::new(),
            }
        });
        Self {
            groups: groups.collect(),
            tickets: HashMap::new(),
            next: 0,
        }
    }

    /// Takes the last place in the lines of these groups.
    pub(super) fn join(&mut self, component: &ComponentId, groups: &Arc<[usize]>) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        for index in groups.iter() {
            if let Some(group) = self.groups.get_mut(*index) {
                group.line.push_back(ticket);
            }
        }
        self.tickets
            .insert(ticket, (component.clone(), Arc::clone(groups)));
        ticket
    }

    /// Gives a place up, or does nothing when it was left before.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        let Some((_, groups)) = self.tickets.remove(&ticket) else {
            return;
        };
        for index in groups.iter() {
            if let Some(group) = self.groups.get_mut(*index) {
                group.leave(ticket);
            }
        }
    }

    /// Who is in front in these groups.
    pub(super) fn fronts(&self, groups: &[usize]) -> impl Iterator<Item = &ComponentId> {
        groups.iter().filter_map(|index| {
            let front = self.groups.get(*index)?.line.front()?;
            self.tickets.get(front).map(|(component, _)| component)
        })
    }

    /// Whether a ticket may go. Its leave is taken in all groups at once, or in none.
    pub(super) fn turn(&mut self, ticket: Ticket, now: Timestamp) -> Turn {
        let Some((_, groups)) = self.tickets.get(&ticket) else {
            return Turn::Later;
        };
        let groups = Arc::clone(groups);
        let mut due = now;
        for index in groups.iter() {
            let Some(group) = self.groups.get(*index) else {
                continue;
            };
            if group.line.front() != Some(&ticket) {
                return Turn::Later;
            }
            due = due.max(group.leave_after(0, now));
        }
        if due > now {
            return Turn::At(due);
        }
        for index in groups.iter() {
            if let Some(group) = self.groups.get_mut(*index) {
                group.give(now);
            }
        }
        self.leave(ticket);
        Turn::Go
    }

    /// When a ticket, or one that joined now, will go at the earliest, if nobody in front gives up. The lines of other groups may delay
    /// those in front further.
    pub(super) fn expected(&self, groups: &[usize], ticket: Option<Ticket>, now: Timestamp) -> Timestamp {
        let due = |index: &usize| {
            let group = self.groups.get(*index)?;
            let place = ticket.and_then(|ticket| group.line.iter().position(|other| *other == ticket));
            Some(group.leave_after(place.unwrap_or(group.line.len()), now))
        };
        groups.iter().filter_map(due).max().unwrap_or(now)
    }
}
