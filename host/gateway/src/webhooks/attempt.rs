//! What an answer means for its delivery.

use switchyard_core::Timestamp;
use switchyard_store::{AfterAttempt, DeliveryAttempt, DeliveryRecord, Target};

use super::Shared;
use super::sender::Answer;
use crate::engine::chance;
use crate::telemetry::metrics::{self, DeliveryResult};

/// Judges an answer, and counts it.
pub(super) fn of(shared: &Shared, record: &DeliveryRecord, answer: Answer) -> DeliveryAttempt {
    let now = shared.clock.now();
    let then = then(shared, record, &answer, now);
    let (status, words) = match answer {
        Answer::Taken { status } => (Some(status), None),
        Answer::Gone { words } => (Some(410), Some(words)),
        Answer::Failed { status, words, .. } => (status, Some(words)),
    };
    let attempts = record.attempts.saturating_add(1);
    if let Some(words) = &words {
        tracing::warn!(
            message = record.delivery.message,
            attempts,
            ?then,
            words,
            "a delivery failed"
        );
    }
    let result = match then {
        AfterAttempt::Delivered => DeliveryResult::Delivered,
        AfterAttempt::Retry { .. } => DeliveryResult::Retried,
        AfterAttempt::Failed => DeliveryResult::Failed,
    };
    metrics::webhook_delivery(&record.delivery.target, result);
    DeliveryAttempt {
        seq: record.seq,
        at: now,
        status,
        words,
        then,
    }
}

fn then(shared: &Shared, record: &DeliveryRecord, answer: &Answer, now: Timestamp) -> AfterAttempt {
    match answer {
        Answer::Taken { .. } => AfterAttempt::Delivered,
        // A webhook can be enabled again and then tells what it has kept; a callback has nobody who could.
        Answer::Gone { .. } => match record.delivery.target {
            Target::Webhook(_) => AfterAttempt::Retry { at: now },
            Target::Callback(_) => AfterAttempt::Failed,
        },
        Answer::Failed { .. } if now >= record.delivery.give_up_at => AfterAttempt::Failed,
        Answer::Failed { retry_after, .. } => {
            let failed = record.attempts.saturating_add(1);
            AfterAttempt::Retry {
                at: now + shared.retry.wait(failed, chance(), *retry_after),
            }
        }
    }
}
