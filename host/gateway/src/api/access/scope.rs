//! Operators change nothing outside of their scope. Whoever looks sees everything.

use std::collections::HashSet;
use std::sync::Arc;

use http::StatusCode;
use switchyard_core::ComponentId;
use switchyard_wire::v2::Obstacle;

use super::note;
use crate::api::caller::Caller;
use crate::api::refusal::Refusal;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::{count, fold};
use crate::api::{ApiState, audit};
use crate::telemetry::metrics;

/// The components that a caller may change; `None`: all.
pub(in crate::api) fn allowed(state: &ApiState, caller: &Caller) -> Option<Arc<HashSet<ComponentId>>> {
    let components = caller.identity.scope.components(&state.engine.fleet());
    components.map(Arc::new)
}

/// Components that a caller may not change, with what it asked for.
#[derive(Debug)]
pub(in crate::api) struct Outside {
    subject: String,
    names: Vec<String>,
}

/// Refuses a change as a whole when any of these names means a component outside of the caller's scope. Names that mean none are refused
/// for that elsewhere.
pub(in crate::api) async fn permit<T: AsRef<str>>(
    state: &ApiState,
    caller: &Caller,
    names: impl IntoIterator<Item = T>,
) -> Result<(), Outside> {
    let Some(allowed) = allowed(state, caller) else {
        return Ok(());
    };
    let fleet = state.engine.fleet();
    let outside = names.into_iter().filter(|name| match fleet.get(name.as_ref()) {
        Some(row) => !allowed.contains(&row.component.id),
        None => false,
    });
    let outside = outside.map(|name| name.as_ref().to_owned()).collect();
    refuse(state, caller, outside).await
}

/// The same for components that are stored: one that the inventory does not hold, or not yet, is in nobody's scope.
pub(in crate::api) async fn permit_stored<'a>(
    state: &ApiState,
    caller: &Caller,
    components: impl IntoIterator<Item = &'a ComponentId>,
) -> Result<(), Outside> {
    let Some(allowed) = allowed(state, caller) else {
        return Ok(());
    };
    let outside = components.into_iter().filter(|id| !allowed.contains(*id));
    let outside = outside.map(ToString::to_string).collect();
    refuse(state, caller, outside).await
}

async fn refuse(state: &ApiState, caller: &Caller, outside: Vec<String>) -> Result<(), Outside> {
    if outside.is_empty() {
        return Ok(());
    }
    metrics::access_forbidden("scope");
    note(state, caller, &audit::target(&outside), "scope").await;
    Err(Outside {
        subject: caller.name.clone(),
        names: outside,
    })
}

impl From<Outside> for Refusal {
    fn from(outside: Outside) -> Self {
        let shown = fold(&outside.names);
        let shown: String = shown.chars().take(SHOWN_CHARS).collect();
        Self::new(
            StatusCode::FORBIDDEN,
            "access.out-of-scope",
            format!("{} may not change {shown}, and nothing was done", outside.subject),
        )
        .hint("GET /v2/session tells which components the caller may change")
    }
}

/// How much of a set is shown in a sentence.
const SHOWN_CHARS: usize = 200;

/// The refusal of v2, with every component that is out of scope.
pub(in crate::api) fn problem(outside: Outside) -> Problem {
    let obstacle = Obstacle {
        code: "component.out-of-scope".to_owned(),
        detail: "the caller may not change it".to_owned(),
        components: Some(fold(&outside.names)),
        count: Some(count(&outside.names)),
    };
    Problem::from(Refusal::from(outside)).because(vec![obstacle])
}
