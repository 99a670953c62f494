//! The log of requests.

use std::collections::VecDeque;

use serde_json::Value;

/// The most requests that are remembered.
const REQUESTS_MAX: usize = 10_000;

/// A request that was received.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body, where it is JSON.
    pub body: Value,
    /// The status that it was answered with.
    pub status: u16,
    /// The bearer token that it showed.
    pub bearer: Option<String>,
}

/// The newest requests in order.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    requests: VecDeque<Request>,
}

impl Recorder {
    pub(crate) fn note(&mut self, request: Request) {
        if self.requests.len() == REQUESTS_MAX {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}
