//! What can be set beside power, over HTTP.

use bmc_sim::{
    BootHabit, Effect, Fault, Light, LimitPlace, OutletKind, Outlets, PowerState, Profile, Requests,
    ResetType, SettingsProfile, Sim, SimConfig, Tags, Target,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Connection, get, read, reset};

async fn sim(settings: SettingsProfile) -> Sim {
    let profile = Profile {
        settings,
        ..Profile::standard()
    };
    Sim::start(SimConfig::default().profile(profile)).await.unwrap()
}

async fn patch(sim: &Sim, path: &str, tag: Option<&str>, body: &Value) -> StatusCode {
    let mut connection = Connection::open(sim.address(0)).await.unwrap();
    let headers: Vec<(&str, &str)> = tag.iter().map(|tag| ("if-match", *tag)).collect();
    let answer = connection.send_with(Method::PATCH, path, &headers, body.to_string().into());
    answer.await.unwrap().status
}

#[tokio::test]
async fn a_limit_is_kept_and_bounds_what_is_drawn() {
    let sim = sim(SettingsProfile::standard()).await;
    let power = format!("{}/Power", sim.chassis_path(0));
    let entry = json!({"PowerLimit": {"LimitInWatts": 300}});
    let short = json!({ "PowerControl": [entry] });
    assert_eq!(patch(&sim, &power, None, &short).await, StatusCode::BAD_REQUEST);
    let whole = json!({"PowerControl": [entry, {}, {}]});
    assert_eq!(patch(&sim, &power, None, &whole).await, StatusCode::NO_CONTENT);
    let page = read(&sim, 0, &power).await;
    assert_eq!(page["PowerControl"][0]["PowerLimit"]["LimitInWatts"], 300.0);
    assert_eq!(page["PowerControl"][0]["PowerConsumedWatts"], 300.0);
    let view = sim.settings(0, 0);
    assert_eq!((view.limit, view.changes), (Some(300.0), 1));
    sim.stop().await;
}

#[tokio::test]
async fn tags_are_refused_by_the_habit_of_the_make() {
    type Attempt<'t> = (Option<&'t str>, u16);
    let cases: [(Tags, &[Attempt<'_>]); 4] = [
        (
            Tags::Checked,
            &[
                (Some("W/\"7\""), 412),
                (Some("\"1\""), 204),
                (None, 204),
                (Some("*"), 204),
            ],
        ),
        (
            Tags::Strong,
            &[(None, 428), (Some("W/\"1\""), 412), (Some("\"1\""), 204)],
        ),
        (
            Tags::AnyOnly,
            &[(None, 428), (Some("W/\"1\""), 412), (Some("*"), 204)],
        ),
        (Tags::NeverAny, &[(Some("*"), 412), (None, 204)]),
    ];
    for (tags, expected) in cases {
        let sim = sim(SettingsProfile {
            tags,
            ..SettingsProfile::standard()
        })
        .await;
        let system = sim.system_path(0, 0);
        let answer = get(&sim, 0, &system).await.unwrap();
        assert_eq!(answer.header("etag"), "W/\"1\"");
        for (tag, status) in expected {
            let got = patch(&sim, &system, *tag, &json!({"IndicatorLED": "Lit"})).await;
            assert_eq!(got.as_u16(), *status, "{tags:?} {tag:?}");
        }
        assert_eq!(sim.settings(0, 0).light, Light::Lit);
        assert_eq!(read(&sim, 0, &system).await["LocationIndicatorActive"], true);
        sim.stop().await;
    }
}

#[tokio::test]
async fn an_override_for_one_start_is_used_up_by_it() {
    let sim = sim(SettingsProfile::standard()).await;
    let system = sim.system_path(0, 0);
    let body = json!({"Boot": {"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once"}});
    assert_eq!(patch(&sim, &system, None, &body).await, StatusCode::NO_CONTENT);
    assert_eq!(
        read(&sim, 0, &system).await["Boot"]["BootSourceOverrideTarget"],
        "Pxe"
    );
    reset(&sim, 0, 0, "ForceRestart").await.unwrap();
    assert_eq!(sim.settings(0, 0).boot.enabled, "Disabled");
    let odd = json!({"Boot": {"BootSourceOverrideTarget": "Moon"}});
    assert_eq!(patch(&sim, &system, None, &odd).await, StatusCode::BAD_REQUEST);
    sim.stop().await;
}

#[tokio::test]
async fn makes_drop_or_refuse_overrides_that_lack_something() {
    let single = json!({"Boot": {"BootSourceOverrideTarget": "Pxe"}});
    for (boot, status, mode) in [
        (BootHabit::Full, 204, "UEFI"),
        (BootHabit::AlwaysEnabled, 400, "UEFI"),
        (BootHabit::SettingsOnly, 400, "UEFI"),
    ] {
        let sim = sim(SettingsProfile {
            boot,
            ..SettingsProfile::standard()
        })
        .await;
        let got = patch(&sim, &sim.system_path(0, 0), None, &single).await;
        assert_eq!(got.as_u16(), status, "{boot:?}");
        let kept = sim.settings(0, 0);
        assert_eq!((kept.changes, kept.boot.mode.as_str()), (0, mode));
        sim.stop().await;
    }
}

#[tokio::test]
async fn controls_of_cray_appear_with_the_power() {
    let sim = sim(SettingsProfile {
        limits: LimitPlace::Deep,
        ..SettingsProfile::standard()
    })
    .await;
    let system = read(&sim, 0, &sim.system_path(0, 0)).await;
    let chassis = system["Links"]["Chassis"][0]["@odata.id"]
        .as_str()
        .unwrap()
        .to_owned();
    let controls = format!("{chassis}/Controls");
    assert_eq!(
        read(&sim, 0, &controls).await["Members"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let member = json!({"@odata.id": format!("{controls}/NodePowerLimit"), "SetPoint": 500, "ControlMode": "Automatic"});
    let deep = format!("{controls}.Deep");
    assert_eq!(
        patch(&sim, &deep, None, &json!({ "Members": [member] })).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(sim.settings(0, 0).limit, Some(500.0));
    sim.set_power(0, 0, PowerState::Off);
    assert_eq!(
        get(&sim, 0, &controls).await.unwrap().status,
        StatusCode::NOT_FOUND
    );
    sim.stop().await;
}

#[tokio::test]
async fn outlets_are_switched_and_logged() {
    for (kind, good, bad) in [
        (
            OutletKind::Standard,
            json!({"PowerState": "Off"}),
            json!({"PowerState": "off"}),
        ),
        (
            OutletKind::ServerTech,
            json!({"OutletNumber": 2, "StartupState": "on", "Outletname": "OUTLET2", "OnDelay": 0, "OffDelay": 0,
                "RebootDelay": 5, "OutletStatus": "off"}),
            json!({"PowerState": "Off"}),
        ),
    ] {
        let sim = sim(SettingsProfile {
            outlets: Some(Outlets { count: 3, kind }),
            ..SettingsProfile::standard()
        })
        .await;
        let outlet = sim.outlet_path(0, 1);
        let target = format!("{outlet}/Actions/Outlet.PowerControl");
        let mut connection = Connection::open(sim.address(0)).await.unwrap();
        assert_eq!(
            connection.post(&target, &bad).await.unwrap().status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            connection.post(&target, &good).await.unwrap().status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(read(&sim, 0, &outlet).await["PowerState"], "Off");
        assert_eq!(sim.power_state_of(0, Target::Outlet(1)), PowerState::Off);
        let executed = sim.executed_of(0, Target::Outlet(1));
        assert_eq!(executed.len(), 1);
        assert_eq!(executed[0].reset_type, ResetType::ForceOff);
        sim.stop().await;
    }
}

#[tokio::test]
async fn fault_rules_reach_settings() {
    let sim = sim(SettingsProfile::standard()).await;
    let system = sim.system_path(0, 0);
    let lit = json!({"IndicatorLED": "Lit"});
    sim.add_fault(Fault::new(Effect::Ignore).on(Requests::Settings).times(1))
        .unwrap();
    assert_eq!(patch(&sim, &system, None, &lit).await, StatusCode::NO_CONTENT);
    assert_eq!(sim.settings(0, 0).changes, 0);
    let refusal = Fault::refuse(503, "Base.1.13.ServiceTemporarilyUnavailable", "later");
    sim.add_fault(refusal.on(Requests::Settings).times(1)).unwrap();
    assert_eq!(
        patch(&sim, &system, None, &lit).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(patch(&sim, &system, None, &lit).await, StatusCode::NO_CONTENT);
    assert_eq!(sim.settings(0, 0).changes, 1);
    sim.stop().await;
}
