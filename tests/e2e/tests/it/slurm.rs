//! Slurm's programs: the scripts as they are installed, against the real service, with a `scontrol` that writes down what it is told.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use bmc_sim::{Delays, Fault, InventoryOptions, PowerState, ResetType, Sim, SimConfig, node_xname};
use switchyard_e2e::{Installation, Service, Settings, eventually, program};
use tokio::process::Command;

const WITHIN: Duration = Duration::from_mins(1);
const NODES: usize = 4;

const SCONTROL: &str = "#!/bin/sh
folder=${0%/*}
for word in \"$@\"; do printf '<%s>' \"$word\"; done >> \"$folder/told\"
echo >> \"$folder/told\"
";

/// A service over nodes that Slurm knows by other names, and a folder for what the scripts need.
struct Site {
    sim: Sim,
    installation: Installation,
    folder: tempfile::TempDir,
}

impl Site {
    async fn new(power: PowerState) -> Self {
        let config = SimConfig::default()
            .count(NODES)
            .delays(Delays::all(Duration::from_millis(100)));
        let sim = Sim::start(config).await.unwrap();
        sim.set_all_power(power);
        let mut inventory = sim.inventory(&InventoryOptions::default()).unwrap();
        for node in 0..NODES {
            let id = format!("id = \"{}\"\n", node_xname(node, 0));
            assert!(inventory.contains(&id), "{inventory}");
            inventory = inventory.replace(&id, &format!("{id}aliases = [\"node{node:03}\"]\n"));
        }
        let settings = Settings {
            config: "[engine]\npatience_percent = 10\n".to_owned(),
            ..Settings::default()
        };
        let login = &sim.config().login;
        let installation = Installation::new(&inventory, &login.user, &login.password, settings);
        let folder = tempfile::tempdir().unwrap();
        symlink(program::path("switchyard"), folder.path().join("switchyard")).unwrap();
        let scontrol = folder.path().join("scontrol");
        std::fs::write(&scontrol, SCONTROL).unwrap();
        std::fs::set_permissions(&scontrol, std::fs::Permissions::from_mode(0o755)).unwrap();
        let settings = format!(
            "SWITCHYARD_SERVER={}\nLOG_FILE={}\nTRIES=2\nPAUSE=0\n",
            installation.client().base(),
            folder.path().join("log").display()
        );
        std::fs::write(folder.path().join("settings"), settings).unwrap();
        Self {
            sim,
            installation,
            folder,
        }
    }

    /// Runs a program as slurmctld does: with nothing but its own environment.
    async fn run(&self, name: &str, arguments: &[&str]) -> Output {
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        let run = Command::new(script(name))
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("SWITCHYARD_SLURM_SETTINGS", self.folder.path().join("settings"))
            .stdin(Stdio::null())
            .output();
        tokio::time::timeout(WITHIN, run).await.unwrap().unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Waits until so many transitions have been followed to their end.
    async fn followed(&self, count: usize) -> String {
        eventually(&format!("{count} transitions were followed"), WITHIN, || async {
            let log = self.read("log");
            (log.matches(" ended with ").count() >= count).then_some(log)
        })
        .await
    }

    /// Waits until `scontrol` was told so much.
    async fn told(&self, lines: usize) -> String {
        eventually(&format!("scontrol was told {lines} times"), WITHIN, || async {
            let told = self.read("told");
            (told.lines().count() >= lines).then_some(told)
        })
        .await
    }

    fn powers(&self) -> Vec<PowerState> {
        (0..NODES).map(|node| self.sim.power_state(node, 0)).collect()
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packaging/slurm")
        .join(name)
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

async fn reasons(service: &Service) -> Vec<String> {
    let list = service.client().get("/v2/transitions").await.unwrap();
    let list = list.body["transitions"].as_array().cloned().unwrap_or_default();
    let reason =
        |transition: &serde_json::Value| transition["reason"].as_str().unwrap_or_default().to_owned();
    list.iter().map(reason).collect()
}

#[tokio::test]
async fn nodes_are_suspended_resumed_and_rebooted_by_the_names_that_slurm_has() {
    let site = Site::new(PowerState::On).await;
    let service = site.installation.start().await;
    let suspended = site.run("slurm-suspend", &["node[000-002]"]).await;
    assert_eq!(code(&suspended), Some(0), "{suspended:?}");
    site.followed(1).await;
    let (on, off) = (PowerState::On, PowerState::Off);
    assert_eq!(site.powers(), [off, off, off, on]);

    assert_eq!(code(&site.run("slurm-resume", &["node[000,002]"]).await), Some(0));
    site.followed(2).await;
    assert_eq!(site.powers(), [on, off, on, on]);

    // Slurm passes the features that the node is to have as well.
    assert_eq!(
        code(&site.run("slurm-reboot", &["node003", "nps4"]).await),
        Some(0)
    );
    site.followed(3).await;
    let resets: Vec<ResetType> = site
        .sim
        .executed(3, 0)
        .iter()
        .map(|done| done.reset_type)
        .collect();
    assert_eq!(resets, [ResetType::GracefulRestart]);
    assert_eq!(
        reasons(&service).await,
        ["Slurm: scontrol reboot", "Slurm: wanted by jobs", "Slurm: idle"]
    );
    assert_eq!(site.read("told"), "", "nothing failed");
}

#[tokio::test]
async fn slurm_is_told_of_nodes_that_fail_and_of_nodes_that_are_left_out() {
    let site = Site::new(PowerState::Off).await;
    let service = site.installation.start().await;
    let refusal = Fault::refuse(
        400,
        "Base.1.8.GeneralError",
        "The \"chassis\" is locked; ask $USER",
    );
    site.sim.add_fault(refusal.bmc(2).method("POST")).unwrap();
    let in_an_hour = jiff::Timestamp::now() + Duration::from_hours(1);
    let hold = serde_json::json!({
        "components": ["node003"], "reason": "memory is swapped", "until": in_an_hour.to_string(),
    });
    let held = service
        .client()
        .named("anna")
        .post("/v2/holds", &hold)
        .await
        .unwrap();
    assert_eq!(held.status, 201, "{:#}", held.body);

    let resumed = site.run("slurm-resume", &["node[000-003],nosuch[1-2]"]).await;
    assert_eq!(code(&resumed), Some(0), "{resumed:?}");
    let told = site.told(3).await;
    site.followed(1).await;
    let line = |node: &str| {
        told.lines()
            .find(|line| line.contains(&format!("<NodeName={node}>")))
            .unwrap_or(&told)
    };
    assert!(
        line("node002").contains("<State=DOWN><Reason=switchyard: resume failed"),
        "{told}"
    );
    assert!(
        line("node002").contains("The  chassis  is locked; ask  USER"),
        "{told}"
    );
    assert!(
        line("node003").contains("resume held: ") && line("node003").contains("memory is swapped"),
        "{told}"
    );
    assert!(line("nosuch[1-2]").contains("resume refused: "), "{told}");
    let (on, off) = (PowerState::On, PowerState::Off);
    assert_eq!(site.powers(), [on, on, off, off]);

    let refused = site.run("slurm-suspend", &["nosuch"]).await;
    assert_eq!(code(&refused), Some(101), "{refused:?}");
    assert!(
        site.told(4).await.ends_with("name of the inventory>\n"),
        "{}",
        site.read("told")
    );
}

#[tokio::test]
async fn a_service_that_is_away_is_tried_again_and_slurm_is_left_to_its_own_time_out() {
    let site = Site::new(PowerState::On).await;
    let away = site.run("slurm-suspend", &["node000"]).await;
    assert_eq!(code(&away), Some(69), "{away:?}");
    let log = site.read("log");
    assert_eq!(log.matches("trying again").count(), 1, "{log}");
    assert!(
        String::from_utf8_lossy(&away.stderr).contains("cannot reach"),
        "{away:?}"
    );
    assert_eq!(site.read("told"), "");
}

#[tokio::test]
async fn what_is_no_host_list_is_refused_before_anything_is_asked() {
    let site = Site::new(PowerState::On).await;
    let service = site.installation.start().await;
    for wrong in [
        "",
        "@all",
        "node000!node001",
        "--help",
        "node000;reboot",
        "node*",
        "$(id)",
        "node000 node001",
    ] {
        let refused = site.run("slurm-suspend", &[wrong]).await;
        assert_eq!(code(&refused), Some(2), "{wrong:?}: {refused:?}");
    }
    assert_eq!(
        code(&site.run("slurm-power", &["explode", "node000"]).await),
        Some(2)
    );
    assert!(reasons(&service).await.is_empty());
    assert_eq!(site.powers(), [PowerState::On; NODES]);
}
