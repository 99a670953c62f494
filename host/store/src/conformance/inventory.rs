//! [`Journal::sync_inventory`](crate::Journal::sync_inventory).

use switchyard_core::{ComponentId, ControllerId, Operation, PowerState};

use super::Harness;
use super::sample::{apply, at, component, controller, lease, moves, submit, submit_one, succeeded};
use crate::journal::{Applied, Change, Journal, Lease};
use crate::store::Store;

async fn sync<E: Journal>(engine: &E, lease: &Lease, names: &[&str]) {
    let controllers: Vec<ControllerId> = names.iter().map(|name| controller(name)).collect();
    let components: Vec<(ComponentId, ControllerId)> = names
        .iter()
        .map(|name| (component(name), controller(name)))
        .collect();
    assert_eq!(
        engine
            .sync_inventory(lease, &controllers, &components)
            .await
            .unwrap(),
        Applied::Stored
    );
}

async fn names<E: Store>(engine: &E) -> Vec<String> {
    engine
        .components()
        .await
        .unwrap()
        .into_iter()
        .map(|component| component.id.to_string())
        .collect()
}

async fn known_controllers<E: Journal>(engine: &E, lease: &Lease, names: &[&str]) -> Vec<ControllerId> {
    let controllers: Vec<ControllerId> = names.iter().map(|name| controller(name)).collect();
    engine.claim(lease, &controllers).await.unwrap()
}

/// Components are known after it, in an unknown state.
pub async fn becomes_known<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a", "b"]).await;
    let components = engine.components().await.unwrap();
    assert_eq!(components.len(), 2);
    for component in components {
        assert_eq!(
            (component.observed, component.available, component.desired),
            (PowerState::Unknown, false, None)
        );
        assert!(component.abilities.is_empty());
    }
}

/// What the inventory no longer holds is forgotten.
pub async fn forgets_what_is_gone<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a", "b", "c"]).await;
    sync(&engine, &lease, &["b"]).await;
    assert_eq!(names(&engine).await, ["b"]);
    assert_eq!(
        known_controllers(&engine, &lease, &["a", "b", "c"]).await,
        [controller("b")]
    );
    let gone = Change::Observed {
        component: component("a"),
        state: PowerState::On,
        raw: "On".to_owned(),
        available: true,
        at: at(1),
    };
    apply(&engine, &lease, &[gone]).await;
    assert_eq!(names(&engine).await, ["b"]);
}

/// One component alone has everything that the list has of it.
pub async fn one_component_is_as_in_the_list<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a", "b"]).await;
    submit(&engine, Operation::On, &["b"]).await;
    let listed = engine.components().await.unwrap();
    assert_eq!(listed.len(), 2);
    for record in listed {
        let alone = engine.component(&record.id).await.unwrap();
        assert_eq!(alone, Some(record));
    }
    assert_eq!(engine.component(&component("c")).await.unwrap(), None);
}

/// What has unfinished tasks is kept until they have ended.
pub async fn keeps_what_has_unfinished_tasks<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a", "b"]).await;
    let task = submit_one(&engine, "a").await;
    sync(&engine, &lease, &["b"]).await;
    assert_eq!(names(&engine).await, ["a", "b"]);
    assert_eq!(
        known_controllers(&engine, &lease, &["a"]).await,
        [controller("a")]
    );
    apply(&engine, &lease, &[moves(&task, succeeded(2), 2)]).await;
    sync(&engine, &lease, &["b"]).await;
    assert_eq!(names(&engine).await, ["b"]);
    assert!(
        engine.task(task.id).await.unwrap().is_some(),
        "what it did is remembered"
    );
}

/// A component that stays keeps what is known of it, also when its controller is another one.
pub async fn a_known_component_keeps_its_state<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a"]).await;
    submit(&engine, Operation::On, &["a"]).await;
    let before = engine.components().await.unwrap();
    let moved = [(component("a"), controller("z"))];
    assert_eq!(
        engine
            .sync_inventory(&lease, &[controller("z")], &moved)
            .await
            .unwrap(),
        Applied::Stored
    );
    assert_eq!(engine.components().await.unwrap(), before);
    assert!(before[0].desired.is_some());
}
