//! Reservations in the state manager, and deputy keys.

use switchyard_core::machine::Phase;
use switchyard_core::{Operation, TaskId, TransitionId};

use super::Harness;
use super::sample::{accept, apply, at, component, lease, moves, request, submit, succeeded, wants_as};
use crate::journal::{Applied, Journal};
use crate::reservation::{Grip, Key, ReservationRecord, ReservationStore};
use crate::store::{NewMember, Store, Submission, Want};

fn key(text: &str) -> Key {
    Key::new(text.to_owned())
}

fn wish(name: &str, millis: i64) -> ReservationRecord {
    ReservationRecord {
        component: component(name),
        asked_at: at(millis),
        grip: None,
    }
}

fn held(name: &str, millis: i64) -> ReservationRecord {
    ReservationRecord {
        grip: Some(Grip {
            key: key(&format!("{name}:rk:\"1\"")),
            deputy_key: key(&format!("{name}:dk:1")),
            expires_at: at(millis + 60_000),
        }),
        ..wish(name, millis)
    }
}

fn with_keys(mut member: NewMember, keys: &[&str]) -> NewMember {
    if let Want::Task(wanted) = &mut member.want {
        wanted.deputy_keys = keys.iter().map(|text| key(text)).collect();
    }
    member
}

/// A request to switch `a` off, with deputy keys.
fn off(keys: &[&str]) -> Submission {
    request(
        Operation::Off,
        vec![with_keys(wants_as("a", Operation::Off), keys)],
    )
}

async fn keys_of<E: ReservationStore>(engine: &E, task: TaskId) -> Vec<String> {
    let keys = engine.deputy_keys(&[task]).await.unwrap();
    assert!(keys.iter().all(|(of, _)| *of == task));
    keys.iter().map(|(_, key)| key.expose().to_owned()).collect()
}

/// A wish is stored first, then what came of it, then nothing.
pub async fn a_wish_is_followed_by_its_answer<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let wishes = [wish("b", 1), wish("a", 1)];
    engine.keep_reservations(&lease, &wishes).await.unwrap();
    assert_eq!(engine.reservations().await.unwrap(), [wish("a", 1), wish("b", 1)]);
    engine.keep_reservations(&lease, &[held("a", 2)]).await.unwrap();
    assert_eq!(engine.reservations().await.unwrap(), [held("a", 2), wish("b", 1)]);
    let both = [component("a"), component("z")];
    engine.forget_reservations(&lease, &both).await.unwrap();
    assert_eq!(engine.reservations().await.unwrap(), [wish("b", 1)]);
}

/// What was stored is there after a kill.
pub async fn they_survive_a_kill<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let records = [held("a", 2), wish("b", 1)];
    engine.keep_reservations(&lease, &records).await.unwrap();
    harness.kill(engine).await;
    assert_eq!(harness.open().await.reservations().await.unwrap(), records);
}

/// Nothing is written under a void lease.
pub async fn a_void_lease_keeps_nothing<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let void = lease(&engine).await;
    engine.keep_reservations(&void, &[wish("a", 1)]).await.unwrap();
    lease(&engine).await;
    let fenced = engine.keep_reservations(&void, &[held("a", 2)]).await.unwrap();
    assert_eq!(fenced, Applied::Fenced);
    let fenced = engine
        .forget_reservations(&void, &[component("a")])
        .await
        .unwrap();
    assert_eq!(fenced, Applied::Fenced);
    assert_eq!(engine.reservations().await.unwrap(), [wish("a", 1)]);
}

/// Keys are read by task, in the order in which they were sent, and survive a kill.
pub async fn deputy_keys_come_with_their_request<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let made = accept(&engine, off(&["one", "two"])).await;
    let other = submit(&engine, Operation::Off, &["b"]).await.tasks.remove(0);
    let task = made.tasks[0].record.id;
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(keys_of(&engine, task).await, ["one", "two"]);
    assert_eq!(engine.deputy_keys(&[other.id, task]).await.unwrap().len(), 2);
    assert!(keys_of(&engine, other.id).await.is_empty());
}

/// A shared task has the keys of all who share it.
pub async fn deputy_keys_of_all_who_share<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let task = accept(&engine, off(&["one"])).await.tasks[0].record.id;
    accept(&engine, off(&[])).await;
    let joined = accept(&engine, off(&["two"])).await;
    assert_eq!(joined.joined.len(), 1);
    assert_eq!(keys_of(&engine, task).await, ["one", "two"]);
}

async fn end<E: Journal + Store>(engine: &E, id: TransitionId) {
    let lease = lease(engine).await;
    let view = engine.transition(id).await.unwrap().unwrap();
    let task = view.members[0].1.clone().unwrap();
    apply(engine, &lease, &[moves(&task, Phase::Preparing, 5)]).await;
    apply(engine, &lease, &[moves(&task, succeeded(6), 6)]).await;
}

/// No key outlives its request.
pub async fn deputy_keys_are_forgotten_at_the_end<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let made = accept(&engine, off(&["one"])).await;
    let task = made.tasks[0].record.id;
    end(&engine, made.transition.id).await;
    assert!(keys_of(&engine, task).await.is_empty());
}

/// A key shows nothing of itself.
pub async fn keys_are_never_shown<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let submission = off(&["a secret"]);
    assert!(!format!("{submission:?}").contains("a secret"));
    let made = accept(&engine, submission).await;
    assert!(!format!("{made:?}").contains("a secret"));
    let keys = engine.deputy_keys(&[made.tasks[0].record.id]).await.unwrap();
    assert!(!format!("{keys:?} {:?}", held("a", 1)).contains(":rk:"));
}
