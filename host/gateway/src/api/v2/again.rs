//! What is tried again, and what is left out.

use std::collections::BTreeMap;

use switchyard_core::Outcome;
use switchyard_core::outcome::Fault;
use switchyard_store::{MemberRecord, Part, Refusal, TaskRecord};
use switchyard_wire::v2;

use super::selection::{count, fold};
use crate::api::pcs::transitions::member::machine;

/// Why a component is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    Succeeded,
    Unfinished,
    Uncertain,
    Superseded,
    Cancelled,
    Dependency,
    CannotHelp,
}

impl Why {
    /// The stable word and the same in a sentence.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Succeeded => ("succeeded", "it is as it was asked to be"),
            Self::Unfinished => ("unfinished", "work on it goes on"),
            Self::Uncertain => (
                "uncertain",
                "it is not known whether it was executed; look at the machine and resolve it",
            ),
            Self::Superseded => ("superseded", "a later request wanted the contrary"),
            Self::Cancelled => ("cancelled", "somebody cancelled it"),
            Self::Dependency => (
                "dependency",
                "what it waited for is not tried again with it, and its power may not be cut from above",
            ),
            Self::CannotHelp => ("cannot-help", "trying again, unchanged, cannot help"),
        }
    }
}

/// Whether a part of a request was stopped by another, which has to be tried again with it.
pub(super) fn is_stopped(record: &MemberRecord, task: Option<&TaskRecord>) -> bool {
    match (task, &record.part) {
        (Some(task), _) => matches!(
            machine(record, task).outcome(),
            Some(Outcome::Failed {
                fault: Fault::Dependency { .. }
            })
        ),
        (None, part) => matches!(
            part,
            Part::Refused {
                refusal: Refusal::Dependency { .. }
            }
        ),
    }
}

/// Whether a part of a request is tried again.
pub(super) fn verdict(record: &MemberRecord, task: Option<&TaskRecord>) -> Result<(), Why> {
    match (task, &record.part) {
        (Some(task), _) => match machine(record, task).outcome() {
            None => Err(Why::Unfinished),
            Some(outcome) => of_outcome(outcome),
        },
        (None, Part::Refused { refusal }) => of_refusal(refusal),
        (None, Part::Task { .. }) => Err(Why::CannotHelp),
    }
}

fn of_outcome(outcome: &Outcome) -> Result<(), Why> {
    match outcome {
        Outcome::Verified { .. } | Outcome::Already { .. } | Outcome::Unproven => Err(Why::Succeeded),
        Outcome::TimedOut { .. } => Ok(()),
        Outcome::Failed { fault } => match fault {
            Fault::Unsupported | Fault::NoPrimitive => Err(Why::CannotHelp),
            Fault::WrongState { .. }
            | Fault::NotPrepared { .. }
            | Fault::Refused { .. }
            | Fault::NotReserved { .. }
            | Fault::ReservationLost { .. }
            | Fault::Dependency { .. } => Ok(()),
        },
        Outcome::Superseded { .. } | Outcome::Absorbed { .. } => Err(Why::Superseded),
        Outcome::Cancelled | Outcome::CancelledAfterSend { .. } => Err(Why::Cancelled),
        Outcome::Uncertain { .. } => Err(Why::Uncertain),
    }
}

/// What the present state stood in the way of may be possible now.
fn of_refusal(refusal: &Refusal) -> Result<(), Why> {
    match refusal {
        Refusal::Conflict { .. }
        | Refusal::OnHold { .. }
        | Refusal::Protected { .. }
        | Refusal::Dependency { .. }
        | Refusal::OutOfScope => Ok(()),
        Refusal::Uncertain { .. } => Err(Why::Uncertain),
        Refusal::InvalidName
        | Refusal::NoPowerControl { .. }
        | Refusal::NotInInventory
        | Refusal::InventoryNotRead
        | Refusal::Ambiguous { .. }
        | Refusal::NoController
        | Refusal::UnknownLimit { .. }
        | Refusal::Unsupported { .. } => Err(Why::CannotHelp),
    }
}

/// What is left out, by reason.
#[derive(Debug, Default)]
pub(super) struct LeftOut<'a>(BTreeMap<Why, Vec<&'a str>>);

impl<'a> LeftOut<'a> {
    pub(super) fn add(&mut self, why: Why, name: &'a str) {
        self.0.entry(why).or_default().push(name);
    }

    pub(super) fn show(&self) -> Vec<v2::LeftOut> {
        let groups = self.0.iter();
        groups
            .map(|(why, names)| {
                let (word, text) = why.words();
                v2::LeftOut {
                    why: word.to_owned(),
                    text: text.to_owned(),
                    count: count(names),
                    components: fold(names),
                }
            })
            .collect()
    }
}
