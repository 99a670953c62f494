//! What happened and what happens: events, the fleet, the audit, and what the service depends on.

use reqwest::Method;
use reqwest::header::ACCEPT;
use switchyard_wire::v2;

use super::client::Server;
use super::error::Error;
use super::stream::Frames;

/// The header in which a client that comes back says what it has.
const LAST_EVENT_ID: &str = "last-event-id";

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQuery {
    /// Parameters and their values.
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl Server {
    /// A page of events.
    pub(crate) async fn events(&self, query: &EventQuery, since: &str) -> Result<v2::EventPage, Error> {
        let mut url = self.url(&["v2", "events"]);
        url.query_pairs_mut()
            .extend_pairs(
                query
                    .parameters
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            )
            .append_pair("since", since)
            .append_pair("limit", "10000");
        let request = self.request_at(Method::GET, url);
        self.answer(request.header(ACCEPT, "application/json")).await
    }

    /// Events as they happen, after the one of this id.
    pub(crate) async fn event_stream(&self, query: &EventQuery, since: &str) -> Result<Frames, Error> {
        let mut url = self.url(&["v2", "events"]);
        url.query_pairs_mut()
            .extend_pairs(
                query
                    .parameters
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            )
            .append_pair("since", since);
        self.stream(self.request_at(Method::GET, url)).await
    }

    /// The events of a transition from its beginning, or after the one of this id.
    pub(crate) async fn transition_events(&self, id: &str, last: Option<&str>) -> Result<Frames, Error> {
        let mut request = self.request(Method::GET, &["v2", "transitions", id, "events"]);
        if let Some(last) = last {
            request = request.header(LAST_EVENT_ID, last);
        }
        self.stream(request).await
    }

    /// The fleet as it is, and then as it changes.
    pub(crate) async fn fleet_stream(&self) -> Result<Frames, Error> {
        self.stream(self.request(Method::GET, &["v2", "fleet", "stream"]))
            .await
    }

    /// The newest entries of the audit.
    pub(crate) async fn audit(&self, parameters: &[(&str, String)]) -> Result<v2::AuditPage, Error> {
        let mut url = self.url(&["v2", "audit"]);
        url.query_pairs_mut().extend_pairs(parameters);
        self.answer(self.request_at(Method::GET, url)).await
    }

    /// What the service depends on.
    pub(crate) async fn dependencies(&self) -> Result<v2::DependencyList, Error> {
        self.answer(self.request(Method::GET, &["v2", "dependencies"]))
            .await
    }
}
