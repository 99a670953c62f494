//! Which part of a transition an order is about.

use std::collections::HashSet;

use http::StatusCode;
use switchyard_core::ComponentId;
use switchyard_store::{TaskRecord, TransitionView};

use super::failures;
use crate::api::ApiState;
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::problem::Problem;
use crate::api::v2::selection;

/// All of it, or some components.
#[derive(Debug)]
pub(super) struct Scope(Option<HashSet<ComponentId>>);

impl Scope {
    /// Reads what the body says: components, a group of failures, or those of the components that are in the group.
    pub(super) fn of(
        state: &ApiState,
        view: &TransitionView,
        components: Option<&[String]>,
        group: Option<&str>,
    ) -> Result<Self, Problem> {
        let named = components.map(|names| named(state, view, names)).transpose()?;
        let grouped = group.map(|group| grouped(view, group)).transpose()?;
        Ok(Self(match (named, grouped) {
            (Some(named), Some(grouped)) => Some(&named & &grouped),
            (named, grouped) => named.or(grouped),
        }))
    }

    pub(super) fn holds(&self, component: &ComponentId) -> bool {
        self.0.as_ref().is_none_or(|only| only.contains(component))
    }

    /// Whether a member of this name and task is in it.
    pub(super) fn holds_member(&self, state: &ApiState, name: &str, task: Option<&TaskRecord>) -> bool {
        match task {
            Some(task) => self.holds(&task.component),
            None => match state.engine.fleet().get(name) {
                Some(row) => self.holds(&row.component.id),
                None => self.0.is_none(),
            },
        }
    }

    /// The components, when it is not all of it; in order.
    pub(super) fn into_components(self) -> Option<Vec<ComponentId>> {
        self.0.map(|only| {
            let mut only: Vec<_> = only.into_iter().collect();
            only.sort_unstable();
            only
        })
    }
}

fn named(
    state: &ApiState,
    view: &TransitionView,
    expressions: &[String],
) -> Result<HashSet<ComponentId>, Problem> {
    let fleet = state.engine.fleet();
    let mut obstacles = Obstacles::default();
    let names = selection::names(expressions, &fleet, &mut obstacles);
    let ids = selection::known(&names, &fleet, &mut obstacles);
    let members: HashSet<String> = view
        .members
        .iter()
        .map(|(record, task)| match task {
            Some(task) => task.component.to_string(),
            None => match fleet.get(&record.name) {
                Some(row) => row.component.id.to_string(),
                None => record.name.clone(),
            },
        })
        .collect();
    let strangers: Vec<&str> = ids
        .iter()
        .map(ComponentId::as_str)
        .filter(|id| !members.contains(*id))
        .collect();
    if !strangers.is_empty() {
        obstacles.add_about(
            "selection.not-in-transition",
            "the transition does not name it",
            &strangers,
        );
    }
    obstacles.into_result()?;
    Ok(ids.into_iter().collect())
}

fn grouped(view: &TransitionView, group: &str) -> Result<HashSet<ComponentId>, Problem> {
    let found = failures::components_in(view, group);
    if found.is_empty() {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "group.not-found",
            format!(
                "transition {} has no group of failures {group:?}",
                view.transition.id
            ),
        )
        .hint("GET /v2/transitions/{id}/failures lists the groups"));
    }
    Ok(found)
}
