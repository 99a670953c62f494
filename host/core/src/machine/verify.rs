//! Readings after a send, until proof or deadline.

use std::time::Duration;

use super::step::pause;
use super::terms::FORCE_OFF;
use super::{Commit, Machine, Next, Phase, Sent, Transition, World};
use crate::failure::{Cause, Failure};
use crate::observation::Observation;
use crate::outcome::{Fault, Outcome, Proof};
use crate::plan::Step;
use crate::power::{Level, PowerState};
use crate::proof::{self, Seen};
use crate::resend::{self, Standing};
use crate::time::Timestamp;

/// The time between readings while a step is verified: quick at first, for instant BMCs, then slower.
const CADENCE_MS: [u64; 8] = [200, 500, 1_000, 1_500, 2_500, 4_000, 6_000, 8_000];
/// The longest time between two such readings.
const CADENCE_MAX: Duration = Duration::from_secs(10);
/// The time between readings while the BMC refuses the credentials, so that no account is locked out, and past the deadline.
const SLOW_CADENCE: Duration = Duration::from_secs(30);

/// How long a controller that was to go down has to be silent at least to have gone: more than a network stumbles.
const AWAY_MIN: Duration = Duration::from_secs(10);

/// The wait before the next reading, after so many.
pub(super) fn cadence(readings: u32, world: &World<'_>) -> Duration {
    let index = usize::try_from(readings.saturating_sub(1)).unwrap_or(usize::MAX);
    CADENCE_MS
        .get(index)
        .map_or(CADENCE_MAX, |ms| Duration::from_millis(*ms))
        .max(world.pace.poll)
}

impl Machine {
    pub(super) fn verify(
        mut self,
        mut sent: Sent,
        reading: Result<Observation, Failure>,
        world: &World<'_>,
    ) -> Transition {
        let (Some(step), Some(baseline)) = (self.present_step(), self.baseline.clone()) else {
            return self.end(
                Outcome::TimedOut {
                    sent: true,
                    last: sent.words,
                },
                world,
            );
        };
        sent.readings = sent.readings.saturating_add(1);
        if step == Step::Interrupt && sent.acknowledged {
            return self.end(Outcome::Unproven, world);
        }
        let reading = match reading {
            Ok(reading) if reading.at >= sent.at => reading,
            Ok(_) => {
                let early = Failure::new(
                    Cause::Malformed,
                    "The reading was asked for before the request had ended.",
                );
                return self.verify_blind(step, sent, early, world);
            }
            Err(failure) => {
                if failure.is_silence() {
                    sent.away_since.get_or_insert(world.now);
                }
                return self.verify_blind(step, sent, failure, world);
            }
        };
        let same = self.is_from_the_same(&reading);
        if !same {
            // The other is asked when this one cannot be reached.
            sent.away_since.get_or_insert(world.now);
        }
        let newly_back = same && sent.is_back(&reading);
        if let Some(proof) = proof::of(step, &baseline, &reading, sent.seen(world)) {
            return self.step_done(proof, world);
        }
        let newly_off = same && !sent.seen_off && baseline.state.is(Level::On) && proof::shows_off(&reading);
        sent.seen_off |= newly_off;
        if self.grace_is_over(world) {
            self.force_off_next(world);
            return self.go_on_from(reading, world);
        }
        if world.now >= self.bound(world) {
            return self.overdue(step, sent, &baseline, &reading, world);
        }
        let limit = self.ability(sent.primitive, world).limit;
        // A reading shows the BMC as it was when it was asked for, however late its answer came.
        let shown_after = reading.at.since(sent.at);
        if same && is_plausible(step, &sent, &baseline, &reading) && shown_after >= limit {
            return self.end(Outcome::Unproven, world);
        }
        if sent.refused && self.has_had_its_time(&sent, reading.at, world) {
            return self.end_unverified(sent, world);
        }
        let coming = step
            .level()
            .is_some_and(|level| reading.state.is_on_the_way_to(level))
            && shown_after < limit;
        if !sent.refused
            && !coming
            && same
            && !self.emergency
            && resend::send_again(&self.standing(&sent, &baseline, &reading, world))
        {
            return self.take_step(reading, world);
        }
        let commit = if newly_off || newly_back {
            Commit::Behind
        } else {
            Commit::Nothing
        };
        let decision_at = self.decision_at(world);
        self.read_again(sent, decision_at, commit, world)
    }

    /// A reading failed. Nothing is concluded before the deadline: a BMC that is away may come back and settle it. A step that must not be
    /// repeated and got no answer is read for as long as the BMC is away.
    fn verify_blind(mut self, step: Step, sent: Sent, failure: Failure, world: &World<'_>) -> Transition {
        let decision_at = self.decision_at(world);
        if world.now < decision_at {
            if failure.cause == Cause::Auth {
                return self.read_slowly(sent, world);
            }
            return self.read_again(sent, decision_at, Commit::Nothing, world);
        }
        if is_open(step, &sent) {
            if world.now < self.expires && world.others_wait_since.is_none() {
                return self.read_slowly(sent, world);
            }
            return self.end(
                Outcome::Uncertain {
                    primitive: sent.primitive,
                },
                world,
            );
        }
        if failure.is_transient() && self.grace_is_over(world) {
            self.force_off_next(world);
            return self.back_off(failure, world);
        }
        let bound = self.bound(world);
        if world.now < bound {
            return self.read_again(sent, bound, Commit::Nothing, world);
        }
        let sent = Sent {
            words: sent.words.or(Some(failure)),
            ..sent
        };
        self.end_unverified(sent, world)
    }

    fn read_again(mut self, sent: Sent, bound: Timestamp, commit: Commit, world: &World<'_>) -> Transition {
        let not_before = (world.now + cadence(sent.readings, world))
            .min(bound.max(world.now))
            .max(sent.at);
        self.phase = Phase::Verifying { sent };
        self.goes_on(Next::Observe { not_before }, commit)
    }

    fn read_slowly(mut self, sent: Sent, world: &World<'_>) -> Transition {
        self.phase = Phase::Verifying { sent };
        self.goes_on(
            Next::Observe {
                not_before: world.now + SLOW_CADENCE,
            },
            Commit::Nothing,
        )
    }

    fn standing(
        &self,
        sent: &Sent,
        baseline: &Observation,
        reading: &Observation,
        world: &World<'_>,
    ) -> Standing {
        let ability = self.ability(sent.primitive, world);
        let unchanged = is_unchanged(sent, baseline, reading);
        let asked = sent.words.as_ref().and_then(|words| words.retry_after);
        let paused = (self.tries > 0).then(|| pause(self.tries));
        Standing {
            replay: ability.effective_replay(),
            acknowledged: sent.acknowledged,
            sends: self.sends,
            since_send: reading.at.since(sent.at),
            usual: ability.usual,
            limit: ability.limit,
            grace: self.step_time(world),
            unchanged,
            proven_unexecuted: unchanged && proof::disproves_restart(sent.primitive, baseline, reading),
            retry_after: asked.max(paused),
        }
    }

    /// Whether an earlier send, if it arrived at all, must have been executed at `read_at`. A shutdown that escalates has its grace.
    fn has_had_its_time(&self, sent: &Sent, read_at: Timestamp, world: &World<'_>) -> bool {
        let limit = self.ability(sent.primitive, world).limit;
        self.grace_end(world).is_none() && self.step_since.is_some_and(|since| read_at.since(since) >= limit)
    }

    /// The deadline of the step has passed without proof.
    fn overdue(
        self,
        step: Step,
        sent: Sent,
        baseline: &Observation,
        reading: &Observation,
        world: &World<'_>,
    ) -> Transition {
        if is_plausible(step, &sent, baseline, reading) {
            return self.end(Outcome::Unproven, world);
        }
        if is_open(step, &sent) {
            let disproved = is_unchanged(&sent, baseline, reading)
                && proof::disproves_restart(sent.primitive, baseline, reading);
            if !disproved {
                return self.end(
                    Outcome::Uncertain {
                        primitive: sent.primitive,
                    },
                    world,
                );
            }
            // Evidence that a restart must move is at hand: it settles the step when it was asked for after the longest time.
            let settled = sent.at + self.ability(sent.primitive, world).limit;
            if reading.at < settled {
                return self.read_again(sent, settled, Commit::Nothing, world);
            }
        }
        self.end_unverified(sent, world)
    }

    fn end_unverified(self, sent: Sent, world: &World<'_>) -> Transition {
        let outcome = match sent.words {
            Some(failure) if sent.refused => Outcome::Failed {
                fault: Fault::Refused {
                    primitive: sent.primitive,
                    failure,
                },
            },
            last => Outcome::TimedOut { sent: true, last },
        };
        self.end(outcome, world)
    }

    pub(super) fn force_off_next(&mut self, world: &World<'_>) {
        let next = self.step.saturating_add(1).min(self.plan.len());
        self.plan.insert(next, FORCE_OFF);
        self.advance(world);
    }

    fn advance(&mut self, world: &World<'_>) {
        self.step = self.step.saturating_add(1);
        self.sends = 0;
        self.tries = 0;
        self.reserved = false;
        self.step_since = None;
        self.start_by = world.now + self.start_within;
    }

    /// The present step is shown to be done: end, or go on to the next with the reading that showed it.
    pub(super) fn step_done(mut self, proof: Proof, world: &World<'_>) -> Transition {
        if self.step.saturating_add(1) >= self.plan.len() {
            return match proof {
                Proof::Reading { reading } if !self.ever_sent => {
                    self.end(Outcome::Already { reading }, world)
                }
                proof => self.end(Outcome::Verified { proof }, world),
            };
        }
        self.advance(world);
        match proof {
            Proof::Reading { reading } => self.go_on_from(reading, world),
            Proof::Evidence { .. } | Proof::SeenOff { .. } | Proof::SeenAway { .. } => {
                self.prepare_next(world)
            }
        }
    }
}

impl Sent {
    /// Takes in that the controller answers. Whether it was away until then.
    fn is_back(&mut self, reading: &Observation) -> bool {
        let away = self.away_since.take().map(|since| reading.at.since(since));
        let newly = !self.seen_away && away.is_some_and(|away| away >= AWAY_MIN);
        self.seen_away |= newly;
        newly
    }

    /// What earlier readings have shown. That a controller was away means something only where that was to be expected: a request without
    /// an answer may have been lost together with the readings.
    fn seen(&self, world: &World<'_>) -> Seen {
        let expected = self.acknowledged && self.primitive.takes_controller_down(world.kind);
        Seen {
            off: self.seen_off,
            away: self.seen_away && expected,
        }
    }
}

/// Whether the component is as it was before the send, read and not guessed.
fn is_unchanged(sent: &Sent, baseline: &Observation, reading: &Observation) -> bool {
    !sent.seen_off && reading.state != PowerState::Unknown && reading.state == baseline.state
}

/// Whether a step may have been executed or not, and must not be repeated: a restart without an answer and without a trace.
fn is_open(step: Step, sent: &Sent) -> bool {
    step.level().is_none() && !sent.acknowledged && !sent.seen_off
}

/// Whether an accepted restart may well have happened: nothing contradicts it, and nothing could prove it. What was not on before moves no
/// evidence, and may be left in any state.
fn is_plausible(step: Step, sent: &Sent, baseline: &Observation, reading: &Observation) -> bool {
    let was_on = baseline.state.is(Level::On);
    let as_before = reading.state == baseline.state || reading.state == PowerState::Unknown;
    let provable = baseline.controller == reading.controller && proof::has_trusted_evidence(baseline);
    let contradicted = was_on && (!as_before || provable);
    step.level().is_none() && sent.acknowledged && !sent.seen_off && !contradicted
}
