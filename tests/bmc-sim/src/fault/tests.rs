use super::*;
use crate::clock::Moment;

const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

fn action(bmc: usize) -> Asked<'static> {
    Asked {
        bmc,
        protocol: Protocol::Redfish,
        method: "POST",
        path: RESET,
        kind: RequestKind::Action,
        redirected: false,
    }
}

fn reading(bmc: usize) -> Asked<'static> {
    Asked {
        bmc,
        protocol: Protocol::Redfish,
        method: "GET",
        path: "/redfish/v1/Systems/1",
        kind: RequestKind::PowerReading,
        redirected: false,
    }
}

fn hits(table: &FaultTable, asked: &Asked<'_>, tries: usize) -> usize {
    (0..tries)
        .filter(|_| table.decide(asked, Moment(0)) != Plan::default())
        .count()
}

#[test]
fn ignore_the_first_two_actions_leaves_reads_alone() {
    let table = FaultTable::new(1);
    table.add(Fault::new(Effect::Ignore).times(2), Moment(0)).unwrap();
    assert_eq!(hits(&table, &reading(0), 3), 0);
    assert_eq!(hits(&table, &action(0), 5), 2);
    assert_eq!(hits(&table, &action(1), 5), 0);
    assert_eq!(table.list()[0].hits, 2);
}

#[test]
fn a_count_may_hold_for_each_bmc() {
    let table = FaultTable::new(1);
    table
        .add(Fault::new(Effect::Ignore).times_each(2).bmcs([0, 1]), Moment(0))
        .unwrap();
    assert_eq!([0, 1, 2].map(|bmc| hits(&table, &action(bmc), 5)), [2, 2, 0]);
}

#[test]
fn method_path_and_kind_choose() {
    let table = FaultTable::new(1);
    table
        .add(
            Fault::new(Effect::Busy { retry_after: 1 })
                .method("get")
                .path("Systems"),
            Moment(0),
        )
        .unwrap();
    assert_eq!(hits(&table, &action(0), 1), 0);
    assert_eq!(hits(&table, &reading(0), 1), 1);
    let chassis = Asked {
        path: "/redfish/v1/Chassis/1",
        ..reading(0)
    };
    assert_eq!(hits(&table, &chassis, 1), 0);
}

#[test]
fn shades_add_up_until_a_decisive_effect() {
    let table = FaultTable::new(1);
    for effect in [
        Effect::Slow { ms: 10 },
        Effect::Slow { ms: 5 },
        Effect::ExecuteTwice,
        Effect::Ignore,
        Effect::ExecuteThenCut,
        Effect::Slow { ms: 100 },
    ] {
        table.add(Fault::new(effect), Moment(0)).unwrap();
    }
    let plan = table.decide(&action(0), Moment(0));
    assert_eq!(
        (plan.slow_ms, plan.twice, plan.decisive),
        (15, true, Some(Effect::Ignore))
    );
}

#[test]
fn a_rule_ends_with_its_time_or_its_removal() {
    let table = FaultTable::new(1);
    let lie = Effect::WrongState { state: "On".into() };
    table.add(Fault::new(lie).for_ms(100), Moment(50)).unwrap();
    assert!(table.decide(&reading(0), Moment(149)).wrong_state.is_some());
    assert!(table.decide(&reading(0), Moment(150)).wrong_state.is_none());
    let id = table.add(Fault::new(Effect::Unauthorized), Moment(0)).unwrap();
    assert!(table.remove(id));
    assert!(!table.remove(id));
    assert_eq!(hits(&table, &action(0), 1), 0);
}

#[test]
fn the_same_seed_throws_the_same_dice() {
    let run = |seed| {
        let table = FaultTable::new(seed);
        table
            .add(Fault::new(Effect::Ignore).probability(0.25), Moment(0))
            .unwrap();
        (0..1_000)
            .map(|_| hits(&table, &action(0), 1))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let share: usize = run(7).iter().sum();
    assert!((200..300).contains(&share), "{share} of 1000");
}

#[test]
fn a_redirect_to_the_same_origin_is_followed_once() {
    let table = FaultTable::new(1);
    table
        .add(Fault::new(Effect::Redirect { location: None }), Moment(0))
        .unwrap();
    assert_eq!(hits(&table, &action(0), 1), 1);
    assert_eq!(
        hits(
            &table,
            &Asked {
                redirected: true,
                ..action(0)
            },
            1
        ),
        0
    );
}

#[test]
fn unreachable_is_asked_for_connections_only() {
    let table = FaultTable::new(1);
    table
        .add(
            Fault::new(Effect::Unreachable { silent: true }).bmc(3).times(1),
            Moment(0),
        )
        .unwrap();
    assert_eq!(hits(&table, &action(3), 1), 0);
    assert_eq!(table.unreachable(Protocol::Redfish, 2, Moment(0)), None);
    assert_eq!(table.unreachable(Protocol::Redfish, 3, Moment(0)), Some(true));
    assert_eq!(table.unreachable(Protocol::Redfish, 3, Moment(0)), None);
}

#[test]
fn a_protocol_chooses() {
    let table = FaultTable::new(1);
    let command = Asked {
        protocol: Protocol::Ipmi,
        method: "IPMI",
        path: "/ipmi/00/02",
        ..action(0)
    };
    let step = Asked {
        path: "/ipmi/open-session",
        kind: RequestKind::Session,
        ..command
    };
    table
        .add(
            Fault::new(Effect::Unreachable { silent: true }).protocol(Protocol::Redfish),
            Moment(0),
        )
        .unwrap();
    assert_eq!(table.unreachable(Protocol::Ipmi, 0, Moment(0)), None);
    assert_eq!(table.unreachable(Protocol::Redfish, 0, Moment(0)), Some(true));
    table
        .add(Fault::new(Effect::Ignore).protocol(Protocol::Ipmi), Moment(0))
        .unwrap();
    assert_eq!((hits(&table, &action(0), 1), hits(&table, &command, 1)), (0, 1));
    table.clear();
    table.add(Fault::new(Effect::SessionCap), Moment(0)).unwrap();
    assert_eq!((hits(&table, &step, 1), hits(&table, &command, 1)), (1, 0));
    table.clear();
    table
        .add(Fault::new(Effect::CompletionCode { code: 0xc0 }), Moment(0))
        .unwrap();
    assert_eq!(
        (
            hits(&table, &step, 1),
            hits(&table, &command, 1),
            hits(&table, &action(0), 1)
        ),
        (0, 1, 0)
    );
}

#[test]
fn rules_are_data() {
    let json = r#"{"effect": {"kind": "refuse", "status": 400, "message_id": "Base.1.13.GeneralError",
        "message": "no"}, "bmcs": [0, 2], "on": "actions", "remaining": 3, "each_bmc": true}"#;
    let fault: Fault = serde_json::from_str(json).unwrap();
    let built = Fault::refuse(400, "Base.1.13.GeneralError", "no")
        .bmcs([0, 2])
        .on(Requests::Actions)
        .times_each(3);
    assert_eq!(fault, built);
    let again: Fault = serde_json::from_value(serde_json::to_value(&fault).unwrap()).unwrap();
    assert_eq!(again, fault);
    let all: Fault = serde_json::from_str(r#"{"effect": {"kind": "hang"}, "bmcs": "all"}"#).unwrap();
    assert_eq!(
        all,
        Fault::new(Effect::Hang {
            for_ms: None,
            execute: false
        })
    );
    assert!(serde_json::from_str::<Fault>(r#"{"effect": {"kind": "ignore"}, "bmc": [1]}"#).is_err());
}

#[test]
fn nonsense_is_rejected() {
    let table = FaultTable::new(1);
    assert!(table.add(Fault::refuse(200, "x", "y"), Moment(0)).is_err());
    assert!(
        table
            .add(Fault::new(Effect::Ignore).probability(1.5), Moment(0))
            .is_err()
    );
}
