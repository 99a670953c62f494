//! The event log.

use serde_json::json;
use switchyard_core::{Operation, TaskId, TransitionId};

use super::Harness;
use super::sample::{
    apply, at, cancel, component, event, fresh, intent, kinds, lease, submit, submit_one, succeeded,
};
use super::sample::{moved, moves};
use crate::event::{EventId, Gap, NewEvent};
use crate::journal::{Change, Journal};
use crate::store::Store;

/// Events come in the order of the commits, and within one commit in the order of its changes.
pub async fn are_in_order<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let submitted = submit(&engine, Operation::On, &["a", "b"]).await;
    let mut first = moved(&submitted.tasks[0], succeeded(2), 2);
    first.events = vec![event("2"), event("3")];
    let mut second = moved(&submitted.tasks[1], succeeded(2), 2);
    second.events = vec![event("5")];
    let changes = [
        Change::Event(event("1")),
        Change::Task(Box::new(first)),
        Change::Event(event("4")),
        Change::Task(Box::new(second)),
        Change::Event(event("6")),
    ];
    apply(&engine, &lease, &changes).await;
    apply(&engine, &lease, &[Change::Event(event("7"))]).await;
    let expected = [
        "transition.accepted",
        "task.accepted",
        "task.accepted",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "transition.ended",
        "7",
    ];
    assert_eq!(kinds(&engine).await, expected);
}

/// A reader goes on after the place where its last page ended, and misses nothing.
pub async fn go_on_after_an_id<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let names: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    for part in names.chunks(7) {
        let changes: Vec<Change> = part.iter().map(|name| Change::Event(event(name))).collect();
        apply(&engine, &lease, &changes).await;
    }
    let mut found = Vec::new();
    let mut after: Option<EventId> = None;
    loop {
        let page = engine.events_after(after.as_ref(), 4).await.unwrap();
        assert!(page.events.len() <= 4);
        assert_eq!(page.gap, None);
        let Some(last) = page.events.last() else {
            assert_eq!(Some(page.end), after, "an empty page ends where it begins");
            break;
        };
        assert_eq!(page.end, last.id);
        after = Some(page.end);
        found.extend(page.events.into_iter().map(|event| event.event.kind));
    }
    assert_eq!(found, names);
}

/// A place that this log never gave is known as such, and the page begins with the oldest event.
pub async fn of_an_unknown_id_are_a_gap<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    submit_one(&engine, "a").await;
    let all = engine.events_after(None, 10).await.unwrap();
    assert_eq!((all.events.len(), all.gap), (2, None));
    for foreign in [
        "",
        "nonsense",
        "2",
        "-1",
        "99999999999999999999999",
        &format!("{}0", all.end.0),
        &format!("{}x", all.end.0),
        &format!(" {}", all.end.0),
        "00000000.1",
    ] {
        let found = engine
            .events_after(Some(&EventId(foreign.to_owned())), 10)
            .await
            .unwrap();
        assert_eq!(found.gap, Some(Gap::Unknown), "{foreign:?}");
        assert_eq!((found.events, found.end), (all.events.clone(), all.end.clone()));
    }
}

/// A reader whose next event is no longer kept is told; one that has everything but what is kept is not.
pub async fn after_pruned_ones_are_a_gap<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let start = engine.event_hint().borrow().clone();
    let events: Vec<Change> = (1..=4)
        .map(|millis| {
            let mut event = event(&millis.to_string());
            event.at = at(millis);
            Change::Event(event)
        })
        .collect();
    apply(&engine, &lease, &events).await;
    let all = engine.events_after(Some(&start), 10).await.unwrap();
    assert_eq!((all.events.len(), all.gap), (4, None));
    let ids: Vec<EventId> = all.events.into_iter().map(|event| event.id).collect();
    engine.prune(&lease, at(0), at(3), 100).await.unwrap();
    for (place, first, gap) in [
        (&start, "3", Some(Gap::Pruned)),
        (&ids[0], "3", Some(Gap::Pruned)),
        (&ids[1], "3", None),
        (&ids[2], "4", None),
    ] {
        let page = engine.events_after(Some(place), 10).await.unwrap();
        assert_eq!((page.events[0].event.kind.as_str(), page.gap), (first, gap));
    }
    engine.prune(&lease, at(0), at(100), 100).await.unwrap();
    for (place, gap) in [(&ids[2], Some(Gap::Pruned)), (&ids[3], None)] {
        let page = engine.events_after(Some(place), 10).await.unwrap();
        assert_eq!((page.events.len(), page.gap), (0, gap));
        assert_eq!(page.end, ids[3]);
    }
    let all = engine.events_after(None, 10).await.unwrap();
    assert_eq!((all.events.len(), all.end, all.gap), (0, ids[3].clone(), None));
}

/// The hint names the last event after every commit that appended any, and after an opening.
pub async fn are_hinted_at<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut hint = engine.event_hint();
    let empty = engine.events_after(None, 10).await.unwrap();
    assert_eq!(*hint.borrow_and_update(), empty.end);
    let submitted = submit(&engine, Operation::On, &["a"]).await;
    assert!(hint.has_changed().unwrap());
    let lease = lease(&engine).await;
    apply(&engine, &lease, &[Change::Event(event("1"))]).await;
    cancel(&engine, submitted.transition.id, 2).await;
    let last = engine.events_after(None, 10).await.unwrap().end;
    assert_eq!(*hint.borrow_and_update(), last);
    apply(&engine, &lease, &[]).await;
    assert!(!hint.has_changed().unwrap());
    drop(hint);
    harness.kill(engine).await;
    assert_eq!(*harness.open().await.event_hint().borrow(), last);
}

/// The events of a transition can be read from its first one on, as long as that is kept.
pub async fn of_a_transition_have_a_start<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    submit(&engine, Operation::On, &["a"]).await;
    let second = submit(&engine, Operation::On, &["b"]).await.transition.id;
    submit(&engine, Operation::On, &["c"]).await;
    let start = engine.transition_start(second).await.unwrap().unwrap();
    let first = engine
        .events_after(Some(&start), 1)
        .await
        .unwrap()
        .events
        .remove(0)
        .event;
    assert_eq!(
        (first.kind.as_str(), first.transition),
        ("transition.accepted", Some(second))
    );
    assert_eq!(
        engine.transition_start(TransitionId(fresh())).await.unwrap(),
        None
    );
    engine.prune(&lease, at(0), at(i64::MAX), 100).await.unwrap();
    assert_eq!(engine.transition_start(second).await.unwrap(), None);
}

/// An event comes back with all that was stored, whatever its data is.
pub async fn keep_all_their_parts<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let data = [
        json!(null),
        json!(1.5),
        json!("text \"quoted\" \u{0}"),
        json!([1, {"a": [true]}]),
        json!({"ä": {"b": null}}),
    ];
    let events: Vec<NewEvent> = data
        .into_iter()
        .map(|data| NewEvent {
            at: at(-7),
            kind: "test.event".to_owned(),
            component: Some(component("a")),
            task: Some(TaskId(fresh())),
            transition: Some(TransitionId(fresh())),
            data,
        })
        .collect();
    apply(
        &engine,
        &lease,
        &events.iter().cloned().map(Change::Event).collect::<Vec<_>>(),
    )
    .await;
    let found: Vec<NewEvent> = engine
        .events_after(None, 10)
        .await
        .unwrap()
        .events
        .into_iter()
        .map(|event| event.event)
        .collect();
    assert_eq!(found, events);
    let task = submit_one(&engine, "b").await;
    apply(
        &engine,
        &lease,
        &[
            intent(&task, switchyard_core::PermitId(fresh()), 1),
            moves(&task, succeeded(2), 2),
        ],
    )
    .await;
    let page = engine.events_after(None, 100).await.unwrap();
    let ended = &page.events.last().unwrap().event;
    assert_eq!(ended.transition, Some(task.transition));
    assert_eq!(ended.data["counts"]["succeeded"], 1);
}
