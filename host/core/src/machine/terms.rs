//! What all who share a task want of it together: the latest deadline, the earliest end of a grace, and who leaves before.

use std::time::Duration;

use uuid::Uuid;

use super::{Deadline, Machine, Phase, World};
use crate::demand::{Demand, Departure};
use crate::id::TransitionId;
use crate::operation::Operation;
use crate::outcome::Outcome;
use crate::plan::Step;
use crate::power::Primitive;
use crate::time::Timestamp;

/// What follows a grace that passed.
pub(super) const FORCE_OFF: Step = Step::ForceOff { after_grace: true };

impl Machine {
    /// What the task was made with, for worlds that name nobody.
    fn own_demand(&self) -> Demand {
        Demand {
            transition: TransitionId(Uuid::nil()),
            operation: self.operation,
            deadline: self.deadline,
            joined_at: Timestamp::default(),
            start_by: self.start_by,
            expires: self.expires,
        }
    }

    fn demands(&self, world: &World<'_>) -> impl Iterator<Item = Demand> {
        let own = world.demands.is_empty().then(|| self.own_demand());
        world.demands.iter().copied().chain(own)
    }

    /// When waiting for the first send of the present step ends.
    pub fn start_limit(&self, demands: &[Demand]) -> Timestamp {
        let first = self.step == 0 && !self.ever_sent;
        let latest = demands.iter().map(|demand| self.start_limit_of(demand)).max();
        latest.filter(|_| first).unwrap_or(self.start_by)
    }

    /// When waiting for the first send ends for one request; a pause begins its time anew.
    pub fn start_limit_of(&self, demand: &Demand) -> Timestamp {
        match self.resumed_at {
            Some(resumed) if resumed > demand.joined_at => resumed + demand.start_by.since(demand.joined_at),
            _ => demand.start_by,
        }
    }

    /// When a request stops waiting for the proof of the present step, once that was sent.
    fn bound_of(&self, demand: &Demand, since: Timestamp, world: &World<'_>) -> Timestamp {
        match self.present_step() {
            Some(FORCE_OFF) => since + self.ability(Primitive::ForceOff, world).limit,
            // What takes the controller down cannot be looked at before that is back, however short the deadline is.
            Some(Step::Restart { primitive }) if primitive.takes_controller_down(world.kind) => {
                let back = since + self.ability(primitive, world).limit;
                demand.bound(since, world.others_wait_since).max(back)
            }
            _ => demand.bound(since, world.others_wait_since),
        }
    }

    /// When waiting for the present step ends: for the one who waits longest.
    pub(super) fn bound(&self, world: &World<'_>) -> Timestamp {
        let bound = self.step_since.and_then(|since| {
            self.demands(world)
                .map(|demand| self.bound_of(&demand, since, world))
                .max()
        });
        bound.unwrap_or(self.expires)
    }

    /// When the power is cut, if the present step is a shutdown and somebody wants that.
    pub(super) fn grace_end(&self, world: &World<'_>) -> Option<Timestamp> {
        let since = self.step_since?;
        let shutdown = self.present_step() == Some(Step::Shutdown);
        let own = FORCE_OFF.primitive(world.abilities);
        let fallback = || FORCE_OFF.primitive(world.fallback?.abilities);
        let cut = shutdown && own.or_else(fallback).is_some();
        cut.then(|| {
            self.demands(world)
                .filter_map(|demand| demand.grace_end(since))
                .min()
        })?
    }

    /// Whether the power is to be cut now.
    pub(super) fn grace_is_over(&self, world: &World<'_>) -> bool {
        self.grace_end(world).is_some_and(|end| end <= world.now)
    }

    /// When something is to be decided about the present step even without proof.
    pub(super) fn decision_at(&self, world: &World<'_>) -> Timestamp {
        let bound = self.bound(world);
        self.grace_end(world).map_or(bound, |end| end.min(bound))
    }

    /// How long the present step has until then, when that is bounded by a deadline.
    pub(super) fn step_time(&self, world: &World<'_>) -> Option<Duration> {
        let bounded = self
            .demands(world)
            .all(|demand| demand.deadline != Deadline::Unbounded);
        let since = self.step_since?;
        bounded.then(|| self.decision_at(world).since(since))
    }

    /// Whether somebody wants the power cut and waits for nobody.
    pub(super) fn forces(&self, world: &World<'_>) -> bool {
        self.operation == Operation::ForceOff
            || self
                .demands(world)
                .any(|demand| demand.operation == Operation::ForceOff)
    }

    /// Whether nobody wants the last step confirmed.
    pub(super) fn skips_confirmation(&self, world: &World<'_>) -> bool {
        self.is_last_step()
            && self
                .demands(world)
                .all(|demand| demand.deadline == Deadline::SkipConfirmation && !self.is_less_than(&demand))
    }

    /// Whether the present step is not what was asked for: to a force-off a shutdown is nothing.
    fn is_less_than(&self, demand: &Demand) -> bool {
        demand.operation == Operation::ForceOff && self.present_step() == Some(Step::Shutdown)
    }

    fn is_last_step(&self) -> bool {
        self.step.saturating_add(1) == self.plan.len()
    }

    /// Who of several leaves a task that goes on: whose own deadline has passed, and who wanted no confirmation of what is now accepted.
    pub(super) fn departures(&self, world: &World<'_>) -> Vec<Departure> {
        if world.demands.len() < 2 || self.outcome().is_some() {
            return Vec::new();
        }
        let leaving: Vec<Departure> = world
            .demands
            .iter()
            .filter_map(|demand| {
                let outcome = self.leaves(demand, world)?;
                Some(Departure {
                    transition: demand.transition,
                    outcome,
                })
            })
            .collect();
        // Somebody stays: the machine itself ends the last.
        if leaving.len() < world.demands.len() {
            leaving
        } else {
            Vec::new()
        }
    }

    fn leaves(&self, demand: &Demand, world: &World<'_>) -> Option<Outcome> {
        let (sent, pending) = match &self.phase {
            Phase::Verifying { sent } => (sent, false),
            Phase::Pending { sent, .. } => (sent, true),
            Phase::Queued | Phase::Preparing | Phase::Reserving { .. } | Phase::Backoff { .. }
                if !self.ever_sent =>
            {
                let limit = self.start_limit_of(demand);
                let late = world.now >= limit && self.start_limit(world.demands) > limit;
                return late.then_some(Outcome::TimedOut {
                    sent: false,
                    last: None,
                });
            }
            _ => return None,
        };
        let satisfied = demand.deadline == Deadline::SkipConfirmation && sent.acknowledged && !pending;
        if satisfied && self.is_last_step() && !self.is_less_than(demand) {
            return Some(Outcome::Unproven);
        }
        let bound = self.bound_of(demand, self.step_since?, world);
        let late = world.now >= bound && bound < self.bound(world) && !self.grace_is_over(world);
        late.then(|| Outcome::TimedOut {
            sent: true,
            last: sent.words.clone(),
        })
    }
}
