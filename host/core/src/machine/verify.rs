//! Readings after a send, until proof or deadline.

use std::time::Duration;

use super::{Commit, Deadline, Machine, Next, Phase, Sent, Transition, World};
use crate::failure::{Cause, Failure};
use crate::observation::Observation;
use crate::outcome::{Outcome, Proof};
use crate::plan::Step;
use crate::power::Replay;
use crate::proof;
use crate::resend::{self, Standing};
use crate::time::Timestamp;

/// The time between readings while a step is verified: quick at first, for instant BMCs, then slower.
const CADENCE_MS: [u64; 8] = [200, 500, 1_000, 1_500, 2_500, 4_000, 6_000, 8_000];
/// The longest time between two such readings.
const CADENCE_MAX: Duration = Duration::from_secs(10);
/// The time between readings while the BMC refuses the credentials, so that no account is locked out.
const AUTH_CADENCE: Duration = Duration::from_secs(30);

impl Machine {
    /// When the present step has to be verified, if it was sent and is bounded.
    pub(super) fn step_deadline(&self, world: &World<'_>) -> Option<Timestamp> {
        let since = self.step_since?;
        let time = match self.present_step()? {
            Step::ForceOff { after_grace: true } => Some(world.ability(crate::power::Primitive::ForceOff).limit),
            _ => self.deadline.for_steps(),
        };
        time.map(|time| since + time)
    }

    pub(super) fn verify(
        self,
        mut sent: Sent,
        reading: Result<Observation, Failure>,
        world: &World<'_>,
    ) -> Transition {
        let (Some(step), Some(baseline)) = (self.present_step(), self.baseline.clone()) else {
            return self.end(Outcome::TimedOut { sent: true, last: sent.words }, world);
        };
        sent.readings = sent.readings.saturating_add(1);
        let reading = match reading {
            Ok(reading) => reading,
            Err(failure) => return self.verify_blind(sent, failure, world),
        };
        if let Some(proof) = proof::of(step, &baseline, &reading, sent.seen_off) {
            return self.step_done(proof, world);
        }
        let newly_off = !sent.seen_off && proof::shows_off(&reading);
        sent.seen_off |= newly_off;
        if self.deadline_passed(world) {
            return self.overdue(step, sent, &baseline, reading, world);
        }
        if self.runs_out_of_evidence(step, &sent, &baseline, &reading, world) {
            return self.end(Outcome::Unproven, world);
        }
        if resend::send_again(&self.standing(&sent, &baseline, &reading, world)) {
            return self.take_step(reading, world);
        }
        let commit = if newly_off { Commit::Behind } else { Commit::Nothing };
        self.read_again(sent, commit, world)
    }

    fn deadline_passed(&self, world: &World<'_>) -> bool {
        world.now >= self.step_deadline(world).unwrap_or(self.expires)
    }

    /// A reading failed. Nothing is concluded before the deadline: a BMC that is away may come back and settle it.
    fn verify_blind(self, mut sent: Sent, failure: Failure, world: &World<'_>) -> Transition {
        if !self.deadline_passed(world) {
            if failure.cause == Cause::Auth {
                let mut machine = self;
                machine.phase = Phase::Verifying { sent };
                return machine.goes_on(Next::Observe { not_before: world.now + AUTH_CADENCE }, Commit::Nothing);
            }
            return self.read_again(sent, Commit::Nothing, world);
        }
        let replay = world.ability(sent.primitive).effective_replay();
        if replay == Replay::Never && !sent.acknowledged {
            return self.end(Outcome::Uncertain { primitive: sent.primitive }, world);
        }
        let last = sent.words.take().or(Some(failure));
        self.end(Outcome::TimedOut { sent: true, last }, world)
    }

    fn read_again(mut self, sent: Sent, commit: Commit, world: &World<'_>) -> Transition {
        let index = usize::try_from(sent.readings.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = CADENCE_MS.get(index).map_or(CADENCE_MAX, |ms| Duration::from_millis(*ms)).max(world.pace.poll);
        let bound = self.step_deadline(world).unwrap_or(self.expires);
        let not_before = (world.now + wait).min(bound.max(world.now));
        self.phase = Phase::Verifying { sent };
        self.goes_on(Next::Observe { not_before }, commit)
    }

    fn standing(&self, sent: &Sent, baseline: &Observation, reading: &Observation, world: &World<'_>) -> Standing {
        let ability = world.ability(sent.primitive);
        let same_evidence = baseline.evidence == reading.evidence;
        let unchanged = !sent.seen_off && baseline.state == reading.state;
        Standing {
            replay: ability.effective_replay(),
            acknowledged: sent.acknowledged,
            sends: self.sends,
            since_send: world.now.since(sent.at),
            usual: ability.usual,
            limit: ability.limit,
            grace: self.deadline.for_steps(),
            unchanged,
            proven_unexecuted: unchanged && same_evidence && proof::has_trusted_evidence(baseline),
            retry_after: sent.words.as_ref().and_then(|words| words.retry_after),
        }
    }

    /// Whether an accepted restart has had its time, nothing contradicts it, and no evidence exists that could prove it.
    fn runs_out_of_evidence(
        &self,
        step: Step,
        sent: &Sent,
        baseline: &Observation,
        reading: &Observation,
        world: &World<'_>,
    ) -> bool {
        step.level().is_none()
            && sent.acknowledged
            && !sent.seen_off
            && reading.state == baseline.state
            && !proof::has_trusted_evidence(baseline)
            && world.now.since(sent.at) >= world.ability(sent.primitive).limit
    }

    /// The deadline of the step has passed without proof.
    fn overdue(mut self, step: Step, sent: Sent, baseline: &Observation, reading: Observation, world: &World<'_>) -> Transition {
        let may_force = step == Step::Shutdown { escalate: true } && matches!(self.deadline, Deadline::Within(_));
        let force_off = Step::ForceOff { after_grace: true };
        if may_force && force_off.primitive(world.abilities).is_some() {
            self.plan.insert(self.step + 1, force_off);
            self.advance(world);
            return self.take_step(reading, world);
        }
        let replay = world.ability(sent.primitive).effective_replay();
        if step.level().is_none() {
            let trusted = proof::has_trusted_evidence(baseline);
            if sent.acknowledged && !sent.seen_off && !trusted {
                return self.end(Outcome::Unproven, world);
            }
            if replay == Replay::Never && !sent.acknowledged && !sent.seen_off {
                return self.end(Outcome::Uncertain { primitive: sent.primitive }, world);
            }
        }
        self.end(Outcome::TimedOut { sent: true, last: sent.words }, world)
    }

    fn advance(&mut self, world: &World<'_>) {
        self.step += 1;
        self.sends = 0;
        self.tries = 0;
        self.step_since = None;
        self.start_by = world.now + self.start_within;
    }

    /// The present step is shown to be done: end, or go on to the next with the reading that showed it.
    pub(super) fn step_done(mut self, proof: Proof, world: &World<'_>) -> Transition {
        if self.cancelled {
            return self.close(world);
        }
        if self.step + 1 >= self.plan.len() {
            return match proof {
                Proof::Reading { reading } if !self.ever_sent => self.end(Outcome::Already { reading }, world),
                proof => self.end(Outcome::Verified { proof }, world),
            };
        }
        self.advance(world);
        match proof {
            Proof::Reading { reading } => self.take_step(reading, world),
            Proof::Evidence { .. } | Proof::SeenOff { .. } => self.prepare(world.now),
        }
    }
}
