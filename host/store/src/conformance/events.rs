//! The event log.

use serde_json::json;
use switchyard_core::{Operation, TaskId, TransitionId};

use super::Harness;
use super::sample::{
    apply, at, component, event, fresh, intent, kinds, lease, submit, submit_one, succeeded,
};
use super::sample::{moved, moves};
use crate::event::{EventId, NewEvent};
use crate::journal::Change;
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

/// A reader goes on after the last id it has, page by page, and misses nothing.
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
        assert!(page.len() <= 4);
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        found.extend(page.into_iter().map(|event| event.event.kind));
    }
    assert_eq!(found, names);
}

/// An id that this log never gave counts as none.
pub async fn of_an_unknown_id_start_over<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    submit_one(&engine, "a").await;
    let all = engine.events_after(None, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    for foreign in [
        "",
        "nonsense",
        "-1",
        "99999999999999999999999",
        "4611686018427387904",
        "9223372036854775807",
    ] {
        let found = engine
            .events_after(Some(&EventId(foreign.to_owned())), 10)
            .await
            .unwrap();
        assert_eq!(found, all, "{foreign:?}");
    }
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
    let ended = engine.events_after(None, 100).await.unwrap().pop().unwrap().event;
    assert_eq!(ended.transition, Some(task.transition));
    assert_eq!(ended.data["counts"]["succeeded"], 1);
}
