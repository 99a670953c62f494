//! The OpenAPI document. It is made of the routes themselves: a route is added with its `#[utoipa::path]` or not at all.

mod answers;
mod errors;
mod headers;
mod streams;

use http::Method;
use utoipa::OpenApi;
use utoipa::openapi::{self, PathItem};

use super::gate::is_change;

pub use errors::errors_page;

/// What belongs to no route.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Switchyard",
        description = include_str!("openapi/introduction.md"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "components", description = "What the inventory holds, and what is known of it."),
        (name = "endpoints", description = "The controllers through which components are switched."),
        (name = "drivers", description = "What speaks to the controllers: installed, tried by some first, promoted, rolled back and removed."),
        (name = "transitions", description = "What callers asked for."),
        (name = "configurations", description = "What components are to be set to: limits, boot and indicator."),
        (name = "tasks", description = "The part of a transition that switches one component."),
        (name = "webhooks", description = "Who is told of events, and how the telling goes."),
        (name = "plans", description = "What a request would do, before it is carried out."),
        (name = "holds", description = "How people keep daemons off components."),
        (name = "events", description = "What happened, and what happens now."),
        (name = "access", description = "Who may do what: tokens, and sessions at the dashboard."),
        (name = "smd", description = "What SMD, the service that knows the components of a site, tells by itself."),
        (name = "service", description = "The service itself."),
        (name = "pcs", description = "The API of the Power Control Service (v1), to the key. The same paths are served without `/v1`."),
    ),
    components(schemas(switchyard_wire::v2::Problem, switchyard_wire::v2::StreamEnd, switchyard_wire::pcs::Problem)),
)]
struct Base;

/// The document that the routes are added to.
pub(super) fn base() -> openapi::OpenApi {
    Base::openapi()
}

/// Adds what every route has in common.
pub(super) fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    // The document knows no parameter of several parts.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let change = is_change(&method, path);
            headers::complete(path, change, operation);
            answers::complete(path, change, operation);
            streams::complete(operation);
        }
    }
    if let Some(components) = &mut document.components {
        streams::loosen(components);
    }
    document
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut openapi::path::Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
