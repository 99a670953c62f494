//! What a reading proves about a step that was sent.

use crate::observation::{Observation, evidence};
use crate::outcome::Proof;
use crate::plan::Step;
use crate::power::{Level, PowerState, Primitive};

/// Evidence whose *absence of change* proves that no restart happened: counters and times that a restart must move.
const TRUSTED: [&str; 3] = [
    evidence::LAST_RESET_TIME,
    evidence::LAST_BOOT_TIME,
    evidence::BOOT_COUNT,
];
/// Evidence whose change proves that something happened, while no change proves nothing.
const HINTS: [&str; 3] = [
    evidence::BOOT_PROGRESS_TIME,
    evidence::RESTART_CAUSE,
    evidence::RESTART_EVENT,
];
/// The last state of a boot, Redfish `BootProgressTypes`. Before it the time of the progress moves without any restart.
const BOOTED: &str = "OSRunning";
/// How times begin that a BMC gives for "not known", and never changes.
const PLACEHOLDERS: [&str; 2] = ["0000-", "1970-01-01T00:00:00"];

/// A piece of evidence, unless it is a placeholder.
fn fact<'a>(observation: &'a Observation, name: &str) -> Option<&'a str> {
    let value = observation.evidence(name)?.trim();
    let holds = !value.is_empty()
        && !PLACEHOLDERS
            .iter()
            .any(|placeholder| value.starts_with(placeholder));
    holds.then_some(value)
}

/// Whether the baseline holds evidence that a restart cannot leave unchanged.
pub fn has_trusted_evidence(baseline: &Observation) -> bool {
    TRUSTED.iter().any(|name| fact(baseline, name).is_some())
}

/// Whether `reading`, made when the primitive has had its longest time, proves that it was not executed: evidence that it must move is
/// where it was. An interrupt moves none, and a cut of mains may lose it, so nothing ever disproves those.
pub fn disproves_restart(primitive: Primitive, baseline: &Observation, reading: &Observation) -> bool {
    let moves_evidence = matches!(
        primitive,
        Primitive::GracefulRestart | Primitive::ForceRestart | Primitive::PowerCycle
    );
    let mut trusted = TRUSTED
        .iter()
        .filter_map(|name| Some((fact(baseline, name)?, fact(reading, name))))
        .peekable();
    moves_evidence && trusted.peek().is_some() && trusted.all(|(before, after)| after == Some(before))
}

/// Whether the operating system has started, where the reading tells. What is not on has not.
pub fn booted(reading: &Observation) -> Option<bool> {
    let progress = fact(reading, evidence::BOOT_PROGRESS)?;
    Some(reading.state.is(Level::On) && progress.eq_ignore_ascii_case(BOOTED))
}

/// What `reading`, made after the send, proves about `step`. `seen_off` says whether an earlier reading after the send found the
/// component leaving the on state.
///
/// An unknown state proves nothing. Evidence counts only against a baseline of the same kind from the same BMC.
pub fn of(step: Step, baseline: &Observation, reading: &Observation, seen_off: bool) -> Option<Proof> {
    match step.level() {
        Some(level) => reading.state.is(level).then(|| Proof::Reading {
            reading: reading.clone(),
        }),
        None => of_restart(baseline, reading, seen_off),
    }
}

fn of_restart(baseline: &Observation, reading: &Observation, seen_off: bool) -> Option<Proof> {
    if !reading.state.is(Level::On) {
        return None;
    }
    let booted = baseline
        .evidence(evidence::BOOT_PROGRESS)
        .is_some_and(|state| state.eq_ignore_ascii_case(BOOTED));
    let changed = TRUSTED.iter().chain(&HINTS).find_map(|name| {
        if *name == evidence::BOOT_PROGRESS_TIME && !booted {
            return None;
        }
        let (before, after) = (fact(baseline, name)?, fact(reading, name)?);
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
    matches!(
        reading.state,
        PowerState::Off | PowerState::PoweringOff | PowerState::PoweringOn
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Fact;
    use crate::time::Timestamp;

    fn reading(state: PowerState, reset: Option<&str>) -> Observation {
        let evidence = reset
            .map(|value| Fact {
                name: evidence::LAST_RESET_TIME.to_owned(),
                value: value.to_owned(),
            })
            .into_iter()
            .collect();
        Observation {
            state,
            raw: String::new(),
            evidence,
            at: Timestamp::from_millis(5),
        }
    }

    const RESTART: Step = Step::Restart {
        primitive: Primitive::ForceRestart,
    };

    #[test]
    fn still_on_does_not_prove_a_restart() {
        let before = reading(PowerState::On, Some("a"));
        assert_eq!(
            of(RESTART, &before, &reading(PowerState::On, Some("a")), false),
            None
        );
        assert!(of(RESTART, &before, &reading(PowerState::On, Some("b")), false).is_some());
        assert!(of(RESTART, &before, &reading(PowerState::On, None), true).is_some());
        assert_eq!(
            of(
                RESTART,
                &before,
                &reading(PowerState::PoweringOn, Some("b")),
                true
            ),
            None
        );
    }

    #[test]
    fn evidence_that_appears_out_of_nothing_proves_nothing() {
        let before = reading(PowerState::On, None);
        assert_eq!(
            of(RESTART, &before, &reading(PowerState::On, Some("b")), false),
            None
        );
        assert!(!has_trusted_evidence(&before));
    }

    #[test]
    fn a_placeholder_is_no_evidence() {
        let before = reading(PowerState::On, Some("0000-00-00T00:00:00+00:00"));
        assert!(!has_trusted_evidence(&before));
        assert!(!disproves_restart(Primitive::ForceRestart, &before, &before));
        assert_eq!(
            of(RESTART, &before, &reading(PowerState::On, Some("b")), false),
            None
        );
    }

    #[test]
    fn only_what_a_restart_must_move_disproves_it() {
        let (a, b) = (
            reading(PowerState::On, Some("a")),
            reading(PowerState::On, Some("b")),
        );
        assert!(disproves_restart(Primitive::GracefulRestart, &a, &a));
        assert!(!disproves_restart(Primitive::GracefulRestart, &a, &b));
        assert!(!disproves_restart(
            Primitive::GracefulRestart,
            &a,
            &reading(PowerState::On, None)
        ));
        assert!(!disproves_restart(Primitive::Nmi, &a, &a));
    }

    #[test]
    fn a_new_restart_in_the_event_log_proves_one_and_its_absence_nothing() {
        let on = |event: &str| {
            let evidence = vec![Fact {
                name: evidence::RESTART_EVENT.to_owned(),
                value: event.to_owned(),
            }];
            Observation {
                evidence,
                ..reading(PowerState::On, None)
            }
        };
        let before = on("entry 7 at 100");
        assert!(of(RESTART, &before, &on("entry 9 at 160"), false).is_some());
        assert_eq!(of(RESTART, &before, &before, false), None);
        assert!(!has_trusted_evidence(&before));
        assert!(!disproves_restart(Primitive::ForceRestart, &before, &before));
    }

    #[test]
    fn a_boot_that_goes_on_is_no_restart() {
        let booting = |state: &str, time: &str| {
            let fact = |name: &str, value: &str| Fact {
                name: name.to_owned(),
                value: value.to_owned(),
            };
            let evidence = vec![
                fact(evidence::BOOT_PROGRESS, state),
                fact(evidence::BOOT_PROGRESS_TIME, time),
            ];
            Observation {
                evidence,
                ..reading(PowerState::On, None)
            }
        };
        assert_eq!(
            of(
                RESTART,
                &booting("MemoryInitializationStarted", "1"),
                &booting("OSRunning", "2"),
                false
            ),
            None
        );
        assert!(
            of(
                RESTART,
                &booting("OSRunning", "1"),
                &booting("OSRunning", "2"),
                false
            )
            .is_some()
        );
    }
}
