//! A simulated SMD, and what asks it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::RootCertStore;
use smd_sim::{Site, SmdSim};
use switchyard_transport::{Secret, Timeouts, TlsPolicy};

use crate::clock::{Clock, ManualClock, SystemClock};
use crate::dependencies::{Dependencies, Dependency};
use crate::inventory::Part;
use crate::smd::client::Client;
use crate::smd::part::Defaults;
use crate::smd::settings::{Connection, OAuth2};
use crate::smd::sink::Sink;
use crate::smd::source::{Settings, Source};

/// How long a request may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

/// TLS that trusts nobody: the simulated SMD speaks HTTP.
fn tls() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

pub(super) fn client_within(smd: &SmdSim, timeout: Duration, oauth2: Option<OAuth2>) -> Client {
    let connection = Connection {
        url: smd.base_url().parse().unwrap(),
        tls: tls(),
        timeout,
        oauth2,
    };
    Client::new(connection).unwrap()
}

pub(in crate::smd) fn client(smd: &SmdSim) -> Client {
    client_within(smd, TIMEOUT, None)
}

/// A client with tokens of the simulated token endpoint.
pub(super) fn client_with_token(smd: &SmdSim, secret: &str) -> Client {
    let oauth2 = OAuth2 {
        client_id: "switchyard".to_owned(),
        client_secret: Secret::new(secret.to_owned()),
        token_url: smd.token_url().parse().unwrap(),
        scope: String::new(),
    };
    client_within(smd, TIMEOUT, Some(oauth2))
}

pub(super) fn defaults() -> Defaults {
    Defaults {
        credential: "default".to_owned(),
        tls: TlsPolicy::System,
        timeouts: Timeouts::default(),
    }
}

/// A source with its cache in a folder of its own.
pub(super) struct Bench {
    pub(super) smd: SmdSim,
    pub(super) source: Arc<Source>,
    pub(super) dependencies: Dependencies,
    pub(super) folder: tempfile::TempDir,
    /// The clock of the source, which stands still until it is moved.
    pub(super) clock: Arc<ManualClock>,
    interval: Duration,
}

impl Bench {
    pub(super) async fn start(site: Site) -> Self {
        Self::every(Duration::from_mins(1), site).await
    }

    /// The same, read at these intervals.
    pub(super) async fn every(interval: Duration, site: Site) -> Self {
        let smd = SmdSim::start(site).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let dependencies = Dependencies::default();
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let source = source(&smd, &folder, &dependencies, &clock, interval);
        Self {
            smd,
            source,
            dependencies,
            folder,
            clock,
            interval,
        }
    }

    /// The source of a later process.
    pub(super) fn restarted(&self) -> Arc<Source> {
        source(
            &self.smd,
            &self.folder,
            &self.dependencies,
            &self.clock,
            self.interval,
        )
    }

    /// The ids of the components that hold.
    pub(super) fn ids(&self) -> Vec<String> {
        ids(&self.source.part())
    }
}

pub(super) fn ids(part: &Part) -> Vec<String> {
    let components = part.components.iter();
    components.map(|component| component.id.to_string()).collect()
}

fn source(
    smd: &SmdSim,
    folder: &tempfile::TempDir,
    dependencies: &Dependencies,
    clock: &Arc<ManualClock>,
    interval: Duration,
) -> Arc<Source> {
    let settings = Settings {
        interval,
        cache_file: folder.path().join("cache.json"),
        defaults: defaults(),
        with_logins: false,
    };
    let dependency = dependencies.handle(Dependency::Smd);
    Arc::new(Source::new(
        client(smd),
        Arc::clone(clock) as Arc<dyn Clock>,
        dependency,
        settings,
    ))
}

/// Remembers every other part that it was given.
#[derive(Default)]
pub(super) struct Parts(pub(super) Mutex<Vec<Part>>);

#[async_trait::async_trait]
impl Sink for Parts {
    async fn put(&self, part: Part) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut parts = self.0.lock().unwrap();
        if parts.last() != Some(&part) {
            parts.push(part);
        }
        Ok(())
    }

    fn failed(&self, reason: &str) {
        panic!("SMD could not be read: {reason}");
    }
}

/// A site of BMCs with a node each.
pub(super) fn site(bmcs: &[&str]) -> Site {
    let mut site = Site::default();
    for (nid, bmc) in (1..).zip(bmcs) {
        site.add_node(bmc, &format!("127.1.0.{nid}:9443"), nid);
    }
    site
}

/// Waits for a condition.
pub(super) async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "it did not come about that {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
