//! Everything that stands in the way of a request, so that it is told at once.

use std::collections::BTreeMap;

use http::StatusCode;
use switchyard_core::admission::{Conflict, JOINED_MAX, QUEUE_MAX};
use switchyard_store::{MemberRecord, Part, Refusal};
use switchyard_wire::v2;

use super::problem::Problem;
use super::selection::fold;
use crate::api::time::rfc3339;

/// What can be done about an obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// The request has to be another one.
    Request,
    /// It passes by itself, or by what somebody else does.
    State,
}

/// Obstacles in the order in which they were met.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Obstacles {
    found: Vec<v2::Obstacle>,
    request: bool,
}

impl Obstacles {
    /// Notes something about the request as a whole.
    pub(super) fn add(&mut self, code: &'static str, detail: impl Into<String>) {
        self.request = true;
        self.found.push(v2::Obstacle {
            code: code.to_owned(),
            detail: detail.into(),
            components: None,
            count: None,
        });
    }

    /// Notes something about these components.
    pub(super) fn add_about(&mut self, code: &'static str, detail: impl Into<String>, names: &[&str]) {
        self.request = true;
        self.found.push(about(code, detail.into(), names));
    }

    /// Notes the refused ones among these members, alike with alike.
    pub(super) fn add_refused(&mut self, members: &[MemberRecord]) {
        let mut groups: BTreeMap<(&'static str, String), Vec<&str>> = BTreeMap::new();
        for member in members {
            let Part::Refused { refusal } = &member.part else {
                continue;
            };
            let (code, text, nature) = explain(refusal);
            self.request |= nature == Nature::Request;
            groups.entry((code, text)).or_default().push(&member.name);
        }
        let found = groups
            .into_iter()
            .map(|((code, text), names)| about(code, text, &names));
        self.found.extend(found);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Refuses a request that has met any.
    pub(super) fn into_result(self) -> Result<(), Problem> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.into_problem())
        }
    }

    /// The refusal of a request that has met these.
    pub(super) fn into_problem(self) -> Problem {
        let problem = if self.request {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "request.refused",
                self.summary("the request cannot be carried out as it is, and nothing was done"),
            )
        } else {
            Problem::new(
                StatusCode::CONFLICT,
                "request.conflict",
                self.summary("the present state stands in the way, and nothing was done"),
            )
            .hint("send it again later, or with onRefused=skip to leave those components out")
        };
        problem.because(self.found)
    }

    /// The refusal of a plan that no longer holds.
    pub(super) fn into_changed(self) -> Problem {
        Problem::new(
            StatusCode::CONFLICT,
            "plan.changed",
            self.summary("components are refused now that the plan held for possible, and nothing was done"),
        )
        .hint("make a new plan, look at it, and execute that")
        .because(self.found)
    }

    fn summary(&self, what: &str) -> String {
        let details: Vec<&str> = self
            .found
            .iter()
            .take(3)
            .map(|found| found.detail.as_str())
            .collect();
        let more = self.found.len().saturating_sub(details.len());
        let and_more = if more > 0 {
            format!("; and {more} more")
        } else {
            String::new()
        };
        format!("{what}: {}{and_more}", details.join("; "))
    }
}

fn about(code: &str, detail: String, names: &[&str]) -> v2::Obstacle {
    v2::Obstacle {
        code: code.to_owned(),
        detail,
        components: Some(fold(names)),
        count: Some(u32::try_from(names.len()).unwrap_or(u32::MAX)),
    }
}

/// Why components are refused, in words that hold for all of them.
pub(super) fn explain(refusal: &Refusal) -> (&'static str, String, Nature) {
    use Nature::{Request, State};
    match refusal {
        Refusal::InvalidName => (
            "component.invalid-name",
            "the name is neither an xname nor a name of the inventory".to_owned(),
            Request,
        ),
        Refusal::NoPowerControl { component_type } => (
            "component.no-power-control",
            format!("a {component_type} has no power to switch"),
            Request,
        ),
        Refusal::NotInInventory => (
            "component.not-found",
            "the inventory holds no such component".to_owned(),
            Request,
        ),
        Refusal::InventoryNotRead => (
            "component.inventory-not-read",
            "the inventory has not been read in full yet, so that nobody knows whether it holds the component".to_owned(),
            State,
        ),
        Refusal::Ambiguous { one, other } => (
            "component.ambiguous",
            format!("{one} and {other} have this name both; use their ids"),
            Request,
        ),
        Refusal::NoController => (
            "component.no-controller",
            "no controller switches it".to_owned(),
            Request,
        ),
        Refusal::Protected { why } => (
            "component.protected",
            format!("it is protected, because {why}; send force=true if it is meant"),
            Request,
        ),
        Refusal::UnknownLimit { limit } => (
            "limit.unknown",
            format!("only nodes have limits, and so it has none called {limit:?}"),
            Request,
        ),
        Refusal::Unsupported { operation } => (
            "component.unsupported",
            format!("it does not support {operation}"),
            Request,
        ),
        Refusal::Conflict { conflict } => explain_conflict(*conflict),
        Refusal::OnHold {
            reason, by, until, ..
        } => (
            "component.on-hold",
            format!("{by} keeps others off it until {}: {reason}", rfc3339(*until)),
            State,
        ),
        Refusal::Dependency { component } => (
            "component.dependency",
            format!("{component} below it is refused, and would lose its power"),
            State,
        ),
        Refusal::OutOfScope => (
            "component.out-of-scope",
            "the caller may not change it".to_owned(),
            Request,
        ),
        Refusal::Uncertain { .. } => (
            "component.uncertain",
            "it is not known whether a restart was executed; resolve it, or switch it on or off".to_owned(),
            State,
        ),
    }
}

fn explain_conflict(conflict: Conflict) -> (&'static str, String, Nature) {
    let (code, text) = match conflict {
        Conflict::QueueFull => (
            "component.queue-full",
            format!("{QUEUE_MAX} tasks are in line for it"),
        ),
        Conflict::TooManyJoined { .. } => (
            "component.too-many-joined",
            format!("{JOINED_MAX} requests share its task already"),
        ),
        Conflict::WouldBeOff { .. } => (
            "component.would-be-off",
            "an off is in line for it, behind which no restart can come".to_owned(),
        ),
        Conflict::Busy { .. } => ("component.busy", "there is work in line for it".to_owned()),
    };
    (code, text, Nature::State)
}

#[cfg(test)]
mod tests {
    use switchyard_core::TaskId;
    use uuid::Uuid;

    use super::*;

    fn refused(name: &str, refusal: Refusal) -> MemberRecord {
        MemberRecord {
            name: name.to_owned(),
            part: Part::Refused { refusal },
            how: None,
            departure: None,
            included: false,
        }
    }

    fn busy(task: u128) -> Refusal {
        Refusal::Conflict {
            conflict: Conflict::Busy {
                task: TaskId(Uuid::from_u128(task)),
            },
        }
    }

    #[test]
    fn what_is_alike_is_told_once() {
        let mut obstacles = Obstacles::default();
        obstacles.add_refused(&[refused("n1", busy(1)), refused("n2", busy(2))]);
        let problem = obstacles.into_result().unwrap_err();
        assert_eq!(problem.status(), StatusCode::CONFLICT);
        let mut obstacles = Obstacles::default();
        obstacles.add_refused(&[refused("n1", busy(1)), refused("n7", Refusal::NotInInventory)]);
        assert_eq!(obstacles.found.len(), 2);
        assert_eq!(obstacles.found[0].components.as_deref(), Some("n1"));
        let problem = obstacles.into_result().unwrap_err();
        assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(Obstacles::default().into_result(), Ok(()));
    }
}
