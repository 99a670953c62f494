//! The event log, followed by clients that are cut off while the service is killed under load.

use std::time::Duration;

use bmc_sim::{Delays, PowerState, Sim, SimConfig, node_xname};
use serde_json::Value;
use switchyard_e2e::{Client, Frame, Installation, Service, Settings, long};
use tokio::sync::watch;

const NODES: usize = 60;
/// From now on.
const LIVE: &str = "/v2/events";
/// From the beginning.
const WHOLE: &str = "/v2/events?since=oldest";
const WITHIN: Duration = Duration::from_mins(3);

/// What a client has seen of a stream, over all its connections.
#[derive(Debug, Default)]
struct Seen {
    /// The first id that the first connection told.
    began: Option<String>,
    frames: Vec<Frame>,
    connections: usize,
}

/// Follows a stream, comes back whenever it is cut, and cuts itself off after every `cut` frames. Ends when it has the event whose id
/// `last` tells.
async fn follow(client: Client, path: &str, cut: usize, mut last: watch::Receiver<Option<String>>) -> Seen {
    let mut seen = Seen::default();
    let mut place: Option<String> = None;
    loop {
        let last_id = last.borrow_and_update().clone();
        if last_id.is_some() && seen.frames.iter().any(|frame| frame.id == last_id) {
            return seen;
        }
        let Some(mut stream) = client.follow(path, place.as_deref()).await else {
            tokio::time::sleep(Duration::from_millis(25)).await;
            continue;
        };
        seen.connections += 1;
        for _ in 0..cut {
            let frame = tokio::select! {
                frame = stream.next() => frame,
                _ = last.changed() => None,
            };
            let Some(frame) = frame else { break };
            let is_last = last.borrow().is_some() && frame.id == *last.borrow();
            seen.frames.push(frame);
            if is_last {
                break;
            }
        }
        if seen.connections == 1 {
            seen.began = stream.first_id().map(str::to_owned);
        }
        place = stream.last_id().map(str::to_owned).or(place);
    }
}

/// The log in pages, from a place on, and the place where it ends.
async fn pages(client: &Client, since: &str, query: &str) -> (Vec<Value>, String) {
    let (mut events, mut since) = (Vec::new(), since.to_owned());
    loop {
        let path = format!("/v2/events?since={since}&limit=250{query}");
        let page = client.page(&path).await.unwrap().body;
        assert_eq!(page.get("gap"), None, "{page:#}");
        let next = page["next"].as_str().unwrap().to_owned();
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        if next == since {
            return (events, next);
        }
        since = next;
    }
}

fn assert_same(who: &str, frames: &[Frame], events: &[Value]) {
    for (frame, event) in frames.iter().zip(events) {
        let data: Value = serde_json::from_str(&frame.data).unwrap();
        assert_eq!(&data, event, "{who}");
        assert_eq!(
            (frame.id.as_deref(), frame.event.as_str()),
            (event["id"].as_str(), event["kind"].as_str().unwrap()),
            "{who}"
        );
    }
    assert_eq!(frames.len(), events.len(), "{who}");
}

/// Many transitions one after the other, with a kill after each batch. Gives the ids of those that were accepted.
async fn load(installation: &Installation, mut service: Service, kills: usize) -> (Service, Vec<String>) {
    let mut accepted = Vec::new();
    for kill in 0..kills {
        for (n, operation) in ["force-off", "on", "soft-restart", "on", "force-off", "on"]
            .iter()
            .enumerate()
        {
            let names: Vec<String> = (0..NODES / 3)
                .map(|node| node_xname((node * 3 + n + kill) % NODES, 0))
                .collect();
            accepted.extend(service.client().transition(operation, &names, 1).await);
            tokio::time::sleep(Duration::from_millis(60 + 35 * kill as u64)).await;
        }
        service.kill();
        service = installation.start().await;
    }
    (service, accepted)
}

#[tokio::test]
async fn who_is_cut_off_while_the_service_is_killed_gets_every_event_once_and_in_order() {
    let kills = if long() { 40 } else { 4 };
    let config = SimConfig::default()
        .count(NODES)
        .delays(Delays::all(Duration::from_millis(100)));
    let sim = Sim::start(config).await.unwrap();
    sim.set_all_power(PowerState::On);
    let inventory = sim.inventory(&bmc_sim::InventoryOptions::default()).unwrap();
    let settings = Settings {
        config: "[engine]\npatience_percent = 10\nchange_timeout_s = 3\n".to_owned(),
        ..Settings::default()
    };
    let login = sim.config().login.clone();
    let installation = Installation::new(&inventory, &login.user, &login.password, settings);
    let service = installation.start().await;
    let client = service.client().clone();
    let (tell_last, last) = watch::channel(None);
    let cases = [
        (WHOLE, usize::MAX),
        (WHOLE, 37),
        (WHOLE, 400),
        (LIVE, 11),
        (LIVE, usize::MAX),
    ];
    let clients = cases.map(|(path, cut)| tokio::spawn(follow(client.clone(), path, cut, last.clone())));
    let (service, accepted) = load(&installation, service, kills).await;
    assert!(accepted.len() >= kills * 6, "{} transitions", accepted.len());
    for id in &accepted {
        client.ended(id, WITHIN).await;
    }
    // From the stop on the log gets no longer, so that it has an end to compare with.
    let (_, end) = pages(&client, "oldest", "").await;
    tell_last.send_replace(Some(end.clone()));
    for ((path, cut), seen) in cases.into_iter().zip(clients) {
        let seen = tokio::time::timeout(WITHIN, seen).await.unwrap().unwrap();
        // Who did not ask for the whole log is told at once from where on it gets everything.
        let since = seen.began.filter(|_| path == LIVE);
        let since = since.as_deref().unwrap_or("oldest");
        let (mut events, _) = pages(&client, since, "").await;
        let at_end = events
            .iter()
            .position(|event| event["id"] == end.as_str())
            .unwrap();
        events.truncate(at_end + 1);
        let who = format!("{path}, cut after {cut}");
        assert!(
            seen.connections > kills,
            "{who}: {} connections",
            seen.connections
        );
        assert!(
            events.len() > accepted.len() * NODES,
            "{who}: {} events",
            events.len()
        );
        let upto = seen
            .frames
            .iter()
            .position(|frame| frame.id.as_deref() == Some(&end))
            .unwrap();
        assert_same(&who, &seen.frames[..=upto], &events);
    }
    for id in accepted.iter().rev().take(3) {
        let (events, _) = pages(&client, "oldest", &format!("&transition={id}")).await;
        let mut stream = client
            .follow(&format!("/v2/transitions/{id}/events"), None)
            .await
            .unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = stream.next().await {
            frames.push(frame);
        }
        assert_eq!(frames.pop().unwrap().event, "end");
        assert_same("the stream of a transition", &frames, &events);
    }
    drop(service);
}
