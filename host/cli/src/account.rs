//! What became of a transition's components.

mod alike;
mod fate;
mod group;
mod tally;

use switchyard_wire::v2::Transition;

pub(crate) use alike::{merged, shape};
pub(crate) use fate::{Fate, fate};
pub(crate) use group::{Group, NAME, groups};
pub(crate) use tally::Tally;

use crate::exit::Exit;

/// How a followed transition makes the command end.
pub(crate) fn verdict(transition: &Transition) -> Exit {
    let tally = Tally::of(&transition.members);
    if tally.failed > 0 {
        Exit::Failed
    } else if tally.left_out() > 0 {
        Exit::Partial
    } else {
        Exit::Success
    }
}

#[cfg(test)]
pub(crate) mod tests;
