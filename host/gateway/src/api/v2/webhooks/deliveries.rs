//! `GET /v2/webhooks/deliveries`.

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_store::{DeliveryFilter, DeliveryRecord, DeliveryState, Target};
use switchyard_wire::v2::{Delivery, DeliveryList};

use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::api::v2::parameters::{Parameters, cut, invalid};
use crate::api::v2::problem::Problem;
use crate::webhooks::{CALLBACKS, ReceiverUrl};

/// Deliveries on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 100;
/// The most deliveries on one page.
const LIMIT_MAX: usize = 1_000;
const KNOWN: [&str; 4] = ["webhook", "state", "limit", "cursor"];

/// Deliveries to webhooks and callbacks, newest first
#[utoipa::path(
    get,
    path = "/webhooks/deliveries",
    operation_id = "listDeliveries",
    tag = "webhooks",
    params(
        ("webhook" = Option<String>, Query, description = "Those of this webhook only; `callbacks` for those of requests."),
        ("state" = Option<String>, Query, description = "Those in this state only: `pending`, `delivered` or `failed`."),
        ("limit" = Option<u32>, Query, description = "The most deliveries on the page; 100 unless given.", minimum = 1, maximum = 1_000),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page.", body = DeliveryList),
        (status = 400, description = "request.invalid-query"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<DeliveryList>, Problem> {
    let parameters = Parameters::read(query.as_deref(), &KNOWN)?;
    let limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let outbox = state.webhooks.outbox();
    let mut records = outbox.deliveries(&filter(&parameters)?, one_more).await?;
    let next = cut(&mut records, limit, |last| last.seq.to_string());
    let deliveries = records.into_iter().map(show).collect();
    Ok(Json(DeliveryList { deliveries, next }))
}

fn show(record: DeliveryRecord) -> Delivery {
    let delivery = record.delivery;
    let (webhook, url) = match delivery.target {
        Target::Webhook(name) => (name, None),
        Target::Callback(url) => (
            CALLBACKS.to_owned(),
            url.parse().ok().map(|url: ReceiverUrl| url.to_string()),
        ),
    };
    Delivery {
        id: delivery.message,
        webhook,
        url,
        event: delivery.event.0,
        kind: delivery.kind,
        transition: delivery.transition.map(|id| id.to_string()),
        state: record.state.name().to_owned(),
        attempts: record.attempts,
        created_at: rfc3339(delivery.created_at),
        last_attempt_at: record.last_attempt_at.map(rfc3339),
        last_status: record.last_status,
        last_words: record.last_words,
        next_attempt_at: record.next_attempt_at.map(rfc3339),
        give_up_at: rfc3339(delivery.give_up_at),
        ended_at: record.ended_at.map(rfc3339),
    }
}

fn filter(parameters: &Parameters) -> Result<DeliveryFilter, Problem> {
    Ok(DeliveryFilter {
        follower: parameters.text("webhook").map(str::to_owned),
        state: parameters.text("state").map(state).transpose()?,
        before: parameters.value("cursor")?,
    })
}

fn state(text: &str) -> Result<DeliveryState, Problem> {
    DeliveryState::ALL
        .into_iter()
        .find(|state| state.name() == text)
        .ok_or_else(|| invalid(format!("state is pending, delivered or failed, not {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_filtered() {
        let read = |query| Parameters::read(Some(query), &KNOWN).and_then(|parameters| filter(&parameters));
        assert_eq!(
            read("webhook=ops&state=failed&limit=7&cursor=12"),
            Ok(DeliveryFilter {
                follower: Some("ops".to_owned()),
                state: Some(DeliveryState::Failed),
                before: Some(12),
            })
        );
        for bad in ["cursor=x", "state=lost", "sate=failed"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
