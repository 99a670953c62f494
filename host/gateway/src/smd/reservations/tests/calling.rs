//! The calls, against a simulated SMD.

use async_trait::async_trait;
use smd_sim::{Component, Fault, Site, SmdSim};
use switchyard_store::Applied;

use super::*;
use crate::clock::SystemClock;
use crate::smd::tests::bench::client;

/// A store of nothing but deputy keys.
#[derive(Debug)]
struct Keys(Vec<(TaskId, Key)>);

#[async_trait]
impl ReservationStore for Keys {
    async fn keep_reservations(&self, _: &Lease, _: &[ReservationRecord]) -> Result<Applied, StoreError> {
        Ok(Applied::Stored)
    }

    async fn forget_reservations(&self, _: &Lease, _: &[ComponentId]) -> Result<Applied, StoreError> {
        Ok(Applied::Stored)
    }

    async fn reservations(&self) -> Result<Vec<ReservationRecord>, StoreError> {
        Ok(Vec::new())
    }

    async fn deputy_keys(&self, tasks: &[TaskId]) -> Result<Vec<(TaskId, Key)>, StoreError> {
        let asked = self.0.iter().filter(|(task, _)| tasks.contains(task));
        Ok(asked.cloned().collect())
    }
}

fn slot(number: u32) -> ComponentId {
    ComponentId::parse(&format!("x0c0s{number}b0n0")).unwrap()
}

/// A simulated SMD that knows a few nodes.
async fn smd() -> SmdSim {
    let mut site = Site::default();
    for number in 0..8 {
        site.add(Component::new(slot(number).as_str(), "Node"));
    }
    SmdSim::start(site).await.unwrap()
}

async fn reservations(smd: &SmdSim, keys: Vec<(TaskId, Key)>) -> SmdReservations {
    let parts = Parts {
        client: client(smd),
        store: Arc::new(Keys(keys)),
        lease: Lease {
            replica: "test".to_owned(),
            epoch: 1,
        },
        clock: Arc::new(SystemClock),
        knows: Arc::new(|_| true),
        is_away: Arc::new(|| false),
        locked: Arc::new(|_| None),
    };
    let reservations = SmdReservations::start(parts).await.unwrap();
    reservations.settle();
    reservations
}

fn calls(smd: &SmdSim, path: &str) -> usize {
    let requests = smd.requests();
    requests
        .iter()
        .filter(|request| request.path.ends_with(path))
        .count()
}

#[tokio::test]
async fn a_key_that_smd_takes_for_wrong_spoils_nobody_elses() {
    let smd = smd().await;
    let lent = smd.site().locks.reserve(slot(1).as_str(), Some(5));
    let keys = vec![
        (task(0), Key::new(String::new())),
        (task(1), Key::new(lent)),
        (task(2), Key::new("not-valid".to_owned())),
    ];
    let reservations = reservations(&smd, keys).await;
    let [zero, one, two, three] = [slot(0), slot(1), slot(2), slot(3)];
    let asked = tokio::join!(
        reservations.reserve(&zero, task(0)),
        reservations.reserve(&one, task(1)),
        reservations.reserve(&two, task(2)),
        reservations.reserve(&three, task(3)),
    );
    let granted = |by_deputy_key, bad_deputy_key| {
        Ok(Granted {
            by_deputy_key,
            bad_deputy_key,
        })
    };
    assert_eq!(asked.0, granted(false, true));
    assert_eq!(asked.1, granted(true, false));
    assert_eq!(asked.2, granted(false, true));
    assert_eq!(asked.3, granted(false, false));
    reservations.stop().await;
}

#[tokio::test]
async fn smd_that_is_away_is_asked_once_in_a_round() {
    let smd = smd().await;
    let keys = vec![(task(1), Key::new("dk".to_owned()))];
    let reservations = reservations(&smd, keys).await;
    let (zero, one) = (slot(0), slot(1));
    reservations.reserve(&zero, task(0)).await.unwrap();
    smd.set_fault("/locks/", Fault::Broken);
    let (released, asked) = tokio::join!(
        reservations.release(&zero, task(0)),
        reservations.reserve(&one, task(1)),
    );
    assert_eq!(released, Released::LeftToExpire);
    assert!(matches!(asked, Err(Refusal::Later(_))), "{asked:?}");
    assert_eq!((calls(&smd, "/release"), calls(&smd, "/check")), (1, 0));
    reservations.stop().await;
}
