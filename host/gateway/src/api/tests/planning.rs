//! `/v2/plans`, and the transitions that execute them.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use switchyard_core::PowerState;
use switchyard_core::reservation::Reason;
use switchyard_wire::v2::{Plan, PlanVerdict, Problem, Transition};

use super::bench::{Answer, Bench, inventory};

const NODE: &str = "x0c0s0b0n0";

async fn make(bench: &Bench, body: Value) -> Plan {
    let answer = bench.post("alice", "/v2/plans", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let plan: Plan = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        answer.header("location"),
        Some(format!("/v2/plans/{}", plan.id).as_str())
    );
    plan
}

async fn execute(bench: &Bench, caller: &str, plan: &Plan, expect: u32) -> Answer {
    let body = json!({"plan": plan.id, "expect": expect});
    bench.post(caller, "/v2/transitions", &body).await
}

fn problem(answer: &Answer, status: StatusCode, code: &str) -> Problem {
    assert_eq!(answer.status, status, "{}", answer.text());
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem.code, code);
    problem
}

fn verdicts(plan: &Plan) -> Vec<(PlanVerdict, &str)> {
    plan.groups
        .iter()
        .map(|group| (group.verdict, group.components.as_str()))
        .collect()
}

#[tokio::test]
async fn a_plan_says_what_would_happen_and_runs_exactly_that() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]).await;
    bench.hardware.set("x0c0s1b0", PowerState::Off);
    let off = bench.switch("off", "x0c0s1b0n0").await;
    bench.until_status(&off, "completed").await;
    let hold = json!({"components": ["x0c0s2b0n0"], "reason": "mine", "until": in_an_hour()});
    assert_eq!(
        bench.post("bob", "/v2/holds", &hold).await.status,
        StatusCode::CREATED
    );
    let body = json!({"operation": "soft-off", "components": ["x0c0s[0-2]b0n0", "x0c0s0b0", "x9c0s0b0n0"]});
    let plan = make(&bench, body).await;
    assert_eq!(
        verdicts(&plan),
        [
            (PlanVerdict::Act, NODE),
            (PlanVerdict::Already, "x0c0s1b0n0"),
            (PlanVerdict::Held, "x0c0s2b0n0"),
            (PlanVerdict::Refused, "x9c0s0b0n0"),
            (PlanVerdict::Refused, "x0c0s0b0"),
        ]
    );
    assert_eq!((plan.resolved, plan.expect), (5, 2));
    assert!(plan.estimate.text.starts_with("about "), "{:?}", plan.estimate);
    let shown = bench.get(&format!("/v2/plans/{}", plan.id)).await;
    assert_eq!(serde_json::from_slice::<Plan>(&shown.body).unwrap(), plan);

    problem(
        &execute(&bench, "alice", &plan, 3).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "request.refused",
    );
    let other = problem(
        &execute(&bench, "mallory", &plan, 2).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "request.refused",
    );
    assert_eq!(other.problems[0].code, "plan.other-caller");
    let answer = execute(&bench, "alice", &plan, 2).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let transition: Transition = serde_json::from_slice(&answer.body).unwrap();
    let names: Vec<_> = transition
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    assert_eq!(names, [NODE, "x0c0s1b0n0"]);
    let again = problem(
        &execute(&bench, "alice", &plan, 2).await,
        StatusCode::CONFLICT,
        "plan.executed",
    );
    assert_eq!(again.transition.as_deref(), Some(transition.id.as_str()));
    let shown = bench.get(&format!("/v2/plans/{}", plan.id)).await.json();
    assert_eq!(shown["transition"], transition.id.as_str());
}

#[tokio::test]
async fn what_is_refused_since_stops_the_whole_plan() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    let plan = make(
        &bench,
        json!({"operation": "soft-off", "components": ["x0c0s[0-1]b0n0"]}),
    )
    .await;
    let hold = json!({"components": [NODE], "reason": "mine", "until": in_an_hour()});
    let hold = bench.post("bob", "/v2/holds", &hold).await;
    assert_eq!(hold.status, StatusCode::CREATED, "{}", hold.text());
    let changed = problem(
        &execute(&bench, "alice", &plan, 2).await,
        StatusCode::CONFLICT,
        "plan.changed",
    );
    assert_eq!(changed.problems[0].code, "component.on-hold");
    assert_eq!(changed.problems[0].components.as_deref(), Some(NODE));
    let list = bench.get("/v2/transitions").await.json();
    assert_eq!(list["transitions"], json!([]));
    let id = hold.json()["id"].as_str().unwrap().to_owned();
    let released = bench
        .call(
            http::Method::DELETE,
            &format!("/v2/holds/{id}"),
            axum::body::Body::empty(),
        )
        .await;
    assert_eq!(released.status, StatusCode::OK);
    assert_eq!(
        execute(&bench, "alice", &plan, 2).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn a_plan_is_known_and_of_this_request() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    let unknown = bench
        .post("alice", "/v2/transitions", &json!({"plan": nobody, "expect": 1}))
        .await;
    problem(&unknown, StatusCode::NOT_FOUND, "plan.not-found");
    let plan = make(&bench, json!({"operation": "soft-off", "components": [NODE]})).await;
    let other = json!({"plan": plan.id, "expect": 1, "operation": "on", "components": [NODE]});
    let other = bench.post("alice", "/v2/transitions", &other).await;
    let other = problem(&other, StatusCode::UNPROCESSABLE_ENTITY, "request.refused");
    assert_eq!(other.problems.len(), 2);
    assert!(other.problems.iter().all(|found| found.code == "plan.mismatch"));
    let of_plan = json!({"plan": plan.id, "operation": "on", "components": [NODE]});
    let of_plan = bench.post("alice", "/v2/plans", &of_plan).await;
    let of_plan = problem(&of_plan, StatusCode::UNPROCESSABLE_ENTITY, "request.refused");
    assert_eq!(of_plan.problems[0].code, "plan.mismatch");
}

#[tokio::test]
async fn waves_relatives_and_work_in_flight_are_shown() {
    let cabinet = inventory(&["x0c0s0b0", "x0c0s1b0"])
        + "[[controller]]\nid = \"x0c0b0\"\naddress = \"http://127.0.0.1:9\"\n\
           [[component]]\nid = \"x0c0\"\ncontroller = \"x0c0b0\"\nkind = \"node\"\npath = \"/redfish/v1/Systems/1\"\n";
    let bench = Bench::over(&cabinet).await;
    let waves =
        |plan: &Plan| -> Vec<String> { plan.waves.iter().map(|wave| wave.components.clone()).collect() };
    let off = make(
        &bench,
        json!({"operation": "soft-off", "components": ["x0c0", "x0c0s[0-1]b0n0"]}),
    )
    .await;
    assert_eq!(waves(&off), ["x0c0s[0-1]b0n0", "x0c0"]);
    let on = make(
        &bench,
        json!({"operation": "on", "components": ["x0c0", "x0c0s[0-1]b0n0"]}),
    )
    .await;
    assert_eq!(waves(&on), ["x0c0", "x0c0s[0-1]b0n0"]);
    let above = make(&bench, json!({"operation": "soft-off", "components": ["x0c0"]})).await;
    assert!(above.children.contains("x0c0s[0-1]b0n0"), "{}", above.children);
    bench.hardware.deafen("x0c0s0b0");
    let first = bench.switch("soft-off", NODE).await;
    let below = make(&bench, json!({"operation": "on", "components": [NODE]})).await;
    assert_eq!(below.parents, "x0c0");
    assert_eq!(below.in_flight.len(), 1);
    assert_eq!(below.in_flight[0].transition, first);
    assert_eq!(below.groups[0].verdict, PlanVerdict::Act);
}

fn coded(plan: &Plan) -> Vec<(PlanVerdict, &str, &str)> {
    let groups = plan.groups.iter();
    groups
        .map(|group| {
            let code = group.code.as_deref().unwrap_or_default();
            (group.verdict, code, group.components.as_str())
        })
        .collect()
}

#[tokio::test]
async fn what_has_no_driver_is_told_and_would_fail() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0"]).await;
    bench.hardware.lose_driver("x0c0s1b0");
    let body = json!({"operation": "off", "components": ["x0c0s[0-1]b0n0"]});
    let plan = make(&bench, body).await;
    assert_eq!(
        coded(&plan),
        [
            (PlanVerdict::Act, "", NODE),
            (PlanVerdict::Blocked, "driver.missing", "x0c0s1b0n0"),
        ]
    );
    assert_eq!(plan.expect, 2, "it is accepted all the same");
}

#[tokio::test]
async fn what_is_locked_in_smd_is_told_and_would_fail_unless_it_is_there_already() {
    let bench = Bench::start(&["x0c0s0b0", "x0c0s1b0", "x0c0s2b0"]).await;
    bench.locks.lock("x0c0s1b0n0", Reason::Locked);
    bench.locks.lock("x0c0s2b0n0", Reason::Disabled);
    let plan = |operation: &str| json!({"operation": operation, "components": ["x0c0s[0-2]b0n0"]});
    let off = make(&bench, plan("off")).await;
    assert_eq!(
        coded(&off),
        [
            (PlanVerdict::Act, "", NODE),
            (PlanVerdict::Blocked, "smd.disabled", "x0c0s2b0n0"),
            (PlanVerdict::Blocked, "smd.locked", "x0c0s1b0n0"),
        ]
    );
    assert!(off.groups[2].text.contains("Locked"), "{}", off.groups[2].text);
    let on = make(&bench, plan("on")).await;
    assert_eq!(coded(&on), [(PlanVerdict::Already, "", "x0c0s[0-2]b0n0")]);
}

#[tokio::test]
async fn what_does_not_answer_is_told_and_can_still_act() {
    let bench = Bench::start_polling(&["x0c0s0b0", "x0c0s1b0"], Duration::from_millis(500)).await;
    bench.hardware.take_away("x0c0s1b0");
    bench
        .until("the controller is left alone", || async {
            let open = bench.engine.endpoints().is_open(&"x0c0s1b0".parse().unwrap());
            open.then_some(())
        })
        .await;
    let body = json!({"operation": "off", "components": ["x0c0s[0-1]b0n0"]});
    let plan = make(&bench, body).await;
    assert_eq!(
        coded(&plan),
        [
            (PlanVerdict::Act, "", NODE),
            (PlanVerdict::Act, "endpoint.breaker-open", "x0c0s1b0n0"),
        ]
    );
}

fn in_an_hour() -> String {
    (jiff::Timestamp::now() + std::time::Duration::from_hours(1)).to_string()
}

#[tokio::test]
async fn a_plan_carries_how_many_may_fail_and_the_transition_shows_it() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    for wrong in ["-1", "5.5%", "101%", "many"] {
        let body = json!({"operation": "soft-off", "components": [NODE], "maxFailures": wrong});
        let answer = bench.post("alice", "/v2/plans", &body).await;
        let problem = problem(&answer, StatusCode::UNPROCESSABLE_ENTITY, "request.refused");
        assert_eq!(problem.problems[0].code, "request.out-of-range");
        assert!(problem.detail.contains("such as 5%"), "{}", problem.detail);
    }
    let body = json!({"operation": "soft-off", "components": [NODE], "maxFailures": "5%"});
    let plan = make(&bench, body).await;
    let other = json!({"plan": plan.id, "expect": 1, "maxFailures": "6%"});
    let other = bench.post("alice", "/v2/transitions", &other).await;
    let other = problem(&other, StatusCode::UNPROCESSABLE_ENTITY, "request.refused");
    assert_eq!(other.problems[0].code, "plan.mismatch");
    let executed = execute(&bench, "alice", &plan, 1).await;
    let executed: Transition = serde_json::from_slice(&executed.body).unwrap();
    assert_eq!(executed.max_failures.as_deref(), Some("5%"));
    assert_eq!(executed.max_failures_struck_at, None);
}

#[tokio::test]
async fn the_reason_of_a_plan_is_that_of_its_transition_unless_another_is_given() {
    let bench = Bench::start(&["x0c0s0b0"]).await;
    for (given, kept) in [(None, "a new board"), (Some("and a fan"), "and a fan")] {
        let body = json!({"operation": "off", "components": [NODE], "reason": "a new board"});
        let plan = make(&bench, body).await;
        let mut body = json!({"plan": plan.id, "expect": 1});
        if let Some(given) = given {
            body["reason"] = json!(given);
        }
        let answer = bench.post("alice", "/v2/transitions", &body).await;
        assert_eq!(answer.json()["reason"], kept, "{}", answer.text());
        let audit = bench.get("/v2/audit?limit=1").await.json();
        assert_eq!(audit["entries"][0]["reason"], kept, "{audit}");
    }
}
