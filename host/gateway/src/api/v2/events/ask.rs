//! What of the log is asked for.

use axum::http::HeaderMap;
use switchyard_core::{ComponentId, TransitionId};
use switchyard_store::EventId;
use switchyard_wire::v2::event::{SINCE_NOW, SINCE_OLDEST};

use crate::api::ApiState;
use crate::api::pcs::query;
use crate::api::v2::parameters::{invalid, limit};
use crate::api::v2::problem::Problem;
use crate::events::{Filter, OfTransition, PAGE_DEFAULT, PAGE_MAX, Since};

/// The header in which a client that comes back says what it has.
const LAST_EVENT_ID: &str = "last-event-id";

/// A query, parsed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ask {
    since: Option<String>,
    transition: Option<TransitionId>,
    component: Option<String>,
    kinds: Vec<String>,
    limit: Option<usize>,
}

impl Ask {
    pub(super) fn parse(query: &str) -> Result<Self, Problem> {
        let mut ask = Self::default();
        for (name, value) in query::pairs(query) {
            match name.as_str() {
                "since" => ask.since = Some(value),
                "transition" => ask.transition = Some(transition(&value)?),
                "component" => ask.component = Some(value),
                "kind" => ask.kinds.push(value),
                "limit" => ask.limit = Some(limit(&value, PAGE_MAX)?),
                _ => {
                    return Err(invalid(format!(
                        "there is no parameter {name:?}; known are since, transition, component, kind and limit"
                    )));
                }
            }
        }
        Ok(ask)
    }

    /// From where to read. What a client that comes back says goes before what its address says.
    pub(super) fn since(&self, headers: &HeaderMap, otherwise: Since) -> Since {
        if let Some(last) = last_event_id(headers) {
            return Since::After(last);
        }
        match self.since.as_deref() {
            None | Some("") => otherwise,
            Some(SINCE_OLDEST) => Since::Oldest,
            Some(SINCE_NOW) => Since::Now,
            Some(id) => Since::After(EventId(id.to_owned())),
        }
    }

    /// How many events fit on a page.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE_DEFAULT)
    }

    /// Which events to give.
    pub(super) async fn filter(&self, state: &ApiState) -> Result<Filter, Problem> {
        let transition = match self.transition {
            Some(id) => Some(match state.engine.store().transition(id).await? {
                Some(view) => OfTransition::of_view(&view),
                None => OfTransition::of_id(id),
            }),
            None => None,
        };
        let component = self.component.as_deref().map(|name| component(state, name));
        Ok(Filter {
            transition,
            component: component.transpose()?,
            kinds: self.kinds.clone(),
        })
    }
}

/// The place of a client that comes back. An empty one is none, as in the specification of the header.
pub(super) fn last_event_id(headers: &HeaderMap) -> Option<EventId> {
    let value = headers.get(LAST_EVENT_ID)?;
    // An id that is no text is none of this log, which is for the log to say.
    let id = String::from_utf8_lossy(value.as_bytes()).into_owned();
    (!id.is_empty()).then_some(EventId(id))
}

fn transition(value: &str) -> Result<TransitionId, Problem> {
    value
        .parse()
        .map_err(|error| invalid(format!("transition: {error}")))
}

/// The component of this id or alias. One that the inventory no longer holds may still be in the log.
fn component(state: &ApiState, name: &str) -> Result<ComponentId, Problem> {
    if let Some(row) = state.engine.fleet().get(name) {
        return Ok(row.component.id.clone());
    }
    ComponentId::parse(name).map_err(|error| invalid(format!("component: {error}")))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_a_client_has_goes_before_what_its_address_says() {
        let with = |id: &'static str| {
            HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(LAST_EVENT_ID),
                HeaderValue::from_static(id),
            )])
        };
        let since = |query: &str, headers: &HeaderMap| Ask::parse(query).unwrap().since(headers, Since::Now);
        let after = |id: &str| Since::After(EventId(id.to_owned()));
        assert_eq!(since("", &HeaderMap::new()), Since::Now);
        assert_eq!(since("since=oldest", &HeaderMap::new()), Since::Oldest);
        assert_eq!(since("since=log.7", &HeaderMap::new()), after("log.7"));
        assert_eq!(since("since=oldest", &with("log.9")), after("log.9"));
        assert_eq!(since("since=oldest", &with("")), Since::Oldest);
    }

    #[test]
    fn a_query_is_checked() {
        let ask = Ask::parse("kind=task.&kind=transition.ended&limit=5").unwrap();
        assert_eq!((ask.kinds.len(), ask.limit()), (2, 5));
        for bad in ["limit=0", "limit=10001", "transition=banana", "kinds=task."] {
            assert!(Ask::parse(bad).is_err(), "{bad}");
        }
    }
}
