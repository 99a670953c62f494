//! What happens in one case.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::bmc::Behaviour;

#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// The limit at first.
    pub(crate) start: Option<u32>,
    /// The limit that is wanted.
    pub(crate) wanted: Option<u32>,
    /// What the BMC does with each change; afterwards it executes.
    pub(crate) behaviours: Vec<Behaviour>,
    /// From when and for how long nothing answers, in milliseconds.
    pub(crate) away: Vec<(u64, u64)>,
    /// The boundaries at which the process dies.
    pub(crate) crashes: Vec<u32>,
    /// The boundary at which somebody cancels.
    pub(crate) cancel_at: Option<u32>,
}

pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    let value = || of(prop_oneof![300_u32..1_000, Just(500)]);
    (
        of(350_u32..900),
        value(),
        vec(behaviour(), 0..5),
        vec((0_u64..60_000, 0_u64..90_000), 0..3),
        vec(0_u32..60, 0..4),
        of(0_u32..40),
    )
        .prop_map(|(start, wanted, behaviours, away, crashes, cancel_at)| Scenario {
            start,
            wanted,
            behaviours,
            away,
            crashes,
            cancel_at,
        })
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        Just(Behaviour::Execute),
        (0_u64..30_000).prop_map(Behaviour::Late),
        Just(Behaviour::Ignore),
        Just(Behaviour::LoseRequest),
        Just(Behaviour::LoseReply),
        Just(Behaviour::Refuse),
        Just(Behaviour::Busy),
        Just(Behaviour::ErrorButDone),
        Just(Behaviour::NotSent),
        Just(Behaviour::Liar),
        Just(Behaviour::Task),
    ]
}
