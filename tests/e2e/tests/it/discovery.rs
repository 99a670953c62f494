//! BMCs are found by address, accepted, and pinned anew.

use std::time::Duration;

use bmc_sim::{PowerState, Sim, SimConfig, Tls};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Settings, eventually};

const WITHIN: Duration = Duration::from_mins(1);
const BMCS: usize = 3;
const WRONG: usize = 2;

/// Waits until every address was asked.
async fn discovered(client: &Client, ranges: &[String]) -> Value {
    let answer = client
        .post("/v2/discoveries", &json!({ "ranges": ranges }))
        .await
        .unwrap();
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    let path = format!("/v2/discoveries/{}", answer.body["id"].as_str().unwrap());
    eventually("the discovery has ended", WITHIN, || async {
        let answer = client.get(&path).await?;
        answer.body["endedAt"].is_string().then_some(answer.body)
    })
    .await
}

/// Waits until a host of a discovery is no longer spoken to.
async fn settled(client: &Client, id: &str, host: usize) -> Value {
    eventually(&format!("the host {host} is settled"), WITHIN, || async {
        let answer = client.get(&format!("/v2/discoveries/{id}")).await?;
        let host = answer.body["hosts"][host].clone();
        matches!(host["state"].as_str(), Some("accepted" | "refused")).then_some(host)
    })
    .await
}

async fn pins(client: &Client, body: &Value) -> Value {
    let answer = client.post("/v2/endpoints/pin", body).await.unwrap();
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    answer.body
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story of an administrator")]
async fn bmcs_are_found_accepted_switched_and_pinned_anew() {
    let config = SimConfig::default().count(BMCS).nodes(2).tls(Tls::PerBmc);
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::Off);
    let login = sim.config().login.clone();
    let settings = Settings {
        config: "[poller]\ninterval_s = 1\n".to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new("", &login.user, &login.password, settings);
    installation.run(
        &["credentials", "set", "wrong", "--user", &login.user],
        "not the password",
    );
    let service = installation.start().await;
    let client = service.client();

    let addresses: Vec<String> = (0..BMCS).map(|bmc| sim.address(bmc).to_string()).collect();
    let found = discovered(client, &addresses).await;
    let id = found["id"].as_str().unwrap();
    let hosts = found["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), BMCS, "{found:#}");
    for (bmc, host) in hosts.iter().enumerate() {
        let shown = host["certificate"]["sha256"]
            .as_str()
            .unwrap()
            .replace(':', "")
            .to_lowercase();
        assert_eq!(Some(shown), sim.fingerprint(bmc).unwrap(), "{host:#}");
        assert!(
            host["redfish"].is_string() && host["state"] == "found",
            "{host:#}"
        );
        assert!(
            host["certificate"]["subject"]
                .as_str()
                .unwrap()
                .contains("Simulated BMC"),
            "{host:#}"
        );
    }
    assert_eq!(
        sim.totals().auth_failures,
        0,
        "nobody is asked for what takes a login"
    );

    let accept = format!("/v2/discoveries/{id}/accept");
    let mut body = json!({ "hosts": addresses[..2], "names": "x1000c0s[0-1]b0" });
    body["fingerprints"] = json!({ addresses[0].clone(): "00".repeat(32) });
    let refused = client.post(&accept, &body).await.unwrap();
    assert_eq!(
        refused.body["code"], "discovery.wrong-fingerprint",
        "{:#}",
        refused.body
    );
    let reads = sim.totals().gets;
    body["fingerprints"] = json!({ addresses[0].clone(): hosts[0]["certificate"]["sha256"] });
    let accepted = client.post(&accept, &body).await.unwrap();
    assert_eq!(accepted.status, 202, "{:#}", accepted.body);
    for host in 0..2 {
        let host = settled(client, id, host).await;
        assert_eq!(host["state"], "accepted", "{host:#}");
    }
    assert!(sim.totals().gets > reads);

    let wrong = json!({ "mapping": { addresses[WRONG].clone(): "rack1-n3" }, "credential": "wrong" });
    assert_eq!(client.post(&accept, &wrong).await.unwrap().status, 202);
    let host = settled(client, id, WRONG).await;
    assert_eq!(
        (&host["state"], &host["code"]),
        (&json!("refused"), &json!("bmc.auth")),
        "{host:#}"
    );
    assert_eq!(
        sim.counts(WRONG).auth_failures,
        1,
        "an account must not be locked"
    );

    let nodes = ["x1000c0s0b0n0".to_owned(), "x1000c0s1b0n1".to_owned()];
    let transition = client.transition("on", &nodes, 5).await.unwrap();
    let ended = client.ended(&transition, WITHIN).await;
    assert_eq!(ended["taskCounts"]["succeeded"], 2, "{ended:#}");
    assert_eq!(sim.power_state(0, 0), PowerState::On);

    // What was accepted is there after a restart.
    service.kill();
    let service = installation.start().await;
    let client = service.client();
    let inventory = client.get("/v2/inventory").await.unwrap().body;
    assert_eq!(inventory["controllers"], 2, "{inventory:#}");
    assert_eq!(sim.counts(WRONG).auth_failures, 1);

    // The same machines with other certificates.
    let config = sim.stop().await.tls(Tls::Shared);
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    let asked = json!({ "controllers": ["x1000c0s[0-1]b0"] });
    let shown = pins(client, &asked).await;
    assert_eq!(shown["stored"], 0);
    let mut confirm = json!({});
    for pin in shown["pins"].as_array().unwrap() {
        assert_eq!(pin["differs"], true, "{pin:#}");
        assert_ne!(pin["pinned"], pin["presented"]["sha256"]);
        confirm[pin["id"].as_str().unwrap()] = pin["presented"]["sha256"].clone();
    }
    let mut stale = asked.clone();
    stale["confirm"] = json!({ "x1000c0s0b0": shown["pins"][0]["pinned"] });
    let refused = client.post("/v2/endpoints/pin", &stale).await.unwrap();
    assert_eq!(
        refused.body["code"], "endpoint.certificate-changed",
        "{:#}",
        refused.body
    );
    let mut confirmed = asked;
    confirmed["confirm"] = confirm;
    assert_eq!(pins(client, &confirmed).await["stored"], 2);
    let transition = client.transition("force-off", &nodes, 5).await.unwrap();
    let ended = client.ended(&transition, WITHIN).await;
    assert_eq!(ended["taskCounts"]["succeeded"], 2, "{ended:#}");
    assert_eq!(sim.power_state(0, 0), PowerState::Off);

    let gone = client.delete("/v2/endpoints/x1000c0s1b0").await.unwrap();
    assert_eq!(gone.status, 204, "{:#}", gone.body);
    let component = client.get("/v2/components/x1000c0s1b0n1").await.unwrap();
    assert_eq!(component.status, 404);
}
