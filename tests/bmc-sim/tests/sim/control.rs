//! The control API.

use bmc_sim::{PowerState, Sim, SimConfig, Tls};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Connection, power, reset};

async fn control(sim: &Sim, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut connection = Connection::open(sim.control_address().unwrap()).await.unwrap();
    let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
    connection.send(method, path, body).await.unwrap()
}

async fn start() -> Sim {
    Sim::start(SimConfig::default().count(2).nodes(2).control(0))
        .await
        .unwrap()
}

#[tokio::test]
async fn fleet_and_bmc_show_what_was_executed() {
    let sim = start().await;
    reset(&sim, 1, 1, "ForceOff").await.unwrap();
    let fleet = control(&sim, Method::GET, "/fleet", None).await.json();
    assert_eq!(fleet["power"], json!({"On": 3, "Off": 1}));
    assert_eq!(
        (&fleet["totals"]["executed"], &fleet["count"]),
        (&json!(1), &json!(2))
    );
    let bmc = control(&sim, Method::GET, "/bmcs/1", None).await.json();
    assert_eq!(bmc["systems"][1]["power_state"], "Off");
    let entry = &bmc["executed"][0];
    assert_eq!(
        (&entry["target"], &entry["reset_type"], &entry["outcome"]),
        (&json!("system 1"), &json!("ForceOff"), &json!("changed"))
    );
    assert_eq!(
        control(&sim, Method::POST, "/reset-counters", None)
            .await
            .status
            .as_u16(),
        204
    );
    assert_eq!(sim.totals().executed, 0);
    assert_eq!(
        control(&sim, Method::GET, "/bmcs/2", None).await.status.as_u16(),
        404
    );
    assert_eq!(
        control(&sim, Method::GET, "/nothing", None).await.status.as_u16(),
        404
    );
}

#[tokio::test]
async fn faults_are_added_listed_and_removed() {
    let sim = start().await;
    let fault = json!({"effect": {"kind": "ignore"}, "bmcs": [0], "remaining": 1});
    let added = control(&sim, Method::POST, "/faults", Some(fault)).await;
    assert_eq!(added.status.as_u16(), 201);
    let id = added.json()["id"].as_u64().unwrap();
    reset(&sim, 0, 0, "ForceOff").await.unwrap();
    assert_eq!(sim.power_state(0, 0), PowerState::On);
    let listed = control(&sim, Method::GET, "/faults", None).await.json();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["hits"], &listed[0]["remaining"]),
        (&json!(id), &json!(1), &json!(0))
    );
    let path = format!("/faults/{id}");
    assert_eq!(
        control(&sim, Method::DELETE, &path, None).await.status.as_u16(),
        204
    );
    assert_eq!(
        control(&sim, Method::DELETE, &path, None).await.status.as_u16(),
        404
    );
    assert_eq!(
        control(&sim, Method::DELETE, "/faults", None)
            .await
            .status
            .as_u16(),
        204
    );
    for bad in [
        json!({"effect": {"kind": "explode"}}),
        json!({"effect": {"kind": "ignore"}, "probability": 2}),
    ] {
        assert_eq!(
            control(&sim, Method::POST, "/faults", Some(bad))
                .await
                .status
                .as_u16(),
            400
        );
    }
}

#[tokio::test]
async fn people_press_buttons_and_pull_cables() {
    let sim = start().await;
    let pressed = control(
        &sim,
        Method::POST,
        "/bmcs/0/press-button",
        Some(json!({"system": 1})),
    )
    .await;
    assert_eq!(pressed.status.as_u16(), 204);
    assert_eq!([power(&sim, 0, 0).await, power(&sim, 0, 1).await], ["On", "Off"]);
    control(&sim, Method::PUT, "/bmcs/0/power", Some(json!({"state": "Off"}))).await;
    assert_eq!(sim.power_state(0, 0), PowerState::Off);
    control(&sim, Method::PUT, "/power", Some(json!({"state": "On"}))).await;
    assert_eq!(sim.power_state(0, 1), PowerState::On);
    let unknown = control(
        &sim,
        Method::POST,
        "/bmcs/0/press-button",
        Some(json!({"system": 9})),
    )
    .await;
    assert_eq!(unknown.status.as_u16(), 404);
    control(&sim, Method::POST, "/bmcs/0/down", None).await;
    assert!(Connection::open(sim.address(0)).await.is_err());
    assert_eq!(
        control(&sim, Method::GET, "/bmcs/0", None).await.json()["away"],
        true
    );
    control(&sim, Method::POST, "/bmcs/0/up", None).await;
    assert_eq!(power(&sim, 0, 0).await, "On");
}

#[tokio::test]
async fn the_authority_is_given_out() {
    let sim = start().await;
    assert_eq!(
        control(&sim, Method::GET, "/ca.pem", None).await.status.as_u16(),
        404
    );
    let sim = Sim::start(SimConfig::default().tls(Tls::Shared).control(0))
        .await
        .unwrap();
    let pem = control(&sim, Method::GET, "/ca.pem", None).await;
    assert_eq!(Some(String::from_utf8_lossy(&pem.body).as_ref()), sim.ca_pem());
    let bmc = control(&sim, Method::GET, "/bmcs/0", None).await.json();
    assert_eq!(
        bmc["fingerprint"].as_str().map(str::to_owned),
        sim.fingerprint(0).unwrap()
    );
}
