//! Changes over IPMI: one datagram each.

use std::time::Duration;

use switchyard_rmcp::{Request, Tries};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Reply;
use super::session::{Live, Lost};
use crate::change::given_up;
use crate::controller::Controller;
use crate::fault::{Fault, Reason};
use crate::limits::{CHANGE_IDLE, CHANGE_WRITE};
use crate::permit::Claim;
use crate::scope::Scope;

/// How long the answer to a change is waited for. A BMC answers a command in its first seconds or not at all, and what is asked of it
/// meanwhile waits for the same place: the reading that shows what became of the change, and a force-off.
const ANSWER: Duration = Duration::from_secs(10);

/// Get Device ID (section 20.1): every BMC answers it, and it changes nothing.
const GET_DEVICE_ID: (u8, u8) = (0x06, 0x01);

impl Controller {
    /// Sends a change and settles its claim. It is never sent again, not even over another session.
    pub(super) async fn ipmi_send(
        &self,
        claim: Claim,
        request: &Request,
        scope: &Scope,
        gone: &CancellationToken,
    ) -> Result<Reply, Fault> {
        let live = tokio::select! {
            biased;
            () = gone.cancelled() => return Err(given_up()),
            live = self.proven_session(scope) => live,
        };
        let live = match live {
            Ok(live) => live,
            Err(fault) if matches!(fault.reason, Reason::Cancelled | Reason::Timeout) => return Err(fault),
            Err(fault) => {
                claim.settle_unconnected();
                return Err(fault);
            }
        };
        let opened = if gone.is_cancelled() || scope.cancel.is_cancelled() {
            Err(given_up())
        } else {
            claim.open(CHANGE_WRITE)
        };
        if let Err(fault) = opened {
            self.transport.sessions.put(self.owner, live);
            return Err(fault);
        }
        tokio::select! {
            biased;
            () = self.transport.cut.cancelled() => Err(Fault::maybe_sent(
                Reason::Cancelled,
                "the service stopped before the controller had answered the change",
            )),
            result = self.ipmi_exchange(live, claim, request) => result,
        }
    }

    /// A session that the BMC has shown to know a moment ago: one that was restarted drops what comes over an old one, and a change that
    /// is lost that way could not be told from one that was executed.
    pub(super) async fn proven_session(&self, scope: &Scope) -> Result<Live, Fault> {
        let Some(mut live) = self.kept_session(scope).await? else {
            return self.open_session(scope).await;
        };
        if live.silent_for() < CHANGE_IDLE {
            return Ok(live);
        }
        let (netfn, command) = GET_DEVICE_ID;
        let probe = Request::new(netfn, 0, command, Vec::new(), None)
            .map_err(|error| Fault::refused(error.to_string()))?;
        let proof = tokio::select! {
            biased;
            () = scope.cancel.cancelled() => return Err(given_up()),
            proof = live.ask(&probe, Tries::probing(self.endpoint.ipmi.retry)) => proof,
        };
        if proof.is_ok() {
            return Ok(live);
        }
        drop(live);
        self.open_session(scope).await
    }

    async fn ipmi_exchange(&self, mut live: Live, claim: Claim, request: &Request) -> Result<Reply, Fault> {
        let address = &self.endpoint.address;
        let limit = self.endpoint.timeouts.change.min(ANSWER);
        let sent = begin(&mut live, request, limit).await;
        let (mut exchange, until) = match sent {
            Ok(sent) => sent,
            Err(lost) => {
                claim.settle_unconnected();
                return Err(Fault {
                    delivery: crate::fault::FaultDelivery::NotSent,
                    ..lost.into_fault(address)
                });
            }
        };
        let Some(reply) = live.answer(&mut exchange, until).await else {
            return Err(Fault::maybe_sent(
                Reason::Timeout,
                format!("{address} did not answer the change within {limit:?}: it may have been received"),
            ));
        };
        claim.completed(reply.completion);
        claim.settle();
        self.transport.sessions.put(self.owner, live);
        Ok(reply.into())
    }
}

/// Sends the one datagram. After an error nothing has left.
async fn begin(
    live: &mut Live,
    request: &Request,
    limit: Duration,
) -> Result<(switchyard_rmcp::Exchange, tokio::time::Instant), Lost> {
    let mut exchange = live.begin(request, Tries::once(limit))?;
    let (datagram, until) = live.next(&mut exchange)?.ok_or(Lost::Silent)?;
    match timeout(CHANGE_WRITE, live.link().send(&datagram)).await {
        Ok(sent) => sent.map_err(Lost::Send)?,
        Err(_) => return Err(Lost::Send(std::io::ErrorKind::TimedOut.into())),
    }
    Ok((exchange, until))
}
