//! All BMCs of one simulator.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::amt;
use crate::bmc::Bmc;
use crate::clock::{Clock, Moment};
use crate::config::{SimConfig, Tls};
use crate::counters::Counts;
use crate::fault::FaultTable;
use crate::redfish::Tree;
use crate::sim::Error;
use crate::tls::Authority;

/// All BMCs, what they have in common, and the rules by which they fail.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) config: SimConfig,
    pub(crate) clock: Clock,
    pub(crate) faults: FaultTable,
    pub(crate) bmcs: Vec<Bmc>,
    pub(crate) authority: Option<Arc<Authority>>,
    /// Port of each BMC with a port of its own; one entry when all share it.
    pub(crate) ports: Vec<u16>,
    /// UDP port of each BMC; empty without IPMI.
    pub(crate) ipmi_ports: Vec<u16>,
    /// Port for AMT of each BMC with a port of its own; one entry when all share it, none without AMT.
    pub(crate) amt_ports: Vec<u16>,
    /// The AMT side of each BMC; empty without AMT.
    pub(crate) amt: Vec<amt::Controller>,
    pub(crate) open_connections: AtomicUsize,
    authorization: RwLock<HeaderValue>,
}

/// The header of basic authentication (RFC 7617).
fn basic(user: &str, password: &str) -> Result<HeaderValue, Error> {
    let basic = STANDARD.encode(format!("{user}:{password}"));
    let mut value =
        HeaderValue::from_str(&format!("Basic {basic}")).map_err(|source| Error::Login { source })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Fleet {
    /// Takes another password over HTTP from now on.
    pub(crate) fn set_password(&self, user: &str, password: &str) -> Result<(), Error> {
        let authorization = basic(user, password)?;
        *self.authorization.write().unwrap_or_else(PoisonError::into_inner) = authorization;
        Ok(())
    }

    /// Builds the fleet of a checked configuration that will listen at `ports`, and at `ipmi_ports` and `amt_ports` for the others.
    pub(crate) fn new(
        mut config: SimConfig,
        ports: Vec<u16>,
        ipmi_ports: Vec<u16>,
        amt_ports: Vec<u16>,
    ) -> Result<Self, Error> {
        let authorization = basic(&config.login.user, &config.login.password)?;
        let authority = match (config.tls, config.authority.take()) {
            (Tls::Off, _) => None,
            (_, Some(authority)) if authority.serves(&config) => Some(authority),
            _ => Some(Arc::new(
                Authority::new(&config).map_err(|source| Error::Certificate { source })?,
            )),
        };
        let usual = Arc::new(Tree::new(&config.profile, config.nodes_per_bmc));
        let mut trees = vec![usual; config.count];
        for (bmcs, profile) in &config.exceptions {
            let own = Arc::new(Tree::new(profile, config.nodes_per_bmc));
            for index in bmcs {
                if let Some(tree) = trees.get_mut(*index) {
                    *tree = Arc::clone(&own);
                }
            }
        }
        let bmcs = trees
            .into_iter()
            .enumerate()
            .map(|(index, tree)| Bmc::new(index, tree, &config))
            .collect();
        Ok(Self {
            clock: Clock::start(),
            faults: FaultTable::new(config.seed),
            bmcs,
            authority,
            ports,
            ipmi_ports,
            amt: (0..if amt_ports.is_empty() { 0 } else { config.count })
                .map(amt::Controller::new)
                .collect(),
            amt_ports,
            open_connections: AtomicUsize::new(0),
            authorization: RwLock::new(authorization),
            config,
        })
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The BMC with this local address on the shared port.
    pub(crate) fn by_address(&self, address: Ipv4Addr) -> Option<usize> {
        self.config.addresses.index(address, self.bmcs.len())
    }

    /// Where a BMC listens.
    pub(crate) fn address(&self, index: usize) -> SocketAddrV4 {
        let address = self
            .config
            .addresses
            .address(index)
            .unwrap_or(Ipv4Addr::UNSPECIFIED);
        let port = self
            .ports
            .get(index)
            .or_else(|| self.ports.first())
            .copied()
            .unwrap_or(0);
        SocketAddrV4::new(address, port)
    }

    /// Where a BMC speaks IPMI.
    pub(crate) fn ipmi_address(&self, index: usize) -> Option<SocketAddrV4> {
        let address = self.config.addresses.address(index)?;
        Some(SocketAddrV4::new(address, *self.ipmi_ports.get(index)?))
    }

    /// Where a BMC speaks as Intel AMT.
    pub(crate) fn amt_address(&self, index: usize) -> Option<SocketAddrV4> {
        let address = self.config.addresses.address(index)?;
        let port = self.amt_ports.get(index).or_else(|| self.amt_ports.first())?;
        Some(SocketAddrV4::new(address, *port))
    }

    /// Where a BMC is found, without a slash at the end.
    pub(crate) fn base_url(&self, index: usize) -> String {
        let scheme = if self.config.tls == Tls::Off {
            "http"
        } else {
            "https"
        };
        format!("{scheme}://{}", self.address(index))
    }

    pub(crate) fn is_authorized(&self, given: Option<&HeaderValue>) -> bool {
        let authorization = self.authorization.read().unwrap_or_else(PoisonError::into_inner);
        given.is_some_and(|given| *given == *authorization)
    }

    pub(crate) fn totals(&self) -> Counts {
        let now = self.now();
        let mut totals = Counts::default();
        for bmc in &self.bmcs {
            bmc.with_log(now, |_| ());
            totals.add(&bmc.counters.counts());
        }
        totals
    }
}
