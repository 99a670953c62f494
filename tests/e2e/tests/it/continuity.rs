//! Backup of a running service, restore, and the files under which it runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bmc_sim::{InventoryOptions, PowerState, Sim, SimConfig, node_xname};
use serde_json::json;
use switchyard_e2e::{Client, Installation, Settings, eventually};

const BMCS: usize = 8;
const WITHIN: Duration = Duration::from_mins(2);

async fn start(config: SimConfig) -> (Sim, Installation) {
    let sim = Sim::start(config.count(BMCS)).await.unwrap();
    let inventory = sim.inventory(&InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let settings = Settings {
        config: "[backup]\nfolder = \"backups\"".to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    (sim, installation)
}

fn names() -> Vec<String> {
    (0..BMCS).map(|bmc| node_xname(bmc, 0)).collect()
}

fn packaging(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging")).join(name)
}

async fn completed(client: &Client, id: &str) {
    eventually(&format!("transition {id} completed"), WITHIN, || async {
        let answer = client.get(&format!("/v1/transitions/{id}")).await?;
        (answer.body["transitionStatus"] == "completed").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_backup_under_load_is_whole_and_nothing_of_it_is_sent_again() {
    let (sim, installation) = start(SimConfig::default().os_ignores_shutdown()).await;
    sim.set_all_power(PowerState::On);
    let service = installation.start().await;
    let client = service.client();
    client.fleet_read(2 * BMCS, WITHIN).await;
    // Restarts that wait in their shutdown when the backup is made, and end after it.
    let id = client.transition("hard-restart", &names(), 60).await.unwrap();
    let shutdowns = |sim: &Sim| (0..BMCS).map(|bmc| sim.executed(bmc, 0).len()).sum::<usize>();
    eventually("every shutdown was sent", WITHIN, || async {
        (shutdowns(&sim) >= BMCS).then_some(())
    })
    .await;
    let backup = installation.folder().join("backup");
    let said = installation.run(&["backup", backup.to_str().unwrap()], "");
    assert!(said.contains("made the backup"), "{said}");
    let dependencies = client.get("/v2/dependencies").await.unwrap().body;
    let database = &dependencies["dependencies"][3];
    assert_eq!(
        (&database["name"], &database["state"]),
        (&json!("database"), &json!("ok"))
    );
    service.kill();

    installation.run(&["restore", "--force", backup.to_str().unwrap()], "");
    let before = shutdowns(&sim);
    let service = installation.start().await;
    completed(service.client(), &id).await;
    let tasks = service
        .client()
        .get(&format!("/v2/transitions/{id}"))
        .await
        .unwrap()
        .body;
    for member in tasks["members"].as_array().unwrap() {
        assert_eq!(member["outcome"], "cancelled-after-send", "{tasks:#}");
    }
    assert_eq!(shutdowns(&sim), before, "nothing was sent after the restore");
    // What is asked for anew is done.
    sim.set_all_power(PowerState::Off);
    let id = service.client().transition("on", &names(), 60).await.unwrap();
    completed(service.client(), &id).await;
}

#[tokio::test]
async fn a_restore_never_replaces_what_is_there_unasked_or_in_use() {
    let (_sim, installation) = start(SimConfig::default()).await;
    let service = installation.start().await;
    let answer = service.client().post("/v2/backup", &json!({})).await.unwrap();
    assert_eq!(answer.status, 201, "{:#}", answer.body);
    let made = answer.body["file"].as_str().unwrap().to_owned();
    let in_use = installation.fails(&["restore", "--force", &made]);
    assert!(in_use.contains("in use by another process"), "{in_use}");
    service.terminate().await;
    let exists = installation.fails(&["restore", &made]);
    assert!(exists.contains("exists already"), "{exists}");
    installation.run(&["restore", "--force", &made], "");
    let copy = installation.folder().join("stopped");
    installation.run(&["backup", copy.to_str().unwrap()], "");
    let twice = installation.fails(&["backup", copy.to_str().unwrap()]);
    assert!(twice.contains("exists already"), "{twice}");
    installation.start().await.terminate().await;
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    let unit = packaging("switchyard.service");
    let text = std::fs::read_to_string(&unit).unwrap();
    for line in [
        "Type=notify",
        "WatchdogSec=",
        "LoadCredential=switchyard-key:",
        "ProtectSystem=strict",
        "DynamicUser=yes",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line}");
    }
    // The program is put where the unit looks for it.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("switchyardd");
    std::os::unix::fs::symlink("/bin/true", &program).unwrap();
    let copy = folder.path().join("switchyard.service");
    let local = text.replace("/usr/local/bin/switchyardd", program.to_str().unwrap());
    std::fs::write(&copy, local).unwrap();
    let said = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&copy)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(
        said.status.success() && !words.contains("switchyard.service:"),
        "{words}"
    );
}

#[test]
fn the_image_runs_as_nobody_special_and_says_how_it_is() {
    let text = std::fs::read_to_string(packaging("Containerfile")).unwrap();
    let instructions: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with([' ', '#']) && !line.is_empty())
        .collect();
    let stages: Vec<_> = instructions
        .iter()
        .filter(|line| line.starts_with("FROM "))
        .collect();
    assert_eq!(stages.len(), 2);
    assert!(
        stages
            .iter()
            .all(|stage| !stage.contains(":latest") && stage.contains(':'))
    );
    let user = instructions
        .iter()
        .position(|line| *line == "USER 65532:65532")
        .unwrap();
    let entry = instructions
        .iter()
        .position(|line| line.starts_with("ENTRYPOINT ["))
        .unwrap();
    assert!(user < entry);
    for needed in ["HEALTHCHECK", "VOLUME /var/lib/switchyard", "STOPSIGNAL SIGTERM"] {
        assert!(
            instructions.iter().any(|line| line.starts_with(needed)),
            "{needed}"
        );
    }
}
