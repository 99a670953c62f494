//! What happens in one case, and how cases are made.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use switchyard_core::machine::Deadline;
use switchyard_core::{Ability, Operation, Primitive, Replay};

/// What a BMC does with one changing request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Says yes and does it, after a part of the primitive's longest time, in percent.
    Execute(u64),
    /// Says yes, gives a task, and does it.
    Task(u64),
    /// Gives a task that fails.
    TaskFails,
    /// Gives a task that never ends, and does nothing.
    TaskHangs,
    /// Says yes and does nothing.
    Ignore,
    /// The connection is cut before it arrives.
    LoseRequest,
    /// It arrives and is done; the answer gets lost.
    LoseReply(u64),
    /// Refuses with this status.
    Refuse(u16),
    /// An error of the server, and it is done all the same.
    ErrorButDone(u64),
    /// An error of the server, and nothing is done.
    Error,
    /// No connection comes about.
    NotSent,
    /// The driver says that all went well, and sent nothing.
    Liar,
    /// The driver says that the component is there, and sent nothing.
    SaysAlready,
    /// The driver traps after the BMC accepted and did it.
    Trap(u64),
}

impl Behaviour {
    /// Whether the request is accepted, done, and answered so.
    pub(crate) fn is_faithful(self) -> bool {
        matches!(self, Self::Execute(_) | Self::Task(_))
    }
}

/// What readings show of a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    ResetTime,
    BootProgress,
    None,
}

/// How a reading lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    On,
    Off,
    Unknown,
    /// As it was some seconds ago.
    Stale(u64),
}

/// SMD, where components have to be reserved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Smd {
    /// When it does not answer.
    pub(crate) away: Vec<Window>,
    /// When somebody else has the component, who also takes it away.
    pub(crate) taken: Vec<Window>,
}

/// Seconds of virtual time, from and for.
pub(crate) type Window = (u64, u64);

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) operation: Operation,
    pub(crate) deadline: Deadline,
    pub(crate) offers: Vec<Ability>,
    pub(crate) starts_on: bool,
    pub(crate) evidence: Evidence,
    /// For how long a restart shows the component off, and a cut of mains takes the BMC away besides, in seconds.
    pub(crate) dip: u64,
    /// By number of request; after the last the BMC is faithful.
    pub(crate) behaviours: Vec<Behaviour>,
    pub(crate) lies: Vec<(Window, Lie)>,
    pub(crate) away: Vec<Window>,
    /// When the second controller is away, if there is one. It offers the same.
    pub(crate) fallback: Option<Vec<Window>>,
    /// The state manager, if there is one.
    pub(crate) smd: Option<Smd>,
    /// Effect boundaries at which the process dies, with the seconds until the next one starts.
    pub(crate) crashes: Vec<(u16, u64)>,
    /// The boundary after which somebody cancels.
    pub(crate) cancel: Option<u16>,
    /// Seconds in line.
    pub(crate) queued: u64,
    /// Seconds that each reading and each request takes.
    pub(crate) takes: (u64, u64),
    pub(crate) settle: u64,
    /// Decides what is left to chance, bit by bit.
    pub(crate) chance: u64,
}

impl Scenario {
    /// Whether readings always say what is.
    pub(crate) fn is_truthful(&self) -> bool {
        self.lies.is_empty()
    }

    /// Whether nothing at all goes wrong.
    pub(crate) fn is_faithful(&self) -> bool {
        self.is_truthful()
            && self.away.is_empty()
            && self.cancel.is_none()
            && self.crashes.is_empty()
            && self
                .smd
                .as_ref()
                .is_none_or(|smd| smd.away.is_empty() && smd.taken.is_empty())
            && self.behaviours.iter().all(|behaviour| behaviour.is_faithful())
    }

    pub(crate) fn limit(&self, primitive: Primitive) -> Duration {
        let offered = self.offers.iter().find(|ability| ability.what == primitive);
        offered.map_or(primitive.limit(), |ability| ability.limit)
    }
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    use Behaviour as B;
    let part = prop_oneof![4 => Just(0_u64), 2 => 1..=30_u64, 1 => 31..=90_u64];
    prop_oneof![
        4 => part.clone().prop_map(B::Execute),
        1 => part.clone().prop_map(B::Task),
        1 => Just(B::TaskFails),
        1 => Just(B::TaskHangs),
        2 => Just(B::Ignore),
        3 => Just(B::LoseRequest),
        2 => part.clone().prop_map(B::LoseReply),
        2 => prop::sample::select(vec![400, 401, 403, 404, 409, 429, 501]).prop_map(B::Refuse),
        1 => part.clone().prop_map(B::ErrorButDone),
        2 => Just(B::Error),
        1 => Just(B::NotSent),
        1 => Just(B::Liar),
        1 => Just(B::SaysAlready),
        1 => part.prop_map(B::Trap),
    ]
}

fn lie() -> impl Strategy<Value = (Window, Lie)> {
    let lie = prop_oneof![
        Just(Lie::On),
        Just(Lie::Off),
        Just(Lie::Unknown),
        (1..=5_u64).prop_map(Lie::Stale)
    ];
    ((0..600_u64, 1..200_u64), lie)
}

fn offers() -> impl Strategy<Value = Vec<Ability>> {
    use Primitive as P;
    let sets = vec![
        vec![P::On, P::ForceOff, P::GracefulShutdown, P::GracefulRestart],
        vec![P::On, P::ForceOff, P::GracefulShutdown, P::GracefulRestart],
        vec![P::On, P::ForceOff, P::GracefulShutdown],
        vec![P::On, P::ForceOff],
        vec![P::On, P::GracefulShutdown, P::GracefulRestart],
        vec![
            P::On,
            P::ForceOff,
            P::ForceRestart,
            P::PowerCycle,
            P::FullPowerCycle,
            P::Nmi,
        ],
        vec![P::ForceRestart, P::PowerCycle, P::FullPowerCycle, P::Nmi],
    ];
    let replay = prop::sample::select(vec![
        Replay::Safe,
        Replay::Safe,
        Replay::Safe,
        Replay::IfUnchanged,
        Replay::Never,
    ]);
    (
        prop::sample::select(sets),
        replay,
        prop::sample::select(vec![20_u64, 60, 100]),
    )
        .prop_map(|(set, replay, percent)| {
            let part = |time: Duration| {
                Duration::from_millis(u64::try_from(time.as_millis()).unwrap() * percent / 100)
            };
            set.into_iter()
                .map(|what| Ability {
                    what,
                    replay,
                    advertised: true,
                    usual: part(what.usual()),
                    limit: part(what.limit()),
                })
                .collect()
        })
}

/// Lies, absences of both controllers, SMD, crashes and a cancel.
type Troubles = (
    Vec<(Window, Lie)>,
    Vec<Window>,
    Option<Vec<Window>>,
    Option<Smd>,
    Vec<(u16, u64)>,
    Option<u16>,
);

fn smd() -> impl Strategy<Value = Option<Smd>> {
    let sometimes =
        |longest: u64| prop_oneof![2 => Just(Vec::new()), 1 => vec((0..700_u64, 1..longest), 1..3)];
    let smd = (sometimes(1_200), sometimes(300)).prop_map(|(away, taken)| Smd { away, taken });
    proptest::option::weighted(0.5, smd)
}

fn troubles() -> impl Strategy<Value = Troubles> {
    let lies = prop_oneof![3 => Just(Vec::new()), 1 => vec(lie(), 1..3)];
    let away = prop_oneof![3 => Just(Vec::new()), 1 => vec((0..700_u64, 1..900_u64), 1..3)];
    let crash = (0..40_u16, prop_oneof![3 => 0..10_u64, 1 => 10..900_u64]);
    let crashes = prop_oneof![2 => Just(Vec::new()), 3 => vec(crash, 1..5)];
    let fallback_away = prop_oneof![2 => Just(Vec::new()), 1 => vec((0..700_u64, 1..300_u64), 1..3)];
    let fallback = proptest::option::weighted(0.3, fallback_away);
    (
        lies,
        away,
        fallback,
        smd(),
        crashes,
        proptest::option::weighted(0.2, 0..40_u16),
    )
}

/// Every case, tame and wild.
pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    let deadline = prop::sample::select(vec![5, 5, 5, 1, 10, 30, 0, -1]).prop_map(Deadline::from_minutes);
    let request = (prop::sample::select(Operation::ALL.to_vec()), deadline, offers());
    let evidence = prop::sample::select(vec![
        Evidence::ResetTime,
        Evidence::ResetTime,
        Evidence::BootProgress,
        Evidence::None,
    ]);
    let bmc = (any::<bool>(), evidence, 0..8_u64, vec(behaviour(), 0..6));
    let pace = (
        prop_oneof![9 => 0..60_u64, 1 => 60..1200_u64],
        (0..3_u64, 0..20_u64),
        0..10_u64,
        any::<u64>(),
    );
    (request, bmc, troubles(), pace).prop_map(|(request, bmc, troubles, pace)| Scenario {
        operation: request.0,
        deadline: request.1,
        offers: request.2,
        starts_on: bmc.0,
        evidence: bmc.1,
        dip: bmc.2,
        behaviours: bmc.3,
        lies: troubles.0,
        away: troubles.1,
        fallback: troubles.2,
        smd: troubles.3,
        crashes: troubles.4,
        cancel: troubles.5,
        queued: pace.0,
        takes: pace.1,
        settle: pace.2,
        chance: pace.3,
    })
}
