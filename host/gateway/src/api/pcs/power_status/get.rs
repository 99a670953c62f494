//! `GET /power-status`.

use axum::Json;
use axum::extract::{Extension, RawQuery, State};
use switchyard_wire::pcs as wire;
use switchyard_wire::pcs::{PowerStatusList, PowerStatusRequest};

use super::answer;
use crate::api::ApiState;
use crate::api::pcs::problem::CONTENT_TYPE;
use crate::api::pcs::problem::Problem;
use crate::api::pcs::query;
use crate::request_line::LongQuery;

/// The power of components
///
/// Of those named by repeated `xname`, or of all. The request line has at most a megabyte; POST takes more names.
#[utoipa::path(
    get,
    path = "/power-status",
    operation_id = "pcsGetPowerStatus",
    tag = "pcs",
    params(
        ("xname" = Option<Vec<String>>, Query, description = "A component; all known ones when there is none."),
        ("powerStateFilter" = Option<String>, Query, description = "Only components in this state: `on`, `off` or `undefined`."),
        ("managementStateFilter" = Option<String>, Query, description = "Only `available` or `unavailable` components."),
    ),
    responses(
        (status = 200, description = "One entry for each component.", body = PowerStatusList),
        (status = 400, description = "A name or a filter is not valid.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 414, description = "The request line is too long; POST takes more names.", body = wire::Problem, content_type = CONTENT_TYPE),
        (status = 503, description = "The inventory has not been read in full yet and a name is in none of what was read, or all are asked for, or the service cannot take the request now.", body = wire::Problem, content_type = CONTENT_TYPE,
            headers(("Retry-After" = u64, description = "Seconds to wait before the next try."))),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(short): RawQuery,
    long: Option<Extension<LongQuery>>,
) -> Result<Json<PowerStatusList>, Problem> {
    let short = short.unwrap_or_default();
    let query = long
        .as_ref()
        .map_or(short.as_str(), |Extension(long)| long.as_str());
    answer(&read(query), &state.engine.fleet()).map(Json)
}

/// Every `xname` counts, and the first of each filter.
fn read(query: &str) -> PowerStatusRequest {
    let mut request = PowerStatusRequest::default();
    let (mut power, mut management) = (None, None);
    for (name, value) in query::pairs(query) {
        match name.as_str() {
            "xname" => request.xname.push(value),
            "powerStateFilter" => power = power.or(Some(value)),
            "managementStateFilter" => management = management.or(Some(value)),
            _ => {}
        }
    }
    request.power_state_filter = power.unwrap_or_default();
    request.management_state_filter = management.unwrap_or_default();
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_the_first_filter_count() {
        let request =
            read("xname=a&powerStateFilter=on&xname=b&powerStateFilter=off&banana=1&managementStateFilter=");
        assert_eq!(request.xname, ["a", "b"]);
        assert_eq!(request.power_state_filter, "on");
        assert_eq!(request.management_state_filter, "");
        assert_eq!(read("xname=").xname, [""]);
        assert_eq!(read("xname=a,b").xname, ["a,b"]);
    }
}
