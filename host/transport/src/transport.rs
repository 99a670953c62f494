//! What all controllers share: limits, credentials, TLS configurations, idle connections and sessions, and the owner of changes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::controller::{Controller, Endpoint};
use crate::fault::{Fault, Reason};
use crate::ipmi::Sessions;
use crate::limits::TransportConfig;
use crate::login::Credentials;
use crate::pool::{Owner, Pool};
use crate::tls::TlsConfigs;

/// How long changes that are cut off at shutdown may take to say so.
const CUT_WAIT: Duration = Duration::from_secs(1);

/// How long telling all BMCs that their sessions are over may take; it is one datagram each.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// The one transport of the service.
pub struct Transport {
    pub(crate) limits: TransportConfig,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) tls: TlsConfigs,
    pub(crate) pool: Arc<Pool>,
    pub(crate) sessions: Arc<Sessions>,
    /// Owns every change from its claim to its answer.
    pub(crate) changes: TaskTracker,
    /// Nothing begins any more.
    pub(crate) closing: CancellationToken,
    /// What is in flight is given up.
    pub(crate) cut: CancellationToken,
    next: AtomicU64,
}

impl Transport {
    /// A transport without controllers.
    pub fn new(limits: TransportConfig, credentials: Arc<dyn Credentials>) -> Arc<Self> {
        let pool = Arc::new(Pool::new(limits.idle_connections, limits.idle_for));
        let sessions = Arc::new(Sessions::new(limits.ipmi_sessions, limits.ipmi_idle));
        Arc::new(Self {
            limits,
            credentials,
            tls: TlsConfigs::new(),
            pool,
            sessions,
            changes: TaskTracker::new(),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
            next: AtomicU64::new(0),
        })
    }

    /// A controller at this endpoint. Keep one per endpoint: two of them know nothing of each other's requests.
    pub fn controller(self: &Arc<Self>, endpoint: Endpoint) -> Arc<Controller> {
        let owner = Owner(self.next.fetch_add(1, Ordering::Relaxed));
        Arc::new(Controller::new(Arc::clone(self), endpoint, owner))
    }

    /// What takes the place of a controller whose endpoint has changed.
    pub fn succeed(self: &Arc<Self>, before: &Controller, endpoint: Endpoint) -> Arc<Controller> {
        let owner = Owner(self.next.fetch_add(1, Ordering::Relaxed));
        Arc::new(Controller::succeed(before, endpoint, owner))
    }

    /// Begins nothing new and waits until the changes in flight have their answers, at most
    /// [`shutdown_wait`](TransportConfig::shutdown_wait). Then what is left is given up; its permits stay *maybe sent*.
    pub async fn shutdown(&self) {
        self.closing.cancel();
        self.changes.close();
        if timeout(self.limits.shutdown_wait, self.changes.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                changes = self.changes.len(),
                "giving up changes that got no answer before the shutdown"
            );
            self.cut.cancel();
            if timeout(CUT_WAIT, self.changes.wait()).await.is_err() {
                tracing::warn!(changes = self.changes.len(), "changes did not end when given up");
            }
        }
        self.pool.clear();
        if timeout(CLOSE_WAIT, self.sessions.close_all()).await.is_err() {
            tracing::debug!("some IPMI sessions are left to end by themselves");
        }
    }

    /// How many changes are in flight or waiting.
    pub fn changes_in_flight(&self) -> usize {
        self.changes.len()
    }

    /// How many idle connections are kept.
    pub fn idle_connections(&self) -> usize {
        self.pool.len()
    }

    /// How many idle IPMI sessions are kept.
    pub fn idle_sessions(&self) -> usize {
        self.sessions.len()
    }

    pub(crate) fn check_open(&self) -> Result<(), Fault> {
        if self.closing.is_cancelled() {
            Err(Fault::not_sent(Reason::Cancelled, "the service is stopping"))
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("limits", &self.limits)
            .field("pool", &self.pool)
            .field("sessions", &self.sessions)
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}
