//! What happens in one history, and how histories are made.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use switchyard_core::admission::IfBusy;
use switchyard_core::machine::Deadline;
use switchyard_core::{Ability, Operation, Primitive, Replay, Timestamp};

/// When virtual time begins.
pub(crate) const T0: Timestamp = Timestamp::from_millis(1_000_000_000);

/// What a BMC does with one changing request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Says yes and does it, after a part of the primitive's longest time, in percent.
    Execute(u64),
    /// Says yes, gives a task, and does it.
    Task(u64),
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
}

impl Behaviour {
    /// Whether the BMC takes the request, whatever it then says.
    pub(crate) fn takes(self) -> bool {
        !matches!(
            self,
            Self::Refuse(_) | Self::Error | Self::NotSent | Self::LoseRequest
        )
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
    Unknown,
    /// As it was some seconds ago.
    Stale(u64),
}

/// Seconds of virtual time, from and for.
pub(crate) type Window = (u64, u64);

/// One request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// Milliseconds since the beginning.
    pub(crate) at: u64,
    pub(crate) operation: Operation,
    pub(crate) deadline: Deadline,
    pub(crate) if_busy: IfBusy,
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Makes the request of this number.
    Submit(usize),
    /// Cancels it, and lets a restart between off and on finish or not.
    Cancel { request: usize, finish: bool },
    /// Pauses its task.
    Pause(usize),
    /// Lets its task go on.
    Resume(usize),
    /// Nothing, at a time at which something might have been done.
    Nothing,
}

/// Where the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before whatever is due.
    Any,
    /// An intent was made and is not stored.
    IntentMade,
    /// An intent was stored and nothing has left.
    IntentStored,
    /// The request is leaving: it arrives now, late or never.
    Leaving,
    /// The answer is there and not looked at.
    Answered,
    /// A request was stored and nobody drives it.
    Submitted,
}

/// The process dies at a moment of a kind, and the next one starts some seconds later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crash {
    pub(crate) moment: Moment,
    pub(crate) nth: u32,
    pub(crate) down: u64,
}

/// How long things take, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) read: u64,
    pub(crate) send: u64,
    /// From an intent that is stored to its first byte.
    pub(crate) leave: u64,
    /// From a change to its being stored.
    pub(crate) store: u64,
    pub(crate) settle: u64,
}

/// One history.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) asks: Vec<Ask>,
    /// With milliseconds since the beginning.
    pub(crate) deeds: Vec<(u64, Deed)>,
    pub(crate) offers: Vec<Ability>,
    pub(crate) starts_on: bool,
    pub(crate) evidence: Evidence,
    /// For how long a restart shows the component off, and a cut of mains takes the BMC away besides, in seconds.
    pub(crate) dip: u64,
    /// By number of request; after the last the BMC is faithful.
    pub(crate) behaviours: Vec<Behaviour>,
    /// Whether the operating system never shuts down.
    pub(crate) deaf: bool,
    /// How much of the longest time the operating system takes at least, in percent.
    pub(crate) sluggish: u64,
    pub(crate) lies: Vec<(Window, Lie)>,
    pub(crate) away: Vec<Window>,
    pub(crate) crashes: Vec<Crash>,
    pub(crate) times: Times,
    pub(crate) start_within: Duration,
    /// Decides what is left to chance.
    pub(crate) chance: u64,
}

impl Script {
    /// Whether readings come and say what is, and the BMC takes every request.
    pub(crate) fn is_answering(&self) -> bool {
        let cuts_mains = |ask: &Ask| ask.operation == Operation::FullPowerCycle;
        self.lies.is_empty()
            && self.away.is_empty()
            && !(self.offers(Primitive::FullPowerCycle) && self.asks.iter().any(cuts_mains))
            && self.behaviours.iter().all(|behaviour| behaviour.takes())
    }

    /// Everything that is done, in order.
    pub(crate) fn agenda(&self) -> Vec<(Timestamp, Deed)> {
        let submits = self
            .asks
            .iter()
            .enumerate()
            .map(|(n, ask)| (ask.at, Deed::Submit(n)));
        let mut agenda: Vec<(u64, Deed)> = submits.chain(self.deeds.iter().copied()).collect();
        agenda.sort_by_key(|(at, _)| *at);
        let timed = agenda.into_iter();
        timed
            .map(|(at, deed)| (T0 + Duration::from_millis(at), deed))
            .collect()
    }

    pub(crate) fn settle(&self) -> Duration {
        Duration::from_millis(self.times.settle)
    }

    /// Whether components are reserved in SMD, which gives them to whoever asks.
    pub(crate) fn reserves(&self) -> bool {
        self.chance & 1 == 1
    }

    pub(crate) fn offers(&self, primitive: Primitive) -> bool {
        self.offers.iter().any(|ability| ability.what == primitive)
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
        6 => part.clone().prop_map(B::Execute),
        1 => part.clone().prop_map(B::Task),
        2 => Just(B::Ignore),
        2 => Just(B::LoseRequest),
        2 => part.clone().prop_map(B::LoseReply),
        2 => prop::sample::select(vec![400, 401, 404, 409, 429, 501]).prop_map(B::Refuse),
        1 => part.prop_map(B::ErrorButDone),
        1 => Just(B::Error),
        1 => Just(B::NotSent),
    ]
}

fn offers() -> impl Strategy<Value = Vec<Ability>> {
    use Primitive as P;
    let full = vec![P::On, P::ForceOff, P::GracefulShutdown, P::GracefulRestart];
    let sets = vec![
        full.clone(),
        full,
        vec![P::On, P::ForceOff, P::GracefulShutdown],
        vec![P::On, P::ForceOff],
        vec![P::On, P::GracefulShutdown, P::GracefulRestart],
        vec![
            P::On,
            P::ForceOff,
            P::GracefulShutdown,
            P::ForceRestart,
            P::PowerCycle,
            P::FullPowerCycle,
            P::Nmi,
        ],
        vec![
            P::On,
            P::ForceOff,
            P::GracefulRestart,
            P::ForceRestart,
            P::PowerCycle,
            P::Nmi,
        ],
    ];
    let replay = prop::sample::select(vec![
        Replay::Safe,
        Replay::Safe,
        Replay::Safe,
        Replay::IfUnchanged,
    ]);
    (
        prop::sample::select(sets),
        replay,
        prop::sample::select(vec![20_u32, 60, 100]),
    )
        .prop_map(|(set, replay, percent)| {
            let abilities = set.into_iter().map(|what| Ability {
                what,
                replay,
                advertised: true,
                usual: what.usual() * percent / 100,
                limit: what.limit() * percent / 100,
            });
            abilities.collect()
        })
}

/// A time between two requests, in milliseconds: mostly short, so that they meet.
fn gap() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..3_000_u64, 4 => 0..40_000_u64, 2 => 0..400_000_u64]
}

fn ask() -> impl Strategy<Value = Ask> {
    let operation = prop::sample::select(Operation::ALL.to_vec());
    let minutes = prop::sample::select(vec![5, 5, 5, 1, 2, 10, 30, 0, -1]);
    let if_busy = prop_oneof![
        7 => Just(IfBusy::Queue),
        1 => Just(IfBusy::Reject),
        1 => Just(IfBusy::Replace),
        1 => Just(IfBusy::Overtake),
    ];
    (gap(), operation, minutes, if_busy).prop_map(|(at, operation, minutes, if_busy)| Ask {
        at,
        // An emergency is a force-off.
        operation: if if_busy == IfBusy::Overtake {
            Operation::ForceOff
        } else {
            operation
        },
        deadline: Deadline::from_minutes(minutes),
        if_busy,
    })
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    vec(ask(), 1..13).prop_map(|mut asks| {
        let mut at = 0;
        for ask in &mut asks {
            at += ask.at;
            ask.at = at;
        }
        asks
    })
}

/// Something that is done to a request, some milliseconds after it was made.
fn deed() -> impl Strategy<Value = (prop::sample::Index, u64, u8)> {
    (any::<prop::sample::Index>(), gap(), 0..6_u8)
}

fn placed(asks: &[Ask], deeds: Vec<(prop::sample::Index, u64, u8)>) -> Vec<(u64, Deed)> {
    let mut placed = Vec::new();
    for (index, after, what) in deeds {
        let request = index.index(asks.len());
        let at = asks[request].at + after;
        if what <= 2 {
            let finish = what == 0;
            placed.push((at, Deed::Cancel { request, finish }));
        } else {
            placed.push((at, Deed::Pause(request)));
            placed.push((at + after * u64::from(what - 2), Deed::Resume(request)));
        }
    }
    placed
}

fn crash() -> impl Strategy<Value = Crash> {
    use Moment as M;
    let moment = prop_oneof![
        4 => (Just(M::Any), 0..80_u32),
        1 => (Just(M::IntentMade), 0..6_u32),
        2 => (Just(M::IntentStored), 0..6_u32),
        3 => (Just(M::Leaving), 0..6_u32),
        2 => (Just(M::Answered), 0..6_u32),
        1 => (Just(M::Submitted), 0..8_u32),
    ];
    let down = prop_oneof![3 => 0..10_u64, 1 => 10..600_u64];
    (moment, down).prop_map(|((moment, nth), down)| Crash { moment, nth, down })
}

fn times() -> impl Strategy<Value = Times> {
    let store = prop::sample::select(vec![0_u64, 0, 20, 500, 3_000]);
    let leave = prop::sample::select(vec![0_u64, 0, 200, 5_000]);
    let settle = prop::sample::select(vec![0_u64, 2_000, 8_000]);
    (0..3_000_u64, 0..15_000_u64, leave, store, settle).prop_map(|(read, send, leave, store, settle)| Times {
        read,
        send,
        leave,
        store,
        settle,
    })
}

/// Every history, tame and wild.
pub(crate) fn script() -> impl Strategy<Value = Script> {
    let sometimes = |wild: BoxedStrategy<Vec<Window>>| prop_oneof![4 => Just(Vec::new()), 1 => wild];
    let away = sometimes(vec((0..900_u64, 1..900_u64), 1..3).boxed());
    let lie = prop_oneof![Just(Lie::Unknown), (1..=5_u64).prop_map(Lie::Stale)];
    let lies = prop_oneof![5 => Just(Vec::new()), 1 => vec(((0..900_u64, 1..200_u64), lie), 1..3)];
    let behaviours = prop_oneof![1 => Just(Vec::new()), 3 => vec(behaviour(), 1..10)];
    let evidence = prop::sample::select(vec![
        Evidence::ResetTime,
        Evidence::ResetTime,
        Evidence::BootProgress,
        Evidence::None,
    ]);
    let sluggish = prop::sample::select(vec![0_u64, 0, 10, 40]);
    let bmc = (
        offers(),
        any::<bool>(),
        evidence,
        0..8_u64,
        prop::bool::weighted(0.2),
        sluggish,
    );
    let deeds = prop_oneof![1 => Just(Vec::new()), 1 => vec(deed(), 1..6)];
    let crashes = prop_oneof![2 => Just(Vec::new()), 3 => vec(crash(), 1..4)];
    let start_within = prop::sample::select(vec![15_u64, 15, 2]);
    let troubles = (behaviours, lies, away, crashes);
    (
        asks(),
        deeds,
        bmc,
        troubles,
        (times(), start_within, any::<u64>()),
    )
        .prop_map(|(asks, deeds, bmc, troubles, (times, minutes, chance))| Script {
            deeds: placed(&asks, deeds),
            asks,
            offers: bmc.0,
            starts_on: bmc.1,
            evidence: bmc.2,
            dip: bmc.3,
            deaf: bmc.4,
            sluggish: bmc.5,
            behaviours: troubles.0,
            lies: troubles.1,
            away: troubles.2,
            crashes: troubles.3,
            times,
            start_within: Duration::from_mins(minutes),
            chance,
        })
}
