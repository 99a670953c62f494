//! Tokens and TLS: a fresh installation, its first token, the command, and a second token on a stopped service.

use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Output};
use std::time::Duration;

use bmc_sim::{InventoryOptions, Sim, SimConfig, node_xname};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use switchyard_e2e::{Installation, Settings, program};

const WITHIN: Duration = Duration::from_mins(1);

/// Runs the command against the service.
fn switchyard(installation: &Installation, server: &str, token: &str, words: &[&str]) -> Output {
    Command::new(program::path("switchyard"))
        .env("SWITCHYARD_SERVER", server)
        .env("SWITCHYARD_CA_FILE", installation.folder().join("tls.crt"))
        .env("SWITCHYARD_TOKEN", token)
        .args(words)
        .output()
        .unwrap()
}

#[tokio::test]
async fn a_fresh_installation_with_tokens_and_tls_is_usable() {
    let sim = Sim::start(SimConfig::default().count(2)).await.unwrap();
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let settings = Settings {
        config: "[access]\nmode = \"tokens\"\n[tls]\ncert_file = \"tls.crt\"\nkey_file = \"tls.key\"\n"
            .to_owned(),
        authority: Some(cert.pem()),
        ..Settings::default()
    };
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    std::fs::write(installation.folder().join("tls.crt"), cert.pem()).unwrap();
    std::fs::write(installation.folder().join("tls.key"), signing_key.serialize_pem()).unwrap();

    let service = installation.start().await;
    let client = service.client();
    let denied = client.get("/v2/components").await.unwrap();
    assert_eq!(
        (denied.status, &denied.body["code"]),
        (401, &json!("access.no-token"))
    );
    let file = installation.folder().join("admin-token");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let first = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(
        !installation.log().contains(&first[22..]),
        "the log holds no secret"
    );
    let admin = client.with_token(&first);
    admin.fleet_read(2, WITHIN).await;
    let (own, other) = (node_xname(0, 0), node_xname(1, 0));
    let body = json!({"name": "slurm", "role": "operator", "scope": [own]});
    let created = admin.post("/v2/tokens", &body).await.unwrap();
    assert_eq!(created.status, 201, "{}", created.body);
    let operator = client.with_token(created.body["text"].as_str().unwrap());
    let off = |node: &str| json!({"operation": "off", "components": [node]});
    let refused = operator.post("/v2/transitions", &off(&other)).await.unwrap();
    assert_eq!(refused.body["code"], "access.out-of-scope", "{}", refused.body);
    let accepted = operator.post("/v2/transitions", &off(&own)).await.unwrap();
    assert_eq!(
        (accepted.status, &accepted.body["requestedBy"]),
        (202, &json!("slurm"))
    );

    let base = client.base().to_owned();
    let told = switchyard(&installation, &base, &first, &["whoami"]);
    let (said, complained) = (
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr),
    );
    assert!(said.contains("first-admin"), "{said}{complained}");
    let denied = switchyard(&installation, &base, "swy_wrong", &["status"]);
    assert_eq!(denied.status.code(), Some(77));
    assert_eq!(String::from_utf8_lossy(&denied.stderr).lines().count(), 1);

    assert!(service.terminate().await.success());
    // On a stopped service tokens are made by whoever may write the database.
    let made = installation.run(&["tokens", "create", "--name", "night", "--role", "viewer"], "");
    let list = installation.run(&["tokens", "list"], "");
    assert!(
        list.contains("night") && list.contains("slurm") && !list.contains(made.trim()),
        "{list}"
    );
    let service = installation.start().await;
    let viewer = service.client().with_token(made.trim());
    assert_eq!(viewer.get("/v2/components").await.unwrap().status, 200);
    let refused = viewer.post("/v2/transitions", &off(&own)).await.unwrap();
    assert_eq!(refused.body["code"], "access.forbidden");
}
