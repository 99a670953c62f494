//! Switchyard's own API, under `/v2`.

mod again;
mod audit;
mod backup;
mod body;
mod cancelling;
pub(super) mod components;
mod configurations;
mod dependencies;
mod discoveries;
mod document;
mod drivers;
mod emergency_off;
mod endpoints;
mod events;
mod filter;
mod fingerprint;
mod fleet_stream;
mod holds;
mod inclusion;
mod intake;
mod inventory;
mod not_found;
mod obstacles;
mod parameters;
mod pausing;
mod plans;
pub(super) mod problem;
pub(super) mod selection;
mod session;
mod settings;
mod smd_notifications;
mod tasks;
mod tokens;
mod transitions;
mod waiting;
mod webhooks;
mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::ApiState;

/// The prefix of the paths.
const PREFIX: &str = "/v2";

/// The routes, without the prefix.
pub(super) fn routes() -> OpenApiRouter<ApiState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(audit::handle))
        .routes(routes!(backup::handle))
        .routes(routes!(components::bmc::handle))
        .routes(routes!(components::cancel::handle))
        .routes(routes!(components::diagnose::handle))
        .routes(routes!(components::get::handle))
        .routes(routes!(
            components::boot::get::handle,
            components::boot::put::handle
        ))
        .routes(routes!(
            components::indicator::get::handle,
            components::indicator::put::handle
        ))
        .routes(routes!(
            components::limits::get::handle,
            components::limits::patch::handle
        ))
        .routes(routes!(components::list::handle))
        .routes(routes!(components::readings::handle))
        .routes(routes!(components::resolve::handle))
        .routes(routes!(configurations::cancel::handle))
        .routes(routes!(configurations::get::handle))
        .routes(routes!(
            configurations::list::handle,
            configurations::create::handle
        ))
        .routes(routes!(dependencies::handle))
        .routes(routes!(discoveries::accept::handle))
        .routes(routes!(discoveries::get::handle, discoveries::cancel::handle))
        .routes(routes!(discoveries::list::handle, discoveries::create::handle))
        .routes(routes!(document::handle))
        .routes(
            routes!(drivers::list::handle, drivers::install::handle)
                .layer(DefaultBodyLimit::max(drivers::UPLOAD_MAX_BYTES)),
        )
        .routes(routes!(drivers::get::handle, drivers::remove::handle))
        .routes(routes!(drivers::promote::handle))
        .routes(routes!(drivers::rollback::handle))
        .routes(routes!(drivers::upgrade::handle))
        .routes(routes!(emergency_off::handle))
        .routes(routes!(endpoints::list::handle))
        .routes(routes!(endpoints::get::handle, endpoints::remove::handle))
        .routes(routes!(endpoints::pin::handle))
        .routes(routes!(endpoints::probe::handle))
        .routes(routes!(endpoints::r#try::handle))
        .routes(routes!(events::list::handle))
        .routes(routes!(events::of_transition::handle))
        .routes(routes!(fleet_stream::handle))
        .routes(routes!(holds::list::handle, holds::create::handle))
        .routes(routes!(holds::release::handle))
        .routes(routes!(inventory::handle))
        .routes(routes!(plans::create::handle))
        .routes(routes!(plans::get::handle))
        .routes(routes!(
            session::get::handle,
            session::open::handle,
            session::close::handle
        ))
        .routes(routes!(tokens::list::handle, tokens::create::handle))
        .routes(routes!(tokens::revoke::handle))
        .routes(routes!(smd_notifications::handle))
        .routes(routes!(tasks::cancel::handle))
        .routes(routes!(tasks::get::handle))
        .routes(routes!(tasks::pause::handle))
        .routes(routes!(tasks::resume::handle))
        .routes(routes!(tasks::retry::handle))
        .routes(routes!(transitions::cancel::handle))
        .routes(routes!(transitions::failures::handle))
        .routes(routes!(transitions::get::handle))
        .routes(routes!(transitions::list::handle, transitions::create::handle))
        .routes(routes!(transitions::pause::handle))
        .routes(routes!(transitions::resume::handle))
        .routes(routes!(transitions::retry::handle))
        .routes(routes!(webhooks::list::handle))
        .routes(routes!(webhooks::deliveries::handle))
        .routes(routes!(webhooks::enable::handle));
    let (routes, document) = routes.split_for_parts();
    let routes: Router<ApiState> = routes
        .fallback(not_found::path)
        .method_not_allowed_fallback(not_found::method);
    let mut routes = OpenApiRouter::from(routes);
    *routes.get_openapi_mut() = document;
    routes
}

/// Why a component is refused, in words that v1 has none for.
pub(super) fn explain(refusal: &switchyard_store::Refusal) -> String {
    obstacles::explain(refusal).1
}

/// Whether a path belongs to this API.
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
