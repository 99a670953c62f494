//! [`Change::Controller`](crate::Change::Controller) and [`Store::controllers`](crate::Store::controllers).

use switchyard_core::breaker::{Breaker, Reason, Trip};
use switchyard_core::{Cause, Failure};

use super::Harness;
use super::sample::{apply, at, controller, lease};
use crate::journal::{Change, Journal, Lease};
use crate::record::ControllerRecord;
use crate::store::Store;

async fn sync<E: Journal>(engine: &E, lease: &Lease, names: &[&str]) {
    let controllers: Vec<_> = names.iter().map(|name| controller(name)).collect();
    engine.sync_inventory(lease, &controllers, &[]).await.unwrap();
}

/// A controller that was left alone at `since`.
fn open(name: &str, since: i64) -> ControllerRecord {
    let trip = Trip {
        reason: Reason::Unreachable,
        since: at(since),
        probes: 3,
    };
    ControllerRecord {
        breaker: Breaker::Open {
            trip,
            until: at(since + 120_000),
        },
        failure: Some(Failure {
            status: Some(502),
            codes: vec!["Base.1.0.Gone".to_owned()],
            ..Failure::new(Cause::Unreachable, "no route to \"host\"")
        }),
        failed_at: Some(at(since + 1)),
        answered_at: Some(at(since - 1)),
        ..ControllerRecord::new(controller(name))
    }
}

fn change(record: &ControllerRecord) -> Change {
    Change::Controller(Box::new(record.clone()))
}

/// Of a controller that never failed nothing is known.
pub async fn are_closed_at_first<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["b", "a"]).await;
    assert_eq!(
        engine.controllers().await.unwrap(),
        ["a", "b"].map(|name| ControllerRecord::new(controller(name)))
    );
}

/// An open breaker is open after the next start, for the same reason and until the same time.
pub async fn a_breaker_survives_a_kill<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let held = lease(&engine).await;
    sync(&engine, &held, &["a", "b"]).await;
    apply(&engine, &held, &[change(&open("a", 1_000))]).await;
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(
        engine.controllers().await.unwrap(),
        [open("a", 1_000), ControllerRecord::new(controller("b"))]
    );
    let held = lease(&engine).await;
    let closed = ControllerRecord::new(controller("a"));
    apply(&engine, &held, &[change(&closed)]).await;
    assert_eq!(engine.controllers().await.unwrap().remove(0), closed);
}

/// Of several states of one controller in a batch the last one holds.
pub async fn the_last_of_several_states_holds<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a", "b"]).await;
    let changes = [open("a", 1_000), open("b", 1_000), open("a", 9_000)];
    apply(&engine, &lease, &changes.each_ref().map(change)).await;
    assert_eq!(
        engine.controllers().await.unwrap(),
        [open("a", 9_000), open("b", 1_000)]
    );
}

/// What is said of a controller that nobody knows is dropped.
pub async fn an_unknown_controller_is_dropped<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a"]).await;
    apply(&engine, &lease, &[change(&open("z", 1_000))]).await;
    assert_eq!(
        engine.controllers().await.unwrap(),
        [ControllerRecord::new(controller("a"))]
    );
}

/// A controller that stays in the inventory keeps its breaker; one that comes back has a new one.
pub async fn a_known_controller_keeps_its_breaker<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    sync(&engine, &lease, &["a"]).await;
    apply(&engine, &lease, &[change(&open("a", 1_000))]).await;
    sync(&engine, &lease, &["a", "b"]).await;
    assert_eq!(engine.controllers().await.unwrap().remove(0), open("a", 1_000));
    sync(&engine, &lease, &["b"]).await;
    sync(&engine, &lease, &["a", "b"]).await;
    assert_eq!(
        engine.controllers().await.unwrap().remove(0),
        ControllerRecord::new(controller("a"))
    );
}
