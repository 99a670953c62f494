//! The outbox of webhooks and callbacks.

use switchyard_core::{Operation, PermitId, TransitionId};

use super::Harness;
use super::sample::{apply, at, event, fresh, intent, lease, make, moves, request, submit, succeeded, wants};
use crate::event::EventId;
use crate::journal::{Change, Journal};
use crate::outbox::{
    AfterAttempt, DeliveryAttempt, DeliveryFilter, DeliveryRecord, DeliveryState, FollowerRecord,
    NewDelivery, Outbox, Target,
};
use crate::store::Store;

const HOOK: &str = "hook";
const CALLBACKS: &str = "callbacks";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn delivery(target: Target, event: &EventId, created: i64) -> NewDelivery {
    NewDelivery {
        target,
        message: format!("message-{}", event.0),
        event: event.clone(),
        kind: "test.event".to_owned(),
        transition: Some(TransitionId(fresh())),
        body: "{\"größe\": \"\\u0000 ☃\"}".to_owned(),
        created_at: at(created),
        give_up_at: at(created + 1_000),
    }
}

fn to_hook(event: &EventId, created: i64) -> NewDelivery {
    delivery(Target::Webhook(HOOK.to_owned()), event, created)
}

fn to_caller(url: &str, event: &EventId, created: i64) -> NewDelivery {
    delivery(Target::Callback(url.to_owned()), event, created)
}

/// So many events, after both followers have begun.
async fn events<E: Store + Journal + Outbox>(engine: &E, number: usize) -> Vec<EventId> {
    engine.follow(&names(&[CALLBACKS, HOOK]), at(1)).await.unwrap();
    let lease = lease(engine).await;
    let changes: Vec<Change> = (0..number).map(|_| Change::Event(event("test.event"))).collect();
    apply(engine, &lease, &changes).await;
    let found = engine.events_after(None, 1_000).await.unwrap().events;
    found.into_iter().map(|event| event.id).collect()
}

async fn hook<E: Outbox>(engine: &E) -> FollowerRecord {
    let followers = engine.followers().await.unwrap();
    followers
        .into_iter()
        .find(|follower| follower.name == HOOK)
        .unwrap()
}

async fn pending<E: Outbox>(engine: &E) -> Vec<DeliveryRecord> {
    engine.pending(HOOK, 100).await.unwrap()
}

async fn all<E: Outbox>(engine: &E) -> Vec<DeliveryRecord> {
    engine
        .deliveries(&DeliveryFilter::default(), 1_000)
        .await
        .unwrap()
}

fn came_to(record: &DeliveryRecord, now: i64, then: AfterAttempt) -> DeliveryAttempt {
    DeliveryAttempt {
        seq: record.seq,
        at: at(now),
        status: Some(503),
        words: Some("503: later".to_owned()),
        then,
    }
}

/// What happened before a webhook was configured is not told to it; what happens afterwards is.
pub async fn a_new_follower_begins_at_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    submit(&engine, Operation::On, &["a"]).await;
    let old = engine.events_after(None, 100).await.unwrap().end;
    let ids = events(&engine, 3).await;
    let follower = hook(&engine).await;
    assert_eq!(follower.cursor, old);
    assert_eq!((follower.behind, follower.pending), (3, 0));
    engine.follow(&names(&[CALLBACKS, HOOK]), at(2)).await.unwrap();
    assert_eq!(hook(&engine).await, follower, "a follower keeps its place");
    engine.enqueue(HOOK, &ids[3], &[]).await.unwrap();
    assert_eq!(hook(&engine).await.behind, 1);
}

/// What was stored for an event is not stored again, and a place in the log only grows.
pub async fn an_event_is_told_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 2).await;
    for _ in 0..2 {
        let found = [to_hook(&ids[0], 5), to_hook(&ids[1], 5)];
        engine.enqueue(HOOK, &ids[1], &found).await.unwrap();
    }
    engine
        .enqueue(HOOK, &ids[0], &[to_hook(&ids[0], 6)])
        .await
        .unwrap();
    assert_eq!(pending(&engine).await.len(), 2);
    assert_eq!(hook(&engine).await.cursor, ids[1]);
}

/// Both kinds of targets.
pub async fn deliveries_keep_their_parts_and_their_order<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 30).await;
    let found: Vec<NewDelivery> = ids.iter().map(|id| to_hook(id, 5)).collect();
    engine.enqueue(HOOK, &ids[29], &found).await.unwrap();
    let called = to_caller("https://a.example/x?y=z", &ids[0], 6);
    engine
        .enqueue(CALLBACKS, &ids[0], std::slice::from_ref(&called))
        .await
        .unwrap();
    let stored: Vec<NewDelivery> = pending(&engine)
        .await
        .into_iter()
        .map(|record| record.delivery)
        .collect();
    assert_eq!(stored, found);
    let due = engine.due_callbacks(at(6), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].delivery, called);
    assert_eq!((due[0].state, due[0].attempts), (DeliveryState::Pending, 0));
    assert_eq!(due[0].next_attempt_at, Some(at(6)));
    let first = engine.pending(HOOK, 4).await.unwrap();
    assert_eq!(first.len(), 4);
    assert_eq!(first[0].delivery, found[0]);
}

/// The number, the last result, and when the next is due.
pub async fn attempts_are_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 2).await;
    let found = [to_hook(&ids[0], 5), to_hook(&ids[1], 5)];
    engine.enqueue(HOOK, &ids[1], &found).await.unwrap();
    let [first, second] = &pending(&engine).await[..] else {
        panic!("two deliveries")
    };
    let retry = came_to(first, 7, AfterAttempt::Retry { at: at(50) });
    engine.record(&[retry]).await.unwrap();
    let tried = pending(&engine).await.remove(0);
    assert_eq!((tried.attempts, tried.last_status), (1, Some(503)));
    assert_eq!(tried.last_words.as_deref(), Some("503: later"));
    assert_eq!(
        (tried.last_attempt_at, tried.next_attempt_at),
        (Some(at(7)), Some(at(50)))
    );
    let done = [
        came_to(first, 50, AfterAttempt::Delivered),
        came_to(second, 51, AfterAttempt::Failed),
    ];
    engine.record(&done).await.unwrap();
    assert!(pending(&engine).await.is_empty());
    let [second, first] = &all(&engine).await[..] else {
        panic!("two deliveries")
    };
    assert_eq!((first.state, first.attempts), (DeliveryState::Delivered, 2));
    assert_eq!((first.ended_at, first.next_attempt_at), (Some(at(50)), None));
    assert_eq!(
        (second.state, second.ended_at),
        (DeliveryState::Failed, Some(at(51)))
    );
    assert_eq!(hook(&engine).await.last_delivered_at, Some(at(50)));
}

/// An attempt that is reported late changes nothing.
pub async fn an_ended_delivery_stays_as_it_is<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 1).await;
    engine
        .enqueue(HOOK, &ids[0], &[to_hook(&ids[0], 5)])
        .await
        .unwrap();
    let record = pending(&engine).await.remove(0);
    engine
        .record(&[came_to(&record, 7, AfterAttempt::Delivered)])
        .await
        .unwrap();
    let before = all(&engine).await;
    engine
        .record(&[came_to(&record, 9, AfterAttempt::Retry { at: at(10) })])
        .await
        .unwrap();
    assert_eq!(all(&engine).await, before);
}

/// So that one receiver gets its callbacks in order, and one that fails holds nobody else up.
pub async fn one_callback_of_each_url_is_due<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 4).await;
    let urls = ["https://a/", "https://a/", "https://b/", "https://b/"];
    let found: Vec<NewDelivery> = urls
        .iter()
        .zip(&ids)
        .map(|(url, id)| to_caller(url, id, 5))
        .collect();
    engine.enqueue(CALLBACKS, &ids[3], &found).await.unwrap();
    let events_due = async |now: i64| -> Vec<EventId> {
        let due = engine.due_callbacks(at(now), 10).await.unwrap();
        due.into_iter().map(|record| record.delivery.event).collect()
    };
    assert_eq!(events_due(4).await, []);
    assert_eq!(events_due(5).await, [ids[0].clone(), ids[2].clone()]);
    let first = engine.due_callbacks(at(5), 1).await.unwrap().remove(0);
    engine
        .record(&[came_to(&first, 6, AfterAttempt::Retry { at: at(20) })])
        .await
        .unwrap();
    assert_eq!(
        events_due(19).await,
        [ids[2].clone()],
        "the second of a waits for the first"
    );
    assert_eq!(
        events_due(20).await,
        [ids[2].clone(), ids[0].clone()],
        "what was not tried yet comes first"
    );
    engine
        .record(&[came_to(&first, 20, AfterAttempt::Delivered)])
        .await
        .unwrap();
    assert_eq!(events_due(20).await, [ids[1].clone(), ids[2].clone()]);
}

/// Of the target that was meant, and only then.
pub async fn what_is_overdue_is_given_up<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 3).await;
    let found = [to_hook(&ids[0], 5), to_hook(&ids[1], 6)];
    engine.enqueue(HOOK, &ids[1], &found).await.unwrap();
    let callers = [
        to_caller("https://a/", &ids[0], 5),
        to_caller("https://b/", &ids[1], 5),
    ];
    engine.enqueue(CALLBACKS, &ids[1], &callers).await.unwrap();
    let target = Target::Webhook(HOOK.to_owned());
    assert_eq!(engine.give_up(&target, "too late", at(1_004)).await.unwrap(), 0);
    assert_eq!(engine.give_up(&target, "too late", at(1_005)).await.unwrap(), 1);
    let target = Target::Callback("https://a/".to_owned());
    assert_eq!(engine.give_up(&target, "too late", at(9_999)).await.unwrap(), 1);
    let left: Vec<Target> = all(&engine)
        .await
        .into_iter()
        .filter(|record| record.state == DeliveryState::Pending)
        .map(|record| record.delivery.target)
        .collect();
    assert_eq!(
        left,
        [
            Target::Callback("https://b/".to_owned()),
            Target::Webhook(HOOK.to_owned())
        ]
    );
    let failed = DeliveryFilter {
        state: Some(DeliveryState::Failed),
        ..DeliveryFilter::default()
    };
    for record in engine.deliveries(&failed, 10).await.unwrap() {
        assert_eq!(record.last_words.as_deref(), Some("too late"));
    }
}

/// It keeps its place and its deliveries, and goes on from there.
pub async fn a_disabled_follower_stands_still<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 2).await;
    engine
        .enqueue(HOOK, &ids[0], &[to_hook(&ids[0], 5)])
        .await
        .unwrap();
    engine.disable(HOOK, at(7)).await.unwrap();
    engine.disable(HOOK, at(8)).await.unwrap();
    assert_eq!(hook(&engine).await.disabled_at, Some(at(7)));
    engine
        .enqueue(HOOK, &ids[1], &[to_hook(&ids[1], 8)])
        .await
        .unwrap();
    assert_eq!((hook(&engine).await.behind, pending(&engine).await.len()), (1, 1));
    assert!(engine.enable(HOOK, at(9_000), at(10_000)).await.unwrap());
    assert!(!engine.enable("nobody", at(9_000), at(10_000)).await.unwrap());
    assert_eq!(hook(&engine).await.disabled_at, None);
    let record = pending(&engine).await.remove(0);
    assert_eq!(
        (record.next_attempt_at, record.delivery.give_up_at),
        (Some(at(9_000)), at(10_000))
    );
    engine
        .enqueue(HOOK, &ids[1], &[to_hook(&ids[1], 8)])
        .await
        .unwrap();
    assert_eq!(pending(&engine).await.len(), 2);
}

/// Its deliveries are given up with words, and it begins anew when it comes back.
pub async fn a_forgotten_follower_leaves_nothing_pending<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 2).await;
    engine
        .enqueue(HOOK, &ids[0], &[to_hook(&ids[0], 5)])
        .await
        .unwrap();
    engine.follow(&names(&[CALLBACKS]), at(9)).await.unwrap();
    let record = all(&engine).await.remove(0);
    assert_eq!(
        (record.state, record.ended_at),
        (DeliveryState::Failed, Some(at(9)))
    );
    assert!(record.last_words.unwrap().contains("no longer configured"));
    assert_eq!(engine.followers().await.unwrap().len(), 1);
    engine
        .enqueue(HOOK, &ids[1], &[to_hook(&ids[1], 9)])
        .await
        .unwrap();
    assert!(pending(&engine).await.is_empty());
    engine.follow(&names(&[CALLBACKS, HOOK]), at(10)).await.unwrap();
    assert_eq!(hook(&engine).await.behind, 0);
}

/// In pages, by follower and by state.
pub async fn deliveries_are_listed_newest_first<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 5).await;
    let found: Vec<NewDelivery> = ids.iter().map(|id| to_hook(id, 5)).collect();
    engine.enqueue(HOOK, &ids[4], &found).await.unwrap();
    engine
        .enqueue(CALLBACKS, &ids[0], &[to_caller("https://a/", &ids[0], 5)])
        .await
        .unwrap();
    let first = pending(&engine).await.remove(0);
    engine
        .record(&[came_to(&first, 7, AfterAttempt::Delivered)])
        .await
        .unwrap();
    let mut filter = DeliveryFilter {
        follower: Some(HOOK.to_owned()),
        ..DeliveryFilter::default()
    };
    let page = engine.deliveries(&filter, 3).await.unwrap();
    filter.before = page.last().map(|record| record.seq);
    let rest = engine.deliveries(&filter, 3).await.unwrap();
    let listed: Vec<EventId> = page
        .into_iter()
        .chain(rest)
        .map(|record| record.delivery.event)
        .collect();
    assert_eq!(listed, ids.iter().rev().cloned().collect::<Vec<_>>());
    filter.before = None;
    filter.state = Some(DeliveryState::Delivered);
    assert_eq!(engine.deliveries(&filter, 10).await.unwrap().len(), 1);
    filter.follower = Some(CALLBACKS.to_owned());
    assert!(engine.deliveries(&filter, 10).await.unwrap().is_empty());
}

/// A URL is stored with the request, and survives until its transition is forgotten.
pub async fn callbacks_come_with_their_transition<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let without = submit(&engine, Operation::On, &["a"]).await.transition.id;
    let mut submission = request(Operation::On, vec![wants("b")]);
    submission.callback = Some("https://a.example/".to_owned());
    let submitted = make(&engine, submission).await;
    let with = submitted.transition.id;
    let asked = [without, with];
    let ask = || engine.callbacks_of(&asked);
    let found = ask().await.unwrap();
    assert!(found.contains(&(with, "https://a.example/".to_owned())));
    assert!(found.iter().all(|(transition, _)| *transition == with));
    assert_eq!(engine.prune_deliveries(at(0), 10, 10).await.unwrap(), 0);
    let task = &submitted.tasks[0];
    apply(
        &engine,
        &lease,
        &[intent(task, PermitId(fresh()), 1), moves(task, succeeded(2), 2)],
    )
    .await;
    while engine.prune(&lease, at(10), at(0), 10).await.unwrap() > 0 {}
    assert_eq!(engine.prune_deliveries(at(0), 10, 10).await.unwrap(), 1);
    assert!(ask().await.unwrap().is_empty());
}

/// By age and by number, piece by piece, and never what is pending.
pub async fn deliveries_are_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 10).await;
    let found: Vec<NewDelivery> = ids.iter().map(|id| to_hook(id, 5)).collect();
    engine.enqueue(HOOK, &ids[9], &found).await.unwrap();
    let records = pending(&engine).await;
    let ended: Vec<DeliveryAttempt> = records
        .iter()
        .take(9)
        .zip(10..)
        .map(|(record, now)| came_to(record, now, AfterAttempt::Delivered))
        .collect();
    engine.record(&ended).await.unwrap();
    assert_eq!(engine.prune_deliveries(at(12), 100, 1).await.unwrap(), 1);
    assert_eq!(engine.prune_deliveries(at(12), 100, 100).await.unwrap(), 1);
    assert_eq!(engine.prune_deliveries(at(0), 4, 100).await.unwrap(), 3);
    assert_eq!(engine.prune_deliveries(at(0), 4, 100).await.unwrap(), 0);
    assert_eq!(all(&engine).await.len(), 5);
    assert_eq!(pending(&engine).await.len(), 1);
}

/// Places, deliveries and their attempts.
pub async fn everything_survives_a_kill<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let ids = events(&engine, 2).await;
    engine
        .enqueue(HOOK, &ids[0], &[to_hook(&ids[0], 5)])
        .await
        .unwrap();
    let record = pending(&engine).await.remove(0);
    engine
        .record(&[came_to(&record, 7, AfterAttempt::Retry { at: at(50) })])
        .await
        .unwrap();
    let before = (engine.followers().await.unwrap(), all(&engine).await);
    harness.kill(engine).await;
    let engine = harness.open().await;
    engine.follow(&names(&[CALLBACKS, HOOK]), at(60)).await.unwrap();
    assert_eq!((engine.followers().await.unwrap(), all(&engine).await), before);
}
