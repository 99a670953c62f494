//! The order within one request: chassis, blades, nodes, and the outlets that feed one of them.

use std::fmt::Write as _;
use std::time::Duration;

use bmc_sim::{
    Delays, Effect, Executed, Fault, OutletKind, Outlets, Profile, ResetType, SettingsProfile, Sim,
    SimConfig, Target,
};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Service, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(2);
/// The BMC of the node that is slow.
const SLOW: usize = 3;
/// The power distribution unit.
const PDU: usize = 5;

/// Component, kind, BMC, target and parents, from the top.
const COMPONENTS: [(&str, &str, usize, Target, &[&str]); 7] = [
    ("chassis", "chassis", 0, Target::Chassis, &[]),
    ("blade0", "chassis", 1, Target::Chassis, &["chassis"]),
    ("blade1", "chassis", 2, Target::Chassis, &["chassis"]),
    ("outlet0", "outlet", PDU, Target::Outlet(0), &[]),
    ("outlet1", "outlet", PDU, Target::Outlet(1), &[]),
    (
        "node0",
        "node",
        SLOW,
        Target::System(0),
        &["blade0", "outlet0", "outlet1"],
    ),
    ("node1", "node", 4, Target::System(0), &["blade1"]),
];

struct Site {
    sim: Sim,
    installation: Installation,
    service: Service,
}

impl Site {
    async fn start() -> Self {
        let mut profile = Profile::standard();
        for reset in [ResetType::On, ResetType::ForceOff, ResetType::GracefulShutdown] {
            if !profile.chassis_reset_types.contains(&reset) {
                profile.chassis_reset_types.push(reset);
            }
        }
        let outlets = Outlets {
            count: 2,
            kind: OutletKind::Standard,
        };
        let pdu = Profile {
            settings: SettingsProfile {
                outlets: Some(outlets),
                ..SettingsProfile::standard()
            },
            ..Profile::standard()
        };
        let config = SimConfig::default()
            .count(6)
            .profile(profile)
            .profile_for([PDU], pdu)
            .delays(Delays::all(Duration::from_millis(200)));
        let sim = Sim::start(config).await.unwrap();
        let login = sim.config().login.clone();
        let settings = Settings {
            config: "[engine]\npatience_percent = 10\nchange_timeout_s = 3\n".to_owned(),
            ..Settings::default()
        };
        let installation = Installation::new(&inventory(&sim), &login.user, &login.password, settings);
        let service = installation.start().await;
        let site = Self {
            sim,
            installation,
            service,
        };
        site.client().fleet_read(COMPONENTS.len(), WITHIN).await;
        site
    }

    fn client(&self) -> &Client {
        self.service.client()
    }

    /// The operating system of the slow node ignores what it is asked for.
    fn slow(&self) {
        self.sim
            .add_fault(Fault::new(Effect::OsIgnores).bmc(SLOW))
            .unwrap();
    }

    async fn ask(&self, operation: &str) -> String {
        let names: Vec<String> = COMPONENTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
        self.client().transition(operation, &names, 1).await.unwrap()
    }

    fn executed(&self, name: &str) -> Vec<Executed> {
        let (_, _, bmc, target, _) = COMPONENTS.iter().find(|(known, ..)| *known == name).unwrap();
        self.sim.executed_of(*bmc, *target)
    }

    /// When the last request for a component was executed.
    fn last(&self, name: &str) -> bmc_sim::Moment {
        self.executed(name).last().unwrap().at
    }

    fn is_before(&self, first: &str, then: &str) {
        assert!(
            self.last(first) < self.last(then),
            "{first} at {:?}, {then} at {:?}",
            self.last(first),
            self.last(then)
        );
    }
}

fn inventory(sim: &Sim) -> String {
    let mut text = String::new();
    for bmc in 0..sim.count() {
        writeln!(
            text,
            "[[controller]]\nid = \"bmc{bmc}\"\naddress = \"{}\"\n",
            sim.base_url(bmc)
        )
        .unwrap();
    }
    for (name, kind, bmc, target, parents) in COMPONENTS {
        let path = match target {
            Target::Chassis => sim.chassis_path(bmc),
            Target::Outlet(outlet) => sim.outlet_path(bmc, outlet),
            Target::System(system) => sim.system_path(bmc, system),
            Target::Manager => sim.manager_path(bmc),
        };
        writeln!(
            text,
            "[[component]]\nid = \"{name}\"\nkind = \"{kind}\"\ncontroller = \"bmc{bmc}\"\npath = \"{path}\"\n\
             parents = {parents:?}\n"
        )
        .unwrap();
    }
    text
}

fn task<'a>(transition: &'a Value, name: &str) -> &'a Value {
    let tasks = transition["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["xname"] == name).unwrap()
}

fn all_succeeded(body: &Value) {
    assert_eq!(body["taskCounts"]["succeeded"], COMPONENTS.len(), "{body:#}");
}

#[tokio::test]
async fn everything_goes_off_from_below_and_comes_on_from_above() {
    let site = Site::start().await;
    site.slow();
    let off = site.ask("off").await;
    all_succeeded(&site.client().ended(&off, WITHIN).await);
    // One slow node delays what stands above it, and nothing else.
    assert_eq!(
        site.executed("node0").last().unwrap().reset_type,
        ResetType::ForceOff
    );
    for above in ["blade0", "outlet0", "outlet1", "chassis"] {
        site.is_before("node0", above);
    }
    site.is_before("node1", "blade1");
    site.is_before("blade1", "node0");
    site.is_before("blade0", "chassis");
    site.sim.clear_faults();
    let on = site.ask("on").await;
    all_succeeded(&site.client().ended(&on, WITHIN).await);
    for (above, below) in [
        ("chassis", "blade0"),
        ("chassis", "blade1"),
        ("blade0", "node0"),
        ("outlet0", "node0"),
        ("outlet1", "node0"),
        ("blade1", "node1"),
    ] {
        site.is_before(above, below);
    }
    let restart = site.ask("init").await;
    all_succeeded(&site.client().ended(&restart, WITHIN).await);
    for name in ["chassis", "blade0", "node0"] {
        let types: Vec<_> = site
            .executed(name)
            .iter()
            .rev()
            .take(2)
            .map(|done| done.reset_type)
            .collect();
        assert_eq!(types, [ResetType::On, ResetType::GracefulShutdown], "{name}");
    }
    site.is_before("chassis", "blade0");
    site.is_before("blade0", "node0");
}

#[tokio::test]
async fn a_node_that_does_not_go_off_stops_what_stands_above_it() {
    let site = Site::start().await;
    site.slow();
    let off = site.ask("soft-off").await;
    let body = site.client().ended(&off, WITHIN).await;
    for name in ["node1", "blade1"] {
        assert_eq!(task(&body, name)["taskStatus"], "succeeded", "{body:#}");
    }
    let text = "Timeout waiting for transition, gracefulshutdown, on dependency, node0.";
    for name in ["blade0", "outlet0", "outlet1", "chassis"] {
        let task = task(&body, name);
        assert_eq!(task["taskStatus"], "failed", "{body:#}");
        assert_eq!(task["error"], text);
        assert_eq!(task["taskStatusDescription"], text);
        assert!(site.executed(name).is_empty());
    }
    site.sim.clear_faults();
    let again = site
        .client()
        .post(&format!("/v2/transitions/{off}/retry"), &json!({}))
        .await
        .unwrap();
    let retried = again.body["transition"]["id"].as_str().unwrap().to_owned();
    let body = site.client().ended(&retried, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], 5, "{body:#}");
    site.is_before("node0", "blade0");
    site.is_before("blade0", "chassis");
}

#[tokio::test]
async fn the_order_survives_a_kill() {
    let mut site = Site::start().await;
    site.slow();
    let off = site.ask("off").await;
    eventually("the other blade is off", WITHIN, || async {
        (!site.executed("blade1").is_empty()).then_some(())
    })
    .await;
    site.service.kill();
    site.service = site.installation.start().await;
    all_succeeded(&site.client().ended(&off, WITHIN).await);
    for above in ["blade0", "outlet0", "outlet1", "chassis"] {
        site.is_before("node0", above);
    }
    site.is_before("blade0", "chassis");
}

#[tokio::test]
async fn what_is_included_is_planned_and_marked() {
    let site = Site::start().await;
    let plan = |include: &str| json!({ "operation": "off", "components": ["blade0"], "include": include });
    let alone = site.client().post("/v2/plans", &plan("none")).await.unwrap().body;
    assert_eq!(alone["notices"][0]["code"], "children-left-out", "{alone:#}");
    assert_eq!(alone["notices"][0]["components"], "node0");
    let both = site
        .client()
        .post("/v2/plans", &plan("children"))
        .await
        .unwrap()
        .body;
    let waves: Vec<&Value> = both["waves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wave| &wave["components"])
        .collect();
    assert_eq!(waves, ["node0", "blade0"], "{both:#}");
    let execute = json!({ "plan": both["id"], "expect": 2 });
    let accepted = site
        .client()
        .post("/v2/transitions", &execute)
        .await
        .unwrap()
        .body;
    let id = accepted["id"].as_str().unwrap();
    let marks: Vec<bool> = accepted["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["included"] == true)
        .collect();
    assert_eq!(marks, [false, true], "{accepted:#}");
    let body = site.client().ended(id, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], 2, "{body:#}");
    site.is_before("node0", "blade0");
}
