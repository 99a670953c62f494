//! The one table of routes and the role that each takes.

use http::Method;

use crate::access::Role;
use crate::api::gate::unversioned;

/// What a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Need {
    /// Nothing: anybody may have it.
    Nobody,
    /// This role, or a stronger one.
    Role(Role),
}

const NOBODY: Need = Need::Nobody;
const VIEWER: Need = Need::Role(Role::Viewer);
const OPERATOR: Need = Need::Role(Role::Operator);
const ADMIN: Need = Need::Role(Role::Admin);

/// Method, route without the prefix of PCS's version, and need. Operators are held to their scope besides (`scope`).
pub(in crate::api) const TABLE: &[(Method, &str, Need)] = &[
    (Method::GET, "/", VIEWER),
    (Method::GET, "/docs", VIEWER),
    (Method::GET, "/docs/{file}", VIEWER),
    (Method::GET, "/health", NOBODY),
    (Method::GET, "/liveness", NOBODY),
    (Method::GET, "/metrics", VIEWER),
    (Method::GET, "/power-cap", VIEWER),
    (Method::PATCH, "/power-cap", OPERATOR),
    (Method::POST, "/power-cap/snapshot", OPERATOR),
    (Method::GET, "/power-cap/{id}", VIEWER),
    (Method::GET, "/power-status", VIEWER),
    (Method::POST, "/power-status", VIEWER),
    (Method::GET, "/readiness", NOBODY),
    (Method::GET, "/transitions", VIEWER),
    (Method::POST, "/transitions", OPERATOR),
    (Method::GET, "/transitions/{id}", VIEWER),
    (Method::DELETE, "/transitions/{id}", OPERATOR),
    (Method::GET, "/ui", NOBODY),
    (Method::GET, "/ui/", NOBODY),
    (Method::GET, "/ui/{*name}", NOBODY),
    (Method::GET, "/v2/audit", VIEWER),
    (Method::POST, "/v2/backup", ADMIN),
    (Method::GET, "/v2/components", VIEWER),
    (Method::POST, "/v2/components/cancel", OPERATOR),
    (Method::POST, "/v2/components/resolve", OPERATOR),
    (Method::GET, "/v2/components/{id}", VIEWER),
    (Method::GET, "/v2/components/{id}/bmc/{*path}", ADMIN),
    (Method::GET, "/v2/components/{id}/boot", VIEWER),
    (Method::PUT, "/v2/components/{id}/boot", OPERATOR),
    (Method::POST, "/v2/components/{id}/diagnose", OPERATOR),
    (Method::GET, "/v2/components/{id}/indicator", VIEWER),
    (Method::PUT, "/v2/components/{id}/indicator", OPERATOR),
    (Method::GET, "/v2/components/{id}/limits", VIEWER),
    (Method::PATCH, "/v2/components/{id}/limits", OPERATOR),
    (Method::GET, "/v2/components/{id}/readings", VIEWER),
    (Method::GET, "/v2/configurations", VIEWER),
    (Method::POST, "/v2/configurations", OPERATOR),
    (Method::GET, "/v2/configurations/{id}", VIEWER),
    (Method::POST, "/v2/configurations/{id}/cancel", OPERATOR),
    (Method::GET, "/v2/dependencies", VIEWER),
    (Method::GET, "/v2/discoveries", VIEWER),
    (Method::POST, "/v2/discoveries", ADMIN),
    (Method::GET, "/v2/discoveries/{id}", VIEWER),
    (Method::DELETE, "/v2/discoveries/{id}", ADMIN),
    (Method::POST, "/v2/discoveries/{id}/accept", ADMIN),
    (Method::GET, "/v2/drivers", VIEWER),
    (Method::POST, "/v2/drivers", ADMIN),
    (Method::GET, "/v2/drivers/{id}", VIEWER),
    (Method::DELETE, "/v2/drivers/{id}", ADMIN),
    (Method::POST, "/v2/drivers/{id}/promote", ADMIN),
    (Method::POST, "/v2/drivers/{id}/rollback", ADMIN),
    (Method::POST, "/v2/drivers/{id}/upgrade", ADMIN),
    (Method::POST, "/v2/emergency-off", ADMIN),
    (Method::GET, "/v2/endpoints", VIEWER),
    (Method::POST, "/v2/endpoints/pin", ADMIN),
    (Method::GET, "/v2/endpoints/{id}", VIEWER),
    (Method::DELETE, "/v2/endpoints/{id}", ADMIN),
    (Method::POST, "/v2/endpoints/{id}/probe", ADMIN),
    (Method::POST, "/v2/endpoints/{id}/try", ADMIN),
    (Method::GET, "/v2/events", VIEWER),
    (Method::GET, "/v2/fleet/stream", VIEWER),
    (Method::GET, "/v2/holds", VIEWER),
    (Method::POST, "/v2/holds", OPERATOR),
    (Method::DELETE, "/v2/holds/{id}", OPERATOR),
    (Method::GET, "/v2/inventory", VIEWER),
    (Method::GET, "/v2/openapi.json", VIEWER),
    (Method::POST, "/v2/plans", OPERATOR),
    (Method::GET, "/v2/plans/{id}", VIEWER),
    (Method::GET, "/v2/session", VIEWER),
    (Method::POST, "/v2/session", NOBODY),
    (Method::DELETE, "/v2/session", VIEWER),
    // The path itself is the proof: SMD can send no other.
    (Method::POST, "/v2/smd/notifications/{token}", NOBODY),
    (Method::GET, "/v2/tasks/{id}", VIEWER),
    (Method::POST, "/v2/tasks/{id}/cancel", OPERATOR),
    (Method::POST, "/v2/tasks/{id}/pause", OPERATOR),
    (Method::POST, "/v2/tasks/{id}/resume", OPERATOR),
    (Method::POST, "/v2/tasks/{id}/retry", OPERATOR),
    (Method::GET, "/v2/tokens", ADMIN),
    (Method::POST, "/v2/tokens", ADMIN),
    (Method::DELETE, "/v2/tokens/{id}", ADMIN),
    (Method::GET, "/v2/transitions", VIEWER),
    (Method::POST, "/v2/transitions", OPERATOR),
    (Method::GET, "/v2/transitions/{id}", VIEWER),
    (Method::POST, "/v2/transitions/{id}/cancel", OPERATOR),
    (Method::GET, "/v2/transitions/{id}/events", VIEWER),
    (Method::GET, "/v2/transitions/{id}/failures", VIEWER),
    (Method::POST, "/v2/transitions/{id}/pause", OPERATOR),
    (Method::POST, "/v2/transitions/{id}/resume", OPERATOR),
    (Method::POST, "/v2/transitions/{id}/retry", OPERATOR),
    (Method::GET, "/v2/webhooks", VIEWER),
    (Method::GET, "/v2/webhooks/deliveries", VIEWER),
    (Method::POST, "/v2/webhooks/{name}/enable", ADMIN),
];

/// What a route takes with this method. A route that is not in the table takes the strongest role; what is no method of a route is refused
/// by it to anybody who may look.
pub(super) fn need(method: &Method, route: &str) -> Need {
    let route = if route == "/v1" { "/" } else { unversioned(route) };
    let method = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let mut of_route = TABLE.iter().filter(|(_, known, _)| *known == route).peekable();
    if of_route.peek().is_none() {
        return ADMIN;
    }
    of_route
        .find(|(known, ..)| known == method)
        .map_or(VIEWER, |(_, _, need)| *need)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_takes_the_strongest_role() {
        assert_eq!(need(&Method::GET, "/v1/transitions"), VIEWER);
        assert_eq!(need(&Method::POST, "/transitions"), OPERATOR);
        assert_eq!(need(&Method::HEAD, "/v2/tokens"), ADMIN);
        assert_eq!(need(&Method::GET, "/v1"), VIEWER);
        assert_eq!(need(&Method::GET, "/v2/nosuch"), ADMIN);
        assert_eq!(need(&Method::PUT, "/v2/tokens"), VIEWER);
    }

    #[test]
    fn no_route_stands_there_twice() {
        for (index, (method, route, _)) in TABLE.iter().enumerate() {
            let rest = TABLE.iter().skip(index + 1);
            let again = rest.filter(|(other, path, _)| other == method && path == route);
            assert_eq!(again.count(), 0, "{method} {route}");
        }
    }
}
