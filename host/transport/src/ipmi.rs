//! IPMI commands as drivers see them (IPMI 2.0, section 5), sent over RMCP+ (section 13).
//!
//! A controller with an `ipmi://` address has at most one session. Reads may be sent again when no answer comes; a change is one
//! datagram, whatever becomes of it.

mod change;
mod port;
mod readers;
mod session;
mod sessions;
mod settings;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use switchyard_rmcp::{Request, Tries};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub use switchyard_rmcp::{CipherSuite, Privilege, Workaround, Workarounds};

pub(crate) use self::sessions::Sessions;
pub use self::settings::{Settings, Suites};

use self::session::{Live, Lost};
use crate::address::Scheme;
use crate::controller::Controller;
use crate::fault::{Fault, Reason};
use crate::permit::Permit;
use crate::scope::Scope;
use crate::slot::Use;

/// How often a read is asked again of a BMC that says it is busy.
const BUSY_TRIES: u32 = 4;

/// How lately a BMC must have answered to be taken for alive when a call begins.
const HEARD: Duration = Duration::from_secs(5);

/// Where a message is sent on to, for controllers behind the BMC (section 22.3, Send Message).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bridge {
    /// The channel.
    pub channel: u8,
    /// The slave address on it.
    pub address: u8,
}

/// A command. Its data does not show itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The network function of the request.
    pub netfn: u8,
    /// The logical unit.
    pub lun: u8,
    /// The command.
    pub command: u8,
    /// Its data.
    pub data: Bytes,
    /// Where to, when not the BMC itself.
    pub via: Option<Bridge>,
}

impl Message {
    /// The message as a request, if it is one.
    fn request(&self) -> Result<Request, Fault> {
        let via = self.via.map(|via| switchyard_rmcp::Bridge {
            channel: via.channel,
            address: via.address,
        });
        Request::new(self.netfn, self.lun, self.command, self.data.to_vec(), via)
            .map_err(|error| Fault::refused(error.to_string()))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("netfn", &self.netfn)
            .field("lun", &self.lun)
            .field("command", &self.command)
            .field("data", &self.data.len())
            .field("via", &self.via)
            .finish()
    }
}

/// An answer, with any completion code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The completion code; 0 is success.
    pub completion: u8,
    /// The data behind it.
    pub data: Bytes,
}

impl From<switchyard_rmcp::Reply> for Reply {
    fn from(reply: switchyard_rmcp::Reply) -> Self {
        Self {
            completion: reply.completion,
            data: reply.data.into(),
        }
    }
}

/// What is remembered of a controller between its sessions.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: Mutex<Known>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    /// The suite of the last session.
    suite: Option<CipherSuite>,
    /// When a session last began or ended, or failed to begin.
    last: Option<Instant>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Controller {
    /// Sends a command that only asks: one of the host's table of readers. It is sent up to four times when no answer comes, and asked
    /// again when the BMC says that it is busy.
    pub async fn ipmi_read(&self, message: Message, scope: &Scope) -> Result<Reply, Fault> {
        self.speaks_ipmi()?;
        if !readers::reads(&message) {
            return Err(Fault::refused(format!(
                "network function {:02x}h, command {:02x}h is not in the host's table of commands that only read: send it as a change",
                message.netfn, message.command
            )));
        }
        let request = message.request()?;
        self.transport.check_open()?;
        let _slot = self
            .slots
            .acquire(Use::Request, scope, self.transport.limits.slot_wait)
            .await?;
        let begun = Instant::now();
        let result = tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::maybe_sent(Reason::Cancelled, "cancelled while the controller was asked"))
            }
            result = self.ask(&request, scope) => result,
            () = scope.expired() => Err(self.too_late()),
            () = sleep(self.endpoint.timeouts.read) => Err(self.too_late()),
        };
        self.trace_ipmi(&message, false, begun, &result);
        result
    }

    /// Sends any other command, as one datagram that spends the permit.
    ///
    /// The request belongs to a task of the transport, as that of [`Controller::change`].
    pub async fn ipmi_change(
        self: &Arc<Self>,
        message: Message,
        permit: Arc<Permit>,
        scope: &Scope,
    ) -> Result<Reply, Fault> {
        self.speaks_ipmi()?;
        let request = message.request()?;
        self.transport.check_open()?;
        let claim = permit.claim()?;
        let patience = self.endpoint.timeouts.change;
        let send = |controller: Arc<Self>, scope: Scope, gone: CancellationToken| async move {
            let begun = Instant::now();
            let result = controller.ipmi_send(claim, &request, &scope, &gone).await;
            controller.trace_ipmi(&message, true, begun, &result);
            result
        };
        self.owned(permit, patience, scope, send).await
    }

    /// Makes sure that there is a session in which the BMC answers, so that a dead one is noticed before a driver is started for it.
    pub(crate) async fn ipmi_connect(&self, scope: &Scope) -> Result<(), Fault> {
        let sessions = &self.transport.sessions;
        let heard = || {
            sessions
                .silent_for(self.owner)
                .is_some_and(|silence| silence < HEARD)
        };
        if heard() {
            return Ok(());
        }
        let _slot = self
            .slots
            .acquire(Use::Connect, scope, self.transport.limits.slot_wait)
            .await?;
        if !heard() {
            let live = self.proven_session(scope).await?;
            sessions.put(self.owner, live);
        }
        Ok(())
    }

    /// Asks until there is an answer that does not say "busy".
    async fn ask(&self, request: &Request, scope: &Scope) -> Result<Reply, Fault> {
        let unit = self.endpoint.ipmi.retry;
        let mut round = 1;
        loop {
            let reply = self.ask_once(request, scope).await?;
            if round == BUSY_TRIES || !reply.asks_to_come_back() {
                return Ok(reply.into());
            }
            sleep(unit * round).await;
            round += 1;
        }
    }

    async fn ask_once(&self, request: &Request, scope: &Scope) -> Result<switchyard_rmcp::Reply, Fault> {
        let unit = self.endpoint.ipmi.retry;
        if let Some(mut live) = self.kept_session(scope).await? {
            // A BMC that was restarted knows nothing of the session and keeps silent: it is not asked as long as one in a fresh session.
            match live.ask(request, Tries::probing(unit)).await {
                Err(Lost::Silent) => drop(live),
                result => return self.asked(live, result),
            }
        }
        let mut live = self.open_session(scope).await?;
        let result = live.ask(request, Tries::asking(unit)).await;
        self.asked(live, result)
    }

    /// Keeps the session of a request that was answered.
    fn asked(
        &self,
        live: Live,
        result: Result<switchyard_rmcp::Reply, Lost>,
    ) -> Result<switchyard_rmcp::Reply, Fault> {
        match result {
            Ok(reply) => {
                self.transport.sessions.put(self.owner, live);
                Ok(reply)
            }
            Err(lost) => Err(lost.into_fault(&self.endpoint.address)),
        }
    }

    fn speaks_ipmi(&self) -> Result<(), Fault> {
        match self.endpoint.address.scheme {
            Scheme::Ipmi => Ok(()),
            Scheme::Http | Scheme::Https => Err(Fault::refused(
                "this controller is not reached by IPMI: give it an ipmi:// address, or another driver",
            )),
        }
    }

    fn too_late(&self) -> Fault {
        Fault::maybe_sent(
            Reason::Timeout,
            format!("{} did not answer in time", self.endpoint.address),
        )
    }

    /// One event per request: never its data.
    fn trace_ipmi(&self, message: &Message, change: bool, begun: Instant, result: &Result<Reply, Fault>) {
        let fault = result.as_ref().err();
        let completion = result.as_ref().ok().map(|reply| reply.completion);
        let delivery = fault.map_or_else(|| "answered".to_owned(), |fault| fault.delivery.to_string());
        tracing::debug!(
            controller = %self.endpoint.id,
            netfn = message.netfn,
            command = message.command,
            change,
            completion,
            elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            delivery,
            fault = fault.map(|fault| fault.text.as_str()),
            "BMC request"
        );
        if let Some(meter) = &self.transport.limits.meter {
            meter.ipmi_ended(
                change,
                completion,
                fault.map(|fault| &fault.reason),
                begun.elapsed(),
            );
        }
    }
}
