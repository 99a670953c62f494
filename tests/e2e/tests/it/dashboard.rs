//! The dashboard in a real browser, over the real service.
//!
//! The browser is driven by `web-ui/e2e/dashboard.mjs`, which says in lines that begin with `@` what is to be done outside of it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bmc_sim::{Delays, Effect, Fault, PowerState, Sim, SimConfig};
use switchyard_e2e::{Installation, Service, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

const NODES: usize = 8;
/// The machine whose BMC refuses every command, the one whose operating system ignores a shutdown, and the one that a person switches.
const REFUSES: usize = 0;
const STUBBORN: usize = 1;
const PRESSED: usize = 2;
const WITHIN: Duration = Duration::from_mins(5);
const READ_WITHIN: Duration = Duration::from_secs(30);

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
    SimConfig::default()
        .count(NODES)
        .delays(Delays::all(Duration::from_secs(2)))
}

fn break_some(sim: &Sim) {
    let words = "The action is not supported while the system is in firmware update mode.";
    for fault in [
        Fault::refuse(400, "Base.1.18.ActionNotSupported", words).bmc(REFUSES),
        Fault::new(Effect::OsIgnores).bmc(STUBBORN),
    ] {
        sim.add_fault(fault).unwrap();
    }
}

#[tokio::test]
async fn the_dashboard_shows_what_happens_and_when_it_cannot() {
    let pictures = folder("dashboard");

    let sim = Sim::start(fleet()).await.unwrap();
    sim.set_all_power(PowerState::On);
    break_some(&sim);
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, Settings::default());
    let service = installation.start().await;
    service.client().fleet_read(2 * NODES, READ_WITHIN).await;

    let driver = drive("dashboard.mjs", service.client().base(), "", &pictures);
    let mut told = String::new();
    let follow = follow(driver, &sim, &installation, service, &mut told);
    let succeeded = tokio::time::timeout(WITHIN, follow).await;
    println!("{told}The pictures are in {}", pictures.display());
    assert!(
        succeeded.expect("the browser was not done in time"),
        "the lines above say what was not seen\n{}",
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

#[tokio::test]
async fn the_dashboard_asks_for_a_token() {
    let pictures = folder("login");
    let sim = Sim::start(fleet()).await.unwrap();
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let login = sim.config().login.clone();
    let settings = Settings {
        config: "[access]\nmode = \"tokens\"\n".to_owned(),
        ..Settings::default()
    };
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let token = installation.run(&["tokens", "create", "--name", "screen", "--role", "viewer"], "");
    let service = installation.start().await;
    let driver = drive("login.mjs", service.client().base(), token.trim(), &pictures);
    let mut told = String::new();
    let follow = follow(driver, &sim, &installation, service, &mut told);
    let succeeded = tokio::time::timeout(WITHIN, follow).await;
    println!("{told}The pictures are in {}", pictures.display());
    assert!(
        succeeded.expect("the browser was not done in time"),
        "the lines above say what was not seen\n{}",
        installation.log()
    );
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
