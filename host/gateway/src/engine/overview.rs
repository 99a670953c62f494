//! Every component at a glance, for screens: what has changed since a screen last looked, coalesced per component.
//!
//! All screens share one overview, which is brought up to date by whoever looks, from the components that were touched (`pulse`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use switchyard_core::power::Level;
use switchyard_core::{ComponentId, Operation, PowerState, Timestamp, TransitionId};

use super::fleet::{Row, Seen, is_bmc};
use super::{Inner, drift, pulse};

/// A component as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Its id.
    pub id: ComponentId,
    /// Its state; a BMC that answers is on.
    pub state: PowerState,
    /// Whether its controller answers.
    pub available: bool,
    /// What the last accepted operation wants of it.
    pub desired: Option<Level>,
    /// The task in front of its line.
    pub front: Option<Front>,
    /// When the last good reading was made.
    pub observed_at: Option<Timestamp>,
    /// What is out of the ordinary.
    pub flags: Vec<Flag>,
}

/// The task in front of a component's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// What it does.
    pub operation: Operation,
    /// Where it stands.
    pub phase: &'static str,
    /// The transition that made it.
    pub transition: TransitionId,
    /// Who asked.
    pub by: String,
    /// How many tasks wait behind it.
    pub waiting: usize,
}

/// Something out of the ordinary about a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// It is not what it is wanted to be, and nobody works on that.
    Drift,
    /// A hold keeps callers off it.
    Held,
    /// Whether a step that must not be repeated was executed is not known.
    Uncertain,
    /// Callers have switched it to and fro lately.
    FlipFlop,
    /// Its controller is left alone for a while, because it failed too often.
    EndpointOpen,
    /// Its last task failed, and nothing is in line since.
    Failed,
}

impl Flag {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::Drift,
        Self::Held,
        Self::Uncertain,
        Self::FlipFlop,
        Self::EndpointOpen,
        Self::Failed,
    ];

    /// The stable name of the flag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Held => "held",
            Self::Uncertain => "uncertain",
            Self::FlipFlop => "flip-flop",
            Self::EndpointOpen => "endpoint-open",
            Self::Failed => "failed",
        }
    }
}

/// How many components stand how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// All of them.
    pub total: usize,
    /// Those that are on.
    pub on: usize,
    /// Those that are off.
    pub off: usize,
    /// Those whose state is not known.
    pub unknown: usize,
    /// Those in any other state.
    pub other: usize,
    /// Those whose controller does not answer.
    pub unavailable: usize,
    /// Those with a task.
    pub busy: usize,
    /// Tasks that wait behind another.
    pub waiting: usize,
    /// Those with a task, by the phase of that task.
    pub phases: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, glance: &Glance) {
        self.change(glance, |count, by| *count += by);
        if let Some(front) = &glance.front {
            *self.phases.entry(front.phase).or_default() += 1;
        }
    }

    fn take_away(&mut self, glance: &Glance) {
        self.change(glance, |count, by| *count = count.saturating_sub(by));
        if let Some(front) = &glance.front
            && let Some(count) = self.phases.get_mut(front.phase)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.phases.remove(front.phase);
            }
        }
    }

    fn change(&mut self, glance: &Glance, change: impl Fn(&mut usize, usize)) {
        change(&mut self.total, 1);
        let of_state = match glance.state {
            PowerState::On => &mut self.on,
            PowerState::Off => &mut self.off,
            PowerState::Unknown => &mut self.unknown,
            PowerState::PoweringOn | PowerState::PoweringOff | PowerState::Paused | PowerState::Asleep => {
                &mut self.other
            }
        };
        change(of_state, 1);
        change(&mut self.unavailable, usize::from(!glance.available));
        if let Some(front) = &glance.front {
            change(&mut self.busy, 1);
            change(&mut self.waiting, front.waiting);
        }
    }
}

/// A point in the life of the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

/// What a screen has to show anew.
#[derive(Debug)]
pub struct Changes {
    /// Whether these are all components: places from before mean nothing any more.
    pub whole: bool,
    /// The components that look different, in order of id, each with its place in that order.
    pub rows: Vec<(usize, Arc<Glance>)>,
    /// All components together.
    pub tally: Tally,
    /// The point from which to go on.
    pub mark: Mark,
}

/// The state that all screens share.
#[derive(Debug, Default)]
pub(super) struct Overview {
    shown: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    seen: pulse::Seen,
    /// In order of id, each with the mark at which it last changed.
    rows: Vec<(u64, Arc<Glance>)>,
    tally: Tally,
    mark: u64,
    /// The mark at which the rows got their places.
    laid_out: u64,
}

/// What looks different since `since`, or everything.
pub(super) fn changes(inner: &Inner, since: Option<Mark>) -> Changes {
    let mut shown = inner
        .overview
        .shown
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    shown.catch_up(inner);
    let since = since
        .map(|Mark(since)| since)
        .filter(|since| *since >= shown.laid_out);
    let rows = shown
        .rows
        .iter()
        .enumerate()
        .filter(|(_, (changed, _))| since.is_none_or(|since| *changed > since))
        .map(|(place, (_, glance))| (place, Arc::clone(glance)))
        .collect();
    Changes {
        whole: since.is_none(),
        rows,
        tally: shown.tally.clone(),
        mark: Mark(shown.mark),
    }
}

impl Shown {
    fn catch_up(&mut self, inner: &Inner) {
        let news = self.seen.news(&inner.pulse);
        self.mark += 1;
        match news {
            pulse::News::Everything => self.lay_out(inner),
            pulse::News::Touched(places) => self.look_again(inner, places),
        }
    }

    /// Looks at every component of the inventory that holds now.
    fn lay_out(&mut self, inner: &Inner) {
        self.laid_out = self.mark;
        self.tally = Tally::default();
        let fleet = inner.fleet();
        self.rows = Vec::with_capacity(fleet.rows().len());
        for row in fleet.rows() {
            let glance = Arc::new(glance(inner, row));
            self.tally.add(&glance);
            self.rows.push((self.mark, glance));
        }
    }

    fn look_again(&mut self, inner: &Inner, places: Vec<usize>) {
        for place in places {
            let Some((changed, shown)) = self.rows.get_mut(place) else {
                continue;
            };
            let Some(row) = inner.fleet().component(&shown.id) else {
                continue;
            };
            let glance = glance(inner, &row);
            if glance != **shown {
                self.tally.take_away(shown);
                self.tally.add(&glance);
                *shown = Arc::new(glance);
                *changed = self.mark;
            }
        }
    }
}

fn glance(inner: &Inner, row: &Row) -> Glance {
    let id = row.component.id.clone();
    let seen = row.seen();
    let front = front(inner, &id);
    let desired = inner.drift.desired(&id);
    let state = if is_bmc(row.component.kind) && seen.available {
        PowerState::On
    } else {
        seen.state
    };
    Glance {
        flags: flags(inner, row, &seen, front.is_some(), desired),
        id,
        state,
        available: seen.available,
        desired,
        front,
        observed_at: seen.read_at,
    }
}

/// The task in front of a component's line.
fn front(inner: &Inner, component: &ComponentId) -> Option<Front> {
    let line = inner.lines.look(component);
    let waiting = line.len().saturating_sub(1);
    line.into_iter().next().map(|front| Front {
        operation: front.operation,
        phase: front.phase,
        transition: front.transition,
        by: front.by,
        waiting,
    })
}

/// What is out of the ordinary about a component.
fn flags(inner: &Inner, row: &Row, seen: &Seen, busy: bool, desired: Option<Level>) -> Vec<Flag> {
    let (id, now) = (&row.component.id, inner.clock.now());
    let controller = row.component.controller.as_ref();
    let drifted = desired
        .zip(drift::level(seen.state))
        .is_some_and(|(desired, observed)| desired != observed);
    [
        (Flag::Drift, drifted && !busy),
        (Flag::Held, !inner.holds.on(id, now).is_empty()),
        (Flag::Uncertain, inner.drift.is_uncertain(id)),
        (Flag::FlipFlop, inner.directions.look(id, now).is_some()),
        (
            Flag::EndpointOpen,
            controller.is_some_and(|controller| inner.endpoints.is_open(controller)),
        ),
        (Flag::Failed, !busy && inner.failed.holds(id)),
    ]
    .into_iter()
    .filter_map(|(flag, holds)| holds.then_some(flag))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_can_be_taken_away() {
        let glance = |state, phase: Option<&'static str>| Glance {
            id: ComponentId::parse("a").unwrap(),
            state,
            available: state != PowerState::Unknown,
            desired: None,
            front: phase.map(|phase| Front {
                operation: Operation::On,
                phase,
                transition: TransitionId(uuid::Uuid::nil()),
                by: "an operator".to_owned(),
                waiting: 2,
            }),
            observed_at: None,
            flags: Vec::new(),
        };
        let on = glance(PowerState::On, Some("queued"));
        let lost = glance(PowerState::Unknown, None);
        let mut tally = Tally::default();
        tally.add(&on);
        tally.add(&lost);
        let expected = Tally {
            total: 2,
            on: 1,
            unknown: 1,
            unavailable: 1,
            busy: 1,
            waiting: 2,
            phases: BTreeMap::from([("queued", 1)]),
            ..Tally::default()
        };
        assert_eq!(tally, expected);
        tally.take_away(&on);
        tally.take_away(&lost);
        assert_eq!(tally, Tally::default());
    }
}
