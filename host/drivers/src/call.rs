//! What a driver is asked with, and what it answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use switchyard_core::power::Ability;
use switchyard_core::{Fact, Failure, Pace, Subject};
use switchyard_transport::{Controller, Lane};
use tokio_util::sync::CancellationToken;

use crate::cache::CallCache;

/// The surroundings of one call.
#[derive(Clone)]
pub struct Call {
    /// The one BMC that the call may reach.
    pub controller: Arc<Controller>,
    /// Who passes whom, and which class of live instances the call counts for.
    pub lane: Lane,
    /// How long the driver may take. Getting a connection, and getting a place among the live instances, may each take as long
    /// before; waiting for a slot of the controller does not count.
    pub deadline: Duration,
    /// Ends the call early. A change that has left goes on and settles its permit.
    pub cancel: CancellationToken,
    /// The operator's settings for this driver or BMC.
    pub settings: Arc<BTreeMap<String, String>>,
    /// What this driver version remembers about this BMC.
    pub cache: Arc<CallCache>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("lane", &self.lane)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// What a survey found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What is known about the BMC as a whole, and what could not be read.
    pub identity: Vec<Fact>,
    /// How fast the driver wants the BMC to be asked; only ever tightens what the operator set.
    pub pace: Pace,
    /// The subjects behind the BMC.
    pub members: Vec<Member>,
}

/// One subject behind a BMC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The subject.
    pub subject: Subject,
    /// A short name for people.
    pub name: String,
    /// The subject whose power this one needs.
    pub parent: Option<Subject>,
    /// What it can be asked for. Use [`Ability::effective_replay`]: a driver can only be stricter than the floor.
    pub abilities: Vec<Ability>,
    /// What is known about it.
    pub facts: Vec<Fact>,
}

/// What a driver says became of a change. Whether anything was sent is the permit's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// The BMC took it.
    Accepted,
    /// The BMC took it and works on it.
    Pending {
        /// What to ask `poll` with.
        handle: String,
        /// When to ask.
        poll_after: Duration,
    },
    /// The driver saw nothing to do.
    Already,
}

/// Where pending work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Still going on.
    Running {
        /// What to ask `poll` with next.
        handle: String,
        /// When to ask.
        poll_after: Duration,
    },
    /// Ended well.
    Done,
    /// Ended badly, in the BMC's words.
    Failed(Failure),
    /// The BMC has forgotten it.
    Gone,
}
