//! Hosts become controllers: pinned first, then spoken to once, then written down.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use switchyard_core::{Cause, ControllerId, Failure, Pace};
use switchyard_transport::{Address, Authentication, Endpoint, Fingerprint, Scheme, TlsPolicy, ipmi};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::keeping::keep;
use super::naming::place;
use super::{
    Discoveries, Discovery, Host, Inner, Introduced, Names, NamingError, Order, Standing, components, lock,
    scan,
};
use crate::inventory::{Component, Controller, NamedDriver};

/// The most hosts that are spoken to at once.
const ACCEPTING_MAX: usize = 16;

/// What an administrator accepts.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Which hosts, under which names.
    pub names: Names,
    /// The name of their credential.
    pub credential: String,
    /// The driver that speaks to them; nothing: it is found out.
    pub driver: Option<NamedDriver>,
    /// The fingerprints that some of them must have, by address.
    pub fingerprints: BTreeMap<String, Fingerprint>,
    /// Whether hosts without a certificate are accepted: whoever is on the path can read the password.
    pub insecure: bool,
}

/// Why nothing is accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptanceError {
    /// There is no such discovery.
    #[error("there is no discovery {0}, or it has been forgotten")]
    NotFound(Uuid),
    /// The hosts or names are not clear.
    #[error(transparent)]
    Naming(#[from] NamingError),
    /// A host is another than the one that is meant.
    #[error("{address} shows the certificate {shown}, not {wanted}")]
    Fingerprint {
        /// The host.
        address: String,
        /// What it shows.
        shown: String,
        /// What it should show.
        wanted: Fingerprint,
    },
    /// A host has no certificate.
    #[error(
        "{0} shows no certificate, so that a password sent there can be read on the way; say insecure if that is meant"
    )]
    Insecure(String),
    /// A name is one of the inventory.
    #[error("the inventory holds a controller {0} already")]
    Taken(ControllerId),
    /// A host is in the inventory.
    #[error("{address} is the controller {controller} of the inventory already")]
    Known {
        /// The host.
        address: String,
        /// What it is.
        controller: ControllerId,
    },
    /// A host is being accepted by somebody else.
    #[error("{0} is being accepted, or is already")]
    Busy(String),
    /// A name is being given to another host.
    #[error("another host is being accepted as {0}")]
    Promised(ControllerId),
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
}

/// A host that is about to be spoken to.
#[derive(Debug)]
struct Accepting {
    address: Address,
    /// Its place among the hosts, of which a scan that still runs finds more.
    order: Order,
    fingerprint: Option<Fingerprint>,
    name: ControllerId,
}

/// What is being accepted, of all discoveries.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    names: HashSet<ControllerId>,
    addresses: HashSet<Address>,
}

/// A host that nobody else accepts meanwhile, nor another one under its name.
struct Held {
    host: Accepting,
    inner: Arc<Inner>,
    run: Arc<Mutex<Discovery>>,
}

impl Held {
    fn take(host: Accepting, inner: &Arc<Inner>, run: &Arc<Mutex<Discovery>>) -> Self {
        Self {
            host,
            inner: Arc::clone(inner),
            run: Arc::clone(run),
        }
    }

    fn ends(&self, standing: Standing) {
        if let Some(host) = row(&mut lock(&self.run).hosts, self.host.order) {
            if let Standing::Accepted { controller, .. } = &standing {
                host.known_as = Some(controller.clone());
            }
            host.standing = standing;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // One of which nothing became can be accepted again.
        if let Some(host) = row(&mut lock(&self.run).hosts, self.host.order)
            && host.standing == Standing::Accepting
        {
            host.standing = Standing::Found;
        }
        let mut in_flight = lock(&self.inner.in_flight);
        in_flight.names.remove(&self.host.name);
        in_flight.addresses.remove(&self.host.address);
    }
}

/// The host of this place.
fn row(hosts: &mut [Host], order: Order) -> Option<&mut Host> {
    let place = hosts.binary_search_by_key(&order, Host::order).ok()?;
    hosts.get_mut(place)
}

impl Discoveries {
    /// Begins to accept hosts. Goes on when the caller is gone; the discovery tells what became of each.
    ///
    /// # Errors
    /// When something about the acceptance is not clear. Nothing was sent then.
    pub fn accept(&self, id: Uuid, acceptance: Acceptance) -> Result<Discovery, AcceptanceError> {
        if self.inner.stop.is_cancelled() {
            return Err(AcceptanceError::Stopping);
        }
        let run = self.run(id).ok_or(AcceptanceError::NotFound(id))?;
        let mut discovery = lock(&run);
        let mut in_flight = lock(&self.inner.in_flight);
        let accepting = self.check(&discovery.hosts, &in_flight, &acceptance)?;
        for host in &accepting {
            in_flight.names.insert(host.name.clone());
            in_flight.addresses.insert(host.address.clone());
            if let Some(host) = row(&mut discovery.hosts, host.order) {
                host.standing = Standing::Accepting;
            }
        }
        drop(in_flight);
        let shown = discovery.clone();
        drop(discovery);
        let inner = Arc::clone(&self.inner);
        let held = accepting.into_iter();
        let held = held.map(|host| Held::take(host, &inner, &run)).collect();
        self.inner
            .tasks
            .spawn(async move { accept(&inner, held, &acceptance).await });
        Ok(shown)
    }

    fn check(
        &self,
        hosts: &[Host],
        in_flight: &InFlight,
        acceptance: &Acceptance,
    ) -> Result<Vec<Accepting>, AcceptanceError> {
        let inventory = self.inner.parts.keeper.inventory();
        let mut wanted = BTreeMap::new();
        for (address, fingerprint) in &acceptance.fingerprints {
            wanted.insert(place(address, hosts)?, *fingerprint);
        }
        let mut accepting = Vec::new();
        for (place, name) in acceptance.names.assign(hosts)? {
            let Some(host) = hosts.get(place) else { continue };
            let address = host.address.to_string();
            let fingerprint = host.fingerprint();
            if let Some(wanted) = wanted.get(&place).filter(|wanted| fingerprint != Some(**wanted)) {
                return Err(AcceptanceError::Fingerprint {
                    address,
                    shown: fingerprint.map_or_else(|| "none".to_owned(), |shown| shown.to_string()),
                    wanted: *wanted,
                });
            }
            if fingerprint.is_none() && !acceptance.insecure {
                return Err(AcceptanceError::Insecure(address));
            }
            if matches!(host.standing, Standing::Accepting | Standing::Accepted { .. })
                || in_flight.addresses.contains(&host.address)
            {
                return Err(AcceptanceError::Busy(address));
            }
            if in_flight.names.contains(&name) {
                return Err(AcceptanceError::Promised(name));
            }
            if inventory.controller(&name).is_some() {
                return Err(AcceptanceError::Taken(name));
            }
            if let Some(controller) = super::known_as(&self.inner.parts.keeper, &host.address) {
                return Err(AcceptanceError::Known { address, controller });
            }
            accepting.push(Accepting {
                address: host.address.clone(),
                order: host.order(),
                fingerprint,
                name,
            });
        }
        Ok(accepting)
    }
}

/// Speaks to every host, a bounded number at once, and writes down those that let the service in.
async fn accept(inner: &Arc<Inner>, hosts: Vec<Held>, acceptance: &Acceptance) {
    let places = Arc::new(Semaphore::new(ACCEPTING_MAX));
    let speaking = TaskTracker::new();
    for held in hosts {
        let place = inner
            .stop
            .run_until_cancelled(Arc::clone(&places).acquire_owned());
        let Some(Ok(place)) = place.await else { break };
        let inner = Arc::clone(inner);
        let controller = controller(&inner, &held.host, acceptance);
        speaking.spawn(async move {
            let host = &held.host;
            let standing = match introduce(&inner, host, controller).await {
                Ok((controller, components)) => keep(&inner, controller, components).await,
                Err(failure) => refused(&failure),
            };
            let name = &host.name;
            if let Standing::Refused { code, text } = &standing {
                tracing::warn!(address = %host.address, controller = %name, code, "host not accepted: {text}");
            } else {
                tracing::info!(address = %host.address, controller = %name, "host accepted");
            }
            held.ends(standing);
            drop(place);
        });
    }
    speaking.close();
    speaking.wait().await;
}

fn refused(failure: &Failure) -> Standing {
    Standing::Refused {
        code: failure.cause.code(),
        text: failure.to_string(),
    }
}

/// The controller that a host becomes.
fn controller(inner: &Inner, host: &Accepting, acceptance: &Acceptance) -> Controller {
    let tls = match host.fingerprint {
        Some(Fingerprint(sha256)) => TlsPolicy::Pin { sha256 },
        None => TlsPolicy::System,
    };
    Controller {
        endpoint: Endpoint {
            id: host.name.clone(),
            authentication: Authentication::usual_at(&host.address),
            address: host.address.clone(),
            tls,
            credential: acceptance.credential.clone(),
            pace: Pace::default(),
            timeouts: inner.parts.timeouts,
            ipmi: ipmi::Settings::default(),
        },
        driver: acceptance.driver.clone(),
        settings: Arc::default(),
    }
}

/// Looks whether the host is still the one that was found, and only then sends credentials.
async fn introduce(
    inner: &Inner,
    host: &Accepting,
    controller: Controller,
) -> Result<(Controller, Vec<Component>), Failure> {
    if host.address.scheme == Scheme::Https {
        let shown = scan::certificate(&inner.http, &host.address).await;
        let shown = shown.map_err(|text| Failure::new(Cause::Unreachable, text))?;
        if Some(shown.fingerprint) != host.fingerprint {
            let text = format!(
                "It shows another certificate now than the discovery saw ({}): discover it again. No credentials were sent.",
                shown.fingerprint
            );
            return Err(Failure::new(Cause::Tls, text));
        }
    }
    let introduced: Introduced = inner.parts.introducer.introduce(&controller, &inner.stop).await?;
    let components = components::of(&host.name, &introduced);
    if components.is_empty() {
        let text = "It lets the service in, and shows nothing that has power to switch.";
        return Err(Failure::new(Cause::NotSupported, text));
    }
    Ok((controller, components))
}
