//! The order of tasks within one request: what a task waits for, and what it makes of how that ends.
//!
//! A [`Relation`] is a task's reason to wait for another task of the same request. [`settle`] is total: whatever becomes of the other,
//! the wait is over, goes on, or ends the task that waits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ComponentId, TaskId};
use crate::machine::{Machine, Phase};
use crate::outcome::{Fault, Outcome};
use crate::pcs;
use crate::plan::Step;
use crate::power::Level;
use crate::time::Timestamp;

/// Why a task waits for another of the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The other is below and has to be off first, for it is to lose its power.
    OffFirst,
    /// The other is above and has to be on first.
    OnFirst,
    /// The other is one of several that feed it, of which one has to be on first.
    OneOnFirst,
    /// The other is above and is turned off and on: between its own off and its own on it waits for the end of that.
    Between,
    /// The other has to have ended first, however.
    EndFirst,
    /// As [`Self::EndFirst`], for a short time only: a power cut waits for nobody for long.
    EndFirstBriefly,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 6] = [
        Self::OffFirst,
        Self::OnFirst,
        Self::OneOnFirst,
        Self::Between,
        Self::EndFirst,
        Self::EndFirstBriefly,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OffFirst => "off-first",
            Self::OnFirst => "on-first",
            Self::OneOnFirst => "one-on-first",
            Self::Between => "between",
            Self::EndFirst => "end-first",
            Self::EndFirstBriefly => "end-first-briefly",
        }
    }

    /// Whether the task may not even begin before. Else it is only turned on afterwards.
    pub const fn keeps_from_beginning(self) -> bool {
        !matches!(self, Self::Between)
    }
}

/// The text named no relation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no relation {0}")]
pub struct UnknownRelation(pub String);

impl FromStr for Relation {
    type Err = UnknownRelation;

    fn from_str(text: &str) -> Result<Self, UnknownRelation> {
        Self::ALL
            .into_iter()
            .find(|relation| relation.name() == text)
            .ok_or_else(|| UnknownRelation(text.to_owned()))
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a wait has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It goes on.
    Waits,
    /// It is over.
    Met {
        /// Since when.
        at: Timestamp,
    },
    /// The other ended as if it were off, and nothing has shown that: a reading made later has to.
    Unshown {
        /// When it ended.
        at: Timestamp,
    },
    /// It will never be over: the task that waits ends by this.
    Blocked(Fault),
}

/// What the wait for a task comes to. `end` is how the request's part in it ended, when it left the task before that ended.
pub fn settle(
    relation: Relation,
    component: &ComponentId,
    task: TaskId,
    machine: &Machine,
    end: Option<(&Outcome, Timestamp)>,
) -> Settled {
    let own = match &machine.phase {
        Phase::Done { outcome, at } => Some((outcome, *at)),
        _ => None,
    };
    let Some((outcome, at)) = end.or(own) else {
        return Settled::Waits;
    };
    let is_off = machine.operation.end_level() == Level::Off;
    let holds = match (relation, outcome) {
        (Relation::EndFirst | Relation::EndFirstBriefly, _) => true,
        // Only a reading makes it safe to cut the power of what is below.
        (Relation::OffFirst, Outcome::Verified { .. } | Outcome::Already { .. }) => is_off,
        // What could not be restarted, since it is off, is as safe.
        (
            Relation::OffFirst,
            Outcome::Failed {
                fault: Fault::WrongState { state },
            },
        ) => state.is(Level::Off),
        (Relation::OffFirst, Outcome::Unproven) if is_off => return Settled::Unshown { at },
        (Relation::OffFirst, _) => false,
        (Relation::OnFirst | Relation::OneOnFirst, _) => outcome.is_success() && !is_off,
        // What could not be turned off still feeds what is below.
        (Relation::Between, _) => outcome.is_success() || machine.present_step() != Some(Step::On),
    };
    if holds {
        Settled::Met { at }
    } else {
        Settled::Blocked(blocked(component, task, machine, outcome))
    }
}

/// Why a task ends that waited for this one. What blocks is the first in the chain, not who passes it on.
fn blocked(component: &ComponentId, task: TaskId, machine: &Machine, outcome: &Outcome) -> Fault {
    if let Outcome::Failed {
        fault: fault @ Fault::Dependency { .. },
    } = outcome
    {
        return fault.clone();
    }
    Fault::Dependency {
        component: component.clone(),
        task: Some(task),
        end: outcome.name().to_owned(),
        text: pcs::on_dependency(machine, outcome, component),
    }
}

#[cfg(test)]
mod tests;
