//! One open session, and how it comes about.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use switchyard_rmcp::{
    Account, BmcKey, CipherSuite, Exchange, Kind, NoRandomness, OpenError, Opening, Progress, Random,
    Received, Reply, Request, Session, Terms, Tries,
};
use tokio::net::lookup_host;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::port::Link;
use crate::address::Address;
use crate::controller::Controller;
use crate::fault::{Fault, Reason};
use crate::login::{Login, LoginVersion};
use crate::scope::Scope;

/// Random bytes of the operating system.
pub(super) struct System;

impl Random for System {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// None came.
    #[error("no answer came")]
    Silent,
    /// It could not be sent.
    #[error("the datagram cannot be sent")]
    Send(#[source] io::Error),
    /// There are no random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl Lost {
    pub(super) fn into_fault(self, address: &Address) -> Fault {
        match self {
            Self::Silent => Fault::maybe_sent(Reason::Timeout, format!("{address} did not answer")),
            Self::Send(error) => Fault::not_sent(
                Reason::Unreachable,
                format!("nothing can be sent to {address}: {error}"),
            ),
            Self::Randomness(error) => Fault::not_sent(Reason::Unreachable, error.to_string()),
        }
    }
}

/// An open session. Dropped, it tells the BMC so; nobody waits for the answer to that.
#[derive(Debug)]
pub(crate) struct Live {
    session: Option<Box<Session>>,
    link: Arc<Link>,
    /// The login that it was opened with.
    login: LoginVersion,
    /// When the BMC last answered within it.
    proven: Instant,
}

impl Live {
    fn new(session: Box<Session>, link: Arc<Link>, login: LoginVersion) -> Self {
        Self {
            session: Some(session),
            link,
            login,
            proven: Instant::now(),
        }
    }

    /// How long ago the BMC last showed that it knows the session.
    pub(super) fn silent_for(&self) -> Duration {
        self.proven.elapsed()
    }

    pub(super) fn suite(&self) -> Option<CipherSuite> {
        self.session.as_ref().map(|session| session.suite())
    }

    /// Sends a request as often as `tries` allow, until its answer comes.
    pub(super) async fn ask(&mut self, request: &Request, tries: Tries) -> Result<Reply, Lost> {
        let mut exchange = self.begin(request, tries)?;
        while let Some((datagram, until)) = self.next(&mut exchange)? {
            self.link.send(&datagram).await.map_err(Lost::Send)?;
            if let Some(reply) = self.answer(&mut exchange, until).await {
                return Ok(reply);
            }
        }
        Err(Lost::Silent)
    }

    /// Begins a request that is sent step by step.
    pub(super) fn begin(&mut self, request: &Request, tries: Tries) -> Result<Exchange, Lost> {
        self.link.clear();
        let session = self.session.as_mut().ok_or(Lost::Silent)?;
        Ok(session.begin(request, tries))
    }

    /// The next datagram of a request, and until when to wait for the answer; nothing when it may not be sent any more.
    pub(super) fn next(&mut self, exchange: &mut Exchange) -> Result<Option<(Vec<u8>, Instant)>, Lost> {
        let session = self.session.as_mut().ok_or(Lost::Silent)?;
        let next = session.send(exchange, Instant::now().into_std(), &mut System)?;
        Ok(next.map(|(datagram, until)| (datagram, Instant::from_std(until))))
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// The answer, if it comes in time.
    pub(super) async fn answer(&mut self, exchange: &mut Exchange, until: Instant) -> Option<Reply> {
        loop {
            let datagram = timeout_at(until, self.link.receive()).await.ok()?;
            let session = self.session.as_mut()?;
            match session.receive(exchange, &datagram) {
                Received::Reply(reply) => {
                    self.proven = Instant::now();
                    return Some(reply);
                }
                Received::Ignored(why) => tracing::trace!(?why, "an IPMI datagram was ignored"),
            }
        }
    }

    /// Ends the session, as dropping it does, but waits until the datagram can be sent.
    pub(super) async fn close(mut self) {
        let farewell = self
            .session
            .take()
            .and_then(|session| session.close(&mut System).ok());
        if let Some(farewell) = farewell
            && let Err(error) = self.link.send(&farewell).await
        {
            tracing::debug!(error = %error, "the end of an IPMI session was not sent");
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let farewell = self
            .session
            .take()
            .and_then(|session| session.close(&mut System).ok());
        if let Some(farewell) = farewell
            && let Err(error) = self.link.try_send(&farewell)
        {
            tracing::debug!(error = %error, "the end of an IPMI session was not sent");
        }
    }
}

impl Controller {
    /// The idle session, unless the login is another one by now or none is handed out any more: no session outlives its login.
    pub(super) async fn kept_session(&self, scope: &Scope) -> Result<Option<Live>, Fault> {
        let Some(live) = self.transport.sessions.take(self.owner) else {
            return Ok(None);
        };
        let login = self.present_login(scope).await?;
        Ok((live.login == login.version()).then_some(live))
    }

    /// Opens a session, once the BMC was left alone for long enough. Nothing of any request leaves.
    pub(super) async fn open_session(&self, scope: &Scope) -> Result<Live, Fault> {
        self.leave_alone(scope).await?;
        let address = &self.endpoint.address;
        let opened = tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::not_sent(Reason::Cancelled, format!("cancelled while a session with {address} was opened")))
            }
            result = self.establish(scope) => result,
            () = scope.expired() => Err(Fault::not_sent(
                Reason::Timeout,
                format!("the call's time ran out while a session with {address} was opened"),
            )),
        };
        let mut known = self.ipmi.lock();
        known.last = Some(Instant::now());
        let live = opened?;
        if let Some(suite) = live.suite()
            && known.suite.replace(suite) != Some(suite)
        {
            tracing::info!(controller = %self.endpoint.id, %suite, "IPMI sessions are protected by this suite");
        }
        Ok(live)
    }

    /// Keeps the gap between two sessions. The call's clock stands still meanwhile.
    async fn leave_alone(&self, scope: &Scope) -> Result<(), Fault> {
        let Some(last) = self.ipmi.lock().last else {
            return Ok(());
        };
        let _clock = scope.stop_clock();
        tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::not_sent(Reason::Cancelled, "cancelled while the controller was left alone between two sessions"))
            }
            () = sleep_until(last + self.endpoint.ipmi.session_gap) => Ok(()),
        }
    }

    async fn establish(&self, scope: &Scope) -> Result<Live, Fault> {
        let login = self.present_login(scope).await?;
        let account = account(&login, &self.endpoint.credential)?;
        let limit = Instant::now() + self.endpoint.timeouts.connect;
        let peer = timeout_at(limit, resolve(&self.endpoint.address))
            .await
            .map_err(|_| unknown(&self.endpoint.address, "the name servers do not answer"))??;
        let link = self.transport.sessions.link(peer).map_err(|error| {
            Fault::not_sent(
                Reason::Unreachable,
                format!("no socket for {}: {error}", self.endpoint.address),
            )
        })?;
        let settings = self.endpoint.ipmi;
        let (suite, other) = settings.suites.in_turn(self.ipmi.lock().suite);
        let terms = Terms {
            suite,
            other,
            privilege: settings.privilege,
            workarounds: settings.workarounds,
            wait: settings.retry,
        };
        let (opening, progress) =
            Opening::start(account.into(), terms, Instant::now().into_std(), &mut System);
        let link = Arc::new(link);
        let login = login.version();
        let pending = Pending { opening, link, login };
        self.drive(pending, progress, limit).await
    }

    /// Brings an opening to its end, at `limit` at the latest.
    async fn drive(
        &self,
        mut pending: Pending,
        mut progress: Progress,
        limit: Instant,
    ) -> Result<Live, Fault> {
        let mut until = Instant::now();
        loop {
            pending.say_farewell();
            match progress {
                Progress::Send(datagram, deadline) => {
                    until = Instant::from_std(deadline);
                    let sent = pending.link.send(&datagram).await;
                    sent.map_err(|error| Lost::Send(error).into_fault(&self.endpoint.address))?;
                }
                Progress::Wait => {}
                Progress::Opened(session) => {
                    return Ok(Live::new(session, Arc::clone(&pending.link), pending.login));
                }
                Progress::Failed(error) => return Err(refused(&self.endpoint.address, &error)),
            }
            let datagram = timeout_at(until.min(limit), pending.link.receive()).await.ok();
            let now = Instant::now();
            let opening = &mut pending.opening;
            progress = match datagram {
                Some(datagram) => opening.receive(&datagram, now.into_std(), &mut System),
                None if now >= limit => Progress::Failed(opening.give_up(&mut System)),
                None => opening.expire(now.into_std(), &mut System),
            };
        }
    }
}

/// A session on its way. Dropped before its end, it lets the BMC forget what was begun.
struct Pending {
    opening: Opening,
    link: Arc<Link>,
    login: LoginVersion,
}

impl Pending {
    fn say_farewell(&mut self) {
        if let Some(farewell) = self.opening.farewell()
            && let Err(error) = self.link.try_send(&farewell)
        {
            tracing::debug!(error = %error, "the end of an IPMI session was not sent");
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.opening.give_up(&mut System);
        self.say_farewell();
    }
}

/// The login as IPMI takes it.
fn account(login: &Login, credential: &str) -> Result<Account, Fault> {
    let unusable = |error: switchyard_rmcp::AccountError| {
        Fault::not_sent(
            Reason::Auth,
            format!("the credential {credential:?} cannot be used for IPMI: {error}"),
        )
    };
    let key = login.bmc_key().map(|key| BmcKey::from_text(key.expose()));
    let key = key.transpose().map_err(unusable)?;
    Account::new(&login.user, login.password().expose().as_bytes(), key).map_err(unusable)
}

async fn resolve(address: &Address) -> Result<SocketAddr, Fault> {
    let mut found = lookup_host((address.host.as_str(), address.port))
        .await
        .map_err(|error| unknown(address, &error.to_string()))?;
    found
        .next()
        .ok_or_else(|| unknown(address, "the name has no address"))
}

fn unknown(address: &Address, why: &str) -> Fault {
    Fault::not_sent(Reason::Unreachable, format!("no way to {address}: {why}"))
}

fn refused(address: &Address, error: &OpenError) -> Fault {
    let reason = match error.kind() {
        Kind::Silent => Reason::Unreachable,
        Kind::SessionFull => Reason::SessionFull,
        Kind::Credentials => Reason::Auth,
        Kind::Suite => Reason::Tls,
        Kind::Busy => Reason::Timeout,
        Kind::Protocol | Kind::Host => Reason::Cut,
    };
    Fault::not_sent(reason, format!("no session with {address}: {error}"))
}
