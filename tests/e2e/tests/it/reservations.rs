//! Reservations in SMD: the service, simulated BMCs and a simulated SMD, over real connections.

use std::time::Duration;

use bmc_sim::{Delays, PowerState, ResetType, Sim, SimConfig, node_xname};
use serde_json::{Value, json};
use smd_sim::{Component, Fault, Site, SmdSim};
use switchyard_e2e::{Client, Installation, Service, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(2);

/// A service over simulated BMCs whose nodes a simulated SMD knows.
struct Bench {
    sim: Sim,
    smd: SmdSim,
    service: Service,
    installation: Installation,
}

impl Bench {
    async fn start(config: SimConfig, power: PowerState) -> Self {
        let sim = Sim::start(config).await.unwrap();
        sim.set_all_power(power);
        let nodes = sim.config().nodes_per_bmc;
        let mut site = Site::default();
        for xname in all(sim.count(), nodes) {
            site.add(Component::new(&xname, "Node"));
        }
        let smd = SmdSim::start(site).await.unwrap();
        let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
        let login = &sim.config().login;
        let settings = Settings {
            config: format!(
                "[engine]\npatience_percent = 10\n[smd]\nurl = \"{}\"\n",
                smd.base_url()
            ),
            ..Settings::default()
        };
        let installation = Installation::new(&inventory, &login.user, &login.password, settings);
        let service = installation.start().await;
        Self {
            sim,
            smd,
            service,
            installation,
        }
    }

    /// Nodes that go down and up in two seconds each.
    async fn slow(count: usize) -> Self {
        let delays = Delays::all(Duration::from_secs(2));
        Self::start(SimConfig::default().count(count).delays(delays), PowerState::On).await
    }

    fn client(&self) -> &Client {
        self.service.client()
    }

    fn reserved(&self) -> Vec<String> {
        self.smd.site().locks.reserved()
    }

    /// How many calls SMD has had of this kind.
    fn calls(&self, what: &str) -> usize {
        let path = format!("/hsm/v2/locks/service/reservations{what}");
        let requests = self.smd.requests();
        requests.iter().filter(|request| request.path == path).count()
    }

    /// Waits until the first step of all tasks was sent.
    async fn sent(&self, id: &str) {
        let client = self.client();
        eventually("something was sent", WITHIN, || async {
            let body = client.get(&format!("/v1/transitions/{id}")).await?.body;
            let tasks = body["tasks"].as_array()?.clone();
            let sent = |task: &Value| {
                let said = task["taskStatusDescription"].as_str().unwrap_or_default();
                said.starts_with("Confirming")
            };
            tasks.iter().all(sent).then_some(())
        })
        .await;
    }

    async fn none_is_left(&self) {
        eventually("nothing is reserved any more", WITHIN, || async {
            self.reserved().is_empty().then_some(())
        })
        .await;
    }
}

fn all(count: usize, nodes: usize) -> Vec<String> {
    (0..count)
        .flat_map(|bmc| (0..nodes).map(move |node| node_xname(bmc, node)))
        .collect()
}

fn node() -> String {
    node_xname(0, 0)
}

/// The v1 task of a component.
fn task<'a>(body: &'a Value, xname: &str) -> &'a Value {
    let mut tasks = body["tasks"].as_array().unwrap().iter();
    tasks.find(|task| task["xname"] == xname).unwrap()
}

#[track_caller]
fn succeeded(body: &Value, count: usize) {
    assert_eq!(body["taskCounts"]["succeeded"], count, "{body:#}");
}

#[track_caller]
fn failed(body: &Value, xname: &str, error: &str) {
    let task = task(body, xname);
    assert_eq!(task["taskStatus"], "failed", "{task:#}");
    assert_eq!(
        task["taskStatusDescription"], "Failed to achieve transition",
        "{task:#}"
    );
    assert_eq!(task["error"], error, "{task:#}");
}

async fn with_keys(client: &Client, operation: &str, location: Value) -> String {
    let body = json!({ "operation": operation, "location": location });
    let answer = client.post("/v1/transitions", &body).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["transitionID"].as_str().unwrap().to_owned()
}

/// The v2 body of the task that a transition has for its only component.
async fn task_of(client: &Client, transition: &str) -> Value {
    let view = client
        .get(&format!("/v2/transitions/{transition}"))
        .await
        .unwrap()
        .body;
    let task = view["members"][0]["task"].as_str().unwrap().to_owned();
    client.get(&format!("/v2/tasks/{task}")).await.unwrap().body
}

async fn events(client: &Client, kind: &str) -> Vec<Value> {
    let page = client.page("/v2/events?limit=1000").await.unwrap().body;
    let events = page["events"].as_array().cloned().unwrap_or_default();
    events.into_iter().filter(|event| event["kind"] == kind).collect()
}

#[tokio::test]
async fn completed_comes_after_the_release_and_the_next_transition_works_at_once() {
    let config = SimConfig::default()
        .count(20)
        .delays(Delays::all(Duration::from_millis(50)));
    let bench = Bench::start(config, PowerState::On).await;
    let (client, names) = (bench.client(), all(20, 1));
    for operation in ["off", "on", "force-off", "on"] {
        let id = client.transition(operation, &names, 5).await.unwrap();
        let body = client.ended(&id, WITHIN).await;
        assert_eq!(
            bench.reserved(),
            Vec::<String>::new(),
            "completed before the release"
        );
        succeeded(&body, 20);
    }
    assert!(bench.calls("") >= 4 && bench.calls("/release") >= 4);
    let rigid = bench.smd.requests();
    assert!(
        rigid
            .iter()
            .all(|request| request.body["ComponentIDs"] != json!([]))
    );
    // What is there already is not reserved.
    bench.smd.clear_requests();
    let id = client.transition("on", &names, 5).await.unwrap();
    succeeded(&client.ended(&id, WITHIN).await, 20);
    assert_eq!(bench.calls(""), 0);
}

#[tokio::test]
async fn completed_comes_after_a_release_that_takes_its_time() {
    let bench = Bench::start(SimConfig::default().count(1), PowerState::On).await;
    let client = bench.client();
    let slow = Fault::Slow(Duration::from_secs(5));
    bench.smd.set_fault("/service/reservations/release", slow);
    let id = client.transition("force-off", &[node()], 5).await.unwrap();
    succeeded(&client.ended(&id, WITHIN).await, 1);
    assert_eq!(bench.reserved(), Vec::<String>::new());
    let told = events(client, "task.released").await;
    assert_eq!(told[0]["data"]["leftToExpire"], false, "{told:#?}");
}

#[tokio::test]
async fn a_lock_and_a_foreign_reservation_refuse_with_their_reason() {
    let bench = Bench::start(SimConfig::default().count(3), PowerState::Off).await;
    let (client, names) = (bench.client(), all(3, 1));
    bench.smd.site().locks.lock(&names[0]);
    bench.smd.site().locks.reserve(&names[1], Some(5));
    let id = client.transition("on", &names, 5).await.unwrap();
    let body = client.ended(&id, WITHIN).await;
    failed(&body, &names[0], "Unable to reserve component");
    failed(&body, &names[1], "Unable to reserve component");
    assert_eq!(task(&body, &names[2])["taskStatus"], "succeeded");
    assert_eq!(bench.sim.counts(0).posts + bench.sim.counts(1).posts, 0);
    let component = client
        .get(&format!("/v2/components/{}", names[0]))
        .await
        .unwrap()
        .body;
    assert_eq!(component["reservation"]["refused"], "Locked", "{component:#}");
    let id = client.transition("on", &names[..1], 5).await.unwrap();
    client.ended(&id, WITHIN).await;
    let task = task_of(client, &id).await;
    assert_eq!(task["outcome"]["failure"]["code"], "smd.locked", "{task:#}");
    bench.smd.site().locks.unlock(&names[0]);
    let id = client.transition("on", &names[..1], 5).await.unwrap();
    succeeded(&client.ended(&id, WITHIN).await, 1);
    assert_eq!(
        bench.reserved(),
        [names[1].clone()],
        "what is somebody else's is left alone"
    );
}

#[tokio::test]
async fn a_valid_deputy_key_is_used_and_an_invalid_one_is_not_hidden() {
    let bench = Bench::start(SimConfig::default().count(3), PowerState::Off).await;
    let (client, names) = (bench.client(), all(3, 1));
    let key = bench.smd.site().locks.reserve(&names[0], None);
    let other = bench.smd.site().locks.reserve(&names[1], Some(5));
    let wrong = format!("{}:dk:00000000-0000-0000-0000-000000000000", names[1]);
    let location = json!([
        { "xname": names[0], "deputyKey": "stale" },
        { "xname": names[0], "deputyKey": key },
        { "xname": names[1], "deputyKey": wrong },
        { "xname": names[2], "deputyKey": wrong },
    ]);
    let id = with_keys(client, "on", location).await;
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(task(&body, &names[0])["taskStatus"], "succeeded", "{body:#}");
    failed(
        &body,
        &names[1],
        "Invalid deputy key and unable to reserve component",
    );
    assert_eq!(
        task(&body, &names[2])["taskStatus"],
        "succeeded",
        "it is acquired instead"
    );
    assert_eq!(bench.reserved(), names[..2], "what was lent is not released");
    let told = events(client, "task.reserved").await;
    let of = |name: &String| {
        told.iter()
            .find(|event| event["component"] == name.as_str())
            .unwrap()
    };
    assert_eq!(of(&names[0])["data"]["by"], "deputy-key", "{told:#?}");
    assert_eq!(of(&names[2])["data"]["invalidDeputyKey"], true, "{told:#?}");
    let body = json!({ "operation": "on", "components": [names[1]], "deputyKeys": { &names[1]: other } });
    let answer = client.post("/v2/transitions", &body).await.unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.body["id"].as_str().unwrap().to_owned();
    succeeded(&client.ended(&id, WITHIN).await, 1);
    let body = json!({ "operation": "on", "components": [names[1]], "deputyKeys": { &names[2]: "k" } });
    let answer = client.post("/v2/transitions", &body).await.unwrap();
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(!bench.installation.log().contains(":dk:"), "a key is in the log");
}

#[tokio::test]
async fn a_reservation_that_is_taken_away_between_off_and_on_stops_the_restart() {
    let bench = Bench::slow(1).await;
    let client = bench.client();
    let id = client.transition("hard-restart", &[node()], 5).await.unwrap();
    bench.sent(&id).await;
    bench.smd.site().locks.remove(&node());
    let body = client.ended(&id, WITHIN).await;
    failed(&body, &node(), "Reservation expired");
    let executed: Vec<_> = bench
        .sim
        .executed(0, 0)
        .iter()
        .map(|done| done.reset_type)
        .collect();
    assert_eq!(executed, [ResetType::GracefulShutdown]);
    let task = task_of(client, &id).await;
    assert_eq!(task["outcome"]["reason"], "reservation-lost", "{task:#}");
    assert_eq!(task["outcome"]["state"], "off", "{task:#}");
}

#[tokio::test]
async fn while_smd_is_away_tasks_wait_with_that_reason_and_an_emergency_does_not() {
    let mut bench = Bench::start(SimConfig::default().count(2), PowerState::On).await;
    bench.client().fleet_read(2, WITHIN).await;
    bench.smd.leave().await;
    let client = bench.client();
    let id = client.transition("off", &[node()], 5).await.unwrap();
    eventually("the task says what it waits for", WITHIN, || async {
        let body = client.get(&format!("/v1/transitions/{id}")).await?.body;
        let said = body["tasks"][0]["taskStatusDescription"].as_str()?.to_owned();
        (said.contains("SMD is away") && body["tasks"][0]["taskStatus"] == "new").then_some(())
    })
    .await;
    let shown = task_of(client, &id).await;
    assert_eq!(shown["waitingFor"]["what"], "reservation", "{shown:#}");
    let other = node_xname(1, 0);
    let emergency = json!({ "components": [other], "reason": "smoke", "expect": 1 });
    let answer = client.post("/v2/emergency-off", &emergency).await.unwrap();
    assert!(answer.status < 300, "{answer:?}");
    // A request that came before its end would join it.
    let emergency = answer.body["id"].as_str().unwrap().to_owned();
    succeeded(&client.ended(&emergency, WITHIN).await, 1);
    assert_eq!(bench.sim.power_state(1, 0), PowerState::Off);
    assert_eq!(bench.sim.power_state(0, 0), PowerState::On);
    let hurried = json!({ "operation": "force-off", "components": [other], "startWithinSeconds": 2 });
    bench.sim.set_power(1, 0, PowerState::On);
    let answer = client.post("/v2/transitions", &hurried).await.unwrap();
    let late = answer.body["id"].as_str().unwrap().to_owned();
    let body = client.ended(&late, WITHIN).await;
    assert_eq!(
        task(&body, &other)["taskStatusDescription"],
        "Error acquiring reservations",
        "{body:#}"
    );
    bench.smd.come_back().await.unwrap();
    let client = bench.client();
    succeeded(&client.ended(&id, WITHIN).await, 1);
    assert_eq!(bench.reserved(), Vec::<String>::new());
}

#[tokio::test]
async fn smd_may_go_while_a_step_is_verified_and_what_it_keeps_is_released_when_it_is_back() {
    let mut bench = Bench::slow(1).await;
    let id = bench
        .client()
        .transition("hard-restart", &[node()], 5)
        .await
        .unwrap();
    bench.sent(&id).await;
    bench.smd.leave().await;
    // Its reservation holds for a minute, whether SMD answers or not.
    succeeded(&bench.client().ended(&id, WITHIN).await, 1);
    assert_eq!(bench.reserved(), [node()], "nobody could release it");
    let told = events(bench.client(), "task.released").await;
    assert_eq!(told[0]["data"]["leftToExpire"], true, "{told:#?}");
    bench.smd.come_back().await.unwrap();
    bench.none_is_left().await;
    assert_eq!(bench.calls("/release"), 1);
}

#[tokio::test]
async fn a_killed_service_takes_its_reservations_up_again_and_leaves_none() {
    let mut bench = Bench::slow(2).await;
    let names = all(2, 1);
    let id = bench
        .client()
        .transition("hard-restart", &names, 5)
        .await
        .unwrap();
    bench.sent(&id).await;
    assert_eq!(bench.reserved(), names);
    bench.service.kill();
    bench.smd.clear_requests();
    bench.service = bench.installation.start().await;
    succeeded(&bench.client().ended(&id, WITHIN).await, 2);
    assert_eq!(bench.reserved(), Vec::<String>::new());
    assert_eq!(bench.calls(""), 0, "it has the keys of before");
    // Killed again when the end is stored and the release may not be: nothing stays behind either.
    let id = bench.client().transition("off", &names, 5).await.unwrap();
    bench.sent(&id).await;
    bench.service.kill();
    bench.service = bench.installation.start().await;
    bench.client().ended(&id, WITHIN).await;
    bench.none_is_left().await;
}

#[tokio::test]
async fn a_kill_before_the_answer_is_waited_for_until_it_has_expired() {
    let mut bench = Bench::start(SimConfig::default().count(1), PowerState::Off).await;
    // SMD reserves, and its answer never comes.
    bench
        .smd
        .set_fault("/locks/service/reservations", smd_sim::Fault::Half);
    let id = bench.client().transition("on", &[node()], 5).await.unwrap();
    eventually("it is reserved", WITHIN, || async {
        (bench.reserved() == [node()]).then_some(())
    })
    .await;
    bench.service.kill();
    bench.smd.clear_fault();
    bench.service = bench.installation.start().await;
    let client = bench.client();
    eventually("the task says what it waits for", WITHIN, || async {
        let body = client.get(&format!("/v1/transitions/{id}")).await?.body;
        let said = body["tasks"][0]["taskStatusDescription"].as_str()?.to_owned();
        said.contains("perhaps by this service").then_some(())
    })
    .await;
    bench.smd.site().locks.run_faster(60);
    succeeded(&client.ended(&id, WITHIN).await, 1);
    bench.none_is_left().await;
}

#[tokio::test]
async fn five_hundred_nodes_take_few_calls() {
    let config = SimConfig::default().count(50).nodes(10);
    let bench = Bench::start(config, PowerState::Off).await;
    bench.client().fleet_read(500, WITHIN).await;
    bench.smd.clear_requests();
    let id = bench.client().transition("on", &all(50, 10), 5).await.unwrap();
    succeeded(&bench.client().ended(&id, WITHIN).await, 500);
    assert_eq!(bench.reserved(), Vec::<String>::new());
    let (made, released) = (bench.calls(""), bench.calls("/release"));
    assert!(
        made <= 60 && released <= 60,
        "{made} and {released} calls for 500 nodes"
    );
}
