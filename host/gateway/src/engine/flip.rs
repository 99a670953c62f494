//! Components that are sent to and fro: reported, so that two callers who work against each other are seen.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Timestamp};
use switchyard_store::event::kind;
use switchyard_store::{Change, NewEvent, Part, Submitted};

use super::Inner;

/// So many changes of direction within [`WITHIN`] are a flip-flop.
const CHANGES: usize = 4;
/// The time in which they are counted.
const WITHIN: Duration = Duration::from_mins(10);

/// A component that changes direction too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlipFlop {
    /// The component.
    pub component: ComponentId,
    /// Who asked, each once, in the order in which they first did.
    pub by: Vec<String>,
    /// How often the direction changed.
    pub changes: usize,
}

/// One change of direction.
#[derive(Debug, Clone)]
struct Turned {
    at: Timestamp,
    to: Level,
    by: String,
}

/// The last changes of direction of every component that was asked for anything lately.
#[derive(Debug, Default)]
pub(super) struct Directions {
    of: Mutex<HashMap<ComponentId, VecDeque<Turned>>>,
}

impl Directions {
    fn note(&self, component: &ComponentId, to: Level, by: &str, at: Timestamp) -> Option<FlipFlop> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = of.entry(component.clone()).or_default();
        let turned = turns.back().is_none_or(|last| last.to != to);
        if turned {
            // The first entry is where it came from; one more than the changes is enough to tell.
            while turns.len() > CHANGES {
                turns.pop_front();
            }
            turns.push_back(Turned {
                at,
                to,
                by: by.to_owned(),
            });
        }
        turned.then(|| flip_flop(component, turns, at))?
    }

    /// What is known of a component now.
    pub(super) fn look(&self, component: &ComponentId, now: Timestamp) -> Option<FlipFlop> {
        let of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        flip_flop(component, of.get(component)?, now)
    }

    /// Forgets what is too old to count.
    pub(super) fn forget(&self, now: Timestamp) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.retain(|_, turns| turns.back().is_some_and(|last| now.since(last.at) < WITHIN));
    }
}

fn flip_flop(component: &ComponentId, turns: &VecDeque<Turned>, now: Timestamp) -> Option<FlipFlop> {
    let recent = turns.iter().skip(1).filter(|turn| now.since(turn.at) < WITHIN);
    let changes = recent.clone().count();
    let mut by: Vec<String> = Vec::new();
    for turn in recent {
        if !by.contains(&turn.by) {
            by.push(turn.by.clone());
        }
    }
    (changes >= CHANGES).then(|| FlipFlop {
        component: component.clone(),
        by,
        changes,
    })
}

/// Notes the direction of everything that was accepted, and reports what goes to and fro.
pub(super) async fn note(inner: &Inner, submitted: &Submitted, now: Timestamp) -> Vec<FlipFlop> {
    let transition = &submitted.transition;
    let to = transition.operation.end_level();
    let accepted = submitted
        .members
        .iter()
        .filter(|member| matches!(member.part, Part::Task { .. }));
    let components = accepted.filter_map(|member| inner.fleet().get(&member.name));
    let flip_flops: Vec<FlipFlop> = components
        .filter_map(|row| {
            inner
                .directions
                .note(&row.component.id, to, &transition.requested_by, now)
        })
        .collect();
    for flip in &flip_flops {
        let event = NewEvent {
            at: now,
            kind: kind::COMPONENT_FLIP_FLOP.to_owned(),
            component: Some(flip.component.clone()),
            task: None,
            transition: Some(transition.id),
            data: json!({ "by": flip.by, "changes": flip.changes, "minutes": WITHIN.as_secs() / 60 }),
        };
        inner.store_behind(Change::Event(event)).await;
        inner.pulse.touch(&flip.component);
    }
    flip_flops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_turns_in_ten_minutes_are_a_flip_flop_by_both_names() {
        let directions = Directions::default();
        let node = ComponentId::parse("x0c0s0b0n0").unwrap();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let mut last = None;
        for (turn, by) in ["alice", "bob", "alice", "bob", "alice"].into_iter().enumerate() {
            assert_eq!(last, None);
            let to = if turn % 2 == 0 { Level::On } else { Level::Off };
            last = directions.note(&node, to, by, at(60 * i64::try_from(turn).unwrap()));
        }
        let flip = last.unwrap();
        assert_eq!(flip.by, ["bob", "alice"]);
        assert_eq!(directions.look(&node, at(241)), Some(flip));
        assert_eq!(
            directions.note(&node, Level::On, "alice", at(250)),
            None,
            "no turn"
        );
        assert_eq!(directions.look(&node, at(3_600)), None);
        directions.forget(at(3_600));
        assert!(directions.of.lock().unwrap().is_empty());
    }
}
