//! Every kind of component that PCS switches, on v1.

use std::collections::HashMap;
use std::fmt::Write as _;

use http::Method;
use serde_json::{Value, json};

use super::bench::Bench;
use super::hardware::SYSTEM;

const CONTROLLER: &str = "x0c0b0";
/// One of each kind, with its resource.
const SWITCHED: [(&str, &str); 11] = [
    ("x0c0", "/redfish/v1/Chassis/Enclosure"),
    ("x0c0s0", "/redfish/v1/Chassis/Blade0"),
    ("x0c0s0b0n0", SYSTEM),
    ("x0c0r0", "/redfish/v1/Chassis/Perif0"),
    ("x0m0p0v1", "/redfish/v1/PowerEquipment/RackPDUs/1/Outlets/1"),
    ("x0c0b0", "/redfish/v1/Managers/1"),
    ("x0c0s0b0", "/redfish/v1/Managers/2"),
    ("x0c0r0b0", "/redfish/v1/Managers/3"),
    ("x0c0w1", "/redfish/v1/Chassis/Switch4"),
    ("x0c0h1s1", "/redfish/v1/Chassis/Switch5"),
    ("d0w1", "/redfish/v1/Chassis/Switch6"),
];

fn by_name(body: &Value) -> HashMap<String, Value> {
    let entries = body["status"].as_array().unwrap().iter();
    entries
        .map(|entry| (entry["xname"].as_str().unwrap().to_owned(), entry.clone()))
        .collect()
}

#[tokio::test]
async fn every_kind_has_an_entry_when_it_is_known() {
    let mut inventory = format!("[[controller]]\nid = \"{CONTROLLER}\"\naddress = \"http://127.0.0.1:1\"\n");
    for (name, path) in SWITCHED {
        let component =
            format!("[[component]]\nid = \"{name}\"\ncontroller = \"{CONTROLLER}\"\npath = \"{path}\"\n");
        write!(inventory, "{component}").unwrap();
    }
    let bench = Bench::over(&inventory).await;
    let entries = by_name(&bench.get("/v1/power-status").await.json());
    assert_eq!(entries.len(), SWITCHED.len());
    for (name, _) in SWITCHED {
        let entry = &entries[name];
        let shown = ["powerState", "managementState", "error"].map(|key| entry[key].as_str().unwrap());
        assert_eq!(shown, ["on", "available", ""], "{name}");
        assert!(entry["supportedPowerTransitions"].is_array(), "{name}");
    }
}

#[tokio::test]
async fn every_kind_is_told_apart_when_it_is_not_known() {
    let bench = Bench::start(&["x9c0s0b0"]).await;
    let names: Vec<&str> = SWITCHED.iter().map(|(name, _)| *name).collect();
    let body = json!({"xname": names, "powerStateFilter": "off"}).to_string();
    let answer = bench.call(Method::POST, "/power-status", body).await.json();
    let entries = by_name(&answer);
    for name in &names {
        let entry = &entries[*name];
        assert_eq!(entry["error"], "Component not found in component map.", "{name}");
        assert_eq!(entry["supportedPowerTransitions"], Value::Null);
        assert_eq!(
            (&entry["powerState"], &entry["lastUpdated"]),
            (&json!(""), &json!(""))
        );
    }
    let location: Vec<Value> = names.iter().map(|name| json!({ "xname": name })).collect();
    let body = json!({"operation": "on", "location": location}).to_string();
    let id = bench.call(Method::POST, "/transitions", body).await.json();
    let ended = bench
        .until_status(id["transitionID"].as_str().unwrap(), "completed")
        .await;
    for task in ended["tasks"].as_array().unwrap() {
        assert_eq!(
            (&task["taskStatus"], &task["error"]),
            (&json!("failed"), &json!("Missing xname")),
            "{task}"
        );
    }
}
