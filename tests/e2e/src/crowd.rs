//! Many callers with one-node transitions at the same time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinSet;

use crate::client::{Client, transition_body};

/// How often it is looked whether the transitions have ended.
const LOOK: Duration = Duration::from_millis(50);

/// What became of a crowd's transitions.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    /// How long each POST that was accepted took to answer, shortest first.
    pub answered: Vec<Duration>,
    /// How long it took from each POST to the end of its transition, shortest first.
    pub ended: Vec<Duration>,
    /// How often a caller was told to come back later.
    pub told_to_wait: usize,
}

/// One transition of a crowd.
struct Accepted {
    id: String,
    begun: Instant,
    answered: Duration,
    told_to_wait: usize,
}

impl Crowd {
    /// Lets so many callers ask for one transition per node, each for its part of the nodes one after the other, and waits until all
    /// have ended. Who is told to come back does.
    ///
    /// # Panics
    /// When one is neither accepted nor told when to come back, or all have not ended in time.
    pub async fn run(
        client: &Client,
        callers: usize,
        operation: &str,
        nodes: &[String],
        within: Duration,
    ) -> Self {
        let deadline = Instant::now() + within;
        let mut asking = JoinSet::new();
        for (number, part) in nodes.chunks(nodes.len().div_ceil(callers).max(1)).enumerate() {
            let client = client.named(format!("caller-{number}"));
            let (operation, part) = (operation.to_owned(), part.to_vec());
            asking.spawn(async move {
                let mut accepted = Vec::with_capacity(part.len());
                for node in part {
                    accepted.push(ask(&client, &operation, node, deadline).await);
                }
                accepted
            });
        }
        let accepted = asking.join_all().await.into_iter().flatten().collect();
        Self::end(client, accepted, deadline).await
    }

    async fn end(client: &Client, accepted: Vec<Accepted>, deadline: Instant) -> Self {
        let mut crowd = Self {
            answered: accepted.iter().map(|one| one.answered).collect(),
            told_to_wait: accepted.iter().map(|one| one.told_to_wait).sum(),
            ..Self::default()
        };
        let mut open: HashMap<String, Instant> =
            accepted.into_iter().map(|one| (one.id, one.begun)).collect();
        while !open.is_empty() {
            for id in ended(client).await {
                crowd.ended.extend(open.remove(&id).map(|begun| begun.elapsed()));
            }
            assert!(
                Instant::now() < deadline,
                "{} transitions have not ended",
                open.len()
            );
            tokio::time::sleep(LOOK).await;
        }
        crowd.answered.sort_unstable();
        crowd.ended.sort_unstable();
        crowd
    }
}

/// The time that so many percent of the sorted times do not exceed.
pub fn percentile(times: &[Duration], percent: usize) -> Duration {
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Asks until the transition is accepted; the times are those of the last try.
async fn ask(client: &Client, operation: &str, node: String, deadline: Instant) -> Accepted {
    let body = transition_body(operation, &[node], 5);
    let mut told_to_wait = 0;
    loop {
        let begun = Instant::now();
        let answer = client.post("/v1/transitions", &body).await;
        let answer = answer.unwrap_or_else(|| panic!("the service did not answer"));
        if let (200, Some(id)) = (answer.status, answer.body["transitionID"].as_str()) {
            return Accepted {
                id: id.to_owned(),
                begun,
                answered: begun.elapsed(),
                told_to_wait,
            };
        }
        let wait = answer
            .retry_after
            .unwrap_or_else(|| panic!("neither accepted nor told when to come back: {answer:?}"));
        assert!(begun < deadline, "not accepted in time: {answer:?}");
        told_to_wait += 1;
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
}

/// The ids of the transitions that have ended.
async fn ended(client: &Client) -> Vec<String> {
    let answer = client.get("/v1/transitions").await;
    let body = answer.map(|answer| answer.body).unwrap_or_default();
    let done =
        |entry: &&Value| entry["transitionStatus"] == "completed" || entry["transitionStatus"] == "aborted";
    let id = |entry: &Value| entry["transitionID"].as_str().map(str::to_owned);
    let all = body["transitions"].as_array();
    all.map(|all| all.iter().filter(done).filter_map(id).collect())
        .unwrap_or_default()
}
