//! Controllers that are reached over IPMI: simulated ones that count, and another's implementation.

mod openipmi;

use std::time::Duration;

use bmc_sim::{
    CipherSuite, Delays, Duplicates, Effect, Fault, InventoryOptions, IpmiProfile, PowerState, Profile,
    Protocol, ResetType, RestartView, Sim, SimConfig, node_xname,
};
use serde_json::{Value, json};
use switchyard_e2e::peer::run_program;
use switchyard_e2e::{Client, Installation, Service, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(2);

/// A service over simulated BMCs that it reaches over IPMI alone.
struct Fleet {
    sim: Sim,
    installation: Installation,
    service: Service,
}

impl Fleet {
    /// Starts the BMCs, then the service, whose patience with them is short. The inventory has `settings` for every controller.
    async fn start(config: SimConfig, settings: &str) -> Self {
        let sim = Sim::start(config.ipmi(0)).await.unwrap();
        let options = InventoryOptions {
            protocol: Protocol::Ipmi,
            driver: Some("ipmi".to_owned()),
            ..InventoryOptions::default()
        };
        let inventory = sim.inventory(&options).unwrap();
        let inventory = inventory.replace(
            "driver = \"ipmi\"\n",
            &format!("driver = \"ipmi\"\nipmi = {{ {settings} }}\n"),
        );
        let login = sim.config().login.clone();
        let installation = Installation::new(&inventory, &login.user, &login.password, impatient());
        let service = installation.start().await;
        Self {
            sim,
            installation,
            service,
        }
    }

    fn client(&self) -> &Client {
        self.service.client()
    }

    /// Asks for one operation on all nodes and waits for its end; the v1 body.
    async fn switch(&self, operation: &str) -> Value {
        switch(self.client(), operation, &names(self.sim.count())).await
    }

    fn executed(&self, bmc: usize) -> Vec<ResetType> {
        let executed = self.sim.executed(bmc, 0);
        executed.into_iter().map(|entry| entry.reset_type).collect()
    }
}

fn impatient() -> Settings {
    Settings {
        config: "[engine]\npatience_percent = 10\nchange_timeout_s = 3\n".to_owned(),
        ..Settings::default()
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|bmc| node_xname(bmc, 0)).collect()
}

/// BMCs whose restarts take a moment and leave the power bit on throughout.
fn config(ipmi: IpmiProfile) -> SimConfig {
    SimConfig::default()
        .profile(Profile {
            ipmi,
            restart_view: RestartView::StaysOn,
            ..Profile::standard()
        })
        .delays(Delays::all(Duration::from_millis(200)))
}

fn with_suite(suite: CipherSuite) -> IpmiProfile {
    IpmiProfile {
        suites: vec![suite],
        ..IpmiProfile::standard()
    }
}

/// Asks over v2, which has every operation, and waits for the end; the v1 body.
async fn switch(client: &Client, operation: &str, nodes: &[String]) -> Value {
    let id = ask(client, operation, nodes).await;
    client.ended(&id, WITHIN).await
}

async fn ask(client: &Client, operation: &str, nodes: &[String]) -> String {
    let body = json!({ "operation": operation, "components": nodes, "deadlineMinutes": 1 });
    let answer = client.post("/v2/transitions", &body).await.unwrap();
    let id = answer.body["id"].as_str();
    assert!(id.is_some(), "{operation}: {answer:?}");
    id.unwrap().to_owned()
}

/// The v2 view of a node's task.
async fn task(client: &Client, transition: &Value, node: &str) -> Value {
    let id = transition["transitionID"].as_str().unwrap();
    let view = client.get(&format!("/v2/transitions/{id}")).await.unwrap();
    let members = view.body["members"].as_array().unwrap();
    let member = members.iter().find(|member| member["component"] == node).unwrap();
    let task = member["task"].as_str().unwrap();
    client.get(&format!("/v2/tasks/{task}")).await.unwrap().body
}

fn all_succeeded(fleet: &Fleet, body: &Value) {
    assert_eq!(
        body["taskCounts"]["succeeded"],
        fleet.sim.count(),
        "{body:#}\n{}",
        fleet.installation.log()
    );
}

/// Runs `ipmitool` against the first BMC with a second's patience for each of its four tries.
async fn ipmitool(sim: &Sim, command: &[&str]) -> String {
    let address = sim.ipmi_address(0).unwrap();
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let login = &sim.config().login;
    let mut arguments = vec!["-I", "lanplus", "-C", "17", "-N", "1", "-H", &host, "-p", &port];
    arguments.extend(["-U", &login.user, "-P", &login.password]);
    arguments.extend(command);
    let said = run_program("ipmitool", &arguments, WITHIN).await;
    assert!(said.success, "{command:?}: {said:?}");
    said.text
}

#[tokio::test]
async fn nodes_go_off_and_on_with_either_suite() {
    for suite in [CipherSuite::Three, CipherSuite::Seventeen] {
        let fleet = Fleet::start(config(with_suite(suite)).count(3), "").await;
        for (operation, resets, state) in [
            ("off", vec![ResetType::GracefulShutdown], PowerState::Off),
            ("on", vec![ResetType::On], PowerState::On),
            ("force-off", vec![ResetType::ForceOff], PowerState::Off),
            ("init", vec![ResetType::On], PowerState::On),
            (
                "hard-restart",
                vec![ResetType::GracefulShutdown, ResetType::On],
                PowerState::On,
            ),
            ("soft-off", vec![ResetType::GracefulShutdown], PowerState::Off),
            ("soft-off", vec![], PowerState::Off),
        ] {
            fleet.sim.reset_counters();
            let body = fleet.switch(operation).await;
            all_succeeded(&fleet, &body);
            for bmc in 0..3 {
                assert_eq!(fleet.executed(bmc), resets, "{suite:?} {operation}");
                // The power bit is on while the machine is still coming up.
                let reached = || async { (fleet.sim.power_state(bmc, 0) == state).then_some(()) };
                eventually("the machine is there", WITHIN, reached).await;
                assert!(fleet.sim.ipmi(bmc).slots <= 1, "one session per BMC");
            }
        }
        let status = fleet.client().get("/v1/power-status").await.unwrap();
        let shown = status.body["status"].as_array().unwrap();
        let off = shown.iter().filter(|entry| entry["powerState"] == "off").count();
        assert_eq!(off, 3, "{suite:?}: {:#}", status.body);
        assert_eq!(
            fleet.sim.totals().gets + fleet.sim.totals().posts,
            0,
            "nothing over Redfish"
        );
        let Fleet { sim, service, .. } = fleet;
        assert!(service.terminate().await.success());
        for bmc in 0..3 {
            assert_eq!(
                sim.ipmi(bmc).slots,
                0,
                "{suite:?}: the session of BMC {bmc} was closed"
            );
        }
    }
}

#[tokio::test]
async fn restarts_are_proven_by_what_the_bmc_tells() {
    let fleet = Fleet::start(config(IpmiProfile::standard()).count(1), "").await;
    let node = node_xname(0, 0);
    // The cause of the restart changes with the first reset only, the event log with every one.
    for (operation, reset, outcome, events) in [
        ("reset", ResetType::ForceRestart, "verified", 2),
        ("reset", ResetType::ForceRestart, "verified", 3),
        ("power-cycle", ResetType::PowerCycle, "verified", 4),
        ("nmi", ResetType::Nmi, "unproven", 4),
    ] {
        fleet.sim.reset_counters();
        let body = fleet.switch(operation).await;
        all_succeeded(&fleet, &body);
        let view = task(fleet.client(), &body, &node).await;
        assert_eq!(view["outcome"]["name"], outcome, "{operation}: {view:#}");
        assert_eq!(fleet.executed(0), [reset], "{operation}");
        // The cause is told at once; the log has the restart when the machine has come up.
        let logged = || async { (fleet.sim.ipmi(0).events == events).then_some(()) };
        eventually("the restart is logged", WITHIN, logged).await;
    }
    fleet.sim.set_all_power(PowerState::Off);
    fleet.sim.reset_counters();
    let body = fleet.switch("reset").await;
    assert_eq!(body["taskCounts"]["failed"], 1, "{body:#}");
    assert_eq!(
        fleet.sim.counts(0).ipmi_actions,
        0,
        "nothing is sent to a machine that is off"
    );
}

#[tokio::test]
async fn a_reset_whose_answers_are_lost_is_executed_once_and_by_ipmitool_four_times() {
    let profile = IpmiProfile {
        duplicates: Duplicates::Executed,
        ..IpmiProfile::standard()
    };
    let fleet = Fleet::start(config(profile).count(1), "").await;
    let lost = Fault::new(Effect::ExecuteThenCut).times(3);
    fleet.sim.add_fault(lost.clone()).unwrap();
    ipmitool(&fleet.sim, &["chassis", "power", "reset"]).await;
    assert_eq!(fleet.executed(0), [ResetType::ForceRestart; 4], "by ipmitool");

    fleet.sim.clear_faults();
    fleet.sim.reset_counters();
    fleet.sim.add_fault(lost).unwrap();
    let body = fleet.switch("reset").await;
    all_succeeded(&fleet, &body);
    assert_eq!(fleet.executed(0), [ResetType::ForceRestart]);
    let view = task(fleet.client(), &body, &node_xname(0, 0)).await;
    assert_eq!(view["outcome"]["name"], "verified", "{view:#}");
    let attempts = view["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 1, "{view:#}");
    assert_eq!(attempts[0]["delivery"], "maybe-sent", "{view:#}");
}

#[tokio::test]
async fn lost_busy_and_doubled_answers_lose_nothing() {
    let fleet = Fleet::start(config(IpmiProfile::standard()).count(1), "retry_ms = 100").await;
    let reads = bmc_sim::Requests::PowerReadings;
    for (fault, operation) in [
        (Fault::new(Effect::CutBeforeExecuting).on(reads).times(2), "off"),
        (Fault::new(Effect::ExecuteThenCut).on(reads).times(2), "on"),
        (
            Fault::new(Effect::Busy { retry_after: 1 }).on(reads).times(1),
            "off",
        ),
        (Fault::new(Effect::CompletionCode { code: 0xc0 }).times(1), "on"),
        (Fault::new(Effect::CompletionCode { code: 0xd2 }).times(1), "off"),
        (Fault::new(Effect::DuplicateAnswer).times(20), "on"),
        (Fault::new(Effect::WrongChecksum).on(reads).times(1), "off"),
        (Fault::new(Effect::ForgetSession).on(reads).times(1), "on"),
    ] {
        fleet.sim.reset_counters();
        let effect = fault.effect.clone();
        fleet.sim.add_fault(fault.protocol(Protocol::Ipmi)).unwrap();
        let body = fleet.switch(operation).await;
        all_succeeded(&fleet, &body);
        assert_eq!(fleet.executed(0).len(), 1, "{effect:?}");
        assert!(fleet.sim.faults()[0].hits > 0, "{effect:?}");
        fleet.sim.clear_faults();
    }
}

#[tokio::test]
async fn a_level_that_is_too_low_is_told_with_the_remedy() {
    let fleet = Fleet::start(config(IpmiProfile::standard()).count(1), "privilege = \"user\"").await;
    let body = fleet.switch("off").await;
    let error = body["tasks"][0]["error"].as_str().unwrap_or_default();
    assert!(error.contains("D4h") && error.contains("`privilege`"), "{body:#}");
    assert!(fleet.executed(0).is_empty());
}

#[tokio::test]
async fn a_service_killed_in_the_middle_executes_no_reset_twice() {
    const NODES: usize = 12;
    let fleet = Fleet::start(config(IpmiProfile::standard()).count(NODES), "retry_ms = 200").await;
    let slow = Fault::new(Effect::Slow { ms: 300 }).on(bmc_sim::Requests::Actions);
    fleet.sim.add_fault(slow).unwrap();
    let id = ask(fleet.client(), "reset", &names(NODES)).await;
    eventually("some were executed", WITHIN, || async {
        (fleet.sim.totals().executed > 0).then_some(())
    })
    .await;
    let Fleet {
        sim,
        installation,
        service,
    } = fleet;
    service.kill();
    let service = installation.start().await;
    let body = service.client().ended(&id, WITHIN).await;
    let counts = &body["taskCounts"];
    assert_eq!(counts["total"], NODES, "{body:#}");
    for (bmc, name) in names(NODES).iter().enumerate() {
        let executed = sim.executed(bmc, 0).len();
        let view = task(service.client(), &body, name).await;
        let outcome = view["outcome"]["name"].as_str().unwrap();
        match outcome {
            "verified" => assert_eq!(executed, 1, "{view:#}"),
            _ => assert!(executed <= 1, "{view:#}"),
        }
    }
}
