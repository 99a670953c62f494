//! Forgetting keys when their time is over.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::telemetry::Chain;

/// How often keys that have expired are looked for.
const EVERY: Duration = Duration::from_mins(1);
/// How many are deleted in one transaction.
const PIECE: u32 = 2_000;

/// Deletes the keys that have expired, now and then, until it is told to stop.
pub(in crate::api) async fn expire_now_and_then(engine: Engine, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        expire(&engine, &stop).await;
    }
}

async fn expire(engine: &Engine, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match engine.store().expire_keys(engine.clock().now(), PIECE).await {
            Ok(0) => return,
            Ok(deleted) => tracing::debug!(deleted, "expired idempotency keys deleted"),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "expired idempotency keys could not be deleted");
                return;
            }
        }
    }
}
