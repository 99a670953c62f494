//! The tree, the password and the shapes of a healthy BMC.

use bmc_sim::{
    Acceptance, Announce, FinishedTask, IdStyle, LastResetTime, Profile, Refusal, ResetType, Sim, SimConfig,
    WhenOff,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Connection, basic, get, read, reset};

async fn with_profile(profile: Profile) -> Sim {
    Sim::start(SimConfig::default().profile(profile)).await.unwrap()
}

#[tokio::test]
async fn every_link_of_the_tree_leads_somewhere() {
    let profile = Profile {
        announce: Announce::Both,
        system_ids: IdStyle::Node,
        ..Profile::standard()
    };
    let sim = Sim::start(SimConfig::default().nodes(2).profile(profile))
        .await
        .unwrap();
    let mut connection = Connection::open(sim.address(0)).await.unwrap();
    let mut open = vec![
        "/redfish".to_owned(),
        "/redfish/v1".to_owned(),
        "/redfish/v1/".to_owned(),
    ];
    let mut seen = Vec::new();
    while let Some(path) = open.pop() {
        let answer = connection.get(&path).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("odata-version"), "4.0");
        let mut links = Vec::new();
        collect_links(&answer.json(), &mut links);
        seen.push(path);
        open.extend(links.into_iter().filter(|link| !seen.contains(link)));
        open.sort();
        open.dedup();
    }
    for wanted in [
        "Systems/Node0",
        "Systems/Node1",
        "Systems/Node0/ResetActionInfo",
        "Chassis/1",
        "Managers/1",
    ] {
        assert!(
            seen.contains(&format!("/redfish/v1/{wanted}")),
            "{wanted} not in {seen:?}"
        );
    }
    assert_eq!(sim.counts(0).connections, 1, "keep-alive");
}

fn collect_links(value: &Value, links: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("@odata.id" | "@Redfish.ActionInfo", Value::String(link)) => links.push(link.clone()),
                    _ => collect_links(value, links),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_links(value, links)),
        _ => {}
    }
}

#[tokio::test]
async fn only_the_service_root_is_open() {
    let sim = Sim::start(SimConfig::default().login("admin", "s3cret"))
        .await
        .unwrap();
    let system = sim.system_path(0, 0);
    for login in [None, Some(basic("admin", "wrong"))] {
        let connection = Connection::open(sim.address(0)).await.unwrap();
        let mut connection = connection.with_login(login);
        assert_eq!(
            connection.get("/redfish/v1/").await.unwrap().status,
            StatusCode::OK
        );
        let answer = connection.get(&system).await.unwrap();
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.message_id(), "Base.1.13.NoValidSession");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"Redfish\"");
    }
    assert_eq!(sim.counts(0).auth_failures, 2);
    let connection = Connection::open(sim.address(0)).await.unwrap();
    let mut connection = connection.with_login(Some(basic("admin", "s3cret")));
    assert_eq!(connection.get(&system).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn reset_types_are_announced_as_the_profile_says() {
    let allowed = json!(Profile::standard().reset_types);
    for (announce, inline, info) in [
        (Announce::Inline, true, false),
        (Announce::ActionInfo, false, true),
        (Announce::Both, true, true),
        (Announce::Nowhere, false, false),
    ] {
        let sim = with_profile(Profile {
            announce,
            ..Profile::standard()
        })
        .await;
        let system = read(&sim, 0, &sim.system_path(0, 0)).await;
        let action = &system["Actions"]["#ComputerSystem.Reset"];
        assert_eq!(
            action["target"],
            "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset"
        );
        assert_eq!(
            action.get("ResetType@Redfish.AllowableValues"),
            inline.then_some(&allowed)
        );
        assert_eq!(action.get("@Redfish.ActionInfo").is_some(), info);
        if let Some(path) = action["@Redfish.ActionInfo"].as_str() {
            let info = read(&sim, 0, path).await;
            assert_eq!(info["Parameters"][0]["AllowableValues"], allowed);
        }
    }
}

#[tokio::test]
async fn evidence_depends_on_the_profile() {
    for (kind, wanted) in [
        (LastResetTime::Absent, None),
        (LastResetTime::Zeros, Some("0000-00-00T00:00:00+00:00")),
    ] {
        let profile = Profile {
            last_reset_time: kind,
            boot_progress: false,
            ..Profile::standard()
        };
        let sim = with_profile(profile).await;
        let system = read(&sim, 0, &sim.system_path(0, 0)).await;
        assert_eq!(system["LastResetTime"].as_str(), wanted);
        assert!(system.get("BootProgress").is_none());
    }
    let sim = with_profile(Profile::standard()).await;
    let system = read(&sim, 0, &sim.system_path(0, 0)).await;
    assert_eq!(system["BootProgress"]["LastState"], "OSRunning");
    let time = system["LastResetTime"].as_str().unwrap();
    assert!(time.len() == 25 && time.ends_with("+00:00"), "{time}");
}

#[tokio::test]
async fn bad_requests_are_refused_with_extended_info() {
    let sim = with_profile(Profile::standard()).await;
    let mut connection = Connection::open(sim.address(0)).await.unwrap();
    let target = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
    for (body, status, id) in [
        ("{", 400, "Base.1.13.MalformedJSON"),
        ("[]", 400, "Base.1.13.MalformedJSON"),
        ("{}", 400, "Base.1.13.ActionParameterMissing"),
        (
            r#"{"ResetType": "Explode"}"#,
            400,
            "Base.1.13.ActionParameterValueNotInList",
        ),
        (
            r#"{"ResetType": 7}"#,
            400,
            "Base.1.13.ActionParameterValueNotInList",
        ),
        (
            r#"{"ResetType": "Pause"}"#,
            400,
            "Base.1.13.ActionParameterValueNotInList",
        ),
    ] {
        let answer = connection.send(Method::POST, target, body.into()).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.message_id().as_str()),
            (status, id),
            "{body}"
        );
    }
    let missing = connection.get("/redfish/v1/Systems/9").await.unwrap();
    assert_eq!(
        (missing.status, missing.message_id()),
        (StatusCode::NOT_FOUND, "Base.1.13.ResourceMissingAtURI".into())
    );
    let wrong = connection.get(target).await.unwrap();
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "POST")
    );
    let wrong = connection
        .post("/redfish/v1/Systems/1", &json!({}))
        .await
        .unwrap();
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD")
    );
    let large = connection
        .send(Method::POST, target, vec![b' '; 100_000].into())
        .await
        .unwrap();
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(sim.executed_all(0).is_empty());
}

#[tokio::test]
async fn acceptance_has_four_forms() {
    for (acceptance, status, has_body) in [
        (Acceptance::NoContent, 204, false),
        (Acceptance::Ok, 200, true),
        (Acceptance::AcceptedWithoutTask, 202, false),
        (Acceptance::Task, 202, true),
    ] {
        let sim = with_profile(Profile {
            acceptance,
            ..Profile::standard()
        })
        .await;
        let answer = reset(&sim, 0, 0, "ForceOff").await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), !answer.body.is_empty()),
            (status, has_body),
            "{acceptance:?}"
        );
        assert_eq!(
            answer.headers.contains_key("location"),
            acceptance == Acceptance::Task
        );
        assert_eq!(sim.executed(0, 0).len(), 1);
    }
}

#[tokio::test]
async fn a_task_runs_as_long_as_the_change() {
    let profile = Profile {
        acceptance: Acceptance::Task,
        ..Profile::standard()
    };
    let delays = bmc_sim::Delays::all(std::time::Duration::from_millis(300));
    let sim = Sim::start(SimConfig::default().profile(profile).delays(delays))
        .await
        .unwrap();
    let accepted = reset(&sim, 0, 0, "ForceOff").await.unwrap();
    let monitor = accepted.header("location").to_owned();
    let task = accepted.json()["@odata.id"].as_str().unwrap().to_owned();
    assert_eq!(accepted.json()["TaskState"], "Running");
    assert_eq!(get(&sim, 0, &monitor).await.unwrap().status, StatusCode::ACCEPTED);
    let done = crate::client::until(
        || get(&sim, 0, &monitor),
        |answer| {
            answer
                .as_ref()
                .is_ok_and(|answer| answer.status != StatusCode::ACCEPTED)
        },
    );
    assert_eq!(done.await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(read(&sim, 0, &task).await["TaskState"], "Completed");
    let tasks = read(&sim, 0, "/redfish/v1/TaskService/Tasks").await;
    assert_eq!(tasks["Members"], json!([{"@odata.id": task}]));
    assert_eq!(
        get(&sim, 0, "/redfish/v1/TaskService/Tasks/77")
            .await
            .unwrap()
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_finished_monitor_may_show_the_task() {
    let profile = Profile {
        acceptance: Acceptance::Task,
        finished_task: FinishedTask::Ok,
        ..Profile::standard()
    };
    let sim = with_profile(profile).await;
    let accepted = reset(&sim, 0, 0, "ForceOff").await.unwrap();
    let task = read(&sim, 0, accepted.header("location")).await;
    assert_eq!(task["TaskState"], "Completed");
}

#[tokio::test]
async fn already_there_is_accepted_or_refused() {
    let sim = with_profile(Profile::standard()).await;
    assert_eq!(
        reset(&sim, 0, 0, "On").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    for (refusal, status) in [
        (Refusal::already_409(), 409),
        (Refusal::invalid_operation_400(), 400),
    ] {
        let profile = Profile {
            already_there: Some(refusal.clone()),
            ..Profile::standard()
        };
        let sim = with_profile(profile).await;
        let answer = reset(&sim, 0, 0, "On").await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.message_id()),
            (status, refusal.message_id)
        );
        assert!(sim.executed_all(0).is_empty());
    }
}

#[tokio::test]
async fn a_restart_of_an_unpowered_system_is_refused_unless_the_profile_says_otherwise() {
    let off = SimConfig::default().initial_power(bmc_sim::PowerState::Off);
    let sim = Sim::start(off.clone()).await.unwrap();
    assert_eq!(
        reset(&sim, 0, 0, "ForceRestart").await.unwrap().status,
        StatusCode::CONFLICT
    );
    let lenient = Profile {
        when_off: WhenOff::Accept,
        ..Profile::standard()
    };
    let sim = Sim::start(off.profile(lenient)).await.unwrap();
    assert_eq!(
        reset(&sim, 0, 0, "ForceRestart").await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    let executed = sim.executed(0, 0);
    assert_eq!(executed[0].reset_type, ResetType::ForceRestart);
    assert_eq!(executed[0].outcome, bmc_sim::Outcome::Unchanged);
}

#[tokio::test]
async fn profiles_may_differ_within_a_fleet() {
    let other = Profile {
        system_ids: IdStyle::Named("Self".into()),
        ..Profile::bare()
    };
    let sim = Sim::start(SimConfig::default().count(3).profile_for([1], other))
        .await
        .unwrap();
    let paths = [0, 1, 2].map(|bmc| sim.system_path(bmc, 0));
    assert_eq!(
        paths,
        [
            "/redfish/v1/Systems/1",
            "/redfish/v1/Systems/Self",
            "/redfish/v1/Systems/1"
        ]
    );
    for (bmc, path) in paths.iter().enumerate() {
        let serial = read(&sim, bmc, path).await["SerialNumber"].clone();
        assert_eq!(serial, format!("SIM{bmc:08x}-0"));
    }
}
