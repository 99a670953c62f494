//! One controller: where it is, how fast it may be asked, and how it is connected to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use switchyard_core::{ControllerId, Pace};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};

use crate::address::{Address, Scheme};
use crate::authentication::Authentication;
use crate::connection::{Connection, Prepared, Security};
use crate::digest::Digest;
use crate::fault::{Fault, Reason};
use crate::http::{Request, answer_headers, check_path, request_headers, without_query};
use crate::ipmi;
use crate::legacy::LegacyTls;
use crate::limits::Timeouts;
use crate::login::{Login, LoginError, LoginVersion};
use crate::pool::{Fit, Owner};
use crate::scope::Scope;
use crate::slot::{Load, Slots, Use};
use crate::tls::TlsPolicy;
use crate::transport::Transport;

/// What the inventory knows about a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The controller's id.
    pub id: ControllerId,
    /// Where it answers.
    pub address: Address,
    /// Whom its certificate has to satisfy.
    pub tls: TlsPolicy,
    /// The name of its credential.
    pub credential: String,
    /// How the login is shown to it over HTTP.
    pub authentication: Authentication,
    /// How fast it may be asked; drivers can only tighten it.
    pub pace: Pace,
    /// How long the parts of a request may take.
    pub timeouts: Timeouts,
    /// How it wants to be spoken to, where its address is an `ipmi://` one.
    pub ipmi: ipmi::Settings,
}

/// A controller that requests can be sent to.
pub struct Controller {
    pub(crate) endpoint: Endpoint,
    pub(crate) transport: Arc<Transport>,
    pub(crate) slots: Arc<Slots>,
    pub(crate) owner: Owner,
    pub(crate) digest: Digest,
    pub(crate) ipmi: ipmi::Memory,
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Controller {
    pub(crate) fn new(transport: Arc<Transport>, endpoint: Endpoint, owner: Owner) -> Self {
        let slots = Arc::new(Slots::new(pace_of(&endpoint)));
        Self::with_slots(transport, endpoint, owner, slots)
    }

    /// What takes the place of a controller whose endpoint has changed. At the same address it shares the slots, so that requests of both
    /// together are no more than allowed.
    pub(crate) fn succeed(before: &Self, endpoint: Endpoint, owner: Owner) -> Self {
        let transport = Arc::clone(&before.transport);
        if endpoint.address != before.endpoint.address {
            return Self::new(transport, endpoint, owner);
        }
        before.slots.set_pace(pace_of(&endpoint));
        Self::with_slots(transport, endpoint, owner, Arc::clone(&before.slots))
    }

    fn with_slots(transport: Arc<Transport>, endpoint: Endpoint, owner: Owner, slots: Arc<Slots>) -> Self {
        Self {
            endpoint,
            transport,
            slots,
            digest: Digest::default(),
            owner,
            ipmi: ipmi::Memory::default(),
            tls: OnceCell::new(),
        }
    }

    /// What the inventory knows about it.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The pace in force: the endpoint's, as tightened by drivers.
    pub fn pace(&self) -> Pace {
        self.slots.pace()
    }

    /// What is asked of it at this moment.
    pub fn load(&self) -> Load {
        self.slots.load()
    }

    /// Which login it is asked with, or why none is handed out. Asks the controller nothing.
    pub async fn login_version(&self) -> Result<LoginVersion, Fault> {
        self.login(self.transport.limits.login_wait)
            .await
            .map(|login| login.version())
    }

    /// Has the login looked up anew before it is handed out again, since the controller refused it.
    pub fn login_refused(&self) {
        let credentials = &self.transport.credentials;
        credentials.refused(&self.endpoint.id, &self.endpoint.credential);
    }

    /// Takes over what of `pace` is stricter than the pace in force.
    pub fn tighten(&self, pace: Pace) {
        self.slots.tighten(pace);
    }

    /// Makes sure that an idle connection is there, so that a dead controller is noticed before a driver is started for it. Counts
    /// as a request in flight, but neither keeps nor starts a gap.
    pub async fn connect(&self, scope: &Scope) -> Result<(), Fault> {
        self.transport.check_open()?;
        if self.endpoint.address.scheme == Scheme::Ipmi {
            return self.ipmi_connect(scope).await;
        }
        if self.transport.pool.has(self.owner) {
            return Ok(());
        }
        let _slot = self
            .slots
            .acquire(Use::Connect, scope, self.transport.limits.slot_wait)
            .await?;
        if !self.transport.pool.has(self.owner) {
            let connection = self.open(scope).await?;
            self.keep(connection);
        }
        Ok(())
    }

    /// Checks a request against all rules and adds what the host adds.
    pub(crate) async fn prepare(&self, request: &Request, scope: &Scope) -> Result<Prepared, Fault> {
        self.transport.check_open()?;
        if self.endpoint.address.scheme == Scheme::Ipmi {
            return Err(no_http());
        }
        let path = check_path(&request.path)?;
        let most = self.transport.limits.request_body;
        if request.body.len() > most {
            return Err(Fault::refused(format!(
                "the body of a request may have {most} bytes"
            )));
        }
        let mut headers = request_headers(request, &self.endpoint.address)?;
        let signer = if request.anonymous {
            None
        } else {
            self.authorize(&mut headers, scope).await?
        };
        Ok(Prepared {
            method: request.method,
            path,
            headers,
            body: request.body.clone(),
            signer,
        })
    }

    /// The present login, if it comes within the limit.
    pub(crate) async fn login(&self, limit: Duration) -> Result<Arc<Login>, Fault> {
        let name = &self.endpoint.credential;
        let login = self.transport.credentials.login(&self.endpoint.id, name);
        timeout(limit, login)
            .await
            .map_err(|_| {
                Fault::not_sent(
                    Reason::NoLogin,
                    format!("the credential {name:?} did not come in time"),
                )
            })?
            .map_err(|error| {
                let reason = match &error {
                    LoginError::Unavailable(_) => Reason::NoLogin,
                    LoginError::Unknown(_)
                    | LoginError::Unusable { .. }
                    | LoginError::NotBasic(_)
                    | LoginError::NotDigest { .. } => Reason::Auth,
                };
                Fault::not_sent(reason, error.to_string())
            })
    }

    /// A connection that fits: a kept one that still stands, else a fresh one. Tells whether it was kept.
    pub(crate) async fn connection(&self, fit: Fit, scope: &Scope) -> Result<(Connection, bool), Fault> {
        if scope.cancel.is_cancelled() {
            return Err(Fault::not_sent(
                Reason::Cancelled,
                "the call was cancelled before the request was sent",
            ));
        }
        if scope.due() <= Instant::now() {
            return Err(Fault::not_sent(
                Reason::Timeout,
                "the call's time ran out before the request was sent",
            ));
        }
        while let Some(mut kept) = self.transport.pool.take(self.owner, fit) {
            if kept.is_ready().await {
                return Ok((kept, true));
            }
        }
        Ok((self.open(scope).await?, false))
    }

    pub(crate) async fn open(&self, scope: &Scope) -> Result<Connection, Fault> {
        let limit = self.endpoint.timeouts.connect;
        let address = &self.endpoint.address;
        let connecting = async {
            let security = match address.scheme {
                Scheme::Http => Security::Plain,
                Scheme::Https => self.security().await?,
                Scheme::Ipmi => return Err(no_http()),
            };
            Connection::open(address, security, &self.transport.limits).await
        };
        tokio::select! {
            biased;
            () = scope.cancel.cancelled() => {
                Err(Fault::not_sent(Reason::Cancelled, format!("cancelled while connecting to {address}")))
            }
            result = connecting => result,
            () = tokio::time::sleep(limit) => Err(Fault::not_sent(
                Reason::Unreachable,
                format!("no connection to {address} within {limit:?}: check the address, the network and the controller"),
            )),
            () = scope.expired() => Err(Fault::not_sent(
                Reason::Timeout,
                format!("the call's time ran out while connecting to {address}"),
            )),
        }
    }

    async fn security(&self) -> Result<Security, Fault> {
        let TlsPolicy::Legacy(trust) = self.endpoint.tls else {
            return self.tls().await.map(Security::Tls);
        };
        Ok(Security::Legacy(self.legacy()?, trust))
    }

    /// The TLS for controllers that rustls does not reach.
    pub(crate) fn legacy(&self) -> Result<Arc<dyn LegacyTls>, Fault> {
        self.transport.limits.legacy_tls.clone().ok_or_else(|| {
            Fault::not_sent(
                Reason::Tls,
                "this build has no TLS for legacy controllers: build switchyardd with its feature `legacy-tls`",
            )
        })
    }

    async fn tls(&self) -> Result<Arc<ClientConfig>, Fault> {
        let config = self
            .tls
            .get_or_try_init(|| self.transport.tls.config(&self.endpoint.tls))
            .await;
        config
            .cloned()
            .map_err(|error| Fault::not_sent(Reason::Tls, error.to_string()))
    }

    /// Keeps a connection for the next request.
    pub(crate) fn keep(&self, connection: Connection) {
        self.transport
            .pool
            .put(self.owner, connection, usize::from(self.slots.pace().parallel));
    }

    /// One event per request: never headers, never bodies, never the query.
    pub(crate) fn trace(&self, request: &Request, begun: Instant, result: Result<u16, &Fault>) {
        let (status, delivery) = match result {
            Ok(status) => (Some(status), "answered".to_owned()),
            Err(fault) => (fault.status, fault.delivery.to_string()),
        };
        tracing::debug!(
            controller = %self.endpoint.id,
            method = %request.method,
            path = without_query(&request.path),
            status,
            elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            delivery,
            fault = result.err().map(|fault| fault.text.as_str()),
            "BMC request"
        );
        if let Some(meter) = &self.transport.limits.meter {
            meter.ended(
                request.method,
                status,
                result.err().map(|fault| &fault.reason),
                begun.elapsed(),
            );
        }
    }
}

/// The pace that the inventory allows.
fn pace_of(endpoint: &Endpoint) -> Pace {
    let mut pace = endpoint.pace;
    if endpoint.address.scheme == Scheme::Ipmi {
        // A session answers one request after the other.
        pace.parallel = 1;
    }
    pace
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.transport.pool.forget(self.owner);
        self.transport.sessions.forget(self.owner);
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller")
            .field("endpoint", &self.endpoint)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

fn no_http() -> Fault {
    Fault::refused(
        "this controller is reached by IPMI and speaks no HTTP: give it an https:// address, or another driver",
    )
}

/// The shorter of the time asked for and the limit; zero asks for the limit.
pub(crate) fn shorter(asked: Duration, limit: Duration) -> Duration {
    if asked.is_zero() { limit } else { asked.min(limit) }
}

/// Status and headers of an answer, and whether the controller closes the connection after it.
pub(crate) fn head<B>(answer: &http::Response<B>) -> (u16, Vec<(String, String)>, bool) {
    let close = answer.version() < http::Version::HTTP_11
        || answer
            .headers()
            .get_all(http::header::CONNECTION)
            .iter()
            .any(|value| {
                value.to_str().is_ok_and(|value| {
                    value
                        .split(',')
                        .any(|word| word.trim().eq_ignore_ascii_case("close"))
                })
            });
    (answer.status().as_u16(), answer_headers(answer.headers()), close)
}
