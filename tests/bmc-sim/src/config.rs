//! What a simulator is started with.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::fault::Fault;
use crate::power::{Delays, PowerState};
use crate::profile::Profile;
use crate::tls::Authority;

/// User of the BMCs unless the configuration says otherwise.
pub const DEFAULT_USER: &str = "root";
/// Password of the BMCs unless the configuration says otherwise.
pub const DEFAULT_PASSWORD: &str = "simulated";
/// Address of the first BMC unless the configuration says otherwise.
pub const DEFAULT_FIRST_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 16, 0, 1);
/// The most BMCs of one simulator.
pub const MAX_BMCS: usize = 60_000;
/// The most systems behind one BMC.
pub const MAX_NODES_PER_BMC: usize = 64;

/// What a simulator is started with. The default is one healthy BMC with one node, on, over HTTP, at a free port.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// Number of BMCs.
    pub count: usize,
    /// Systems behind each BMC.
    pub nodes_per_bmc: usize,
    /// Where the BMCs listen.
    pub addresses: AddressPlan,
    /// The port of every BMC, or of the first one with [`AddressPlan::Ports`]; 0 takes a free one.
    pub port: u16,
    /// The UDP port at which every BMC speaks IPMI, counted up with [`AddressPlan::Ports`]; 0 takes a free one, absent means no IPMI.
    pub ipmi_port: Option<u16>,
    /// The port at which every BMC speaks as Intel AMT, counted up with [`AddressPlan::Ports`]; 0 takes a free one, absent means no AMT.
    pub amt_port: Option<u16>,
    /// Whether and how the BMCs speak TLS.
    pub tls: Tls,
    /// Port of the control API on 127.0.0.1; 0 takes a free one, absent means no control API.
    pub control_port: Option<u16>,
    /// User and password of every BMC.
    pub login: Login,
    /// The behaviour of the BMCs that [`SimConfig::profile_for`] does not name.
    pub profile: Profile,
    /// BMCs with a behaviour of their own, the last entry wins.
    pub exceptions: Vec<(Vec<usize>, Profile)>,
    /// How long changes take.
    pub delays: Delays,
    /// Whether operating systems ignore shutdowns and graceful restarts.
    pub os_ignores_shutdown: bool,
    /// The power state of every system at the start.
    pub initial_power: PowerState,
    /// Seed of the dice that faults with a probability throw.
    pub seed: u64,
    /// The most open connections; further ones are dropped at once.
    pub max_connections: usize,
    /// Fault rules from the start.
    pub faults: Vec<Fault>,
    pub(crate) authority: Option<Arc<Authority>>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            count: 1,
            nodes_per_bmc: 1,
            addresses: AddressPlan::default(),
            port: 0,
            ipmi_port: None,
            amt_port: None,
            tls: Tls::Off,
            control_port: None,
            login: Login::default(),
            profile: Profile::standard(),
            exceptions: Vec::new(),
            delays: Delays::default(),
            os_ignores_shutdown: false,
            initial_power: PowerState::On,
            seed: 1,
            max_connections: 32_768,
            faults: Vec::new(),
            authority: None,
        }
    }
}

impl SimConfig {
    /// Sets the number of BMCs.
    pub fn count(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Sets the number of systems behind each BMC.
    pub fn nodes(self, nodes_per_bmc: usize) -> Self {
        Self {
            nodes_per_bmc,
            ..self
        }
    }

    /// Gives BMC `i` the address `first + i`.
    pub fn first_address(self, first: Ipv4Addr) -> Self {
        Self {
            addresses: AddressPlan::Loopback { first },
            ..self
        }
    }

    /// Sets where the BMCs listen.
    pub fn addresses(self, addresses: AddressPlan) -> Self {
        Self { addresses, ..self }
    }

    /// Sets the most open connections.
    pub fn max_connections(self, max_connections: usize) -> Self {
        Self {
            max_connections,
            ..self
        }
    }

    /// Sets the port of the BMCs.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Makes every BMC speak IPMI at this UDP port too; 0 takes a free one.
    pub fn ipmi(self, port: u16) -> Self {
        Self {
            ipmi_port: Some(port),
            ..self
        }
    }

    /// Makes every BMC speak as Intel AMT at this port too; 0 takes a free one.
    pub fn amt(self, port: u16) -> Self {
        Self {
            amt_port: Some(port),
            ..self
        }
    }

    /// Sets how the BMCs speak TLS.
    pub fn tls(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    /// Opens the control API at this port of 127.0.0.1; 0 takes a free one.
    pub fn control(self, port: u16) -> Self {
        Self {
            control_port: Some(port),
            ..self
        }
    }

    /// Sets user and password of every BMC.
    pub fn login(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            login: Login {
                user: user.into(),
                password: password.into(),
            },
            ..self
        }
    }

    /// Sets the behaviour of all BMCs.
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// Adds a fault rule from the start.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Gives some BMCs a behaviour of their own.
    pub fn profile_for(mut self, bmcs: impl IntoIterator<Item = usize>, profile: Profile) -> Self {
        self.exceptions.push((bmcs.into_iter().collect(), profile));
        self
    }

    /// Sets how long changes take.
    pub fn delays(self, delays: Delays) -> Self {
        Self { delays, ..self }
    }

    /// Makes every operating system ignore shutdowns and graceful restarts.
    pub fn os_ignores_shutdown(self) -> Self {
        Self {
            os_ignores_shutdown: true,
            ..self
        }
    }

    /// Sets the power state of every system at the start.
    pub fn initial_power(self, initial_power: PowerState) -> Self {
        Self {
            initial_power,
            ..self
        }
    }

    /// Seeds the dice of faults with a probability.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.count == 0 || self.count > MAX_BMCS {
            return Err(ConfigError::Count { count: self.count });
        }
        if self.nodes_per_bmc == 0 || self.nodes_per_bmc > MAX_NODES_PER_BMC {
            return Err(ConfigError::Nodes {
                nodes: self.nodes_per_bmc,
            });
        }
        let last = self.addresses.address(self.count - 1);
        match (self.addresses, last) {
            (AddressPlan::Loopback { first }, Some(last)) if first.is_loopback() && last.is_loopback() => {
                Ok(())
            }
            (AddressPlan::Ports { address }, _) if !address.is_loopback() => {
                Err(ConfigError::NotLoopback { address })
            }
            (AddressPlan::Ports { .. }, _) if self.port == 0 => Ok(()),
            (AddressPlan::Ports { .. }, _) if usize::from(u16::MAX - self.port) + 1 >= self.count => Ok(()),
            (AddressPlan::Ports { .. }, _) => Err(ConfigError::Ports {
                port: self.port,
                count: self.count,
            }),
            (AddressPlan::Loopback { first }, _) => Err(ConfigError::NotLoopback { address: first }),
        }
    }

    /// True when one listener on all addresses serves the fleet, the BMC chosen by local address.
    pub(crate) fn shares_listener(&self) -> bool {
        matches!(self.addresses, AddressPlan::Loopback { .. }) && self.count > MAX_LISTENERS
    }
}

/// Up to this many BMCs have a listener each, so that taking one down really refuses connections.
pub(crate) const MAX_LISTENERS: usize = 16;

/// Where the BMCs listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressPlan {
    /// BMC `i` has the loopback address `first + i`; all have the same port.
    Loopback {
        /// Address of BMC 0.
        first: Ipv4Addr,
    },
    /// All BMCs have this loopback address and a port each: consecutive ones, or free ones when the port is 0. Every
    /// BMC costs a listening descriptor.
    Ports {
        /// The one address.
        address: Ipv4Addr,
    },
}

impl AddressPlan {
    /// Address of BMC `index`, if there is one.
    pub(crate) fn address(self, index: usize) -> Option<Ipv4Addr> {
        match self {
            Self::Ports { address } => Some(address),
            Self::Loopback { first } => {
                let offset = u32::try_from(index).ok()?;
                u32::from(first).checked_add(offset).map(Ipv4Addr::from)
            }
        }
    }

    /// The BMC of a fleet of `count` that has this address; absent when ports tell BMCs apart.
    pub(crate) fn index(self, address: Ipv4Addr, count: usize) -> Option<usize> {
        let Self::Loopback { first } = self else {
            return None;
        };
        let offset = u32::from(address).checked_sub(u32::from(first))?;
        usize::try_from(offset).ok().filter(|index| *index < count)
    }
}

impl Default for AddressPlan {
    fn default() -> Self {
        Self::Loopback {
            first: DEFAULT_FIRST_ADDRESS,
        }
    }
}

/// Whether and how BMCs speak TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP.
    Off,
    /// One certificate for all: cheap, and for clients that pin. It names the first 16 addresses only.
    Shared,
    /// A certificate per BMC, made when first needed, naming that BMC's address.
    PerBmc,
}

/// User and password of the BMCs.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// User name; must not contain a colon.
    pub user: String,
    /// Password.
    pub password: String,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            user: DEFAULT_USER.into(),
            password: DEFAULT_PASSWORD.into(),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A configuration that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No BMC, or too many.
    #[error("a fleet of {count} BMCs is not possible: ask for 1 to {MAX_BMCS}")]
    Count {
        /// What was asked for.
        count: usize,
    },
    /// No system per BMC, or too many.
    #[error("{nodes} nodes per BMC are not possible: ask for 1 to {MAX_NODES_PER_BMC}")]
    Nodes {
        /// What was asked for.
        nodes: usize,
    },
    /// The simulator serves loopback only.
    #[error(
        "addresses from {address} on leave 127.0.0.0/8: choose a lower first address, such as 127.16.0.1"
    )]
    NotLoopback {
        /// The first address.
        address: Ipv4Addr,
    },
    /// Not enough ports above the first.
    #[error("there are no {count} ports from {port} on: choose a lower port, or 0")]
    Ports {
        /// The first port.
        port: u16,
        /// Number of BMCs.
        count: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_indexes_are_inverse() {
        let plan = AddressPlan::default();
        for index in [0, 1, 254, 255, 256, 9_999] {
            let address = plan.address(index).unwrap();
            assert_eq!(plan.index(address, 10_000), Some(index));
            assert_eq!(plan.index(address, index), None, "outside the fleet");
        }
        assert_eq!(plan.index(Ipv4Addr::LOCALHOST, 10_000), None);
    }

    #[test]
    fn only_loopback_is_served() {
        let far = SimConfig::default().first_address(Ipv4Addr::new(10, 0, 0, 1));
        assert!(matches!(far.check(), Err(ConfigError::NotLoopback { .. })));
        let over = SimConfig::default()
            .count(10)
            .first_address(Ipv4Addr::new(127, 255, 255, 250));
        assert!(matches!(over.check(), Err(ConfigError::NotLoopback { .. })));
        assert!(SimConfig::default().count(0).check().is_err());
        assert_eq!(SimConfig::default().count(10_000).check(), Ok(()));
    }

    #[test]
    fn debug_output_hides_the_password() {
        let shown = format!("{:?}", SimConfig::default().login("root", "swordfish"));
        assert!(!shown.contains("swordfish"));
    }
}
