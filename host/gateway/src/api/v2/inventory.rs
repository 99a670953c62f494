//! `GET /v2/inventory`.

use axum::Json;
use axum::extract::State;
use switchyard_wire::v2;

use crate::api::ApiState;
use crate::api::time::rfc3339;
use crate::inventory::Report;

/// What holds of the inventory, and what its sources say
#[utoipa::path(
    get,
    path = "/inventory",
    operation_id = "getInventory",
    tag = "components",
    responses((status = 200, description = "Counts, groups, and how every source stands.", body = v2::Inventory)),
)]
pub(in crate::api) async fn handle(State(state): State<ApiState>) -> Json<v2::Inventory> {
    let now = state.engine.clock().now();
    let inventory = state.keeper.inventory();
    let source = |report: Report| {
        let (failed_at, error) = report.failure.map(|failure| (failure.at, failure.text)).unzip();
        v2::InventorySource {
            name: report.source.name().to_owned(),
            components: report.components,
            controllers: report.controllers,
            groups: report.groups,
            read_at: report.read_at.map(rfc3339),
            age_seconds: report.read_at.map(|at| now.since(at).as_secs()),
            error,
            failed_at: failed_at.map(rfc3339),
            notes: report.notes,
        }
    };
    Json(v2::Inventory {
        components: inventory.components().len(),
        controllers: inventory.controllers().len(),
        groups: inventory.groups().map(|group| group.name.clone()).collect(),
        complete: inventory.is_complete(),
        sources: state.keeper.reports().into_iter().map(source).collect(),
    })
}
