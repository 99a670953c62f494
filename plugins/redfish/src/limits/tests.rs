//! Power limits against small trees with the places of real BMCs.

use serde_json::{Value, json};
use switchyard_driver_sdk::testing::{FakeHost, answer};
use switchyard_driver_sdk::{Cause, Kind, Limit, LimitMode, Subject, Submitted, WantedLimit};

use super::{LimitForm, limits, set_limits};
use crate::dialect::Dialect;

const STANDARD: &Dialect = &Dialect::STANDARD;
const CRAY: &Dialect = &Dialect {
    limits: LimitForm {
        deep: true,
        appear_when_on: true,
    },
    ..Dialect::STANDARD
};

fn node() -> Subject {
    Subject {
        kind: Kind::Node,
        id: "/redfish/v1/Systems/Node0".to_owned(),
    }
}

/// A node that links no chassis, and the chassis of its name with these parts.
fn bmc(parts: &Value) -> FakeHost {
    let mut chassis = json!({"@odata.id": "/redfish/v1/Chassis/Node0"});
    if let (Some(chassis), Some(parts)) = (chassis.as_object_mut(), parts.as_object()) {
        chassis.extend(parts.clone());
    }
    FakeHost::new()
        .page("/redfish/v1", r#"{"Chassis": {"@odata.id": "/redfish/v1/Chassis"}}"#)
        .page(
            "/redfish/v1/Chassis",
            r#"{"Members": [{"@odata.id": "/redfish/v1/Chassis/Enclosure"}, {"@odata.id": "/redfish/v1/Chassis/Node0"}]}"#,
        )
        .page("/redfish/v1/Systems/Node0", r#"{"PowerState": "On"}"#)
        .page("/redfish/v1/Chassis/Node0", &chassis.to_string())
}

fn link(path: &str) -> Value {
    json!({"@odata.id": path})
}

const POWER: &str = "/redfish/v1/Chassis/Node0/Power";
const CONTROLS: &str = "/redfish/v1/Chassis/Node0/Controls";

fn with_power(power: &Value) -> FakeHost {
    bmc(&json!({"Power": link(POWER)})).page(POWER, &power.to_string())
}

fn cray() -> FakeHost {
    let control = |name: &str, context: &str, max: u32| {
        json!({
            "@odata.id": format!("{CONTROLS}/{name}"), "Name": name, "ControlType": "Power", "PhysicalContext": context,
            "ControlMode": "Disabled", "SetPoint": 0, "SettingRangeMin": 350, "SettingRangeMax": max,
            "Oem": {"Hpe": {"PowerResetWatts": "250"}},
        })
        .to_string()
    };
    let members = json!({"Members": [link(&format!("{CONTROLS}/Node")), link(&format!("{CONTROLS}/Gpu"))]});
    bmc(&json!({"Controls": link(CONTROLS)}))
        .page(CONTROLS, &members.to_string())
        .page(&format!("{CONTROLS}/Node"), &control("Node", "Chassis", 925))
        .page(&format!("{CONTROLS}/Gpu"), &control("Gpu", "Accelerator", 560))
}

fn want(id: &str, watts: Option<f64>) -> WantedLimit {
    WantedLimit {
        id: id.to_owned(),
        watts,
    }
}

fn fact<'l>(limit: &'l Limit, name: &str) -> Option<&'l str> {
    limit
        .facts
        .iter()
        .find(|fact| fact.name == name)
        .map(|fact| fact.value.as_str())
}

fn sent(host: &FakeHost) -> Vec<(String, Value)> {
    let change = |request: &switchyard_driver_sdk::Request| {
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        (format!("{:?} {}", request.method, request.path), body)
    };
    host.changes().iter().map(change).collect()
}

#[test]
fn an_entry_without_a_name_is_the_node_and_its_patch_names_all_entries() {
    let host = with_power(&json!({"PowerControl": [
        {"PowerConsumedWatts": 97.5, "PowerCapacityWatts": 1000, "PowerLimit": {"LimitInWatts": null}},
        {"Name": "CPU", "PowerConsumedWatts": 40},
        {"Name": "Rail", "PowerLimit": {"LimitInWatts": 300.5, "LimitException": "NoAction"}},
    ]}));
    let found = limits(&host, STANDARD, &node()).unwrap();
    let [whole, rail] = found.as_slice() else {
        panic!("two limits: {found:?}")
    };
    assert_eq!(
        (whole.name.as_str(), whole.watts, whole.max),
        ("Node Power Limit", None, Some(1000.0))
    );
    assert_eq!(whole.mode, LimitMode::Disabled);
    assert!(whole.writable);
    assert_eq!(
        (rail.watts, fact(rail, "exception")),
        (Some(300.5), Some("NoAction"))
    );

    let wants = [want(&whole.id, Some(450.0)), want(&rail.id, None)];
    assert_eq!(
        set_limits(&host, STANDARD, &node(), &wants).unwrap(),
        Submitted::Accepted
    );
    let body = json!({"PowerControl": [
        {"PowerLimit": {"LimitInWatts": 450}}, {}, {"PowerLimit": {"LimitInWatts": null}},
    ]});
    assert_eq!(sent(&host), [(format!("Method::Patch {POWER}"), body)]);
}

#[test]
fn a_bmc_that_takes_no_null_is_sent_nought() {
    let host = with_power(&json!({"PowerControl": [{"PowerLimit": {"LimitInWatts": 500}}]}))
        .on_change(Ok(answer(400, "{}")))
        .on_change(Ok(answer(200, "{}")));
    let id = format!("{POWER}#/PowerControl/0");
    set_limits(&host, STANDARD, &node(), &[want(&id, Some(0.0))]).unwrap();
    let lifted = |value: Value| json!({"PowerControl": [{"PowerLimit": {"LimitInWatts": value}}]});
    let bodies: Vec<Value> = sent(&host).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, [lifted(Value::Null), lifted(json!(0))]);
}

#[test]
fn bounds_of_makers_go_before_the_capacity_and_a_trigger_follows_the_value() {
    let host = with_power(&json!({
        "PowerControl": [{"Name": "Chassis Power Control", "PowerCapacityWatts": 0, "PowerLimit": {"LimitInWatts": 500},
            "Status": {"State": "Disabled"},
            "Oem": {"Vendor": {"PowerLimit": {"Min": 61, "Max": 900}, "PowerResetWatts": 650}}}],
        "Actions": {"Oem": {"#PowerLimitTrigger": {"target": "/trigger"}}},
    }));
    let found = limits(&host, STANDARD, &node()).unwrap();
    assert_eq!((found[0].min, found[0].max), (Some(61.0), Some(900.0)));
    assert_eq!(
        found[0].mode,
        LimitMode::Unknown,
        "a set point that nothing enforces"
    );
    assert_eq!(fact(&found[0], "power-up-watts"), Some("650"));
    set_limits(&host, STANDARD, &node(), &[want(&found[0].id, Some(500.0))]).unwrap();
    let sent = sent(&host);
    assert_eq!(sent.len(), 2);
    assert_eq!(
        sent[1],
        (
            "Method::Post /trigger".to_owned(),
            json!({"PowerLimitTrigger": "Activate"})
        )
    );
}

#[test]
fn the_controls_of_a_cray_node_are_set_at_once() {
    let host = cray();
    let found = limits(&host, CRAY, &node()).unwrap();
    let [whole, gpu] = found.as_slice() else {
        panic!("two limits: {found:?}")
    };
    assert_eq!(
        (whole.watts, whole.min, whole.max),
        (None, Some(350.0), Some(925.0))
    );
    assert_eq!(fact(whole, "power-up-watts"), Some("250"));
    assert_eq!(fact(whole, "host-max-watts"), Some("925"));
    assert_eq!(fact(gpu, "host-max-watts"), None);
    let wants = [want(&whole.id, Some(500.0)), want(&gpu.id, Some(400.0))];
    set_limits(&host, CRAY, &node(), &wants).unwrap();
    let member = |name: &str, watts: u32| json!({"@odata.id": format!("{CONTROLS}/{name}"), "SetPoint": watts, "ControlMode": "Automatic"});
    assert_eq!(
        sent(&host),
        [(
            format!("Method::Patch {CONTROLS}.Deep"),
            json!({"Members": [member("Node", 500), member("Gpu", 400)]})
        )]
    );
}

#[test]
fn what_is_off_says_when_its_controls_appear() {
    let host = bmc(&json!({"Controls": link(CONTROLS)}));
    host.put(
        "/redfish/v1/Systems/Node0",
        answer(200, r#"{"PowerState": "Off"}"#),
    );
    let found = limits(&host, CRAY, &node()).unwrap();
    assert!(!found[0].writable);
    assert_eq!(
        fact(&found[0], "why-not-writable"),
        Some("the node is off: its controls appear when it is on")
    );
    let refused = set_limits(&host, CRAY, &node(), &[want(&found[0].id, Some(500.0))]).unwrap_err();
    assert_eq!(refused.cause, Cause::Conflict);
    assert!(limits(&host, STANDARD, &node()).unwrap().is_empty());
    assert!(host.changes().is_empty());
}

#[test]
fn a_control_hides_the_old_place_and_lenovo_wants_manual() {
    let host = bmc(&json!({"Controls": link(CONTROLS), "Power": link(POWER)}))
        .page(POWER, r#"{"PowerControl": [{"PowerLimit": {"LimitInWatts": null}}]}"#)
        .page(CONTROLS, &json!({"Members": [link(&format!("{CONTROLS}/PowerLimit"))]}).to_string())
        .page(
            &format!("{CONTROLS}/PowerLimit"),
            r#"{"Name": "System Power Limit", "ControlType": "Power", "SetPointUnits": "Watt", "PhysicalContext": "Chassis",
                "SetPoint": 800, "ControlMode": "Manual", "AllowableMin": 0, "AllowableMax": 5760, "Oem": {"Lenovo": {}}}"#,
        );
    let found = limits(&host, STANDARD, &node()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].watts, found[0].max), (Some(800.0), Some(5760.0)));
    let id = found[0].id.clone();
    set_limits(&host, STANDARD, &node(), &[want(&id, None)]).unwrap();
    set_limits(&host, STANDARD, &node(), &[want(&id, Some(900.5))]).unwrap();
    let bodies: Vec<Value> = sent(&host).into_iter().map(|(_, body)| body).collect();
    assert_eq!(
        bodies,
        [
            json!({"SetPoint": null, "ControlMode": "Disabled"}),
            json!({"SetPoint": 900.5, "ControlMode": "Manual"})
        ]
    );
}

#[test]
fn metrics_lead_to_their_control_or_are_set_themselves() {
    const METRICS: &str = "/redfish/v1/Chassis/Node0/EnvironmentMetrics";
    let host = bmc(&json!({"EnvironmentMetrics": link(METRICS)})).page(
        METRICS,
        r#"{"PowerLimitWatts": {"SetPoint": 400, "AllowableMin": 100, "AllowableMax": 700, "ControlMode": "Automatic"}}"#,
    );
    let found = limits(&host, STANDARD, &node()).unwrap();
    assert_eq!(
        (found[0].watts, found[0].min, found[0].max),
        (Some(400.0), Some(100.0), Some(700.0))
    );
    set_limits(&host, STANDARD, &node(), &[want(&found[0].id, None)]).unwrap();
    assert_eq!(
        sent(&host)[0].1,
        json!({"PowerLimitWatts": {"ControlMode": "Disabled"}})
    );

    host.put(
        METRICS,
        answer(200, r#"{"PowerLimitWatts": {"SetPoint": 400, "DataSourceUri": "/redfish/v1/Chassis/Node0/Controls/Total"}}"#),
    );
    host.put(
        "/redfish/v1/Chassis/Node0/Controls/Total",
        answer(
            200,
            r#"{"Name": "Total", "ControlType": "Power", "SetPoint": 410, "SettingRangeMax": 900}"#,
        ),
    );
    let found = limits(&host, STANDARD, &node()).unwrap();
    assert_eq!((found[0].name.as_str(), found[0].watts), ("Total", Some(410.0)));
}

#[test]
fn zones_of_accelerators_are_posted_to_their_action() {
    const SERVICE: &str = "/redfish/v1/Chassis/Node0/Power/AccPowerService";
    let limit = format!("{SERVICE}/PowerLimit");
    let host = with_power(&json!({
        "PowerControl": [{"PowerLimit": {"LimitInWatts": null}}],
        "Oem": {"Hpe": {"Links": {"AccPowerService": link(SERVICE)}}},
    }))
    .page(SERVICE, &json!({"Links": {"PowerLimit": link(&limit)}}).to_string())
    .page(
        &limit,
        r##"{"PowerLimits": [{"PowerLimitInWatts": 3500, "ZoneNumber": 0}, {"PowerLimitInWatts": null, "ZoneNumber": 1}],
            "PowerLimitRanges": [{"MinimumPowerLimit": 3250, "MaximumPowerLimit": 3750, "ZoneNumber": 0},
                {"MinimumPowerLimit": 0, "MaximumPowerLimit": 0, "ZoneNumber": 1}],
            "Actions": {"#HpeServerAccPowerLimit.ConfigurePowerLimit": {"target": "/configure"}}}"##,
    );
    let found = limits(&host, STANDARD, &node()).unwrap();
    assert_eq!(found.len(), 1, "a zone without a range is none");
    assert_eq!((found[0].min, found[0].watts), (Some(3250.0), Some(3500.0)));
    let low = set_limits(&host, STANDARD, &node(), &[want(&found[0].id, Some(100.0))]).unwrap_err();
    assert_eq!(low.cause, Cause::Invalid);
    set_limits(&host, STANDARD, &node(), &[want(&found[0].id, Some(3600.0))]).unwrap();
    assert_eq!(
        sent(&host),
        [(
            "Method::Post /configure".to_owned(),
            json!({"PowerLimits": [{"PowerLimitInWatts": 3600, "ZoneNumber": 0}]})
        )]
    );
}

#[test]
fn a_missing_licence_is_the_reason_and_other_refusals_end_the_reading() {
    let host = with_power(&json!({}));
    let body = r#"{"error": {"@Message.ExtendedInfo": [{"MessageId": "iLO.2.14.LicenseKeyRequired"}]}}"#;
    for status in [200, 400, 403] {
        host.put(POWER, answer(status, body));
        let found = limits(&host, STANDARD, &node()).unwrap();
        assert_eq!(fact(&found[0], "license"), Some("required"), "{status}");
        assert!(!found[0].writable);
    }
    host.put(POWER, answer(503, ""));
    assert_eq!(limits(&host, STANDARD, &node()).unwrap_err().cause, Cause::Busy);
    let missing = r#"{"error": {"@Message.ExtendedInfo": [{"MessageId": "Base.1.4.ResourceMissingAtURI"}]}}"#;
    host.put(POWER, answer(200, missing));
    assert!(limits(&host, STANDARD, &node()).unwrap().is_empty());
}

#[test]
fn nothing_is_sent_for_what_is_so_already_or_is_unknown() {
    let host = with_power(&json!({"PowerControl": [{"PowerLimit": {"LimitInWatts": 500}}]}));
    let id = format!("{POWER}#/PowerControl/0");
    let same = set_limits(&host, STANDARD, &node(), &[want(&id, Some(500.0))]).unwrap();
    assert_eq!(same, Submitted::Already);
    let unknown = set_limits(&host, STANDARD, &node(), &[want("/elsewhere", Some(1.0))]).unwrap_err();
    assert_eq!(unknown.cause, Cause::NotFound);
    assert!(host.changes().is_empty());
}

#[test]
fn strange_entries_are_passed_over() {
    let host = with_power(
        &json!({"PowerControl": [null, 7, {"PowerLimit": 5}, {"PowerLimit": {"LimitInWatts": {}}}]}),
    );
    let found = limits(&host, STANDARD, &node()).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|limit| limit.watts.is_none()));
    let controller = Subject {
        kind: Kind::Controller,
        id: "/redfish/v1/Managers/BMC".to_owned(),
    };
    assert_eq!(
        limits(&host, STANDARD, &controller).unwrap_err().cause,
        Cause::NotSupported
    );
}
