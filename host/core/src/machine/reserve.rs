//! The reservation in the state manager (SMD): asked for before the first send of each step.

use super::{Commit, Machine, Next, Phase, Transition, World};
use crate::failure::{Cause, Failure};
use crate::outcome::{Fault, Outcome};
use crate::power::PowerState;
use crate::reservation::{Refusal, Reservation};

impl Machine {
    /// Whether nothing about SMD keeps the present step from being sent for the first time. What was given for an earlier step is asked
    /// for again, since a person may have taken it away meanwhile.
    pub(super) fn is_reserved(&self, world: &World<'_>) -> bool {
        self.emergency
            || match world.reservation {
                Reservation::NotNeeded => true,
                Reservation::Wanted => false,
                Reservation::Held => self.reserved,
            }
    }

    /// Whether the present step, which was sent, may be sent again as far as SMD is concerned.
    pub(super) fn may_repeat(&self, world: &World<'_>) -> bool {
        self.emergency || world.reservation != Reservation::Wanted
    }

    /// Asks SMD for the component. That an earlier step is done is stored first, so that it is never done again.
    pub(super) fn reserve(mut self, state: PowerState, world: &World<'_>) -> Transition {
        if world.now > self.start_limit(world.demands) {
            let (sent, last) = (self.ever_sent, None);
            return self.end(Outcome::TimedOut { sent, last }, world);
        }
        self.reserved = false;
        self.phase = Phase::Reserving { state };
        let commit = if self.step > 0 {
            Commit::First
        } else {
            Commit::Nothing
        };
        self.goes_on(Next::Reserve, commit)
    }

    /// SMD has answered. With the reservation a fresh reading becomes the baseline, since the former may be old by now.
    pub(super) fn answered_by_smd(
        mut self,
        left: PowerState,
        answer: Result<(), Refusal>,
        world: &World<'_>,
    ) -> Transition {
        let fault = match answer {
            Ok(()) => {
                self.reserved = true;
                return self.prepare(world);
            }
            Err(Refusal::Later(failure)) => return self.back_off(failure, world),
            Err(Refusal::Refused { .. } | Refusal::Lost) if self.ever_sent => Fault::ReservationLost { left },
            Err(Refusal::Refused {
                reason,
                bad_deputy_key,
            }) => Fault::NotReserved {
                why: reason,
                bad_deputy_key,
            },
            // Nothing was sent: it is asked for anew.
            Err(Refusal::Lost) => return self.back_off(lost(), world),
        };
        self.end(Outcome::Failed { fault }, world)
    }
}

/// That a reservation was held, and is no longer.
fn lost() -> Failure {
    Failure::new(Cause::Smd, "The reservation in SMD was lost.")
}
