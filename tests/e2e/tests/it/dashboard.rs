//! The dashboard in a real browser, over the real service.
//!
//! The browser is driven by the programs in `web-ui/e2e`, which say in lines that begin with `@` what is to be done outside of it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bmc_sim::{Delays, Effect, Fault, PowerState, Sim, SimConfig, Tls};
use switchyard_e2e::{Installation, Service, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

const NODES: usize = 8;
/// The machine whose BMC refuses every command, the one whose operating system ignores a shutdown, and the one that a person switches.
const REFUSES: usize = 0;
const STUBBORN: usize = 1;
const PRESSED: usize = 2;
/// The BMC of the larger fleet that refuses every command, and those whose operating systems ignore a shutdown while the driver wants it.
const DEMO_REFUSES: usize = 3;
const DEMO_IGNORE: [usize; 5] = [0, 1, 2, 4, 5];
const WITHIN: Duration = Duration::from_mins(8);

/// Where the browser is, as `cargo xtask test` says.
fn browser() -> PathBuf {
    let path = std::env::var_os("SWITCHYARD_BROWSER").map(PathBuf::from);
    path.expect("SWITCHYARD_BROWSER names no browser; run `cargo xtask test`, which installs one")
}

fn drive(program: &str, service: &str, token: &str, pictures: &Path) -> Child {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web-ui/e2e");
    let program = folder.join(program);
    Command::new("node")
        .env("SWITCHYARD_TOKEN", token)
        .arg(program)
        .arg(service)
        .arg(browser())
        .arg(pictures)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node did not start; the dashboard is tested with Node.js")
}

fn fleet() -> SimConfig {
    // What is shut down is looked at on its way, on a busy machine too.
    let delays = Delays {
        graceful_off: Duration::from_secs(6),
        ..Delays::all(Duration::from_secs(2))
    };
    SimConfig::default().count(NODES).delays(delays)
}

fn refusal() -> Fault {
    let words = "The action is not supported while the system is in firmware update mode.";
    Fault::refuse(400, "Base.1.18.ActionNotSupported", words)
}

fn break_some(sim: &Sim) {
    for fault in [
        refusal().bmc(REFUSES),
        Fault::new(Effect::OsIgnores).bmc(STUBBORN),
    ] {
        sim.add_fault(fault).unwrap();
    }
}

/// A fleet much as that of `cargo xtask demo --faults`: of every sixteen one BMC refuses every command, one is slow and one is gone. Eight
/// nodes are a group.
async fn demo_fleet(nodes: usize) -> (Sim, String) {
    let delays = Delays {
        on: Duration::from_secs(2),
        graceful_off: Duration::from_secs(3),
        force_off: Duration::from_millis(500),
        restart: Duration::from_secs(4),
        boot: Duration::from_secs(5),
        manager_reset: Duration::from_secs(5),
    };
    let config = SimConfig::default().count(nodes).tls(Tls::Shared).delays(delays);
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    for bmc in 0..nodes {
        let fault = match bmc % 16 {
            DEMO_REFUSES => refusal(),
            9 => Fault::new(Effect::Slow { ms: 1_500 }),
            12 => Fault::new(Effect::Unreachable { silent: false }),
            _ => continue,
        };
        sim.add_fault(fault.bmc(bmc)).unwrap();
    }
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let group = "\n[[group]]\nname = \"gpu\"\ncomponents = \"x1000c0s[0-7]b0n0\"\n";
    (sim, inventory + group)
}

/// Lets a program drive the browser over a service, with a token of each role where the service asks for one.
async fn play(name: &str, sim: &Sim, inventory: &str, config: &str) {
    let pictures = folder(name);
    let login = sim.config().login.clone();
    let settings = Settings {
        config: config.to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(inventory, &login.user, &login.password, settings);
    let token = if config.contains("tokens") {
        installation.run(&["tokens", "create", "--name", "screen", "--role", "viewer"], "")
    } else {
        String::new()
    };
    let service = installation.start().await;
    let driver = drive(
        &format!("{name}.mjs"),
        service.client().base(),
        token.trim(),
        &pictures,
    );
    let mut told = String::new();
    let follow = follow(driver, sim, &installation, service, &mut told);
    let succeeded = tokio::time::timeout(WITHIN, follow).await;
    assert!(
        succeeded.unwrap_or(false),
        "{told}The lines above say what was not seen, the pictures are in {}\n{}",
        pictures.display(),
        installation.log()
    );
}

/// An empty folder for pictures.
fn folder(name: &str) -> PathBuf {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&pictures));
    std::fs::create_dir_all(&pictures).unwrap();
    pictures
}

const TOKENS: &str = "[access]\nmode = \"tokens\"\n";

#[tokio::test]
async fn the_dashboard_shows_what_happens_and_when_it_cannot() {
    let sim = Sim::start(fleet()).await.unwrap();
    sim.set_all_power(PowerState::On);
    break_some(&sim);
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    play("dashboard", &sim, &inventory, "").await;
}

#[tokio::test]
async fn the_dashboard_asks_for_a_token() {
    let sim = Sim::start(fleet()).await.unwrap();
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    play("login", &sim, &inventory, TOKENS).await;
}

#[tokio::test]
async fn the_fleet_is_found_selected_planned_and_switched() {
    let (sim, inventory) = demo_fleet(96).await;
    play("fleet", &sim, &inventory, "").await;
}

#[tokio::test]
async fn a_transition_and_a_component_are_followed_and_steered() {
    let (sim, inventory) = demo_fleet(16).await;
    play("work", &sim, &inventory, "").await;
}

#[tokio::test]
async fn every_place_of_the_dashboard_tells_what_there_is() {
    let (sim, inventory) = demo_fleet(16).await;
    play("places", &sim, &inventory, "").await;
}

#[tokio::test]
async fn a_viewer_is_offered_nothing_that_changes() {
    let (sim, inventory) = demo_fleet(8).await;
    play("roles", &sim, &inventory, TOKENS).await;
}

/// Does what the driver of the browser asks for until it ends, keeps what it tells, and says whether it succeeded.
async fn follow(
    mut driver: Child,
    sim: &Sim,
    installation: &Installation,
    service: Service,
    told: &mut String,
) -> bool {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let mut answers = driver.stdin.take().unwrap();
    let mut service = Some(service);
    while let Some(line) = lines.next_line().await.unwrap() {
        match line.as_str() {
            "@kill" => service.take().unwrap().kill(),
            "@press" => sim.set_power(PRESSED, 0, PowerState::Off),
            "@start" => service = Some(installation.start().await),
            "@mend" => remove(sim, |effect| matches!(effect, Effect::Refuse { .. })),
            "@refuse" => add(sim, refusal().bmc(DEMO_REFUSES)),
            "@ignore" => add(sim, Fault::new(Effect::OsIgnores).bmcs(DEMO_IGNORE)),
            "@heed" => remove(sim, |effect| matches!(effect, Effect::OsIgnores)),
            _ => {
                told.push_str(&line);
                told.push('\n');
                continue;
            }
        }
        answers.write_all(b"done\n").await.unwrap();
    }
    driver.wait().await.unwrap().success()
}

fn add(sim: &Sim, fault: Fault) {
    sim.add_fault(fault).unwrap();
}

/// Lifts the faults of an effect.
fn remove(sim: &Sim, of: impl Fn(&Effect) -> bool) {
    for active in sim.faults() {
        if of(&active.fault.effect) {
            sim.remove_fault(active.id);
        }
    }
}
