//! A receiver that fails, hangs and then accepts, and a service that is killed meanwhile.

mod receiver;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bmc_sim::{PowerState, Sim, SimConfig, node_xname};
use serde_json::{Value, json};
use switchyard_e2e::{Client, Installation, Settings, eventually};

use receiver::{Message, Mood, Receiver};

const WITHIN: Duration = Duration::from_mins(1);
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The page whose Python code receivers copy.
const PAGE: &str = include_str!("../../../../docs/webhooks.md");
/// Feeds the page's code with one message per line of the input; it fails on a signature that is wrong, and on one that is believed
/// although the body is another.
const CHECK: &str = r#"
import json, sys
key = sys.argv[1]
for line in sys.stdin:
    message = json.loads(line)
    body = message["body"].encode()
    verify(key, message["headers"], body)
    try:
        verify(key, message["headers"], body + b" ")
    except ValueError:
        continue
    raise SystemExit("a forged body was believed")
"#;

fn settings(address: std::net::SocketAddr) -> Settings {
    Settings {
        config: format!(
            "[engine]\npatience_percent = 10\n\
             [[webhooks]]\nname = \"ops\"\nurl = \"http://{address}/ops\"\nsecret_file = \"ops.key\"\nallow_private = true\n\
             [[webhooks]]\nname = \"guarded\"\nurl = \"http://{address}/guarded\"\nsecret_file = \"ops.key\"\n"
        ),
        ..Settings::default()
    }
}

fn write_key(folder: &Path) {
    let path = folder.join("ops.key");
    std::fs::write(&path, KEY).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn switch(client: &Client, operation: &str) -> String {
    client
        .transition(operation, &[node_xname(0, 0)], 5)
        .await
        .unwrap()
}

async fn met(receiver: &Receiver, mood: Mood) {
    eventually(&format!("a message met a {mood:?} receiver"), WITHIN, || async {
        let got = receiver.got();
        got.iter().any(|message| message.mood == mood).then_some(())
    })
    .await;
}

/// The transitions of the messages that were accepted.
fn told(messages: &[Message]) -> BTreeSet<String> {
    messages
        .iter()
        .filter(|message| message.mood == Mood::Accepting)
        .map(|message| {
            let event: Value = serde_json::from_str(&message.body).unwrap();
            assert_eq!(event["type"], "dev.switchyard.transition.ended.v1");
            event["data"]["transition"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// Checks signatures with the code of the documentation.
fn check_signatures(messages: &[Message]) {
    let (_, code) = PAGE.split_once("```python\n").unwrap();
    let (code, _) = code.split_once("```").unwrap();
    let mut python = Command::new("python3")
        .args(["-c", &format!("{code}\n{CHECK}"), KEY])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    for message in messages {
        writeln!(
            input,
            "{}",
            json!({"headers": message.headers, "body": message.body})
        )
        .unwrap();
    }
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn every_end_is_told_whoever_fails_hangs_or_is_killed() {
    let sim = Sim::start(SimConfig::default().count(1)).await.unwrap();
    sim.set_all_power(PowerState::On);
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let receiver = Receiver::start(Mood::Failing).await;
    let settings = settings(receiver.address);
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    write_key(installation.folder());

    let service = installation.start().await;
    let mut accepted = vec![switch(service.client(), "force-off").await];
    met(&receiver, Mood::Failing).await;
    accepted.push(switch(service.client(), "on").await);
    service.kill();

    receiver.is_now(Mood::Hanging);
    let service = installation.start().await;
    accepted.push(switch(service.client(), "force-off").await);
    met(&receiver, Mood::Hanging).await;
    accepted.push(switch(service.client(), "on").await);
    service.kill();

    receiver.is_now(Mood::Accepting);
    let service = installation.start().await;
    accepted.push(switch(service.client(), "force-off").await);
    service.kill();
    let service = installation.start().await;
    let all: BTreeSet<String> = accepted.iter().cloned().collect();
    eventually("every end was told", WITHIN, || async {
        (told(&receiver.got()) == all).then_some(())
    })
    .await;

    let got = receiver.got();
    assert!(got.iter().all(|message| message.path == "/ops"), "{got:#?}");
    assert_eq!(got[0].headers["webhook-id"], got[1].headers["webhook-id"]);
    check_signatures(&got);
    check_what_operators_see(service.client(), accepted.len()).await;
    let log = installation.log();
    assert!(!log.contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "{log}");
    assert!(service.terminate().await.success());
}

/// What was told is delivered; the webhook that may reach no private address has words for it.
async fn check_what_operators_see(client: &Client, number: usize) {
    eventually("the results are stored", WITHIN, || async {
        let answer = client
            .get("/v2/webhooks/deliveries?webhook=ops&state=delivered")
            .await?;
        (answer.body["deliveries"].as_array()?.len() == number).then_some(())
    })
    .await;
    let refused = eventually("the other webhook was tried", WITHIN, || async {
        let answer = client.get("/v2/webhooks/deliveries?webhook=guarded").await?;
        let oldest = answer.body["deliveries"].as_array()?.last()?.clone();
        (oldest["attempts"].as_u64()? > 0).then_some(oldest)
    })
    .await;
    assert_eq!(refused["state"], "pending");
    let words = refused["lastWords"].as_str().unwrap();
    assert!(words.contains("127.0.0.1 is a loopback address"), "{words}");
    let list = client.get("/v2/webhooks").await.unwrap().body;
    let states: Vec<&str> = list["webhooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|webhook| webhook["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["failing", "active"], "{list:#}");
    assert!(!list.to_string().contains("whsec_"));
}
