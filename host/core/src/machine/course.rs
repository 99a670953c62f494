//! Which of two controllers is asked, and which may be sent to.

use super::{Machine, Phase, Transition, World};
use crate::failure::{Cause, Failure};
use crate::id::ControllerId;
use crate::observation::Observation;
use crate::plan;
use crate::power::{Ability, Kind};

/// In which order the controllers of a component are asked for a reading. The second is asked when the first cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The component's own, then its fallback.
    OwnFirst,
    /// The fallback, which was sent to, then the component's own.
    FallbackFirst,
    /// The fallback alone: what is wanted next is offered there, and not by the component's own.
    FallbackOnly,
}

impl Machine {
    /// The order in which to ask for the reading that the task needs next, given what each controller offers; nothing is known of one
    /// that offers nothing.
    pub fn course(&self, kind: Kind, own: &[Ability], fallback: &[Ability]) -> Course {
        match self.phase {
            Phase::Intent { .. }
            | Phase::Pending { .. }
            | Phase::Verifying { .. }
            | Phase::Refused { .. }
            | Phase::Closing
            | Phase::Done { .. } => {
                if self.via.is_some() {
                    Course::FallbackFirst
                } else {
                    Course::OwnFirst
                }
            }
            Phase::Queued | Phase::Preparing | Phase::Reserving { .. } | Phase::Backoff { .. } => {
                let offered = |abilities: &[Ability]| self.is_offered(kind, abilities);
                if !own.is_empty() && !offered(own) && offered(fallback) {
                    Course::FallbackOnly
                } else {
                    Course::OwnFirst
                }
            }
        }
    }

    /// Whether what comes next can be asked for with these abilities.
    fn is_offered(&self, kind: Kind, abilities: &[Ability]) -> bool {
        match self.present_step().filter(|_| self.ever_sent) {
            Some(step) => step.primitive(abilities).is_some(),
            None => plan::supports(self.operation, kind, abilities),
        }
    }

    /// Whether the reading is from the controller that the present step was sent to.
    pub(super) fn is_from_the_same(&self, reading: &Observation) -> bool {
        reading.controller == self.via
    }

    /// Goes on with a step from a reading. Where that is from a fallback which was asked first, the component's own controller has its
    /// turn again before anything new is sent.
    pub(super) fn go_on_from(self, reading: Observation, world: &World<'_>) -> Transition {
        if self.via.is_some() && reading.controller.is_some() {
            self.prepare_next(world)
        } else {
            self.take_step(reading, world)
        }
    }

    /// Waits for the component's own controller, which does not answer, since its fallback does not offer what is wanted.
    pub(super) fn await_own(self, fallback: &ControllerId, world: &World<'_>) -> Transition {
        let text = format!(
            "The controller cannot be reached, and its fallback {fallback} does not offer what is wanted."
        );
        self.back_off(Failure::new(Cause::Unreachable, text), world)
    }
}
