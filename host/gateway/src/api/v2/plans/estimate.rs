//! About how long a plan takes: the longest usual time of each wave, and the time until all have moved.

use std::collections::BTreeMap;
use std::time::Duration;

use switchyard_core::plan::{self, Plan as Steps, Step};
use switchyard_core::{Ability, Operation, Primitive};
use switchyard_wire::v2::{PlanEstimate, PlanMember, PlanVerdict};

use crate::engine::{Engine, Row};

/// The longest time that a task keeps others from moving.
const TURN: Duration = Duration::from_millis(500);

/// The estimate for these members.
pub(super) fn of(engine: &Engine, operation: Operation, members: &[PlanMember]) -> PlanEstimate {
    let mut waves: BTreeMap<u32, (Duration, usize)> = BTreeMap::new();
    for member in members.iter().filter(|member| member.verdict == PlanVerdict::Act) {
        let row = member.component.as_deref().and_then(|id| engine.fleet().get(id));
        let (longest, count) = waves.entry(member.wave).or_default();
        *longest = row.map_or(*longest, |row| usual(operation, &row).max(*longest));
        *count += 1;
    }
    let at_once = engine.tasks_moving().max(1);
    let time: Duration = waves
        .values()
        .map(|(longest, count)| {
            let turns = u32::try_from(count / at_once).unwrap_or(u32::MAX);
            longest.saturating_add(TURN.saturating_mul(turns))
        })
        .sum();
    PlanEstimate {
        seconds: time.as_secs(),
        text: words(time.as_secs()),
    }
}

/// The usual time of the steps that the last known state makes necessary.
fn usual(operation: Operation, row: &Row) -> Duration {
    let (abilities, _) = row.abilities_for(operation);
    let steps = match plan::make(operation, row.component.kind, row.seen().state, &abilities) {
        Steps::Steps(steps) => steps,
        Steps::Already | Steps::WrongState | Steps::Unsupported => return Duration::ZERO,
    };
    steps.iter().map(|step| of_step(*step, &abilities)).sum()
}

fn of_step(step: Step, abilities: &[Ability]) -> Duration {
    let primitive = step.primitive(abilities);
    let known = abilities.iter().find(|ability| Some(ability.what) == primitive);
    match (known, primitive) {
        (Some(ability), _) => ability.usual,
        (None, primitive) => primitive.unwrap_or(Primitive::On).usual(),
    }
}

fn words(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, 0) => "about a second or less".to_owned(),
        (0, seconds) => format!("about {seconds} s"),
        (minutes, 0) => format!("about {minutes} min"),
        (minutes, seconds) => format!("about {minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_to_be_about_right() {
        assert_eq!(words(0), "about a second or less");
        assert_eq!(words(15), "about 15 s");
        assert_eq!(words(120), "about 2 min");
        assert_eq!(words(190), "about 3 min 10 s");
    }
}
