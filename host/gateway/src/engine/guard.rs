//! What a request is checked for besides the lines of its components.

use std::collections::HashSet;
use std::sync::Arc;

use switchyard_core::{ComponentId, Kind, Operation};
use switchyard_store::Refusal;

use super::fleet::Row;

/// The checks of one request. The default checks nothing.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Components of these roles, and BMCs themselves, are refused.
    pub protected_roles: Option<Arc<[String]>>,
    /// Whether what is known not to be supported is refused at once, rather than when its turn comes.
    pub supported: bool,
    /// The components that the caller may change; all others are refused. `None`: all.
    pub allowed: Option<Arc<HashSet<ComponentId>>>,
}

impl Guard {
    /// Why the component is not switched, if anything is against it. What has no controller is refused for that.
    pub(super) fn refuses(&self, row: &Row, operation: Operation) -> Option<Refusal> {
        if let Some(refusal) = self.forbids(row) {
            return Some(refusal);
        }
        row.component.controller.as_ref()?;
        self.protects(row)
            .or_else(|| self.supported.then(|| unsupported(row, operation))?)
    }

    /// That the caller may not change the component, if that is so.
    fn forbids(&self, row: &Row) -> Option<Refusal> {
        let allowed = self.allowed.as_ref()?;
        (!allowed.contains(&row.component.id)).then_some(Refusal::OutOfScope)
    }

    /// Why nothing about the component is changed, if the caller may not or it is protected.
    pub(super) fn protects(&self, row: &Row) -> Option<Refusal> {
        if let Some(refusal) = self.forbids(row) {
            return Some(refusal);
        }
        self.protected_roles
            .as_deref()
            .and_then(|roles| protected(row, roles))
    }
}

fn protected(row: &Row, roles: &[String]) -> Option<Refusal> {
    let component = &row.component;
    let role = component.facts.role.as_deref().unwrap_or_default();
    let why = if component.kind == Kind::Controller {
        "it is a BMC".to_owned()
    } else if roles.iter().any(|known| known.eq_ignore_ascii_case(role)) {
        format!("its role is {role}")
    } else {
        return None;
    };
    Some(Refusal::Protected { why })
}

fn unsupported(row: &Row, operation: Operation) -> Option<Refusal> {
    let seen = row.seen();
    let known = seen.surveyed || !seen.abilities.is_empty();
    // What only an unknown second controller may offer is found out when the turn comes.
    let known = known && row.second().is_none_or(|second| second.known().surveyed);
    (known && !row.supported().contains(&operation)).then_some(Refusal::Unsupported { operation })
}
