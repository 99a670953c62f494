//! The import `http`: requests to the one BMC of the call, under the transport's rules.

use std::sync::Arc;

use switchyard_transport::{Fault, Method, Request, Response};

use crate::bindings::v0_1::{faults, http};
use crate::state::CallState;

/// What a request answers to the guest.
type Answer = wasmtime::Result<Result<http::Response, faults::Fault>>;

impl http::Host for CallState {
    async fn read(&mut self, request: http::Request) -> Answer {
        let request = Request::from(request);
        if !request.method.reads() {
            return Ok(Err(refused(format!(
                "{} is no read: use `change`",
                request.method
            ))));
        }
        if let Some(refusal) = self.count() {
            return Ok(Err(refused(refusal)));
        }
        self.pause_cpu()?;
        let answer = self.controller.read(request, &self.scope).await;
        Ok(self.answer(answer))
    }

    async fn query(&mut self, request: http::Request) -> Answer {
        let request = Request::from(request);
        if request.method != Method::Post {
            return Ok(Err(refused(format!(
                "{} is no query, only POST is",
                request.method
            ))));
        }
        if !self.queries.contains(&request.path) {
            return Ok(Err(refused(
                "this driver was granted no queries to that path: name it in `queries` of driver.toml",
            )));
        }
        if let Some(refusal) = self.count() {
            return Ok(Err(refused(refusal)));
        }
        self.pause_cpu()?;
        let answer = self.controller.query(request, &self.scope).await;
        Ok(self.answer(answer))
    }

    async fn change(&mut self, request: http::Request) -> Answer {
        let request = Request::from(request);
        if request.method.reads() {
            return Ok(Err(refused(format!(
                "{} is no change: use `read`",
                request.method
            ))));
        }
        let Some(permit) = self.permit.clone() else {
            return Ok(Err(refused(
                "this call has no permit to change anything: only `act` has",
            )));
        };
        if let Some(refusal) = self.count() {
            return Ok(Err(refused(refusal)));
        }
        self.pause_cpu()?;
        let controller = Arc::clone(&self.controller);
        let answer = controller.change(request, permit, &self.scope).await;
        Ok(self.answer(answer))
    }
}

impl CallState {
    /// Starts the CPU clock again and hands the answer over.
    fn answer(&mut self, answer: Result<Response, Fault>) -> Result<http::Response, faults::Fault> {
        self.cpu.resume();
        answer.map(Into::into).map_err(|fault| self.nameless(fault))
    }
}

fn refused(rule: impl Into<String>) -> faults::Fault {
    Fault::refused(rule).into()
}
