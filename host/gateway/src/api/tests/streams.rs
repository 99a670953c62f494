//! The streams: the log, one transition of it, and the fleet.

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use switchyard_core::PowerState;
use switchyard_wire::v2;
use tower::ServiceExt;

use super::bench::{Bench, PATIENCE};
use crate::api::STREAMS_MAX;

const BMC: &str = "x0c0s0b0";
const NODE: &str = "x0c0s0b0n0";

/// One frame of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Frame {
    id: Option<String>,
    event: String,
    data: String,
}

impl Frame {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A stream that is being read. Frames that are not cut by the connection come whole, which those of this service do.
struct Stream(Body);

impl Stream {
    async fn open(bench: &Bench, path: &str, last: Option<&str>) -> Self {
        let mut request = Request::get(path).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = bench.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self(response.into_body())
    }

    /// The next frame, or nothing when the stream has ended.
    async fn next(&mut self) -> Option<Frame> {
        let next = tokio::time::timeout(PATIENCE, self.0.frame()).await;
        let data = next
            .expect("no frame came")
            .transpose()
            .unwrap()?
            .into_data()
            .unwrap();
        let mut frame = Frame::default();
        for line in std::str::from_utf8(&data).unwrap().lines() {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name {
                "id" => frame.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut frame.event),
                "data" => value.clone_into(&mut frame.data),
                _ => {}
            }
        }
        Some(frame)
    }

    /// The frames up to one of this name, it included.
    async fn until(&mut self, event: &str) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await.expect("the stream ended");
            let done = frame.event == event;
            if !frame.event.is_empty() {
                frames.push(frame);
            }
            if done {
                return frames;
            }
        }
    }
}

/// The whole log, a page at a time.
async fn log(bench: &Bench, query: &str) -> Vec<v2::Event> {
    let (mut events, mut since) = (Vec::new(), "oldest".to_owned());
    loop {
        let request = Request::get(format!("/v2/events?since={since}&limit=7&{query}"))
            .header("accept", "application/json")
            .body(Body::empty())
            .unwrap();
        let answer = bench.send(request).await;
        let page: v2::EventPage = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(page.gap, None);
        events.extend(page.events);
        if page.next == since {
            return events;
        }
        since = page.next;
    }
}

#[tokio::test]
async fn the_log_is_followed_live_and_resumed() {
    let bench = Bench::start(&[BMC]).await;
    let mut live = Stream::open(&bench, "/v2/events", None).await;
    let hello = live.next().await.unwrap();
    assert!(
        hello.id.is_some() && hello.event.is_empty(),
        "one who is cut off before the first event can come back: {hello:?}"
    );
    let id = bench.switch("force-off", NODE).await;
    let seen = live.until("transition.ended").await;
    let accepted = seen
        .iter()
        .find(|frame| frame.event == "transition.accepted")
        .unwrap();
    let shown: v2::Event = serde_json::from_str(&accepted.data).unwrap();
    assert_eq!(shown.transition.as_deref(), Some(id.as_str()));
    assert_eq!(Some(shown.id), accepted.id);
    assert_eq!(shown.data["requestedBy"], "anonymous");
    for resumed in [hello.id, seen[1].id.clone()] {
        let mut again = Stream::open(&bench, "/v2/events?since=oldest", resumed.as_deref()).await;
        let frames = again.until("transition.ended").await;
        assert_eq!(frames, seen[seen.len() - frames.len()..]);
        assert!(frames.len() >= seen.len() - 2);
    }
    let ids: Vec<_> = log(&bench, "").await.into_iter().map(|event| event.id).collect();
    let mut replay = Stream::open(&bench, "/v2/events?since=oldest", None).await;
    let replayed = replay.until("transition.ended").await;
    let replayed: Vec<_> = replayed.into_iter().filter_map(|frame| frame.id).collect();
    assert_eq!(replayed, ids[..replayed.len()]);
    bench.until_status(&id, "completed").await;
}

#[tokio::test]
async fn a_filtered_stream_gives_what_is_asked_for() {
    let bench = Bench::start(&[BMC, "x0c0s1b0"]).await;
    let query = format!("kind=task.&component={NODE}");
    let mut stream = Stream::open(&bench, &format!("/v2/events?{query}"), None).await;
    let other = bench.switch("force-off", "x0c0s1b0n0").await;
    bench.until_status(&other, "completed").await;
    let id = bench.switch("force-off", NODE).await;
    let frames = stream.until("task.ended").await;
    assert_eq!(frames[0].event, "task.accepted");
    assert!(frames.iter().all(|frame| frame.json()["component"] == NODE));
    let page = log(&bench, &query).await;
    let ids: Vec<_> = page.into_iter().map(|event| Some(event.id)).collect();
    assert_eq!(frames.into_iter().map(|frame| frame.id).collect::<Vec<_>>(), ids);
    let of_transition = log(&bench, &format!("transition={id}")).await;
    assert!(of_transition.len() > ids.len());
    for query in ["kinds=task.", "limit=0", "transition=banana", "component=%20"] {
        let answer = bench.get(&format!("/v2/events?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["code"], "request.invalid-query");
    }
}

#[tokio::test]
async fn an_id_that_the_log_never_gave_is_a_gap() {
    let bench = Bench::start(&[BMC]).await;
    let id = bench.switch("on", NODE).await;
    bench.until_status(&id, "completed").await;
    let mut stream = Stream::open(&bench, "/v2/events", Some("nonsense.1")).await;
    let oldest = log(&bench, "").await[0].id.clone();
    let gap = stream.until("gap").await.pop().unwrap();
    assert_eq!(
        gap.json(),
        serde_json::json!({"reason": "unknown", "oldest": oldest})
    );
    assert_eq!(stream.next().await.unwrap().id, Some(oldest));
}

#[tokio::test]
async fn the_stream_of_a_transition_begins_with_it_and_ends_with_it() {
    let bench = Bench::start(&[BMC]).await;
    let before = bench.switch("force-off", NODE).await;
    bench.until_status(&before, "completed").await;
    bench.hardware.deafen(BMC);
    let id = bench.switch("on", NODE).await;
    let path = format!("/v2/transitions/{id}/events");
    let mut stream = Stream::open(&bench, &path, None).await;
    let mut seen = stream.until("task.answered").await;
    assert_eq!(seen[0].event, "transition.accepted");
    bench
        .call(http::Method::DELETE, &format!("/transitions/{id}"), Body::empty())
        .await;
    seen.extend(stream.until("end").await);
    assert_eq!(stream.next().await, None, "nothing follows the end");
    assert!(
        seen.iter().all(|frame| frame.json()["transition"] == id.as_str()),
        "{seen:?}"
    );
    let [.., ended, end] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (ended.event.as_str(), end.event.as_str()),
        ("transition.ended", "end")
    );
    // Later it is the same, and who comes back after the end is told at once.
    let mut replay = Stream::open(&bench, &path, None).await;
    assert_eq!(replay.until("end").await, seen);
    let mut back = Stream::open(&bench, &path, ended.id.as_deref()).await;
    assert_eq!(back.until("end").await, std::slice::from_ref(end));
    let nobody = "/v2/transitions/00000000-0000-0000-0000-000000000000/events";
    assert_eq!(bench.get(nobody).await.json()["code"], "transition.not-found");
}

#[tokio::test]
async fn screens_get_a_snapshot_and_then_what_changes() {
    let bench = Bench::start(&[BMC, "x0c0s1b0"]).await;
    let mut stream = Stream::open(&bench, "/v2/fleet/stream", None).await;
    let snapshot = stream.until("snapshot").await.pop().unwrap();
    let snapshot: v2::FleetSnapshot = serde_json::from_str(&snapshot.data).unwrap();
    let ids: Vec<_> = snapshot.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, [BMC, NODE, "x0c0s1b0", "x0c0s1b0n0"]);
    assert_eq!((snapshot.counts.total, snapshot.counts.on), (4, 4));
    assert_eq!(snapshot.kinds, ["controller", "node", "controller", "node"]);
    assert_eq!(snapshot.groups, []);
    let mut rows = snapshot.rows;
    bench.switch("force-off", NODE).await;
    loop {
        let frame = stream.until("delta").await.pop().unwrap();
        let delta: v2::FleetDelta = serde_json::from_str(&frame.data).unwrap();
        for row in delta.rows {
            rows[row.index].cells = row.cells;
        }
        if rows[1].cells.state == "off" {
            assert_eq!((delta.counts.on, delta.counts.off), (3, 1));
            assert_eq!(rows[1].cells.desired.as_deref(), Some("off"));
            break;
        }
    }
    assert!(rows[3].cells.state == "on" && rows[3].cells.desired.is_none());
}

#[tokio::test]
async fn a_press_of_the_button_is_in_the_log_and_on_the_screens() {
    let bench = Bench::start_polling(&[BMC], std::time::Duration::from_millis(500)).await;
    let id = bench.switch("on", NODE).await;
    bench.until_status(&id, "completed").await;
    let mut events = Stream::open(&bench, "/v2/events?kind=component.", None).await;
    let mut screen = Stream::open(&bench, "/v2/fleet/stream", None).await;
    bench.hardware.set(BMC, PowerState::Off);
    let frames = events.until("component.drift").await;
    let told: Vec<_> = frames
        .iter()
        .map(|frame| (frame.event.as_str(), frame.json()["data"].clone()))
        .collect();
    let [state, outside, drift] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (state.0, &state.1["state"]),
        ("component.state", &Value::from("off"))
    );
    assert_eq!(
        *outside,
        (
            "component.changed-outside",
            serde_json::json!({"from": "on", "to": "off"})
        )
    );
    assert_eq!(drift.1, serde_json::json!({"desired": "on", "observed": "off"}));
    loop {
        let frame = screen.until("delta").await.pop().unwrap();
        let delta: v2::FleetDelta = serde_json::from_str(&frame.data).unwrap();
        if delta
            .rows
            .iter()
            .any(|row| row.index == 1 && row.cells.flags == ["drift"])
        {
            break;
        }
    }
}

#[tokio::test]
async fn no_more_streams_than_may_be() {
    let bench = Bench::start(&[BMC]).await;
    let mut open = Vec::new();
    for _ in 0..STREAMS_MAX {
        open.push(Stream::open(&bench, "/v2/fleet/stream", None).await);
    }
    let full = bench.get("/v2/events").await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(full.json()["code"], "stream.full");
    assert!(full.header("retry-after").is_some());
    drop(open);
    bench
        .until("a place is free again", || async {
            let request = Request::get("/v2/events").body(Body::empty()).unwrap();
            let response = bench.router.clone().oneshot(request).await.unwrap();
            (response.status() == StatusCode::OK).then_some(())
        })
        .await;
}

#[tokio::test]
async fn what_was_cancelled_is_wanted_no_more_and_no_drift() {
    let bench = Bench::start_polling(&[BMC], std::time::Duration::from_millis(500)).await;
    bench.hardware.deafen(BMC);
    let id = bench.switch("force-off", NODE).await;
    let mut events = Stream::open(&bench, "/v2/events?since=oldest", None).await;
    events.until("task.answered").await;
    let mut screen = Stream::open(&bench, "/v2/fleet/stream", None).await;
    let snapshot = screen.until("snapshot").await.pop().unwrap();
    let snapshot: v2::FleetSnapshot = serde_json::from_str(&snapshot.data).unwrap();
    let cells = &snapshot.rows[1].cells;
    assert_eq!(
        (
            cells.operation.as_deref(),
            cells.transition.as_deref(),
            cells.by.as_deref()
        ),
        (Some("force-off"), Some(id.as_str()), Some("anonymous"))
    );
    assert_eq!((snapshot.counts.busy, cells.desired.as_deref()), (1, Some("off")));
    bench
        .call(http::Method::DELETE, &format!("/transitions/{id}"), Body::empty())
        .await;
    bench.until_status(&id, "aborted").await;
    loop {
        let frame = screen.until("delta").await.pop().unwrap();
        let delta: v2::FleetDelta = serde_json::from_str(&frame.data).unwrap();
        let idle = delta
            .rows
            .iter()
            .find(|row| row.index == 1 && row.cells.operation.is_none());
        if let Some(row) = idle {
            assert_eq!((row.cells.desired.as_deref(), delta.counts.busy), (None, 0));
            assert!(row.cells.flags.is_empty(), "{row:?}");
            break;
        }
    }
}
