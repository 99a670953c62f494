//! The program itself.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::client::{Connection, PATIENCE, basic};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bmc-sim"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn ready(child: &mut Child) -> Value {
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    tokio::time::timeout(PATIENCE, stdout.read_line(&mut line))
        .await
        .unwrap()
        .unwrap();
    serde_json::from_str(&line).unwrap()
}

#[tokio::test]
async fn it_says_ready_writes_its_files_and_ends_with_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("password"), "from a file\n").unwrap();
    let (password, inventory, authority) = (path("password"), path("inventory.toml"), path("ca.pem"));
    let mut child = command(&[
        "--count",
        "20",
        "--nodes-per-bmc",
        "2",
        "--delay-ms",
        "5",
        "--exit-with-parent",
    ])
    .args([
        "--tls",
        "--password-file",
        &password,
        "--inventory",
        &inventory,
        "--ca-file",
        &authority,
    ])
    .spawn()
    .unwrap();
    let line = ready(&mut child).await;
    assert_eq!(
        (line["ready"].as_bool(), line["count"].as_u64()),
        (Some(true), Some(20))
    );
    assert!(
        line["first_url"]
            .as_str()
            .unwrap()
            .starts_with("https://127.16.0.1:")
    );
    assert_eq!(line["fingerprint"].as_str().unwrap().len(), 64);
    let inventory: toml::Table = std::fs::read_to_string(inventory).unwrap().parse().unwrap();
    assert_eq!(inventory["component"].as_array().unwrap().len(), 60);
    assert_eq!(
        inventory["controller"][0]["tls"]["ca"].as_str(),
        Some(authority.as_str())
    );
    assert!(
        std::fs::read_to_string(authority)
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    let control = line["control"].as_str().unwrap().parse().unwrap();
    let fleet = Connection::open(control)
        .await
        .unwrap()
        .get("/fleet")
        .await
        .unwrap()
        .json();
    assert_eq!(fleet["power"]["On"], 40);
    drop(child.stdin.take());
    let status = tokio::time::timeout(PATIENCE, child.wait())
        .await
        .unwrap()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn the_password_may_come_from_the_environment() {
    let mut child = command(&["--user", "admin"])
        .env("BMC_SIM_PASSWORD", "secret")
        .spawn()
        .unwrap();
    let address = ready(&mut child).await["listen"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut connection = Connection::open(address)
        .await
        .unwrap()
        .with_login(Some(basic("admin", "secret")));
    assert_eq!(
        connection
            .get("/redfish/v1/Systems")
            .await
            .unwrap()
            .status
            .as_u16(),
        200
    );
    child.kill().await.unwrap();
}

#[tokio::test]
async fn an_impossible_fleet_is_an_error() {
    let mut child = command(&["--count", "0"]).stderr(Stdio::null()).spawn().unwrap();
    let status = tokio::time::timeout(PATIENCE, child.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}
