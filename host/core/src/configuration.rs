//! The configuration lane: power limits, boot override and indicator, set as durable tasks of their own.
//!
//! Everything set here is a level: it is what it is however often it was sent, and a reading shows whether it is there. So a change may
//! be sent again when nobody knows whether it arrived, nothing is ever uncertain, and after a crash a fresh reading tells how to go on.
//! A component has one line for each [`Track`]; the lines wait for no power operation and for no other track.

pub mod admission;
pub mod goal;
pub mod machine;
pub mod outcome;
pub mod snapshot;
pub mod tally;
pub mod words;

pub use goal::{Change, Comparison, Goal, LimitGoal, Objection, Track};
pub use machine::{Attempt, Event, Machine, Next, Phase, Transition, World};
pub use outcome::{Fault, Outcome};
pub use snapshot::{Snapshot, Values};
pub use tally::Tally;
