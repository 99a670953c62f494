//! Requests about what is wrong with a component, and with the service itself.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use switchyard_wire::REQUEST_ID_HEADER;

use super::client::{Server, fresh_id};
use super::error::Error;

/// The header in which a service that is ready names what it depends on and is away.
const AWAY_HEADER: &str = "x-switchyard-away";
/// How long a diagnosis may take: a slow BMC is given its time for every step.
const DIAGNOSIS_TIMEOUT: Duration = Duration::from_mins(2);

/// What the service found on its way to a component.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Diagnosis {
    /// The component's id.
    pub(crate) component: String,
    /// The controller through which it is switched.
    pub(crate) controller: Option<String>,
    /// Whether no step failed.
    pub(crate) ok: bool,
    /// What was tried, in order.
    pub(crate) steps: Vec<Step>,
    /// What the last failed reading or task met.
    pub(crate) last_failure: Option<LastFailure>,
    /// When that was.
    pub(crate) last_failure_at: Option<String>,
}

/// One step of the way.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    /// Its name, such as `connect`.
    #[serde(rename = "step")]
    pub(crate) name: String,
    /// `ok`, `failed`, `skipped` or `warning`.
    pub(crate) outcome: String,
    /// What was found.
    #[serde(default)]
    pub(crate) text: String,
    /// How long it took.
    pub(crate) took_ms: Option<u64>,
    /// The stable code of a failure.
    pub(crate) code: Option<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

/// A failure of the past.
#[derive(Debug, Deserialize)]
pub(crate) struct LastFailure {
    /// The stable code.
    #[serde(default)]
    pub(crate) code: String,
    /// What was said.
    #[serde(default)]
    pub(crate) text: String,
}

impl Server {
    /// Whether the service takes requests; if it does, what it depends on and is away.
    pub(crate) async fn ready(&self) -> Result<Option<String>, Error> {
        let request = self.request(Method::GET, &["v1", "readiness"]);
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if !response.status().is_success() {
            return Err(self.problem(response).await);
        }
        let away = response.headers().get(AWAY_HEADER);
        Ok(away.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
    }

    /// Has the service try every step on the way to a component. The answer is kept as it came, beside what it means.
    pub(crate) async fn diagnose(&self, component: &str) -> Result<(serde_json::Value, Diagnosis), Error> {
        let request = self
            .request(Method::POST, &["v2", "components", component, "diagnose"])
            .header(REQUEST_ID_HEADER, fresh_id()?)
            .timeout(DIAGNOSIS_TIMEOUT);
        let document: serde_json::Value = self.answer(request).await?;
        let diagnosis = serde_json::from_value(document.clone()).map_err(|source| self.unreadable(source))?;
        Ok((document, diagnosis))
    }
}
