//! Plans.

use serde_json::json;

use super::Harness;
use super::sample::{at, fresh, lease};
use crate::error::StoreError;
use crate::journal::Journal;
use crate::plan::{PlanId, PlanRecord};
use crate::store::Store;

fn plan(expires_at: i64) -> PlanRecord {
    PlanRecord {
        id: PlanId(fresh()),
        made_at: at(5),
        expires_at: at(expires_at),
        body: json!({ "set": "x[1-3]", "text": "\"quoted\" \u{1F600}", "none": null }),
    }
}

/// A plan comes back as it was kept, also after a kill and when it has expired.
pub async fn is_kept<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let (one, two) = (plan(10), plan(1));
    for plan in [&one, &two] {
        engine.keep_plan(plan.clone()).await.unwrap();
    }
    harness.kill(engine).await;
    let engine = harness.open().await;
    assert_eq!(engine.plan(one.id).await.unwrap(), Some(one));
    assert_eq!(engine.plan(two.id).await.unwrap(), Some(two));
    assert_eq!(engine.plan(PlanId(fresh())).await.unwrap(), None);
}

/// A plan is kept once.
pub async fn is_kept_once<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let mut plan = plan(10);
    engine.keep_plan(plan.clone()).await.unwrap();
    plan.body = json!(1);
    let again = engine.keep_plan(plan.clone()).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    assert_ne!(engine.plan(plan.id).await.unwrap(), Some(plan));
}

/// Expired plans are deleted, piece by piece.
pub async fn is_pruned<H: Harness>(harness: &H) {
    let engine = harness.open().await;
    let lease = lease(&engine).await;
    let kept = plan(11);
    for plan in [plan(8), plan(9), plan(10), kept.clone()] {
        engine.keep_plan(plan).await.unwrap();
    }
    let prune = async || engine.prune_oversight(&lease, at(10), at(0), 2).await.unwrap();
    assert_eq!([prune().await, prune().await, prune().await], [2, 1, 0]);
    assert_eq!(engine.plan(kept.id).await.unwrap(), Some(kept));
}
