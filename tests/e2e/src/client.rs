//! A client of the service's API, as a tool author would write one.

use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A client of one service.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
}

/// An answer: its status and its body as JSON, null when it is none.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Client {
    /// A client of the service at `base`, such as `http://127.0.0.1:28007`.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn new(base: impl Into<String>) -> Self {
        // The first client of the process names the cryptography; for the others it is there.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().timeout(TIMEOUT).build();
        Self {
            base: base.into(),
            http: http.unwrap_or_else(|error| panic!("no HTTP client: {error}")),
        }
    }

    /// The address of the service.
    pub fn base(&self) -> &str {
        &self.base
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some(Answer {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        })
    }

    /// Asks with GET; nothing when the service does not answer.
    pub async fn get(&self, path: &str) -> Option<Answer> {
        self.ask(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Asks with POST; nothing when the service does not answer.
    pub async fn post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.ask(self.http.post(format!("{}{path}", self.base)).json(body))
            .await
    }

    /// Asks with DELETE; nothing when the service does not answer.
    pub async fn delete(&self, path: &str) -> Option<Answer> {
        self.ask(self.http.delete(format!("{}{path}", self.base))).await
    }

    /// Asks for a transition over v1. Gives its id once the service has accepted it.
    pub async fn transition(
        &self,
        operation: &str,
        xnames: &[String],
        deadline_minutes: i64,
    ) -> Option<String> {
        let location: Vec<Value> = xnames.iter().map(|xname| json!({ "xname": xname })).collect();
        let body =
            json!({ "operation": operation, "taskDeadlineMinutes": deadline_minutes, "location": location });
        let answer = self.post("/v1/transitions", &body).await?;
        (answer.status == 200).then(|| answer.body["transitionID"].as_str().map(str::to_owned))?
    }

    /// Waits until so many components have been read and their controllers answer.
    pub async fn fleet_read(&self, count: usize, within: Duration) {
        crate::eventually(&format!("{count} components were read"), within, || async {
            let answer = self
                .get("/v1/power-status?managementStateFilter=available")
                .await?;
            (answer.body["status"].as_array()?.len() >= count).then_some(())
        })
        .await;
    }

    /// Waits until a transition has ended, and gives its v1 body.
    pub async fn ended(&self, id: &str, within: Duration) -> Value {
        crate::eventually(&format!("transition {id} ended"), within, || async {
            let answer = self.get(&format!("/v1/transitions/{id}")).await?;
            let done = matches!(
                answer.body["transitionStatus"].as_str(),
                Some("completed" | "aborted")
            );
            (answer.status == 200 && done).then_some(answer.body)
        })
        .await
    }
}
