//! Units and outlets of the standard and of `ServerTech`.

use serde_json::{Value, json};
use switchyard_driver_sdk::testing::{FakeHost, answer};
use switchyard_driver_sdk::{Cause, Kind, PowerState, Primitive, Subject, Submitted};

use super::OutletForm;
use crate::dialect::Dialect;
use crate::{act, observe, survey};

const STANDARD: &Dialect = &Dialect::STANDARD;
const SERVER_TECH: &Dialect = &Dialect {
    outlets: OutletForm::ServerTech,
    ..Dialect::STANDARD
};
const UNIT: &str = "/redfish/v1/PowerEquipment/RackPDUs/1";

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn unit(outlet: &Value) -> FakeHost {
    let outlets = format!("{UNIT}/Outlets");
    FakeHost::new()
        .page(
            "/redfish/v1",
            &json!({"PowerEquipment": link("/redfish/v1/PowerEquipment")}).to_string(),
        )
        .page(
            "/redfish/v1/PowerEquipment",
            &json!({"RackPDUs": link("/redfish/v1/PowerEquipment/RackPDUs")}).to_string(),
        )
        .page(
            "/redfish/v1/PowerEquipment/RackPDUs",
            &json!({"Members": [link(UNIT)]}).to_string(),
        )
        .page(
            UNIT,
            &json!({"EquipmentType": "RackPDU", "Outlets": link(&outlets)}).to_string(),
        )
        .page(
            &outlets,
            &json!({"Members": [link(&format!("{outlets}/A17")), link(&format!("{outlets}/A99"))]})
                .to_string(),
        )
        .page(&format!("{outlets}/A17"), &outlet.to_string())
}

fn outlet() -> Subject {
    Subject {
        kind: Kind::Outlet,
        id: format!("{UNIT}/Outlets/A17"),
    }
}

fn sent(host: &FakeHost) -> Vec<(String, Value)> {
    host.changes()
        .iter()
        .map(|request| {
            (
                request.path.clone(),
                serde_json::from_slice(&request.body).unwrap(),
            )
        })
        .collect()
}

#[test]
fn outlets_are_members_of_their_unit() {
    let host = unit(
        &json!({"Name": "OUTLET17", "PowerState": "On", "PowerControlLocked": true, "Actions": {"#Outlet.PowerControl": {
        "target": "/switch", "PowerState@Redfish.AllowableValues": ["On", "Off", "Cycle", "Dance"]}}}),
    );
    let findings = survey(&host, STANDARD).unwrap();
    let [pdu, found] = findings.members.as_slice() else {
        panic!("a unit and an outlet: {findings:?}")
    };
    assert_eq!(pdu.subject.kind, Kind::Other);
    assert_eq!(
        (&found.subject, found.parent.as_ref()),
        (&outlet(), Some(&pdu.subject))
    );
    let abilities: Vec<Primitive> = found.abilities.iter().map(|ability| ability.what).collect();
    assert_eq!(
        abilities,
        [Primitive::On, Primitive::ForceOff, Primitive::PowerCycle]
    );
    assert!(found.facts.iter().any(|fact| fact.name == "locked"));
    assert!(findings.identity.iter().any(|fact| fact.name == "dangling"));

    assert_eq!(observe(&host, STANDARD, &outlet()).unwrap().state, PowerState::On);
    let reads = host.reads().len();
    assert_eq!(
        act(&host, STANDARD, &outlet(), Primitive::PowerCycle).unwrap(),
        Submitted::Accepted
    );
    assert_eq!(host.reads().len(), reads, "nothing more is read");
    assert_eq!(
        sent(&host),
        [("/switch".to_owned(), json!({"PowerState": "Cycle"}))]
    );
    let refused = act(&host, STANDARD, &outlet(), Primitive::GracefulShutdown).unwrap_err();
    assert_eq!(refused.cause, Cause::NotSupported);
}

#[test]
fn what_server_tech_keeps_of_an_outlet_stays() {
    let shown = json!({"OutletNumber": 17, "StartupState": "lastKnown", "Outletname": "web", "OnDelay": 3, "OutletStatus": "on",
        "Actions": {"#Outlet.PowerControl": {"target": "/switch"}}});
    let bare = json!({"Actions": {"#Outlet.PowerControl": {"target": "/switch"}}});
    let kept = json!({"OutletNumber": 17, "StartupState": "lastKnown", "Outletname": "web", "OnDelay": 3, "OffDelay": 0,
        "RebootDelay": 5, "OutletStatus": "off"});
    let usual = json!({"OutletNumber": 17, "StartupState": "on", "Outletname": "OUTLET17", "OnDelay": 0, "OffDelay": 0,
        "RebootDelay": 5, "OutletStatus": "off"});
    for (dialect, page, body) in [(STANDARD, &shown, kept), (SERVER_TECH, &bare, usual)] {
        let host = unit(page);
        act(&host, dialect, &outlet(), Primitive::ForceOff).unwrap();
        assert_eq!(sent(&host), [("/switch".to_owned(), body)]);
    }
    assert_eq!(
        observe(&unit(&shown), STANDARD, &outlet()).unwrap().state,
        PowerState::On
    );
}

#[test]
fn an_outlet_that_lists_nothing_takes_on_and_off() {
    let host = unit(&json!({"Actions": {"#Outlet.PowerControl": {"target": "/switch"}}}));
    let findings = survey(&host, STANDARD).unwrap();
    let found = &findings.members[1];
    assert!(found.abilities.iter().all(|ability| !ability.advertised));
    act(&host, STANDARD, &outlet(), Primitive::On).unwrap();
    assert_eq!(sent(&host)[0].1, json!({"PowerState": "On"}));
}

#[test]
fn a_passing_failure_ends_the_survey_and_a_locked_refusal_is_told() {
    let host = unit(&json!({"Actions": {"#Outlet.PowerControl": {"target": "/switch"}}}));
    host.put(UNIT, answer(503, ""));
    assert_eq!(survey(&host, STANDARD).unwrap_err().cause, Cause::Busy);
    let host = unit(&json!({"Actions": {"#Outlet.PowerControl": {"target": "/switch"}}}))
        .on_change(Ok(answer(423, r#"{"error": {"message": "Outlet is locked."}}"#)));
    let refused = act(&host, STANDARD, &outlet(), Primitive::On).unwrap_err();
    assert_eq!(
        (refused.cause, refused.text.as_str()),
        (Cause::Locked, "Outlet is locked.")
    );
    assert_eq!(host.changes().len(), 1);
}
