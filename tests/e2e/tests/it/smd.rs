//! A site whose components SMD knows.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use bmc_sim::{PowerState, Sim, SimConfig, Tls, bmc_xname, node_xname};
use serde_json::{Value, json};
use smd_sim::{Fault, Group, SmdSim};
use switchyard_e2e::{Client, Installation, Settings, eventually, site};

const WITHIN: Duration = Duration::from_mins(1);
/// The secret of the service at the token endpoint.
const SECRET: &str = "s3cret";

/// Simulated BMCs behind one certificate authority.
async fn bmcs(count: usize) -> Sim {
    Sim::start(SimConfig::default().count(count).tls(Tls::Shared))
        .await
        .unwrap()
}

/// A service without an inventory of its own. `smd` are further lines of the section.
fn install(sim: &Sim, url: &str, smd: &str) -> Installation {
    let config = format!(
        "[poller]\ninterval_s = 1\n[smd]\nurl = \"{url}\"\npoll_interval_s = 1\n{smd}\n\
         [smd.controllers]\nca_file = \"authority.pem\"\n"
    );
    let login = &sim.config().login;
    let settings = Settings {
        config,
        ..Settings::default()
    };
    let installation = Installation::new("", &login.user, &login.password, settings);
    let folder = installation.folder();
    std::fs::write(folder.join("authority.pem"), sim.ca_pem().unwrap()).unwrap();
    let secret = folder.join("client-secret");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    installation
}

async fn smd(client: &Client) -> Value {
    let answer = client.get("/v2/dependencies").await.unwrap();
    let all = answer.body["dependencies"].as_array().unwrap().clone();
    all.into_iter().find(|one| one["name"] == "smd").unwrap()
}

async fn state_manager(client: &Client) -> String {
    let health = client.get("/v1/health").await.unwrap().body;
    health["StateManager"].as_str().unwrap().to_owned()
}

async fn until_state_manager(client: &Client, wanted: &str) {
    eventually(&format!("/health calls SMD {wanted}"), WITHIN, || async {
        (state_manager(client).await == wanted).then_some(())
    })
    .await;
}

async fn switch(client: &Client, operation: &str, xname: &str) {
    let id = client
        .transition(operation, &[xname.to_owned()], 5)
        .await
        .unwrap();
    let body = client.ended(&id, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], 1, "{body:#}");
}

#[tokio::test]
async fn the_fleet_of_smd_is_switched_by_xname_and_by_group() {
    const COUNT: usize = 4;
    let sim = bmcs(COUNT).await;
    let mut known = site::of(&sim, COUNT);
    let blue = Group::new("blue", vec![node_xname(1, 0), node_xname(2, 0)]);
    known.groups.insert(blue.label.clone(), blue);
    known.components.get_mut(&node_xname(3, 0)).unwrap().enabled = false;
    let smd_sim = SmdSim::start(known).await.unwrap();
    let installation = install(&sim, &smd_sim.base_url(), "");
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(2 * COUNT, WITHIN).await;
    assert_eq!(state_manager(client).await, "connected, responsive");

    switch(client, "force-off", &node_xname(0, 0)).await;
    assert_eq!(sim.power_state(0, 0), PowerState::Off);
    switch(client, "on", &node_xname(0, 0)).await;
    assert_eq!(sim.power_state(0, 0), PowerState::On);

    let body = json!({ "operation": "force-off", "components": ["@blue"] });
    let answer = client.post("/v2/transitions", &body).await.unwrap();
    assert!(answer.status < 300, "{:#}", answer.body);
    for (bmc, wanted) in [
        (0, PowerState::On),
        (1, PowerState::Off),
        (2, PowerState::Off),
        (3, PowerState::On),
    ] {
        eventually(&format!("node {bmc} is {wanted:?}"), WITHIN, || async {
            (sim.power_state(bmc, 0) == wanted).then_some(())
        })
        .await;
    }

    let path = format!("/v2/components/{}", node_xname(3, 0));
    let node = client.get(&path).await.unwrap().body;
    assert_eq!(node["role"], "Compute", "{node:#}");
    assert_eq!(node["disabled"], true, "{node:#}");
    assert_eq!(node["nid"], 4, "{node:#}");
    service.terminate().await;
}

#[tokio::test]
async fn a_site_of_smd_needs_no_inventory_file() {
    let sim = bmcs(1).await;
    let smd_sim = SmdSim::start(site::of(&sim, 1)).await.unwrap();
    let installation = install(&sim, &smd_sim.base_url(), "");
    std::fs::remove_file(installation.folder().join("inventory.toml")).unwrap();
    let said = installation.run(&["config", "check"], "");
    assert!(said.contains("inventory: no file"), "{said}");
    let service = installation.start().await;
    let read_at = || async {
        let body = service.client().get("/v2/inventory").await.unwrap().body;
        let sources = body["sources"].as_array().unwrap();
        let file = sources.iter().find(|source| source["name"] == "file").unwrap();
        assert_eq!(file.get("error"), None, "{file:#}");
        file["readAt"].clone()
    };
    let before = read_at().await;
    service.signal("HUP");
    eventually("the files are read again", WITHIN, || async {
        (read_at().await != before).then_some(())
    })
    .await;
    let log = installation.log();
    assert!(!log.contains("the inventory file is not taken"), "{log}");

    // One that was there and is not any more may come back: what it said holds.
    let file = || async {
        let body = service.client().get("/v2/inventory").await?.body;
        let sources = body["sources"].as_array()?;
        sources.iter().find(|source| source["name"] == "file").cloned()
    };
    installation.write(
        "inventory.toml",
        "[[controller]]\nid = \"pdu1\"\naddress = \"https://127.0.0.9:1\"\n",
    );
    eventually("the file is read", WITHIN, || async {
        (file().await?["controllers"] == 1).then_some(())
    })
    .await;
    std::fs::remove_file(installation.folder().join("inventory.toml")).unwrap();
    let gone = eventually("the file is missed", WITHIN, || async {
        let file = file().await?;
        file["error"].is_string().then_some(file)
    })
    .await;
    assert_eq!(gone["controllers"], 1, "{gone:#}");
    assert!(gone["error"].as_str().unwrap().contains("it is gone"), "{gone:#}");
}

#[tokio::test]
async fn a_component_comes_and_goes_while_the_service_runs() {
    let sim = bmcs(3).await;
    let smd_sim = SmdSim::start(site::of(&sim, 2)).await.unwrap();
    let installation = install(&sim, &smd_sim.base_url(), "");
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(4, WITHIN).await;

    site::add(&mut smd_sim.site(), &sim, 2);
    client.fleet_read(6, WITHIN).await;
    switch(client, "force-off", &node_xname(2, 0)).await;
    assert_eq!(sim.power_state(2, 0), PowerState::Off);

    // A reading that fails halfway takes nothing away.
    smd_sim.set_fault("powermaps", Fault::Broken);
    smd_sim.site().remove_endpoint(&bmc_xname(0));
    let components = || async {
        let body = client.get("/v2/components").await?.body;
        Some(body["components"].as_array()?.len())
    };
    eventually("SMD stands as degraded", WITHIN, || async {
        (smd(client).await["state"] == "degraded").then_some(())
    })
    .await;
    assert_eq!(components().await, Some(6));
    smd_sim.clear_fault();
    eventually("the component is gone", WITHIN, || async {
        (components().await? == 4).then_some(())
    })
    .await;
    service.terminate().await;
}

#[tokio::test]
async fn the_service_works_while_smd_is_away_and_after() {
    let sim = bmcs(2).await;
    let mut smd_sim = SmdSim::start(site::of(&sim, 2)).await.unwrap();
    // What needs a reservation waits for SMD; here nothing does.
    let unreserved = "[smd.reservations]\nenabled = false\n";
    let installation = install(&sim, &smd_sim.base_url(), unreserved);

    // Away before the start, and nothing is known of it.
    smd_sim.leave().await;
    let client = installation.client();
    let (service, ()) = tokio::join!(installation.start(), async {
        eventually("the service answers", WITHIN, || async {
            let liveness = client.get("/v1/liveness").await?;
            (liveness.status == 204).then_some(())
        })
        .await;
        assert_eq!(client.get("/v1/readiness").await.unwrap().status, 503);
        assert_eq!(state_manager(&client).await, "not connected");
        assert_eq!(smd(&client).await["state"], "away");
        smd_sim.come_back().await.unwrap();
    });
    client.fleet_read(4, WITHIN).await;
    until_state_manager(&client, "connected, responsive").await;

    // Away while it runs.
    smd_sim.leave().await;
    until_state_manager(&client, "not connected").await;
    switch(&client, "force-off", &node_xname(0, 0)).await;
    assert_eq!(sim.power_state(0, 0), PowerState::Off);

    // Away over a restart: the cache serves, and tells its age.
    service.kill();
    let service = installation.start().await;
    client.fleet_read(4, WITHIN).await;
    switch(&client, "on", &node_xname(0, 0)).await;
    let away = smd(&client).await;
    assert_eq!(away["state"], "away", "{away:#}");
    assert!(away["cacheAgeSeconds"].is_u64(), "{away:#}");

    // And back.
    smd_sim.come_back().await.unwrap();
    until_state_manager(&client, "connected, responsive").await;
    service.terminate().await;
}

#[tokio::test]
async fn an_smd_that_wants_tokens_gets_fresh_ones() {
    let sim = bmcs(1).await;
    let smd_sim = SmdSim::start(site::of(&sim, 1)).await.unwrap();
    smd_sim.require_token("switchyard", SECRET, Duration::from_secs(2));
    let oauth2 = format!(
        "[smd.oauth2]\nclient_id = \"switchyard\"\nclient_secret_file = \"client-secret\"\ntoken_url = \"{}\"\n",
        smd_sim.token_url()
    );
    let installation = install(&sim, &smd_sim.base_url(), &oauth2);
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(2, WITHIN).await;
    let tokens = || {
        let requests = smd_sim.requests();
        requests.iter().filter(|request| request.path == "/token").count()
    };
    eventually("tokens were replaced before they ended", WITHIN, || async {
        (tokens() >= 3).then_some(())
    })
    .await;
    let refused = || smd_sim.requests().iter().any(|request| request.status == 401);
    assert!(!refused());
    eventually("a revoked token was refused", WITHIN, || async {
        // One that is revoked just before it is replaced anyway is never shown again.
        smd_sim.revoke_tokens();
        refused().then_some(())
    })
    .await;
    until_state_manager(client, "connected, responsive").await;
    assert!(!installation.log().contains(SECRET));
    service.terminate().await;
}

#[tokio::test]
async fn a_notification_is_a_hint_to_read_again() {
    let sim = bmcs(2).await;
    let smd_sim = SmdSim::start(site::of(&sim, 1)).await.unwrap();
    let smd = "callback_url = \"http://switchyard.example:28007\"";
    let installation = install(&sim, &smd_sim.base_url(), smd);
    let service = installation.start().await;
    let client = service.client();
    let url = eventually("the service has subscribed", WITHIN, || async {
        Some(smd_sim.site().subscriptions.first()?.url.clone())
    })
    .await;
    let path = url.strip_prefix("http://switchyard.example:28007").unwrap();
    let told = json!({ "Components": [node_xname(0, 0)], "State": "Off", "Flag": "OK" });
    let refused = client.post("/v2/smd/notifications/guessed", &told).await.unwrap();
    assert_eq!(refused.status, 404);
    site::add(&mut smd_sim.site(), &sim, 1);
    let taken = client.post(path, &told).await.unwrap();
    assert_eq!(taken.status, 204);
    client.fleet_read(4, WITHIN).await;
    service.terminate().await;
    assert!(smd_sim.site().subscriptions.is_empty());
}

#[tokio::test]
async fn observed_changes_are_written_back_where_that_is_wanted() {
    let sim = bmcs(3).await;
    let smd_sim = SmdSim::start(site::of(&sim, 3)).await.unwrap();
    let installation = install(&sim, &smd_sim.base_url(), "write_back = true");
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(6, WITHIN).await;
    let until_state = |node: usize, wanted: &'static str| {
        let smd_sim = &smd_sim;
        async move {
            let xname = node_xname(node, 0);
            eventually(&format!("SMD calls {xname} {wanted}"), WITHIN, || async {
                (smd_sim.site().state(&xname)? == wanted).then_some(())
            })
            .await;
        }
    };
    // By a transition, and by hand at the machine, whose operating system was up.
    smd_sim.site().set_state(&node_xname(1, 0), "Ready");
    switch(client, "force-off", &node_xname(0, 0)).await;
    sim.set_power(1, 0, PowerState::Off);
    until_state(0, "Off").await;
    until_state(1, "Off").await;
    assert_eq!(smd_sim.site().state(&node_xname(2, 0)), Some("On"));
    // The operating system is up before the change was seen.
    smd_sim.site().set_state(&node_xname(1, 0), "Ready");
    sim.set_power(1, 0, PowerState::On);
    switch(client, "on", &node_xname(0, 0)).await;
    until_state(0, "On").await;
    assert_eq!(smd_sim.site().state(&node_xname(1, 0)), Some("Ready"));
    assert_eq!(smd_sim.site().state(&bmc_xname(0)), Some("Ready"));
    service.terminate().await;
}

#[tokio::test]
async fn smd_tells_that_the_operating_system_has_started() {
    let sim = bmcs(1).await;
    let smd_sim = SmdSim::start(site::of(&sim, 1)).await.unwrap();
    smd_sim.site().set_state(&node_xname(0, 0), "Ready");
    let installation = install(&sim, &smd_sim.base_url(), "");
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(2, WITHIN).await;
    let path = format!("/v2/components/{}", node_xname(0, 0));
    let node = client.get(&path).await.unwrap().body;
    assert_eq!(node["booted"], true, "{node:#}");
    service.terminate().await;
}
