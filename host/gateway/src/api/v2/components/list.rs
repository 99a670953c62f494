//! `GET /v2/components`.

use axum::Json;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use switchyard_wire::v2::ComponentList;

use super::{desired, show};
use crate::api::ApiState;
use crate::api::pcs::query;
use crate::api::v2::problem::Problem;

/// Components on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 1_000;
/// The most components on one page.
const LIMIT_MAX: usize = 10_000;

/// Components in order of id
#[utoipa::path(
    get,
    path = "/components",
    operation_id = "listComponents",
    tag = "components",
    params(
        ("limit" = Option<usize>, Query, description = "The most components on the page; 1,000 unless given.", minimum = 1, maximum = 10_000),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page, without the queues.", body = ComponentList),
        (status = 400, description = "request.invalid-query"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ComponentList>, Problem> {
    let page = Page::parse(query.as_deref().unwrap_or_default())?;
    let desired = desired(&**state.engine.store()).await?;
    let now = state.engine.clock().now();
    let mut components: Vec<_> = state
        .engine
        .fleet()
        .rows()
        .skip_while(|row| {
            page.after
                .as_deref()
                .is_some_and(|after| row.component.id.as_str() <= after)
        })
        .take(page.limit.saturating_add(1))
        .map(|row| show(row, desired.get(&row.component.id).copied(), now))
        .collect();
    let more = components.len() > page.limit;
    components.truncate(page.limit);
    let next = components.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(ComponentList { components, next }))
}

#[derive(Debug, PartialEq, Eq)]
struct Page {
    limit: usize,
    after: Option<String>,
}

impl Page {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut page = Self {
            limit: LIMIT_DEFAULT,
            after: None,
        };
        for (name, value) in query::pairs(query) {
            match name.as_str() {
                "limit" => page.limit = limit(&value)?,
                "cursor" => page.after = Some(value),
                _ => {
                    let detail = format!("there is no parameter {name:?}; known are limit and cursor");
                    return Err(Problem::new(
                        StatusCode::BAD_REQUEST,
                        "request.invalid-query",
                        detail,
                    ));
                }
            }
        }
        Ok(page)
    }
}

fn limit(value: &str) -> Result<usize, Problem> {
    value
        .parse()
        .ok()
        .filter(|limit| (1..=LIMIT_MAX).contains(limit))
        .ok_or_else(|| {
            let detail = format!("limit is a number from 1 to {LIMIT_MAX}, not {value:?}");
            Problem::new(StatusCode::BAD_REQUEST, "request.invalid-query", detail)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(
            Page::parse(""),
            Ok(Page {
                limit: LIMIT_DEFAULT,
                after: None
            })
        );
        assert_eq!(
            Page::parse("limit=2&cursor=x0c0s0b0"),
            Ok(Page {
                limit: 2,
                after: Some("x0c0s0b0".to_owned())
            })
        );
        for bad in ["limit=0", "limit=10001", "limit=many", "limt=2"] {
            assert!(Page::parse(bad).is_err(), "{bad}");
        }
    }
}
