//! Any event in any state, also in one that no history leads to: the machine never panics, and its state can be stored.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use switchyard_core::machine::{
    Answer, Deadline, Event, Fallback, Machine, Phase, Sent, Stop, TaskProgress, World,
};
use switchyard_core::observation::evidence;
use switchyard_core::outcome::Fault;
use switchyard_core::pcs;
use switchyard_core::plan::Step;
use switchyard_core::reservation::{Reason, Refusal};
use switchyard_core::{
    Ability, Cause, ComponentId, ControllerId, Delivery, Demand, Executed, Fact, Failure, Kind, Observation,
    Operation, Outcome, Pace, PermitId, PowerState, Primitive, Replay, Reservation, Timestamp, TransitionId,
};
use uuid::Uuid;

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => 0..10_000_000_i64,
        1 => any::<i64>(),
    ]
    .prop_map(Timestamp::from_millis)
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![8 => (0..1_000_000_u64).prop_map(Duration::from_millis), 1 => Just(Duration::MAX)]
}

fn state() -> impl Strategy<Value = PowerState> {
    use PowerState as S;
    select(vec![
        S::On,
        S::Off,
        S::PoweringOn,
        S::PoweringOff,
        S::Paused,
        S::Asleep,
        S::Unknown,
    ])
}

fn primitive() -> impl Strategy<Value = Primitive> {
    select(Primitive::ALL.to_vec())
}

fn cause() -> impl Strategy<Value = Cause> {
    use Cause as C;
    select(vec![
        C::Unreachable,
        C::Tls,
        C::Auth,
        C::Busy,
        C::NotFound,
        C::Conflict,
        C::Cancelled,
        C::RefusedByHost,
        C::Malformed,
        C::Driver,
        C::Timeout,
        C::BreakerOpen,
        C::Smd,
        C::Other("strange".to_owned()),
    ])
}

fn failure() -> impl Strategy<Value = Failure> {
    (
        cause(),
        option::of(any::<u16>()),
        option::of(duration()),
        ".{0,40}",
    )
        .prop_map(|(cause, status, retry_after, text)| Failure {
            status,
            retry_after,
            ..Failure::new(cause, text)
        })
}

fn observation() -> impl Strategy<Value = Observation> {
    let names = [
        evidence::LAST_RESET_TIME,
        evidence::BOOT_PROGRESS,
        evidence::BOOT_PROGRESS_TIME,
        "other",
    ];
    let fact = (
        select(names.to_vec()),
        select(vec!["", "0000-00-00", "OSRunning", "a", "b"]),
    )
        .prop_map(|(name, value)| Fact {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    (state(), vec(fact, 0..3), time(), via()).prop_map(|(state, evidence, at, controller)| Observation {
        state,
        raw: String::new(),
        evidence,
        at,
        controller,
    })
}

/// A controller other than the component's own.
fn via() -> impl Strategy<Value = Option<ControllerId>> {
    let known = |id| ControllerId::parse(id).ok();
    select(vec![None, None, known("second"), known("gone")])
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let executed = select(vec![Executed::No, Executed::Accepted, Executed::Unknown]);
    prop_oneof![
        Just(Delivery::NotSent),
        Just(Delivery::MaybeSent),
        any::<u16>().prop_map(Delivery::of_http_status),
        (any::<u16>(), executed).prop_map(|(status, executed)| Delivery::Answered { status, executed }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        Just(Ok(Answer::Accepted)),
        Just(Ok(Answer::Already)),
        duration().prop_map(|poll_after| Ok(Answer::Pending {
            handle: "7".to_owned(),
            poll_after
        })),
        failure().prop_map(Err),
    ];
    let progress = prop_oneof![
        ("[a-z]{0,4}", duration())
            .prop_map(|(handle, poll_after)| Ok(TaskProgress::Running { handle, poll_after })),
        Just(Ok(TaskProgress::Done)),
        Just(Ok(TaskProgress::Gone)),
        failure().prop_map(|failure| Ok(TaskProgress::Failed(failure))),
        failure().prop_map(Err),
    ];
    prop_oneof![
        1 => Just(Event::Start),
        1 => Just(Event::StartLimitPassed),
        6 => prop_oneof![observation().prop_map(Ok), failure().prop_map(Err)].prop_map(Event::Observed),
        5 => (delivery(), answer).prop_map(|(delivery, answer)| Event::Sent { delivery, answer }),
        3 => progress.prop_map(Event::Polled),
        4 => reserved().prop_map(Event::Reserved),
        1 => Just(Event::CancelAsked),
        1 => Just(Event::Overtaken { by: TransitionId(Uuid::nil()) }),
        1 => Just(Event::Hurried),
        1 => Just(Event::Paused),
        1 => Just(Event::PowerAbove),
        1 => Just(Event::Blocked { transition: TransitionId(Uuid::nil()), fault: Fault::Unsupported }),
        2 => Just(Event::Recovered),
    ]
}

/// What SMD answers.
fn reserved() -> impl Strategy<Value = Result<(), Refusal>> {
    let reason = select(vec![
        Reason::Reserved,
        Reason::Locked,
        Reason::Other("strange".to_owned()),
    ]);
    prop_oneof![
        3 => Just(Ok(())),
        1 => failure().prop_map(|failure| Err(Refusal::Later(failure))),
        1 => (reason, any::<bool>()).prop_map(|(reason, bad_deputy_key)| Err(Refusal::Refused { reason, bad_deputy_key })),
        1 => Just(Err(Refusal::Lost)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::On),
        Just(Step::Shutdown),
        any::<bool>().prop_map(|after_grace| Step::ForceOff { after_grace }),
        primitive().prop_map(|primitive| Step::Restart { primitive }),
        Just(Step::Interrupt),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    (
        primitive(),
        time(),
        any::<[bool; 4]>(),
        (option::of(failure()), option::of(time())),
        any::<u32>(),
    )
        .prop_map(
            |(primitive, at, [acknowledged, refused, seen_off, seen_away], (words, away_since), readings)| {
                Sent {
                    permit: PermitId(Uuid::nil()),
                    primitive,
                    at,
                    acknowledged,
                    words,
                    refused,
                    seen_off,
                    away_since,
                    seen_away,
                    readings,
                }
            },
        )
}

fn phase() -> impl Strategy<Value = Phase> {
    let permit = PermitId(Uuid::nil());
    prop_oneof![
        Just(Phase::Queued),
        Just(Phase::Preparing),
        state().prop_map(|state| Phase::Reserving { state }),
        (time(), failure()).prop_map(|(until, reason)| Phase::Backoff { until, reason }),
        (primitive(), time()).prop_map(move |(primitive, at)| Phase::Intent {
            permit,
            primitive,
            at
        }),
        sent().prop_map(|sent| Phase::Pending {
            sent,
            handle: "7".to_owned()
        }),
        sent().prop_map(|sent| Phase::Verifying { sent }),
        (sent(), failure()).prop_map(|(sent, failure)| Phase::Refused { sent, failure }),
        Just(Phase::Closing),
        time().prop_map(|at| Phase::Done {
            outcome: Outcome::Unproven,
            at
        }),
    ]
}

fn machine() -> impl Strategy<Value = Machine> {
    let deadline = prop_oneof![
        Just(Deadline::SkipConfirmation),
        Just(Deadline::Unbounded),
        any::<i64>().prop_map(Deadline::from_minutes),
        duration().prop_map(Deadline::Within),
    ];
    let asked = (
        select(Operation::ALL.to_vec()),
        deadline,
        time(),
        duration(),
        time(),
    );
    let way = (
        vec(step(), 0..4),
        prop_oneof![9 => 0..4_usize, 1 => Just(usize::MAX)],
        option::of(time()),
    );
    let counts = (any::<u8>(), any::<u32>(), any::<[bool; 4]>());
    let seen = (option::of(observation()), option::of(primitive()), phase(), via());
    (asked, way, counts, seen).prop_map(|(asked, way, counts, seen)| Machine {
        plan: way.0,
        step: way.1,
        step_since: way.2,
        sends: counts.0,
        tries: counts.1,
        ever_sent: counts.2[0],
        stop: counts.2[1].then_some(Stop::Cancelled),
        emergency: counts.2[2],
        reserved: counts.2[3],
        baseline: seen.0,
        last_primitive: seen.1,
        phase: seen.2,
        via: seen.3,
        ..Machine::new(asked.0, asked.1, asked.2, asked.3, asked.4)
    })
}

fn demand() -> impl Strategy<Value = Demand> {
    let deadline = prop_oneof![
        Just(Deadline::SkipConfirmation),
        Just(Deadline::Unbounded),
        duration().prop_map(Deadline::Within),
    ];
    let times = (time(), time(), time());
    (any::<u128>(), select(Operation::ALL.to_vec()), deadline, times).prop_map(
        |(transition, operation, deadline, (joined_at, start_by, expires))| Demand {
            transition: TransitionId(Uuid::from_u128(transition)),
            operation,
            deadline,
            joined_at,
            start_by,
            expires,
        },
    )
}

fn abilities() -> impl Strategy<Value = Vec<Ability>> {
    let replay = select(vec![Replay::Safe, Replay::IfUnchanged, Replay::Never]);
    let ability =
        (primitive(), replay, duration(), duration()).prop_map(|(what, replay, usual, limit)| Ability {
            what,
            replay,
            advertised: false,
            usual,
            limit,
        });
    vec(ability, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_event_in_no_state_is_too_much(
        start in machine(),
        events in vec((event(), time(), any::<u16>()), 1..30),
        (abilities, others) in (abilities(), abilities()),
        demands in vec(demand(), 0..4),
        (settle, poll, change_timeout) in (duration(), duration(), duration()),
        kind in select(vec![Kind::Node, Kind::Controller, Kind::Outlet]),
    ) {
        let component = ComponentId::parse("x0c0s0b0n0").unwrap();
        let second = ControllerId::parse("second").unwrap();
        let mut machine = start;
        for (number, (event, now, chance)) in events.into_iter().enumerate() {
            let world = World {
                now,
                fresh_permit: PermitId(Uuid::from_u128(number as u128)),
                chance,
                kind,
                abilities: &abilities,
                fallback: (chance % 2 == 0).then_some(Fallback { controller: &second, abilities: &others }),
                pace: Pace { settle, poll, ..Pace::default() },
                change_timeout,
                demands: &demands,
                others_wait_since: (chance % 3 == 0).then_some(now),
                settled_at: now,
                reservation: [Reservation::NotNeeded, Reservation::Wanted, Reservation::Held][usize::from(chance % 3)],
            };
            let was_done = machine.outcome().is_some();
            let Ok(transition) = machine.clone().step(event, &world) else { continue };
            prop_assert!(!was_done || transition.machine == machine, "an end is final");
            prop_assert!(transition.departed.len() < demands.len().max(1), "somebody stays");
            machine = transition.machine;
            let text = serde_json::to_string(&machine).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Machine>(&text).unwrap(), &machine);
            machine.course(kind, &abilities, &others);
            prop_assert!(!pcs::describe(&machine, &component, None).description.is_empty());
        }
    }
}
