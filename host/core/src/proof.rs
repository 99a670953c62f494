//! What a reading proves about a step that was sent.

use crate::observation::{Observation, evidence};
use crate::outcome::Proof;
use crate::plan::Step;
use crate::power::{Level, PowerState};

/// Evidence whose *absence of change* proves that no restart happened: counters and times that a restart must move.
const TRUSTED: [&str; 3] = [evidence::LAST_RESET_TIME, evidence::LAST_BOOT_TIME, evidence::BOOT_COUNT];
/// Evidence whose change proves that something happened, while no change proves nothing.
const HINTS: [&str; 2] = [evidence::BOOT_PROGRESS_TIME, evidence::RESTART_CAUSE];

/// Whether the baseline holds evidence that a restart cannot leave unchanged.
pub fn has_trusted_evidence(baseline: &Observation) -> bool {
    TRUSTED.iter().any(|name| baseline.evidence(name).is_some())
}

/// What `reading`, made after the send, proves about `step`. `seen_off` says whether an earlier reading after the send found the
/// component leaving the on state.
///
/// An unknown state proves nothing. Evidence counts only against a baseline of the same kind from the same BMC.
pub fn of(step: Step, baseline: &Observation, reading: &Observation, seen_off: bool) -> Option<Proof> {
    match step.level() {
        Some(level) => reading.state.is(level).then(|| Proof::Reading { reading: reading.clone() }),
        None => of_restart(baseline, reading, seen_off),
    }
}

fn of_restart(baseline: &Observation, reading: &Observation, seen_off: bool) -> Option<Proof> {
    if !reading.state.is(Level::On) {
        return None;
    }
    let changed = TRUSTED.iter().chain(&HINTS).find_map(|name| {
        let (before, after) = (baseline.evidence(name)?, reading.evidence(name)?);
        (before != after).then(|| Proof::Evidence {
            name: (*name).to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            at: reading.at,
        })
    });
    changed.or_else(|| seen_off.then_some(Proof::SeenOff { at: reading.at }))
}

/// Whether a reading made after a restart was sent shows the component away from the on state.
pub fn shows_off(reading: &Observation) -> bool {
    matches!(reading.state, PowerState::Off | PowerState::PoweringOff | PowerState::PoweringOn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Fact;
    use crate::power::Primitive;
    use crate::time::Timestamp;

    fn reading(state: PowerState, reset: Option<&str>) -> Observation {
        let evidence = reset
            .map(|value| Fact { name: evidence::LAST_RESET_TIME.to_owned(), value: value.to_owned() })
            .into_iter()
            .collect();
        Observation { state, raw: String::new(), evidence, at: Timestamp::from_millis(5) }
    }

    const RESTART: Step = Step::Restart { primitive: Primitive::ForceRestart };

    #[test]
    fn still_on_does_not_prove_a_restart() {
        let before = reading(PowerState::On, Some("a"));
        assert_eq!(of(RESTART, &before, &reading(PowerState::On, Some("a")), false), None);
        assert!(of(RESTART, &before, &reading(PowerState::On, Some("b")), false).is_some());
        assert!(of(RESTART, &before, &reading(PowerState::On, None), true).is_some());
        assert_eq!(of(RESTART, &before, &reading(PowerState::PoweringOn, Some("b")), true), None);
    }

    #[test]
    fn evidence_that_appears_out_of_nothing_proves_nothing() {
        let before = reading(PowerState::On, None);
        assert_eq!(of(RESTART, &before, &reading(PowerState::On, Some("b")), false), None);
        assert!(!has_trusted_evidence(&before));
    }
}
