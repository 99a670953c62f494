//! `GET /v2/webhooks/deliveries`.

use axum::Json;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use switchyard_store::{DeliveryFilter, DeliveryRecord, DeliveryState, Target};
use switchyard_wire::v2::{Delivery, DeliveryList};

use crate::api::ApiState;
use crate::api::pcs::query;
use crate::api::time::rfc3339;
use crate::api::v2::problem::Problem;
use crate::webhooks::{CALLBACKS, ReceiverUrl};

/// Deliveries on one page, when the caller does not say.
const LIMIT_DEFAULT: u32 = 100;
/// The most deliveries on one page.
const LIMIT_MAX: u32 = 1_000;

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
    let page = Page::parse(query.as_deref().unwrap_or_default())?;
    let outbox = state.webhooks.outbox();
    let mut records = outbox
        .deliveries(&page.filter, page.limit.saturating_add(1))
        .await?;
    let limit = page.limit as usize;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|last| last.seq.to_string());
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

#[derive(Debug, PartialEq, Eq)]
struct Page {
    limit: u32,
    filter: DeliveryFilter,
}

impl Page {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut page = Self {
            limit: LIMIT_DEFAULT,
            filter: DeliveryFilter::default(),
        };
        for (name, value) in query::pairs(query) {
            match name.as_str() {
                "limit" => page.limit = limit(&value)?,
                "cursor" => page.filter.before = Some(cursor(&value)?),
                "webhook" => page.filter.follower = Some(value),
                "state" => page.filter.state = Some(state(&value)?),
                _ => {
                    return Err(invalid(format!(
                        "there is no parameter {name:?}; known are webhook, state, limit and cursor"
                    )));
                }
            }
        }
        Ok(page)
    }
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "request.invalid-query", detail)
}

fn limit(value: &str) -> Result<u32, Problem> {
    value
        .parse()
        .ok()
        .filter(|limit| (1..=LIMIT_MAX).contains(limit))
        .ok_or_else(|| invalid(format!("limit is a number from 1 to {LIMIT_MAX}, not {value:?}")))
}

fn cursor(value: &str) -> Result<i64, Problem> {
    value
        .parse()
        .map_err(|_| invalid(format!("cursor is the `next` of another page, not {value:?}")))
}

fn state(value: &str) -> Result<DeliveryState, Problem> {
    DeliveryState::ALL
        .into_iter()
        .find(|state| state.name() == value)
        .ok_or_else(|| invalid(format!("state is pending, delivered or failed, not {value:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded_and_filtered() {
        let page = Page::parse("webhook=ops&state=failed&limit=7&cursor=12").unwrap();
        assert_eq!(page.limit, 7);
        assert_eq!(
            page.filter,
            DeliveryFilter {
                follower: Some("ops".to_owned()),
                state: Some(DeliveryState::Failed),
                before: Some(12),
            }
        );
        for bad in ["limit=0", "limit=1001", "cursor=x", "state=lost", "sate=failed"] {
            assert!(Page::parse(bad).is_err(), "{bad}");
        }
    }
}
