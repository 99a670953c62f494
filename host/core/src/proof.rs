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
    moves_evidence && baseline.controller == reading.controller && is_unmoved(baseline, reading)
}

/// Whether the operating system has started, where the reading tells. What is not on has not.
pub fn booted(reading: &Observation) -> Option<bool> {
    let progress = fact(reading, evidence::BOOT_PROGRESS)?;
    Some(reading.state.is(Level::On) && progress.eq_ignore_ascii_case(BOOTED))
}

/// What readings after a send have shown, up to the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The component left the on state.
    pub off: bool,
    /// The controller was away, as the step had it.
    pub away: bool,
}

/// What `reading`, made after the send, proves about `step`, given what earlier ones have `seen`.
///
/// An unknown state proves nothing about a level. Evidence counts only against a baseline of the same kind from the same controller: each
/// has counters, clocks and words of its own.
pub fn of(step: Step, baseline: &Observation, reading: &Observation, seen: Seen) -> Option<Proof> {
    match step {
        Step::On | Step::Shutdown | Step::ForceOff { .. } => step
            .level()
            .filter(|level| reading.state.is(*level))
            .map(|_| Proof::Reading {
                reading: reading.clone(),
            }),
        Step::Restart { .. } | Step::Interrupt => of_restart(baseline, reading, seen),
    }
}

/// A component that was on has to be on again; of one that was not, only its controller can show that something happened.
fn of_restart(baseline: &Observation, reading: &Observation, seen: Seen) -> Option<Proof> {
    let (was_on, is_on) = (baseline.state.is(Level::On), reading.state.is(Level::On));
    if (was_on && !is_on) || baseline.controller != reading.controller {
        return None;
    }
    let evidence = of_evidence(baseline, reading).filter(|_| is_on);
    let seen_off = (seen.off && was_on).then_some(Proof::SeenOff { at: reading.at });
    let unmoved = was_on && is_unmoved(baseline, reading);
    let seen_away = (seen.away && !unmoved).then_some(Proof::SeenAway { at: reading.at });
    evidence.or(seen_off).or(seen_away)
}

/// Whether evidence that a restart must move is where it was.
fn is_unmoved(baseline: &Observation, reading: &Observation) -> bool {
    let mut trusted = TRUSTED
        .iter()
        .filter_map(|name| Some((fact(baseline, name)?, fact(reading, name))))
        .peekable();
    trusted.peek().is_some() && trusted.all(|(before, after)| after == Some(before))
}

fn of_evidence(baseline: &Observation, reading: &Observation) -> Option<Proof> {
    let booted = baseline
        .evidence(evidence::BOOT_PROGRESS)
        .is_some_and(|state| state.eq_ignore_ascii_case(BOOTED));
    TRUSTED.iter().chain(&HINTS).find_map(|name| {
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
    })
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
            controller: None,
        }
    }

    const RESTART: Step = Step::Restart {
        primitive: Primitive::ForceRestart,
    };
    const NOTHING: Seen = Seen {
        off: false,
        away: false,
    };
    const OFF: Seen = Seen { off: true, ..NOTHING };
    const AWAY: Seen = Seen {
        away: true,
        ..NOTHING
    };

    #[test]
    fn a_controller_that_was_away_proves_what_nothing_contradicts() {
        let (on, off) = (PowerState::On, PowerState::Off);
        let mains = Step::Restart {
            primitive: Primitive::FullPowerCycle,
        };
        let bare = reading(on, None);
        assert_eq!(
            of(mains, &bare, &bare, AWAY),
            Some(Proof::SeenAway { at: bare.at })
        );
        let same = reading(on, Some("a"));
        assert_eq!(of(mains, &same, &same, AWAY), None, "evidence stands still");
        assert_eq!(
            of(mains, &bare, &reading(off, None), AWAY),
            None,
            "it has to come back on"
        );
        let was_off = reading(off, Some("a"));
        assert!(
            of(mains, &was_off, &was_off, AWAY).is_some(),
            "off it moves no evidence"
        );
        assert_eq!(of(mains, &was_off, &was_off, OFF), None, "it was off before");
    }

    #[test]
    fn evidence_of_one_controller_says_nothing_about_that_of_another() {
        let own = reading(PowerState::On, Some("a"));
        let other = |state, reset| Observation {
            controller: Some(crate::id::ControllerId::parse("ipmi-0").unwrap()),
            ..reading(state, reset)
        };
        let moved = other(PowerState::On, Some("b"));
        assert_eq!(of(RESTART, &own, &moved, OFF), None);
        let same = other(PowerState::On, Some("a"));
        assert!(!disproves_restart(Primitive::ForceRestart, &own, &same));
        assert!(of(RESTART, &same, &moved, NOTHING).is_some());
        assert!(of(Step::On, &own, &same, NOTHING).is_some(), "a level is a level");
    }

    #[test]
    fn still_on_does_not_prove_a_restart() {
        let before = reading(PowerState::On, Some("a"));
        assert_eq!(
            of(RESTART, &before, &reading(PowerState::On, Some("a")), NOTHING),
            None
        );
        assert!(of(RESTART, &before, &reading(PowerState::On, Some("b")), NOTHING).is_some());
        assert!(of(RESTART, &before, &reading(PowerState::On, None), OFF).is_some());
        assert_eq!(
            of(RESTART, &before, &reading(PowerState::PoweringOn, Some("b")), OFF),
            None
        );
    }

    #[test]
    fn evidence_that_appears_out_of_nothing_proves_nothing() {
        let before = reading(PowerState::On, None);
        assert_eq!(
            of(RESTART, &before, &reading(PowerState::On, Some("b")), NOTHING),
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
            of(RESTART, &before, &reading(PowerState::On, Some("b")), NOTHING),
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
        assert!(of(RESTART, &before, &on("entry 9 at 160"), NOTHING).is_some());
        assert_eq!(of(RESTART, &before, &before, NOTHING), None);
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
                NOTHING
            ),
            None
        );
        assert!(
            of(
                RESTART,
                &booting("OSRunning", "1"),
                &booting("OSRunning", "2"),
                NOTHING
            )
            .is_some()
        );
    }
}
