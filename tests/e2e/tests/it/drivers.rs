//! Drivers that come, change and go while hundreds of nodes are in transition, by the operator's commands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bmc_sim::{Delays, PowerState, ResetType, Sim, SimConfig, node_xname};
use switchyard_e2e::{Installation, Service, Settings, eventually, program};
use tokio::process::Command;

const NODES: usize = 200;
const WITHIN: Duration = Duration::from_mins(5);
/// The driver that the simulated BMCs are recognised by, in versions that no release has.
const DRIVER: &str = "redfish-standard";
const NEXT: &str = "90.0.0";
const AFTER: &str = "91.0.0";

/// What a command left.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

async fn run(program: &str, server: &str, args: &[&str]) -> Ended {
    let output = Command::new(program::path(program))
        .args(args)
        .env("SWITCHYARD_SERVER", server)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `switchyard drivers ...`, which must succeed.
async fn drivers(service: &Service, args: &[&str]) -> String {
    let args: Vec<&str> = ["drivers"].iter().chain(args).copied().collect();
    let ended = run("switchyard", service.client().base(), &args).await;
    assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
    ended.stdout
}

/// A maker of drivers, with a key.
struct Maker {
    folder: tempfile::TempDir,
    public: String,
}

impl Maker {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("maker.key");
        let made = run("switchyardd", "", &["drivers", "keygen", key.to_str().unwrap()]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        Self {
            folder,
            public: made.stdout.trim().to_owned(),
        }
    }

    /// The embedded driver under another version, in a folder of its own.
    fn write(&self, version: &str) -> PathBuf {
        let embedded = switchyard_builtin_drivers::drivers();
        let id = format!("id = \"{DRIVER}\"");
        let driver = embedded
            .iter()
            .find(|driver| driver.manifest.contains(&id))
            .unwrap();
        let present = driver
            .manifest
            .lines()
            .find(|line| line.starts_with("version = "))
            .unwrap();
        let manifest = driver
            .manifest
            .replace(present, &format!("version = \"{version}\""));
        let folder = self.folder.path().join(version);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("driver.toml"), manifest).unwrap();
        std::fs::write(folder.join("driver.wasm"), driver.component).unwrap();
        folder
    }

    async fn signed(&self, version: &str) -> PathBuf {
        let folder = self.write(version);
        let key = self.folder.path().join("maker.key");
        let args = [
            "drivers",
            "sign",
            folder.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
        ];
        let signed = run("switchyardd", "", &args).await;
        assert_eq!(signed.code, Some(0), "{signed:?}");
        folder
    }
}

async fn fleet(nodes: usize, delay: Duration) -> Sim {
    let config = SimConfig::default().count(nodes).delays(Delays::all(delay));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    sim
}

fn installation(sim: &Sim, maker: &Maker) -> Installation {
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let settings = Settings {
        config: format!("[drivers]\ntrusted_keys = [\"{}\"]\n", maker.public),
        ..Settings::default()
    };
    let login = sim.config().login.clone();
    Installation::new(&inventory, &login.user, &login.password, settings)
}

fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

#[tokio::test]
async fn drivers_change_under_load_and_no_task_is_lost_and_none_is_sent_twice() {
    let maker = Maker::new().await;
    let sim = fleet(NODES, Duration::from_millis(300)).await;
    let installation = installation(&sim, &maker);
    let service = installation.start().await;
    let client = service.client();
    let names: Vec<String> = (0..NODES).map(|bmc| node_xname(bmc, 0)).collect();
    let mut transitions = Vec::new();
    for chunk in names.chunks(50) {
        let id = client.transition("soft-restart", chunk, 10).await;
        transitions.push(id.unwrap());
    }
    sim.wait_executed(0, 0, 1, WITHIN).await.unwrap();

    // A first version to try, its promotion, the way back, and a second one that takes its place: all of it while restarts are sent and
    // verified.
    let half = node_selector(NODES / 2);
    drivers(&service, &["install", path(&maker.signed(NEXT).await)]).await;
    let told = drivers(
        &service,
        &["upgrade", DRIVER, NEXT, "--on", &half, "--reason", "CHG0012"],
    )
    .await;
    assert!(told.contains("tried by 100 controllers"), "{told}");
    drivers(&service, &["promote", DRIVER]).await;
    drivers(&service, &["rollback", DRIVER]).await;
    drivers(&service, &["install", path(&maker.signed(AFTER).await)]).await;
    drivers(&service, &["promote", DRIVER, AFTER]).await;
    drivers(&service, &["remove", DRIVER, NEXT]).await;

    for id in &transitions {
        let body = client.ended(id, WITHIN).await;
        assert_eq!(
            body["taskCounts"]["succeeded"],
            50,
            "{body:#}\n{}",
            installation.log()
        );
    }
    for bmc in 0..NODES {
        let restarts = sim.executed(bmc, 0);
        assert_eq!(restarts.len(), 1, "node {bmc}: {restarts:?}");
        assert_eq!(restarts[0].reset_type, ResetType::GracefulRestart);
    }
    // Every controller is spoken to with what was promoted last, and surveyed by it.
    let all = eventually("every controller uses the promoted version", WITHIN, || async {
        let driver = client.get(&format!("/v2/drivers/{DRIVER}")).await?.body;
        let used = driver["versions"]
            .as_array()?
            .iter()
            .find(|one| one["version"] == AFTER)?
            .clone();
        (used["controllers"] == NODES && used["calls"]["ended"].as_u64()? > 0).then_some(used)
    })
    .await;
    assert_eq!(
        (&all["role"], &all["provenance"]),
        (&"standard".into(), &"signed".into())
    );
    assert_eq!(all["calls"]["stopped"], 0, "{all:#}");
    let told = client.get("/v2/audit?action=driver.").await.unwrap().body;
    assert_eq!(told["entries"].as_array().unwrap().len(), 7, "{told:#}");
}

/// The first nodes as one selector.
fn node_selector(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|bmc| node_xname(bmc, 0)).collect();
    names.join(",")
}

#[tokio::test]
async fn a_kill_while_drivers_change_leaves_every_version_whole() {
    let maker = Maker::new().await;
    let sim = fleet(4, Duration::from_millis(50)).await;
    let installation = installation(&sim, &maker);
    let folder = maker.signed(NEXT).await;
    let mut service = installation.start().await;
    let embedded = {
        let list = service
            .client()
            .get(&format!("/v2/drivers/{DRIVER}"))
            .await
            .unwrap();
        list.body["version"].as_str().unwrap().to_owned()
    };
    for (round, wait) in [0_u64, 15, 40, 80, 150, 250].into_iter().enumerate() {
        let server = service.client().base().to_owned();
        let folder = path(&folder).to_owned();
        let changes = tokio::spawn(async move {
            for args in [
                vec!["drivers", "install", &folder],
                vec!["drivers", "promote", DRIVER, NEXT],
                vec!["drivers", "rollback", DRIVER],
                vec!["drivers", "remove", DRIVER, NEXT],
            ] {
                run("switchyard", &server, &args).await;
            }
        });
        tokio::time::sleep(Duration::from_millis(wait)).await;
        service.kill();
        changes.await.unwrap();
        service = installation.start().await;
        let driver = service
            .client()
            .get(&format!("/v2/drivers/{DRIVER}"))
            .await
            .unwrap()
            .body;
        let versions: Vec<&str> = driver["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| version["version"].as_str().unwrap())
            .collect();
        let used = driver["version"].as_str().unwrap();
        assert!(
            versions.contains(&embedded.as_str()) && versions.contains(&used),
            "round {round}: {driver:#}"
        );
        let list = service.client().get("/v2/drivers").await.unwrap().body;
        assert_eq!(
            list["refused"].as_array().unwrap().len(),
            0,
            "round {round}: {list:#}"
        );
    }
    let nodes: Vec<String> = (0..4).map(|bmc| node_xname(bmc, 0)).collect();
    let id = service.client().transition("force-off", &nodes, 1).await.unwrap();
    let body = service.client().ended(&id, WITHIN).await;
    assert_eq!(body["taskCounts"]["succeeded"], 4, "{body:#}");
}

#[tokio::test]
async fn a_driver_that_is_not_signed_or_broken_is_refused_with_what_to_do() {
    let maker = Maker::new().await;
    let sim = fleet(1, Duration::from_millis(50)).await;
    let installation = installation(&sim, &maker);
    let service = installation.start().await;
    let base = service.client().base();
    let unsigned = maker.write(NEXT);
    let refused = run("switchyard", base, &["drivers", "install", path(&unsigned)]).await;
    assert_eq!(refused.code, Some(101), "{refused:?}");
    assert!(refused.stderr.contains("switchyardd drivers sign"), "{refused:?}");

    let broken = maker.signed(NEXT).await;
    let component = std::fs::read(broken.join("driver.wasm")).unwrap();
    std::fs::write(broken.join("driver.wasm"), &component[..component.len() / 2]).unwrap();
    let refused = run("switchyard", base, &["drivers", "install", path(&broken)]).await;
    assert_eq!(refused.code, Some(101), "{refused:?}");
    assert!(refused.stderr.contains("get all three again"), "{refused:?}");

    let nothing = run(
        "switchyard",
        base,
        &["drivers", "install", path(maker.folder.path())],
    )
    .await;
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let list = service.client().get("/v2/drivers").await.unwrap().body;
    let codes: Vec<&str> = list["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| refused["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["driver.bad-signature"], "{list:#}");
    // What the maker signs is taken, and checked as the service would.
    let folder = maker.signed(NEXT).await;
    let checked = installation.run(&["drivers", "check", path(&folder)], "");
    assert!(checked.contains(&format!("{DRIVER}@{NEXT}")), "{checked}");
    drivers(&service, &["install", path(&folder)]).await;
    let shown = drivers(&service, &["show", DRIVER]).await;
    assert!(
        shown.contains("switchyard:driver/power@0.1.") && shown.contains("granted"),
        "{shown}"
    );
    let probed = drivers(&service, &["probe", "x1000c0s0b0"]).await;
    assert!(
        probed.contains(&format!("{DRIVER}@")) && probed.contains("chosen by probe"),
        "{probed}"
    );
}
