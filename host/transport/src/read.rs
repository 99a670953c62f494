//! Requests that change nothing: reads and queries.

use std::time::Duration;

use tokio::time::Instant;

use crate::connection::{Connection, Prepared};
use crate::controller::{Controller, head, shorter};
use crate::digest::{Signed, Trial};
use crate::echo::Shown;
use crate::fault::{Fault, FaultDelivery, Reason};
use crate::http::{Method, Request, Response, redirect_path, without_query};
use crate::limits::REDIRECTS_MAX;
use crate::pool::Fit;
use crate::scope::Scope;
use crate::slot::Use;
use crate::wsman::check_query;

impl Controller {
    /// Sends a GET or HEAD and follows redirects within the same origin. It may use a kept connection, and is sent again on a fresh
    /// one when the controller had closed that connection without an answer.
    pub async fn read(&self, mut request: Request, scope: &Scope) -> Result<Response, Fault> {
        if !request.method.reads() {
            return Err(Fault::refused(format!(
                "{} is a change: a read is GET or HEAD",
                request.method
            )));
        }
        if !request.body.is_empty() {
            return Err(Fault::refused("a read carries no body"));
        }
        for _ in 0..=REDIRECTS_MAX {
            let response = self.read_once(&request, scope).await?;
            let Some(location) = redirected(&response) else {
                return Ok(response);
            };
            request.path =
                redirect_path(&self.endpoint.address, &request.path, location).map_err(|fault| Fault {
                    delivery: FaultDelivery::MaybeSent,
                    status: Some(response.status),
                    ..fault
                })?;
        }
        let rule = format!("the controller redirects more than {REDIRECTS_MAX} times");
        Err(Fault {
            delivery: FaultDelivery::MaybeSent,
            ..Fault::refused(rule)
        })
    }

    /// Sends a POST that only asks: a WS-Management request that reads. Any other is refused before it leaves. Like a read it spends no
    /// permit, and is sent again on a fresh connection when the controller had closed a kept one without an answer.
    pub async fn query(&self, request: Request, scope: &Scope) -> Result<Response, Fault> {
        let refused = |rule: &str| {
            let path = without_query(&request.path);
            Fault::refused(format!(
                "the query {} {path} was not sent: {rule}",
                request.method
            ))
        };
        if request.method != Method::Post {
            return Err(refused("a query is a POST"));
        }
        check_query(&request).map_err(|rule| refused(&rule))?;
        self.read_once(&request, scope).await
    }

    async fn read_once(&self, request: &Request, scope: &Scope) -> Result<Response, Fault> {
        let prepared = self.prepare(request, scope).await?;
        let _slot = self
            .slots
            .acquire(Use::Request, scope, self.transport.limits.slot_wait)
            .await?;
        let begun = Instant::now();
        let result = self.attempt_read(prepared, request.timeout, scope).await;
        self.trace(request, begun, result.as_ref().map(|response| response.status));
        result
    }

    /// Sends a read until its answer does not ask for other credentials.
    async fn attempt_read(
        &self,
        prepared: Prepared,
        asked: Duration,
        scope: &Scope,
    ) -> Result<Response, Fault> {
        let mut trial = Trial::default();
        loop {
            let (connection, kept) = self.connection(Fit::Read, scope).await?;
            let mut result = self.signed_exchange(connection, &prepared, asked, scope).await;
            if let Err(fault) = &result
                && kept
                && fault.reason == Reason::Cut
                && fault.status.is_none()
            {
                let connection = self.open(scope).await?;
                result = self.signed_exchange(connection, &prepared, asked, scope).await;
            }
            let (answer, signed) = result?;
            if !self.asks_again(&prepared, signed.as_ref(), &answer, &mut trial, scope)? {
                return Ok(answer);
            }
        }
    }

    async fn signed_exchange(
        &self,
        connection: Connection,
        prepared: &Prepared,
        asked: Duration,
        scope: &Scope,
    ) -> Result<(Response, Option<Signed>), Fault> {
        let (request, signed) = self.sign(prepared, scope)?;
        let answer = self.exchange(connection, request, asked, scope).await?;
        Ok((answer, signed))
    }

    async fn exchange(
        &self,
        mut connection: Connection,
        prepared: Prepared,
        asked: Duration,
        scope: &Scope,
    ) -> Result<Response, Fault> {
        let closing = prepared.closes();
        let shown = Shown::of(&prepared.headers);
        let limit = shorter(asked, self.endpoint.timeouts.read);
        let until = scope.due().min(Instant::now() + limit);
        let answer = async {
            let answer = connection.send(prepared, limit, until).await?;
            let (status, headers, close) = head(&answer);
            let body = connection
                .body(answer, self.transport.limits.response_body, until)
                .await?;
            if !close && !closing {
                self.keep(connection);
            }
            Ok(shown.hide(Response {
                status,
                headers,
                body,
            }))
        };
        tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::maybe_sent(Reason::Cancelled, "cancelled while the controller was asked"))
            }
            result = answer => result,
        }
    }
}

fn redirected(response: &Response) -> Option<&str> {
    matches!(response.status, 301 | 302 | 303 | 307 | 308)
        .then(|| response.header("location"))
        .flatten()
}
