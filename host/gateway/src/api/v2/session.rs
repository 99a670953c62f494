//! `/v2/session`: who one is, and how people at the dashboard become somebody.

pub(super) mod close;
pub(super) mod get;
pub(super) mod open;

use switchyard_transport::Secret;
use switchyard_wire::v2::Session;

use super::selection::count;
use crate::access::{Identity, Mode};
use crate::api::ApiState;

/// Who somebody is, with what its changes carry besides the cookie.
fn show(state: &ApiState, identity: &Identity, csrf: Option<&Secret>) -> Session {
    let mode = state.access.mode();
    let scoped = identity.scope.components(&state.engine.fleet());
    let scoped = scoped.map(|ids| count(&ids.into_iter().collect::<Vec<_>>()));
    Session {
        mode: mode.name().to_owned(),
        subject: identity.subject.clone(),
        how: identity.how.name().to_owned(),
        role: identity.role.name().to_owned(),
        scope: identity.scope.expressions().map(<[String]>::to_vec),
        scope_count: scoped,
        csrf: csrf.map(|csrf| csrf.expose().to_owned()),
        warning: warning(mode).map(str::to_owned),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What everybody should know of a service that asks nobody who they are.
pub(super) const fn warning(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Tokens => None,
        Mode::None => {
            Some("Nobody is asked for a token: whoever reaches this service can switch everything.")
        }
        Mode::Mesh => Some(
            "This service asks nobody for a token and trusts the mesh in front of it: whoever gets past the mesh can switch everything.",
        ),
    }
}
