//! The fence agent: it succeeds when the service has read from the BMC that the machine is off, and by nothing less.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bmc_sim::{Delays, Effect, Fault, PowerState, ResetType, SimConfig, node_xname};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::behaviour::Bench;

const WITHIN: Duration = Duration::from_mins(2);
/// Exit codes of the fence agent API.
const OK: Option<i32> = Some(0);
const FAILED: Option<i32> = Some(1);
const IS_OFF: Option<i32> = Some(2);

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the agent as a cluster manager does, with its options on standard input.
async fn agent(options: &[(&str, &str)]) -> Said {
    let agent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/fence/fence_switchyard");
    let mut child = Command::new(agent)
        .env("http_proxy", "http://127.0.0.1:1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines: Vec<String> = options
        .iter()
        .map(|(key, value)| format!("{key}={value}\n"))
        .collect();
    let lines = lines.concat();
    let mut stdin = child.stdin.take().unwrap();
    // One that has refused its options may have ended.
    drop(stdin.write_all(lines.as_bytes()).await);
    drop(stdin);
    let output = tokio::time::timeout(WITHIN, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Asks for an action on one machine, which may take five seconds.
async fn fence(bench: &Bench, action: &str, plug: &str) -> Said {
    let server = bench.client().base();
    agent(&[
        ("action", action),
        ("plug", plug),
        ("server", server),
        ("power_timeout", "5"),
    ])
    .await
}

async fn bench(power: PowerState) -> Bench {
    let config = SimConfig::default()
        .count(2)
        .delays(Delays::all(Duration::from_millis(100)));
    Bench::start(config, power).await
}

fn resets(bench: &Bench, bmc: usize) -> Vec<ResetType> {
    bench
        .sim
        .executed(bmc, 0)
        .iter()
        .map(|done| done.reset_type)
        .collect()
}

#[tokio::test]
async fn a_machine_is_fenced_read_and_brought_back() {
    let bench = bench(PowerState::On).await;
    let node = node_xname(0, 0);
    let done = fence(&bench, "off", &node).await;
    assert_eq!(done.code, OK, "{}", done.stderr);
    assert_eq!(bench.sim.power_state(0, 0), PowerState::Off);
    assert_eq!(
        resets(&bench, 0),
        [ResetType::ForceOff],
        "the operating system is not asked"
    );
    let read = fence(&bench, "status", &node).await;
    assert_eq!(
        (read.code, read.stdout.as_str()),
        (IS_OFF, "Status: OFF\n"),
        "{}",
        read.stderr
    );

    // What is off already is shown by a new reading, and nothing is sent.
    let again = fence(&bench, "off", &node).await;
    assert_eq!((again.code, resets(&bench, 0).len()), (OK, 1), "{}", again.stderr);

    assert_eq!(fence(&bench, "on", &node).await.code, OK);
    assert_eq!(fence(&bench, "status", &node).await.code, OK);
    let reboot = fence(&bench, "reboot", &node).await;
    assert_eq!(reboot.code, OK, "{}", reboot.stderr);
    let all = [
        ResetType::ForceOff,
        ResetType::On,
        ResetType::ForceOff,
        ResetType::On,
    ];
    assert_eq!(resets(&bench, 0), all);
    assert_eq!(resets(&bench, 1), [], "nobody asked for the other");
}

#[tokio::test]
async fn an_off_that_was_accepted_and_did_not_happen_is_a_failure() {
    let bench = bench(PowerState::On).await;
    bench.sim.add_fault(Fault::new(Effect::Ignore).bmc(0)).unwrap();
    for action in ["off", "reboot"] {
        let said = fence(&bench, action, &node_xname(0, 0)).await;
        assert_eq!(said.code, FAILED, "{action}: {}", said.stderr);
        assert!(
            said.stderr.contains("has not ended in time"),
            "{action}: {}",
            said.stderr
        );
    }
    assert_eq!(bench.sim.power_state(0, 0), PowerState::On);

    let refusal = Fault::refuse(400, "Base.1.8.GeneralError", "the chassis is locked");
    bench.sim.add_fault(refusal.bmc(1).method("POST")).unwrap();
    let said = fence(&bench, "off", &node_xname(1, 0)).await;
    assert_eq!(said.code, FAILED);
    assert!(said.stderr.contains("the chassis is locked"), "{}", said.stderr);
}

#[tokio::test]
async fn a_reading_that_shows_something_else_is_no_proof() {
    let bench = bench(PowerState::On).await;
    for (bmc, lie) in ["On", "Zombie"].into_iter().enumerate() {
        let lie = Effect::WrongState {
            state: lie.to_owned(),
        };
        bench.sim.add_fault(Fault::new(lie).bmc(bmc)).unwrap();
        let said = fence(&bench, "off", &node_xname(bmc, 0)).await;
        assert_eq!(said.code, FAILED, "{}", said.stderr);
        let read = fence(&bench, "status", &node_xname(bmc, 0)).await;
        assert_ne!(read.code, IS_OFF, "{}", read.stdout);
    }
}

#[tokio::test]
async fn only_one_machine_that_is_known_is_fenced() {
    let bench = bench(PowerState::On).await;
    for plug in [
        "x1000c0s[0-1]b0n0",
        "x1000c0s0b0n0,x1000c0s1b0n0",
        "@all",
        "nosuch",
        "",
    ] {
        let said = fence(&bench, "off", plug).await;
        assert_eq!(said.code, FAILED, "{plug}: {}", said.stderr);
    }
    assert_eq!(bench.sim.power_state(0, 0), PowerState::On);
    assert_eq!(bench.sim.power_state(1, 0), PowerState::On);

    let nobody = agent(&[
        ("action", "off"),
        ("plug", "a"),
        ("server", "http://127.0.0.1:1"),
        ("power_timeout", "1"),
    ])
    .await;
    assert_eq!(nobody.code, FAILED);
    assert!(nobody.stderr.contains("cannot reach"), "{}", nobody.stderr);
}

#[tokio::test]
async fn the_agent_speaks_the_language_of_cluster_managers() {
    let bench = bench(PowerState::On).await;
    let server = bench.client().base();
    let metadata = agent(&[("action", "metadata")]).await;
    assert_eq!(metadata.code, OK);
    for part in [
        "<resource-agent name=\"fence_switchyard\"",
        "<parameter name=\"plug\"",
        "<action name=\"monitor\" />",
    ] {
        assert!(metadata.stdout.contains(part), "{}", metadata.stdout);
    }
    let list = agent(&[("action", "list"), ("server", server)]).await;
    assert_eq!(
        (list.code, list.stdout.as_str()),
        (OK, "x1000c0s0b0n0,\nx1000c0s1b0n0,\n"),
        "{}",
        list.stderr
    );
    assert_eq!(agent(&[("action", "monitor"), ("server", server)]).await.code, OK);
    // Other names for the same, and keys that mean nothing here.
    let status = [
        ("option", "status"),
        ("nodename", "x1000c0s1b0n0"),
        ("url", server),
        ("lanplus", "1"),
        ("# ", "x"),
    ];
    let read = agent(&status).await;
    assert_eq!(
        (read.code, read.stdout.as_str()),
        (OK, "Status: ON\n"),
        "{}",
        read.stderr
    );
    assert_eq!(agent(&[("action", "explode")]).await.code, FAILED);
}
