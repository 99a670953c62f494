//! A client of the service's API, as a tool author would write one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stream::Stream;

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The longest time that a stream is read.
const STREAM_TIMEOUT: Duration = Duration::from_mins(15);

/// The longest time that one refusal is waited out.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A client of one service.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    caller: Option<String>,
    token: Option<String>,
}

/// An answer: its status and its body as JSON, null when it is none.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// When to come back, in seconds, if the service says so.
    pub retry_after: Option<u64>,
    /// Whether it is an answer that was given before.
    pub replayed: bool,
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
            caller: None,
            token: None,
        }
    }

    /// The address of the service.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same under a name of its own, instead of none.
    pub fn named(&self, caller: impl Into<String>) -> Self {
        Self {
            caller: Some(caller.into()),
            ..self.clone()
        }
    }

    /// The same with a token.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same where the certificate of the service is known by this authority, in PEM form.
    ///
    /// # Panics
    /// When it is no certificate.
    pub fn trusting(&self, authority: &str) -> Self {
        let authority = reqwest::Certificate::from_pem(authority.as_bytes());
        let authority = authority.unwrap_or_else(|error| panic!("no certificate: {error}"));
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .tls_certs_only([authority])
            .build();
        Self {
            http: http.unwrap_or_else(|error| panic!("no HTTP client: {error}")),
            ..self.clone()
        }
    }

    /// What opens the service, if anything does.
    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks, and comes back when the service says that this caller asks too often.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<Answer> {
        loop {
            let answer = self.ask_once(request.try_clone()?).await?;
            if answer.status != 429 {
                return Some(answer);
            }
            let wait = Duration::from_secs(answer.retry_after?);
            tokio::time::sleep(wait.min(WAIT_MAX)).await;
        }
    }

    async fn ask_once(&self, mut request: reqwest::RequestBuilder) -> Option<Answer> {
        request = self.authorized(request);
        if let Some(caller) = &self.caller {
            request = request.header("X-Switchyard-Caller", caller);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name)?.to_str().ok();
        let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
        let replayed = header("idempotency-replayed") == Some("true");
        let text = response.text().await.ok()?;
        Some(Answer {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            retry_after,
            replayed,
        })
    }

    /// Asks with POST under an idempotency key, which is the id of the request as well; nothing when the service does not answer.
    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> Option<Answer> {
        let request = self.http.post(format!("{}{path}", self.base)).json(body);
        let request = request.header("Idempotency-Key", key).header("X-Request-Id", key);
        self.ask_once(request).await
    }

    /// Sends the same request under the same key until it is answered for good.
    pub async fn post_until_answered(&self, path: &str, body: &Value, key: &str, within: Duration) -> Answer {
        crate::eventually(&format!("the request {key} is answered"), within, || async {
            let answer = self.post_with_key(path, body, key).await?;
            (answer.status != 409 && answer.status != 503).then_some(answer)
        })
        .await
    }

    /// Asks with GET; nothing when the service does not answer.
    pub async fn get(&self, path: &str) -> Option<Answer> {
        self.ask(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Follows a stream from the id of the last frame that the caller has; nothing when the service does not answer.
    ///
    /// # Panics
    /// When the answer is no stream.
    pub async fn follow(&self, path: &str, last: Option<&str>) -> Option<Stream> {
        let mut request = self
            .http
            .get(format!("{}{path}", self.base))
            .header("accept", "text/event-stream")
            .timeout(STREAM_TIMEOUT);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = self.authorized(request).send().await.ok()?;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        Some(Stream::new(response))
    }

    /// Asks with GET for JSON where a stream would be the other choice; nothing when the service does not answer.
    pub async fn page(&self, path: &str) -> Option<Answer> {
        let request = self.http.get(format!("{}{path}", self.base));
        self.ask(request.header("accept", "application/json")).await
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
        let body = transition_body(operation, xnames, deadline_minutes);
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

/// The body with which v1 is asked for a transition.
pub fn transition_body(operation: &str, xnames: &[String], deadline_minutes: i64) -> Value {
    let location: Vec<Value> = xnames.iter().map(|xname| json!({ "xname": xname })).collect();
    json!({ "operation": operation, "taskDeadlineMinutes": deadline_minutes, "location": location })
}
