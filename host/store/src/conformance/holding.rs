//! Holds.

use switchyard_core::Operation;

use super::Harness;
use super::sample::{accept, at, component, events_of, fresh, kinds, lease, submit, wish};
use crate::hold::{HoldId, HoldRecord};
use crate::journal::Journal;
use crate::record::{MemberRecord, Part, Refusal};
use crate::store::Store;

const UNTIL: i64 = 1_500_000;

fn hold(components: &[&str]) -> HoldRecord {
    HoldRecord {
        id: HoldId(fresh()),
        components: components.iter().map(|name| component(name)).collect(),
        reason: "a \"new\" board".to_owned(),
        by: "a technician".to_owned(),
        at: at(10),
        until: at(UNTIL),
        allow: vec!["a colleague".to_owned(), "a \"script\"".to_owned()],
    }
}

async fn off<E: Store>(engine: &E, who: &str, millis: i64) -> Vec<MemberRecord> {
    let mut submission = wish(Operation::Off, &["a", "b"]);
    submission.transition.requested_by = who.to_owned();
    submission.transition.created_at = at(millis);
    accept(engine, submission).await.members
}

fn is_task(member: &MemberRecord) -> bool {
    matches!(member.part, Part::Task { .. })
}

/// Everybody is kept off but who placed it and whom it allows, and only off its components.
pub async fn keeps_others_off<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let hold = hold(&["a", "z"]);
    engine.place_hold(hold.clone(), None).await.unwrap();
    let members = off(&engine, "a daemon", 20).await;
    let refusal = Refusal::OnHold {
        hold: hold.id,
        reason: hold.reason.clone(),
        by: hold.by.clone(),
        until: hold.until,
    };
    assert_eq!(members[0].part, Part::Refused { refusal });
    assert!(is_task(&members[1]));
    for who in ["a technician", "a colleague", "a \"script\""] {
        assert!(is_task(&off(&engine, who, 20).await[0]), "{who}");
    }
}

/// A hold ends at its time.
pub async fn ends_at_its_time<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    engine.place_hold(hold(&["a"]), None).await.unwrap();
    assert!(!is_task(&off(&engine, "a daemon", UNTIL - 1).await[0]));
    assert_eq!(engine.holds(at(UNTIL - 1)).await.unwrap().len(), 1);
    assert!(is_task(&off(&engine, "a daemon", UNTIL).await[0]));
    assert_eq!(engine.holds(at(UNTIL)).await.unwrap(), []);
}

/// A hold can be released, once; another on the same component still holds.
pub async fn is_released_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let (first, second) = (hold(&["a", "b"]), hold(&["a"]));
    for hold in [&first, &second] {
        engine.place_hold(hold.clone(), None).await.unwrap();
    }
    assert_eq!(
        engine.holds(at(20)).await.unwrap(),
        [first.clone(), second.clone()]
    );
    let release = async |id| engine.release_hold(id, "somebody", at(30), None).await.unwrap();
    assert_eq!(release(first.id).await, Some(first.clone()));
    assert_eq!(release(first.id).await, None);
    assert_eq!(release(HoldId(fresh())).await, None);
    assert_eq!(engine.holds(at(30)).await.unwrap(), std::slice::from_ref(&second));
    let members = off(&engine, "a daemon", 40).await;
    assert!(!is_task(&members[0]));
    assert!(is_task(&members[1]));
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(engine.holds(at(30)).await.unwrap(), [second]);
}

/// Placing and releasing are told.
pub async fn is_told<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let hold = hold(&["a", "b"]);
    engine.place_hold(hold.clone(), None).await.unwrap();
    engine
        .release_hold(hold.id, "somebody", at(30), None)
        .await
        .unwrap();
    assert_eq!(kinds(&engine).await, ["hold.placed", "hold.released"]);
    let placed = &events_of(&engine, "hold.placed").await[0];
    assert_eq!((placed.at, &placed.data["by"]), (at(10), &"a technician".into()));
    assert_eq!(placed.data["components"], serde_json::json!(["a", "b"]));
    assert_eq!(placed.data["hold"], hold.id.to_string());
    let released = &events_of(&engine, "hold.released").await[0];
    assert_eq!(released.data["hold"], hold.id.to_string());
    assert_eq!((released.at, &released.data["by"]), (at(30), &"somebody".into()));
}

/// What was in line before a hold stays in line.
pub async fn leaves_the_line_alone<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    submit(&engine, Operation::On, &["a"]).await;
    engine.place_hold(hold(&["a"]), None).await.unwrap();
    assert!(!is_task(&off(&engine, "a daemon", 20).await[0]));
    assert_eq!(engine.line(&component("a")).await.unwrap().len(), 1);
}

/// Holds that no longer hold are deleted, piece by piece.
pub async fn are_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let kept = hold(&["a", "b", "c"]);
    engine.place_hold(kept.clone(), None).await.unwrap();
    let released = hold(&["a", "b", "c"]);
    engine.place_hold(released.clone(), None).await.unwrap();
    engine.release_hold(released.id, "x", at(30), None).await.unwrap();
    let prune = async |now| engine.prune_oversight(&lease, at(now), at(0), 2).await.unwrap();
    assert_eq!(
        [prune(40).await, prune(40).await, prune(40).await],
        [2, 2, 0],
        "two components, then the last one with the hold"
    );
    assert_eq!(engine.holds(at(40)).await.unwrap(), [kept]);
    while prune(UNTIL).await > 0 {}
    assert_eq!(engine.holds(at(40)).await.unwrap(), []);
}
