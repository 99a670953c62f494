//! What callers do to each other's requests, over real connections to BMCs that take their time.

use std::time::Duration;

use bmc_sim::{Delays, PowerState, ResetType, SimConfig, node_xname};
use serde_json::Value;
use switchyard_e2e::{Client, eventually};

use crate::behaviour::Bench;

const WITHIN: Duration = Duration::from_mins(1);

fn node() -> String {
    node_xname(0, 0)
}

/// One BMC whose power changes take two seconds.
fn slow() -> SimConfig {
    SimConfig::default()
        .count(1)
        .delays(Delays::all(Duration::from_secs(2)))
}

async fn ask(client: &Client, operation: &str, minutes: i64) -> String {
    client.transition(operation, &[node()], minutes).await.unwrap()
}

/// The line of the node: operation and transition of each task.
async fn line(client: &Client) -> Vec<(String, String)> {
    let answer = client.get(&format!("/v2/components/{}", node())).await.unwrap();
    let queue = answer.body["queue"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    queue
        .iter()
        .map(|entry| (text(&entry["operation"]), text(&entry["transition"])))
        .collect()
}

fn succeeded(body: &Value) {
    assert_eq!(body["taskCounts"]["succeeded"], 1, "{body:#}");
}

/// Waits until the BMC has been sent something.
async fn sent(bench: &Bench, posts: u64) {
    eventually(&format!("{posts} requests were sent"), WITHIN, || async {
        (bench.sim.counts(0).posts >= posts).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_running_off_and_then_on_ends_with_the_node_on_and_shows_both_meanwhile() {
    let bench = Bench::start(slow(), PowerState::On).await;
    let client = bench.client();
    let off = ask(client, "off", 5).await;
    sent(&bench, 1).await;
    let on = ask(client, "on", 5).await;
    assert_eq!(
        line(client).await,
        [("off".to_owned(), off.clone()), ("on".to_owned(), on.clone())]
    );
    succeeded(&client.ended(&off, WITHIN).await);
    succeeded(&client.ended(&on, WITHIN).await);
    assert_eq!(bench.sim.power_state(0, 0), PowerState::On);
    assert!(line(client).await.is_empty());
}

#[tokio::test]
async fn the_same_request_of_ten_callers_is_executed_once_and_answered_ten_times() {
    let bench = Bench::start(slow(), PowerState::On).await;
    let client = bench.client();
    let mut ids = vec![ask(client, "soft-restart", 5).await];
    sent(&bench, 1).await;
    for _ in 0..9 {
        ids.push(ask(client, "soft-restart", 5).await);
    }
    assert_eq!(line(client).await.len(), 1);
    for id in &ids {
        succeeded(&client.ended(id, WITHIN).await);
    }
    let executed: Vec<_> = bench
        .sim
        .executed(0, 0)
        .iter()
        .map(|done| done.reset_type)
        .collect();
    assert_eq!(executed, [ResetType::GracefulRestart]);
}

#[tokio::test]
async fn an_off_that_joined_a_soft_off_still_escalates() {
    let bench = Bench::start(slow().os_ignores_shutdown(), PowerState::On).await;
    let client = bench.client();
    let soft = ask(client, "soft-off", 30).await;
    sent(&bench, 1).await;
    let off = ask(client, "off", 1).await;
    assert_eq!(line(client).await.len(), 1);
    for id in [&soft, &off] {
        succeeded(&client.ended(id, Duration::from_secs(90)).await);
    }
    assert_eq!(bench.sim.power_state(0, 0), PowerState::Off);
}

#[tokio::test]
async fn a_force_off_during_a_verifying_on_is_sent_at_once() {
    let config = SimConfig::default().count(1).delays(Delays {
        force_off: Duration::from_millis(10),
        ..Delays::all(Duration::from_secs(20))
    });
    let bench = Bench::start(config, PowerState::Off).await;
    let client = bench.client();
    let on = ask(client, "on", 5).await;
    sent(&bench, 1).await;
    let begun = tokio::time::Instant::now();
    let force = ask(client, "force-off", 5).await;
    sent(&bench, 2).await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "sent after {:?}",
        begun.elapsed()
    );
    succeeded(&client.ended(&force, WITHIN).await);
    let body = client.ended(&on, WITHIN).await;
    assert_eq!(
        body["tasks"][0]["error"],
        format!("Superseded by transition {force}"),
        "{body:#}"
    );
}

#[tokio::test]
async fn a_line_survives_a_kill() {
    let bench = Bench::start(slow(), PowerState::On).await;
    let off = ask(bench.client(), "off", 5).await;
    sent(&bench, 1).await;
    let on = ask(bench.client(), "on", 5).await;
    let joined = ask(bench.client(), "on", 5).await;
    let bench = bench.kill_and_start().await;
    for id in [&off, &on, &joined] {
        succeeded(&bench.client().ended(id, WITHIN).await);
    }
    let executed: Vec<_> = bench
        .sim
        .executed(0, 0)
        .iter()
        .map(|done| done.reset_type)
        .collect();
    assert_eq!(executed.last(), Some(&ResetType::On), "{executed:?}");
}
