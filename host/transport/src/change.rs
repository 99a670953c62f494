//! Changes: owned by a task, sent at most once, never redirected, and accounted for in their permit.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::Replay;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::connection::{Connection, Prepared};
use crate::controller::{Controller, head, shorter};
use crate::digest::{Signed, Trial};
use crate::echo::Shown;
use crate::fault::{Fault, FaultDelivery, Reason};
use crate::http::{Request, Response};
use crate::limits::CHANGE_WRITE;
use crate::permit::{Claim, Permit};
use crate::pool::Fit;
use crate::scope::Scope;
use crate::slot::Use;
use crate::wsman;

impl Controller {
    /// Sends a POST, PATCH, PUT or DELETE under `permit`, never a second time; a redirect is returned as the answer.
    ///
    /// The request belongs to a task of the transport. When the caller goes away, by its deadline, by cancellation or by dropping this
    /// future, a request of which nothing has left is not sent any more; any other is awaited for the endpoint's `timeouts.change`, and
    /// [`Permit::settled`] tells what became of it.
    pub async fn change(
        self: &Arc<Self>,
        request: Request,
        permit: Arc<Permit>,
        scope: &Scope,
    ) -> Result<Response, Fault> {
        if request.method.reads() {
            return Err(Fault::refused(format!(
                "{} is a read: it spends no permit",
                request.method
            )));
        }
        let claim = permit.claim()?;
        let prepared = self.prepare(&request, scope).await?;
        let patience = shorter(request.timeout, self.endpoint.timeouts.change);
        let send = |controller: Arc<Self>, scope: Scope, gone: CancellationToken| async move {
            let begun = Instant::now();
            let result = controller.send_change(claim, prepared, &scope, &gone).await;
            controller.trace(&request, begun, result.as_ref().map(|response| response.status));
            result
        };
        self.owned(permit, patience, scope, send).await
    }

    /// Waits for a slot and runs `send` in a task of the transport, which is told when the caller has gone. The claim that `send` owns
    /// costs nothing when it is dropped before it was opened.
    pub(crate) async fn owned<T, F>(
        self: &Arc<Self>,
        permit: Arc<Permit>,
        patience: Duration,
        scope: &Scope,
        send: impl FnOnce(Arc<Self>, Scope, CancellationToken) -> F + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let (answer, answered) = oneshot::channel();
        let (started, starting) = oneshot::channel();
        let caller = Caller {
            permit,
            gone: self.transport.closing.child_token(),
        };
        let change = Change {
            controller: Arc::clone(self),
            scope: scope.clone(),
            gone: caller.gone.clone(),
            started,
        };
        let task = async move {
            let result = change.run(send).await;
            // Nobody may be listening any more; the permit has recorded the outcome.
            drop(answer.send(result));
        };
        self.transport.changes.spawn(task.in_current_span());
        tokio::select! {
            biased;
            result = answered => result.unwrap_or_else(|_| {
                Err(caller.leave(Reason::Cut, "the change's task ended without an outcome"))
            }),
            () = runs_out(starting, patience, scope) => Err(caller.leave(Reason::Timeout, "the controller did not answer the change in time")),
            () = scope.cancel.cancelled() => Err(caller.leave(Reason::Cancelled, "the call was cancelled")),
        }
    }
}

/// Returns when the caller has waited long enough: `patience` from the moment the request has its slot, or until the call is over.
async fn runs_out(starting: oneshot::Receiver<()>, patience: Duration, scope: &Scope) {
    if starting.await.is_err() {
        // The task ends without having had its slot; its answer says why.
        std::future::pending::<()>().await;
    }
    tokio::select! {
        () = sleep(patience) => {}
        () = scope.expired() => {}
    }
}

/// Whoever waits for a change. Dropping it takes back what has not left.
struct Caller {
    permit: Arc<Permit>,
    gone: CancellationToken,
}

impl Caller {
    fn leave(&self, reason: Reason, what: &str) -> Fault {
        let delivery = self.permit.revoke();
        let text = match delivery {
            FaultDelivery::NotSent => format!("{what}; nothing had left, and it is not sent any more"),
            FaultDelivery::MaybeSent => format!("{what}; it may have been received"),
        };
        Fault {
            delivery,
            reason,
            status: None,
            text,
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.permit.revoke();
        self.gone.cancel();
    }
}

/// A change in the hands of its task.
struct Change {
    controller: Arc<Controller>,
    scope: Scope,
    /// The caller went away, or the service is stopping. Counts until the first byte may leave.
    gone: CancellationToken,
    /// Tells the caller that the request has its slot.
    started: oneshot::Sender<()>,
}

impl Change {
    async fn run<T, F>(
        self,
        send: impl FnOnce(Arc<Controller>, Scope, CancellationToken) -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let Self {
            controller,
            scope,
            gone,
            started,
        } = self;
        let limit = controller.transport.limits.slot_wait;
        let slot = tokio::select! {
            biased;
            () = gone.cancelled() => Err(given_up()),
            slot = controller.slots.acquire(Use::Request, &scope, limit) => slot,
        };
        let _slot = slot?;
        if started.send(()).is_err() {
            return Err(given_up());
        }
        send(Arc::clone(&controller), scope, gone).await
    }
}

pub(crate) fn given_up() -> Fault {
    Fault::not_sent(Reason::Cancelled, "the call ended before the change was sent")
}

impl Controller {
    /// Sends a change, and again where the answer proves that nothing was executed and only asks for other credentials.
    async fn send_change(
        &self,
        mut claim: Claim,
        prepared: Prepared,
        scope: &Scope,
        gone: &CancellationToken,
    ) -> Result<Response, Fault> {
        let mut trial = Trial::default();
        loop {
            let connection = match self.connection_for(&claim, scope, gone).await {
                Ok(connection) => connection,
                Err(fault) if matches!(fault.reason, Reason::Cancelled | Reason::Timeout) => {
                    return Err(fault);
                }
                Err(fault) => {
                    claim.settle_unconnected();
                    return Err(fault);
                }
            };
            let (request, signed) = match self.open_for(&claim, &prepared, scope, gone) {
                Ok(sending) => sending,
                Err(fault) => {
                    self.keep(connection);
                    return Err(fault);
                }
            };
            let (sent, answer) = tokio::select! {
                biased;
                () = self.transport.cut.cancelled() => return Err(Fault::maybe_sent(
                    Reason::Cancelled,
                    "the service stopped before the controller had answered the change",
                )),
                result = self.exchange_change(connection, claim, request) => result?,
            };
            claim = sent;
            match self.asks_again(&prepared, signed.as_ref(), &answer, &mut trial, scope) {
                Ok(true) if claim.send_back() => {}
                Ok(_) => {
                    claim.settle();
                    return Ok(answer);
                }
                Err(fault) => {
                    claim.settle();
                    return Err(fault);
                }
            }
        }
    }

    async fn connection_for(
        &self,
        claim: &Claim,
        scope: &Scope,
        gone: &CancellationToken,
    ) -> Result<Connection, Fault> {
        let fit = if claim.replay() == Replay::Never {
            Fit::Unused
        } else {
            Fit::Change
        };
        tokio::select! {
            biased;
            () = gone.cancelled() => Err(given_up()),
            connection = self.connection(fit, scope) => connection.map(|(connection, _)| connection),
        }
    }

    /// Signs the request and opens the claim: from then on it may have left.
    fn open_for(
        &self,
        claim: &Claim,
        prepared: &Prepared,
        scope: &Scope,
        gone: &CancellationToken,
    ) -> Result<(Prepared, Option<Signed>), Fault> {
        let sending = self.sign(prepared, scope)?;
        if gone.is_cancelled() || scope.cancel.is_cancelled() {
            return Err(given_up());
        }
        claim.open(CHANGE_WRITE)?;
        Ok(sending)
    }

    /// Sends the change once. The claim comes back with an answer; without one it was settled by what is known.
    async fn exchange_change(
        &self,
        mut connection: Connection,
        claim: Claim,
        request: Prepared,
    ) -> Result<(Claim, Response), Fault> {
        let closing = request.closes();
        let shown = Shown::of(&request.headers);
        let soap = wsman::is_soap(&request.headers);
        let until = Instant::now() + self.endpoint.timeouts.change;
        let answer = match connection.send(request, CHANGE_WRITE, until).await {
            Ok(answer) => answer,
            Err(fault) => {
                if fault.delivery == FaultDelivery::NotSent {
                    claim.settle_unconnected();
                }
                return Err(fault);
            }
        };
        let (status, headers, close) = head(&answer);
        claim.answered(status);
        let body = connection
            .body(answer, self.transport.limits.response_body, until)
            .await;
        if body.is_ok() && !close && !closing {
            self.keep(connection);
        }
        if let Ok(body) = &body
            && soap
            && let Some(executed) = wsman::executed(status, body)
        {
            claim.explained(status, executed);
        }
        match body {
            Ok(body) => Ok((
                claim,
                shown.hide(Response {
                    status,
                    headers,
                    body,
                }),
            )),
            Err(fault) => {
                claim.settle();
                Err(fault)
            }
        }
    }
}
