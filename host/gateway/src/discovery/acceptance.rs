//! Hosts become controllers: pinned first, then spoken to once, then written down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use switchyard_core::{Cause, ControllerId, Failure, Pace};
use switchyard_transport::{Address, Authentication, Endpoint, Fingerprint, Scheme, TlsPolicy, ipmi};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::naming::place;
use super::{
    Discoveries, Discovery, Host, Inner, Introduced, Names, NamingError, Standing, components, lock, record,
    scan,
};
use crate::inventory::{Component, Controller, NamedDriver, Part, Source};
use crate::telemetry::Chain;

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
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
}

/// A host that is about to be spoken to.
#[derive(Debug, Clone)]
pub struct Accepting {
    /// Its place among the hosts of the discovery.
    place: usize,
    address: Address,
    fingerprint: Option<Fingerprint>,
    name: ControllerId,
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
        let accepting = self.check(&discovery.hosts, &acceptance)?;
        for host in &accepting {
            if let Some(host) = discovery.hosts.get_mut(host.place) {
                host.standing = Standing::Accepting;
            }
        }
        let shown = discovery.clone();
        drop(discovery);
        let inner = Arc::clone(&self.inner);
        self.inner
            .tasks
            .spawn(async move { accept(&inner, &run, accepting, &acceptance).await });
        Ok(shown)
    }

    fn check(&self, hosts: &[Host], acceptance: &Acceptance) -> Result<Vec<Accepting>, AcceptanceError> {
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
            if let Standing::Accepting | Standing::Accepted { .. } = host.standing {
                return Err(AcceptanceError::Busy(address));
            }
            if inventory.controller(&name).is_some() {
                return Err(AcceptanceError::Taken(name));
            }
            if let Some(controller) = super::known_as(&self.inner.parts.keeper, &host.address) {
                return Err(AcceptanceError::Known { address, controller });
            }
            accepting.push(Accepting {
                place,
                address: host.address.clone(),
                fingerprint,
                name,
            });
        }
        Ok(accepting)
    }
}

/// Speaks to every host, a bounded number at once, and writes down those that let the service in.
async fn accept(
    inner: &Arc<Inner>,
    run: &Arc<Mutex<Discovery>>,
    hosts: Vec<Accepting>,
    acceptance: &Acceptance,
) {
    let places = Arc::new(Semaphore::new(ACCEPTING_MAX));
    let speaking = TaskTracker::new();
    for host in hosts {
        let place = inner
            .stop
            .run_until_cancelled(Arc::clone(&places).acquire_owned());
        let Some(Ok(place)) = place.await else { break };
        let (inner, run) = (Arc::clone(inner), Arc::clone(run));
        let controller = controller(&inner, &host, acceptance);
        speaking.spawn(async move {
            let standing = match introduce(&inner, &host, controller).await {
                Ok((controller, components)) => keep(&inner, controller, components).await,
                Err(failure) => refused(&failure),
            };
            let name = &host.name;
            if let Standing::Refused { code, text } = &standing {
                tracing::warn!(address = %host.address, controller = %name, code, "host not accepted: {text}");
            } else {
                tracing::info!(address = %host.address, controller = %name, "host accepted");
            }
            if let Some(host) = lock(&run).hosts.get_mut(host.place) {
                if let Standing::Accepted { controller, .. } = &standing {
                    host.known_as = Some(controller.clone());
                }
                host.standing = standing;
            }
            drop(place);
        });
    }
    speaking.close();
    speaking.wait().await;
    for host in &mut lock(run).hosts {
        if host.standing == Standing::Accepting {
            host.standing = Standing::Found;
        }
    }
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

/// Writes a controller down and lets it hold.
async fn keep(inner: &Arc<Inner>, controller: Controller, components: Vec<Component>) -> Standing {
    let id = controller.endpoint.id.clone();
    let names = components
        .iter()
        .map(|component| component.id.to_string())
        .collect();
    let changed = change(inner, |part| {
        part.controllers.push(controller);
        part.components.extend(components);
    });
    match changed.await {
        Ok(()) => Standing::Accepted {
            controller: id,
            components: names,
        },
        Err(error) => Standing::Refused {
            code: "discovery.not-stored",
            text: Chain(&error).to_string(),
        },
    }
}

/// Changes what was accepted: in the file first, then in what holds.
async fn change(inner: &Arc<Inner>, change: impl FnOnce(&mut Part)) -> Result<(), record::RecordError> {
    let _alone = inner.record.lock().await;
    let keeper = &inner.parts.keeper;
    let part = keeper.part(Source::Discovered).await;
    let mut part = part.map(|part| (*part).clone()).unwrap_or_default();
    change(&mut part);
    let (folder, kept) = (inner.parts.folder.clone(), part.clone());
    let written = tokio::task::spawn_blocking(move || record::write(&folder, &kept));
    written.await.map_err(|error| record::RecordError::Write {
        path: inner.parts.folder.clone(),
        source: std::io::Error::other(error),
    })??;
    keeper
        .put(Source::Discovered, part)
        .await
        .map_err(record::RecordError::Replace)?;
    Ok(())
}

impl Discoveries {
    /// Takes a controller that was accepted out of the inventory again, with its components. False when discovery holds none of this id.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub async fn remove(&self, id: &ControllerId) -> Result<bool, record::RecordError> {
        let part = self.inner.parts.keeper.part(Source::Discovered).await;
        let is_there = part.is_some_and(|part| part.controllers.iter().any(|known| known.endpoint.id == *id));
        if is_there {
            change(&self.inner, |part| {
                part.controllers.retain(|known| known.endpoint.id != *id);
                part.components
                    .retain(|component| component.controller.as_ref() != Some(id));
            })
            .await?;
        }
        Ok(is_there)
    }
}
