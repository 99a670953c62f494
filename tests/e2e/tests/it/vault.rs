//! Logins in Vault: both engines, the login of Kubernetes, rotation, and a Vault that is sealed before, while and after it is needed.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use bmc_sim::{InventoryOptions, PowerState, Sim, SimConfig, node_xname};
use serde_json::Value;
use switchyard_e2e::{Client, Installation, Settings, eventually};
use vault_sim::{Engine, JWT, Mood, ROLE, ROOT_TOKEN, VaultSim};

const BMCS: usize = 4;
const WITHIN: Duration = Duration::from_mins(2);

struct Site {
    sim: Sim,
    vault: VaultSim,
    installation: Installation,
}

/// An installation whose logins are in Vault alone.
async fn site(engine: Engine, auth: &str, more: &str) -> Site {
    let sim = Sim::start(SimConfig::default().count(BMCS)).await.unwrap();
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let vault = VaultSim::start(engine).await.unwrap();
    vault.set("default", &login.user, &login.password);
    let kv = if engine == Engine::One { 1 } else { 2 };
    let config = format!(
        "[credentials.vault]\naddress = \"{}\"\nkv = {kv}\ntimeout_s = 1\n{auth}\n{more}",
        vault.url()
    );
    let settings = Settings {
        config: String::new(),
        env: Vec::new(),
        authority: None,
    };
    let installation = Installation::new(&inventory, "nobody", "wrong", settings);
    let write = |name: &str, text: &str| {
        let path = installation.folder().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("token", ROOT_TOKEN);
    write("role", ROLE);
    write("jwt", JWT);
    let path = installation.folder().join("switchyard.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n{config}\n")).unwrap();
    Site {
        sim,
        vault,
        installation,
    }
}

const TOKEN: &str = "token_file = \"token\"";
const KUBERNETES: &str = "role_file = \"role\"\njwt_file = \"jwt\"";

async fn dependency(client: &Client) -> Value {
    let list = client.get("/v2/dependencies").await.unwrap().body;
    list["dependencies"][1].clone()
}

async fn outcome(client: &Client, id: &str) -> Value {
    eventually(&format!("transition {id} ended"), WITHIN, || async {
        let answer = client.get(&format!("/v2/transitions/{id}")).await?;
        (answer.body["status"] == "completed").then_some(answer.body["members"][0].clone())
    })
    .await
}

#[tokio::test]
async fn nodes_are_switched_with_logins_of_both_engines_and_both_ways_in() {
    for (engine, auth) in [(Engine::One, KUBERNETES), (Engine::Two, TOKEN)] {
        let site = site(engine, auth, "").await;
        site.sim.set_all_power(PowerState::Off);
        let service = site.installation.start().await;
        service.client().fleet_read(2 * BMCS, WITHIN).await;
        let id = service
            .client()
            .transition("on", &[node_xname(0, 0)], 5)
            .await
            .unwrap();
        let member = outcome(service.client(), &id).await;
        assert_eq!(
            member["outcome"],
            "verified",
            "{member:#}\n{}",
            site.installation.log()
        );
        assert_eq!(dependency(service.client()).await["state"], "ok");
        for secret in [ROOT_TOKEN, JWT, &site.sim.config().login.password] {
            assert!(!site.installation.log().contains(secret));
        }
    }
}

#[tokio::test]
async fn a_task_waits_while_vault_is_sealed_and_goes_on_by_itself() {
    let site = site(Engine::One, TOKEN, "").await;
    site.sim.set_all_power(PowerState::Off);
    site.vault.set_mood(Mood::Sealed);
    let service = site.installation.start().await;
    let client = service.client();
    let id = client.transition("on", &[node_xname(0, 0)], 5).await.unwrap();
    let task = eventually("the task waits for its login", WITHIN, || async {
        let view = client.get(&format!("/v2/transitions/{id}")).await?;
        let task = view.body["members"][0]["task"].as_str()?.to_owned();
        let task = client.get(&format!("/v2/tasks/{task}")).await?.body;
        (task["waitingFor"]["what"] == "credentials").then_some(task)
    })
    .await;
    assert!(task.to_string().contains("sealed"), "{task:#}");
    assert_eq!(
        site.sim.totals().auth_failures,
        0,
        "no BMC was asked with a made-up login"
    );
    assert_eq!(dependency(client).await["state"], "away");
    let ready = client.get("/readiness").await.unwrap();
    assert_eq!(ready.status, 204);
    site.vault.set_mood(Mood::Answers);
    let member = outcome(client, &id).await;
    assert_eq!(member["outcome"], "verified", "{member:#}");
    assert_eq!(dependency(client).await["state"], "ok");
}

#[tokio::test]
async fn what_is_cached_serves_while_vault_is_away() {
    let site = site(Engine::Two, KUBERNETES, "cache_s = 1").await;
    site.sim.set_all_power(PowerState::Off);
    let service = site.installation.start().await;
    let client = service.client();
    client.fleet_read(2 * BMCS, WITHIN).await;
    site.vault.set_mood(Mood::Silent);
    eventually("Vault is missed", WITHIN, || async {
        let id = client.transition("on", &[node_xname(1, 0)], 5).await?;
        let member = outcome(client, &id).await;
        assert!(
            matches!(member["outcome"].as_str(), Some("verified" | "already")),
            "{member:#}"
        );
        let store = dependency(client).await;
        (store["state"] == "degraded").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_password_that_is_rotated_costs_no_task() {
    let site = site(Engine::One, TOKEN, "").await;
    site.sim.set_all_power(PowerState::Off);
    let service = site.installation.start().await;
    let client = service.client();
    client.fleet_read(2 * BMCS, WITHIN).await;
    let user = site.sim.config().login.user.clone();
    site.vault.set("default", &user, "rotated-1");
    site.sim.set_password("rotated-1").unwrap();
    let id = client.transition("on", &[node_xname(2, 0)], 5).await.unwrap();
    let member = outcome(client, &id).await;
    assert_eq!(
        member["outcome"],
        "verified",
        "{member:#}\n{}",
        site.installation.log()
    );
}
