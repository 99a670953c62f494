//! Requests that switch power, and those that people make about them.

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use switchyard_wire::{IDEMPOTENCY_KEY_HEADER, REQUEST_ID_HEADER, v2};

use super::client::{Server, fresh_id};
use super::error::Error;

impl Server {
    /// What a request would do. Under the same key it is the same plan.
    pub(crate) async fn plan(&self, request: &v2::TransitionRequest, key: &str) -> Result<v2::Plan, Error> {
        let request = keyed(self.post(&["v2", "plans"])?, key).json(request);
        self.answer(request).await
    }

    /// Executes a plan, for a reason of its own. It is sent once: an error after the connection leaves open whether it was accepted.
    pub(crate) async fn execute(
        &self,
        plan: &v2::Plan,
        reason: Option<&str>,
        key: &str,
    ) -> Result<v2::Transition, Error> {
        let body = v2::TransitionRequest {
            plan: Some(plan.id.clone()),
            expect: Some(plan.expect),
            reason: reason.map(str::to_owned),
            ..v2::TransitionRequest::default()
        };
        let request = keyed(self.post(&["v2", "transitions"])?, key).json(&body);
        self.answer(request)
            .await
            .map_err(|error| self.maybe_accepted(error).repeatable(key))
    }

    /// What went wrong in a transition, alike with alike.
    pub(crate) async fn failures(&self, id: &str) -> Result<v2::FailureGroups, Error> {
        self.answer(self.request(Method::GET, &["v2", "transitions", id, "failures"]))
            .await
    }

    /// Cuts the power at once.
    pub(crate) async fn emergency_off(
        &self,
        request: &v2::EmergencyOffRequest,
        key: &str,
    ) -> Result<v2::Transition, Error> {
        self.order_under(&["v2", "emergency-off"], request, key).await
    }

    /// Tries the failed parts of a transition again.
    pub(crate) async fn retry(
        &self,
        id: &str,
        request: &v2::RetryRequest,
        key: &str,
    ) -> Result<v2::Retried, Error> {
        let path = ["v2", "transitions", id, "retry"];
        self.order_under(&path, request, key).await
    }

    /// Cancels a transition, or a part of it.
    pub(crate) async fn cancel_part(
        &self,
        id: &str,
        request: &v2::Intervention,
    ) -> Result<v2::Cancelled, Error> {
        self.order(&["v2", "transitions", id, "cancel"], request).await
    }

    /// Cancels what is in line for components.
    pub(crate) async fn cancel_components(
        &self,
        request: &v2::ComponentsCancel,
    ) -> Result<v2::Cancelled, Error> {
        self.order(&["v2", "components", "cancel"], request).await
    }

    /// Takes what waits of a transition out of the line.
    pub(crate) async fn pause(&self, id: &str, request: &v2::Intervention) -> Result<v2::Paused, Error> {
        self.order(&["v2", "transitions", id, "pause"], request).await
    }

    /// Puts what was paused back in line.
    pub(crate) async fn resume(&self, id: &str, request: &v2::Intervention) -> Result<v2::Paused, Error> {
        self.order(&["v2", "transitions", id, "resume"], request).await
    }

    /// Says whether what is uncertain was executed.
    pub(crate) async fn resolve(&self, request: &v2::ResolveRequest) -> Result<v2::Resolved, Error> {
        self.order(&["v2", "components", "resolve"], request).await
    }

    /// A changing request under a key of its own. It is sent once.
    pub(super) async fn order<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.order_under(path, body, &fresh_id()?).await
    }

    /// A changing request under this key. It is sent once.
    pub(super) async fn order_under<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
        key: &str,
    ) -> Result<T, Error> {
        let request = keyed(self.post(path)?, key).json(body);
        self.answer(request)
            .await
            .map_err(|error| self.maybe_accepted(error))
    }

    fn post(&self, path: &[&str]) -> Result<RequestBuilder, Error> {
        let request = self.request(Method::POST, path);
        Ok(request.header(REQUEST_ID_HEADER, fresh_id()?))
    }
}

/// The request under a key that lets it be sent again.
fn keyed(request: RequestBuilder, key: &str) -> RequestBuilder {
    request.header(IDEMPOTENCY_KEY_HEADER, key)
}
