//! The HTTP API: PCS's routes at `/` and `/v1`, Switchyard's own at `/v2`, `/metrics`, and the dashboard at `/ui/`.
//!
//! A handler parses, asks the engine or the store once, and maps the answer; it never changes a state itself. A file is one resource
//! and verb.

mod access;
mod audit;
mod body;
mod caller;
mod deadline;
mod deputy_keys;
mod docs;
mod gate;
mod idempotency;
mod long_line;
mod metrics;
mod openapi;
mod overload;
mod path;
mod pcs;
mod prefix;
mod rate_limit;
mod reason;
mod refusal;
mod request_id;
mod slash;
mod standing;
mod streams;
pub(crate) mod time;
mod v2;

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Access;
use crate::backup::Backups;
use crate::config;
use crate::dependencies::Dependencies;
use crate::discovery::Discoveries;
use crate::drivers::Drivers;
use crate::engine::Engine;
use crate::inventory::Keeper;
use crate::request_line::LongLines;
use crate::smd::Smd;
use crate::web_ui;
use crate::webhooks::Webhooks;

pub use body::BODY_MAX_BYTES;
pub use deadline::REQUEST_TIMEOUT;
pub use gate::Gate;
pub use openapi::errors_page;
pub use request_id::REQUEST_ID_MAX_BYTES;
pub use streams::{HEARTBEAT, STREAMS_MAX, Streams};

/// What the handlers work with.
#[derive(Clone)]
pub struct ApiState {
    /// The engine.
    pub engine: Engine,
    /// Who is let in.
    pub access: Access,
    /// What every request passes first.
    pub gate: Gate,
    /// Webhooks and callbacks.
    pub webhooks: Webhooks,
    /// The drivers.
    pub drivers: Drivers,
    /// Makes backups.
    pub backups: Backups,
    /// How what the service depends on stands.
    pub dependencies: Dependencies,
    /// SMD, where one is configured.
    pub smd: Option<Smd>,
    /// What keeps callers from what they did not mean.
    pub guards: Arc<ArcSwap<config::Guards>>,
    /// The owner of the inventory.
    pub keeper: Keeper,
    /// BMCs that are found by address.
    pub discoveries: Discoveries,
    /// Renders the metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// The answers that go on.
    pub streams: Streams,
    /// How the API of PCS is served.
    pub pcs: config::Pcs,
    /// Where the queries are that are too long for a URI.
    pub long_lines: LongLines,
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiState")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// Every route with its part of the OpenAPI document.
fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/v1", pcs::routes())
        .nest("/v2", v2::routes())
        .routes(routes!(metrics::show))
        .routes(routes!(docs::page))
        .routes(routes!(docs::asset))
}

/// The OpenAPI document of every route.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(routes().into_openapi())
}

/// Every route of the service, also under the prefixes that gateways put before the paths of PCS.
///
/// `GET /power-status` takes a query of [`LINE_MAX_BYTES`](crate::request_line::LINE_MAX_BYTES) from connections that stand behind
/// [`ShortLines`](crate::request_line::ShortLines); without it the HTTP library lets 65,534 bytes into a URI.
/// `POST /power-status` takes [`BODY_MAX_BYTES`].
pub fn router(state: ApiState) -> Router {
    let prefixes = state.pcs.prefixes.clone();
    // Paths are changed around the router: inside of it, layers run after a route was chosen.
    Router::new()
        .fallback_service(without_prefixes(state))
        .layer(middleware::from_fn_with_state(prefixes, prefix::strip))
}

/// Every route without the prefixes.
fn without_prefixes(state: ApiState) -> Router {
    Router::from(routes())
        .merge(Router::from(pcs::routes()))
        .merge(web_ui::routes())
        .fallback(pcs::not_found)
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::repeat))
        .layer(middleware::from_fn(deadline::bound))
        .layer(middleware::from_fn(path::check))
        .layer(middleware::from_fn_with_state(state.clone(), rate_limit::check))
        .layer(middleware::from_fn_with_state(state.clone(), overload::shed))
        .layer(middleware::from_fn(slash::redirect))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), access::admit))
        .layer(middleware::from_fn_with_state(state.clone(), long_line::find))
        .layer(middleware::from_fn_with_state(state.clone(), request_id::name))
        .with_state(state)
}

/// The paths of `GET /power-status`.
pub fn power_status_paths(prefixes: &[config::Prefix]) -> Vec<String> {
    let mut bases = vec![""];
    bases.extend(prefixes.iter().map(config::Prefix::as_str));
    let paths = bases
        .iter()
        .flat_map(|base| [format!("{base}/power-status"), format!("{base}/v1/power-status")]);
    paths.collect()
}

#[cfg(test)]
mod tests;
