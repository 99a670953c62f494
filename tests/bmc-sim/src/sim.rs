//! A running simulator.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::amt::{AmtSwitches, AmtView};
use crate::bmc::{Executed, Target};
use crate::clock::Moment;
use crate::config::{ConfigError, SimConfig};
use crate::control;
use crate::counters::Counts;
use crate::fault::{ActiveFault, Fault, FaultId, Protocol};
use crate::fleet::Fleet;
use crate::inventory::{self, InventoryOptions};
use crate::ipmi::{self, IpmiView};
use crate::listen;
use crate::power::PowerState;
use crate::settings::SettingsView;
use crate::tls::{CertificateError, hex};

/// How often a waiting test looks again.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Why a simulator does not do what it is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is impossible.
    #[error("the simulator's configuration is impossible")]
    Config(#[from] ConfigError),
    /// An address cannot be listened at.
    #[error("cannot listen at {address}: choose another port or address")]
    Bind {
        /// The address.
        address: SocketAddrV4,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// User and password do not fit into a header.
    #[error("user and password cannot be sent as a header")]
    Login {
        /// What the HTTP library said.
        #[source]
        source: http::header::InvalidHeaderValue,
    },
    /// A certificate cannot be made.
    #[error("cannot make the BMCs' certificates")]
    Certificate {
        /// Why.
        #[source]
        source: CertificateError,
    },
    /// A fault rule is refused.
    #[error("the fault rule is refused: {reason}")]
    Fault {
        /// Why.
        reason: String,
    },
    /// A BMC did not execute in time what a test waited for.
    #[error("BMC {bmc} executed {seen} resets of {target}, not {wanted}, within {within:?}")]
    NotExecuted {
        /// The BMC.
        bmc: usize,
        /// What was to be reset.
        target: Target,
        /// How many resets were waited for.
        wanted: usize,
        /// How many there were.
        seen: usize,
        /// How long was waited.
        within: Duration,
    },
}

/// What listeners, connections and the control API share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) fleet: Fleet,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// The listener of each BMC that has one of its own.
    listeners: tokio::sync::Mutex<Vec<Option<Listener>>>,
}

#[derive(Debug)]
struct Listener {
    stop: CancellationToken,
    accepting: JoinHandle<()>,
}

/// A running simulator. Dropping it ends it; [`Sim::stop`] also waits for the end.
///
/// BMCs and systems are given by index. Methods that look at a BMC or system panic if there is none with that index:
/// that is a mistake in a test.
#[derive(Debug)]
pub struct Sim {
    shared: Arc<Shared>,
    control: Option<SocketAddr>,
}

impl Sim {
    /// Binds the addresses and starts serving. When this returns, every BMC answers.
    pub async fn start(mut config: SimConfig) -> Result<Self, Error> {
        config.check()?;
        let listeners = listen::bind(&config)?;
        let ports = listeners
            .iter()
            .map(listen::local_port)
            .collect::<Result<Vec<_>, _>>()?;
        if let (Some(first), crate::AddressPlan::Loopback { .. }) = (ports.first(), config.addresses) {
            config.port = *first;
        }
        let sockets = ipmi::bind(&config).await?;
        let ipmi_ports = sockets
            .iter()
            .map(ipmi::local_port)
            .collect::<Result<Vec<_>, _>>()?;
        if let (Some(first), crate::AddressPlan::Loopback { .. }) = (ipmi_ports.first(), config.addresses) {
            config.ipmi_port = Some(*first);
        }
        let (amt_listeners, amt_ports) = Self::bind_amt(&mut config)?;
        let control = match config.control_port {
            Some(port) => Some(listen::listener(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?),
            None => None,
        };
        let control_port = control.as_ref().map(listen::local_port).transpose()?;
        config.control_port = control_port;
        let is_shared = config.shares_listener();
        let shared = Arc::new(Shared {
            fleet: Fleet::new(config, ports, ipmi_ports, amt_ports)?,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            listeners: tokio::sync::Mutex::new(Vec::new()),
        });
        for fault in shared.fleet.config.faults.clone() {
            shared.add_fault(fault)?;
        }
        let started = listeners.into_iter().enumerate().map(|(index, listener)| {
            let bmc = (!is_shared).then_some(index);
            Some(shared.accept(listener, bmc, Protocol::Redfish))
        });
        *shared.listeners.lock().await = started.collect();
        for (index, listener) in amt_listeners.into_iter().enumerate() {
            shared.accept(listener, (!is_shared).then_some(index), Protocol::Amt);
        }
        for (index, socket) in sockets.into_iter().enumerate() {
            shared
                .tasks
                .spawn(ipmi::serve(Arc::clone(&shared), socket, index));
        }
        if let Some(listener) = control {
            shared.tasks.spawn(control::serve(Arc::clone(&shared), listener));
        }
        let control = control_port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        Ok(Self { shared, control })
    }

    fn bind_amt(config: &mut SimConfig) -> Result<(Vec<tokio::net::TcpListener>, Vec<u16>), Error> {
        let Some(port) = config.amt_port else {
            return Ok((Vec::new(), Vec::new()));
        };
        let listeners = listen::bind(&config.clone().port(port))?;
        let ports = listeners
            .iter()
            .map(listen::local_port)
            .collect::<Result<Vec<_>, _>>()?;
        if let (Some(first), crate::AddressPlan::Loopback { .. }) = (ports.first(), config.addresses) {
            config.amt_port = Some(*first);
        }
        Ok((listeners, ports))
    }

    /// Where a BMC speaks as Intel AMT, when it does.
    pub fn amt_address(&self, bmc: usize) -> Option<SocketAddr> {
        self.shared.fleet.amt_address(bmc).map(SocketAddr::from)
    }

    /// Sets how the AMT side of a BMC behaves from now on.
    pub fn switch_amt(&self, bmc: usize, switches: AmtSwitches) {
        self.shared.fleet.amt[bmc].switch(switches);
    }

    /// What the AMT side of a BMC has counted and remembers.
    pub fn amt(&self, bmc: usize) -> AmtView {
        self.shared.fleet.amt[bmc].view(self.now().0)
    }

    /// Ends every connection and listener, and waits for that. The configuration that is returned starts a new
    /// simulator at the same ports with the same certificates; power states and logs start over.
    pub async fn stop(self) -> SimConfig {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        let authority = self.shared.fleet.authority.clone();
        SimConfig {
            authority,
            ..self.shared.fleet.config.clone()
        }
    }

    /// The configuration, with the ports that were taken.
    pub fn config(&self) -> &SimConfig {
        &self.shared.fleet.config
    }

    /// The time on the simulator's own clock, as its logs use it.
    pub fn now(&self) -> Moment {
        self.shared.fleet.now()
    }

    /// Number of BMCs.
    pub fn count(&self) -> usize {
        self.shared.fleet.bmcs.len()
    }

    /// Where a BMC listens.
    pub fn address(&self, bmc: usize) -> SocketAddr {
        self.shared.fleet.address(bmc).into()
    }

    /// Where a BMC is found: `https://127.16.0.1:8443`.
    pub fn base_url(&self, bmc: usize) -> String {
        self.shared.fleet.base_url(bmc)
    }

    /// Where a BMC speaks IPMI, if that was asked for.
    pub fn ipmi_address(&self, bmc: usize) -> Option<SocketAddr> {
        self.shared.fleet.ipmi_address(bmc).map(SocketAddr::from)
    }

    /// What a BMC keeps for IPMI.
    pub fn ipmi(&self, bmc: usize) -> IpmiView {
        let fleet = &self.shared.fleet;
        fleet.bmcs[bmc].ipmi.view(&fleet.bmcs[bmc], fleet.now())
    }

    /// Where the control API listens, if it was asked for.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control
    }

    /// Path of a system.
    pub fn system_path(&self, bmc: usize, system: usize) -> String {
        self.shared.fleet.bmcs[bmc].tree.path(Target::System(system))
    }

    /// Path of a BMC's chassis.
    pub fn chassis_path(&self, bmc: usize) -> String {
        self.shared.fleet.bmcs[bmc].tree.path(Target::Chassis)
    }

    /// Path of a BMC's manager.
    pub fn manager_path(&self, bmc: usize) -> String {
        self.shared.fleet.bmcs[bmc].tree.path(Target::Manager)
    }

    /// The certificate authority in PEM, when the BMCs speak TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.shared
            .fleet
            .authority
            .as_ref()
            .map(|authority| authority.ca_pem())
    }

    /// SHA-256 of a BMC's certificate in DER, as 64 lower-case digits; absent without TLS.
    pub fn fingerprint(&self, bmc: usize) -> Result<Option<String>, Error> {
        self.shared.fingerprint(bmc)
    }

    /// The resets of a system that were executed, in order.
    pub fn executed(&self, bmc: usize, system: usize) -> Vec<Executed> {
        self.executed_of(bmc, Target::System(system))
    }

    /// The resets of a system, chassis or manager that were executed, in order.
    pub fn executed_of(&self, bmc: usize, target: Target) -> Vec<Executed> {
        let fleet = &self.shared.fleet;
        fleet.bmcs[bmc].with_log(fleet.now(), |log| {
            log.entries()
                .filter(|entry| entry.target == target)
                .copied()
                .collect()
        })
    }

    /// Every reset that a BMC executed, in order.
    pub fn executed_all(&self, bmc: usize) -> Vec<Executed> {
        let fleet = &self.shared.fleet;
        fleet.bmcs[bmc].with_log(fleet.now(), |log| log.entries().copied().collect())
    }

    /// Waits until a system has executed at least `count` resets, and returns them.
    pub async fn wait_executed(
        &self,
        bmc: usize,
        system: usize,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Executed>, Error> {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let executed = self.executed(bmc, system);
            if executed.len() >= count {
                return Ok(executed);
            }
            if tokio::time::Instant::now() >= deadline {
                let target = Target::System(system);
                return Err(Error::NotExecuted {
                    bmc,
                    target,
                    wanted: count,
                    seen: executed.len(),
                    within,
                });
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// What a BMC has counted.
    pub fn counts(&self, bmc: usize) -> Counts {
        let fleet = &self.shared.fleet;
        fleet.bmcs[bmc].with_log(fleet.now(), |_| fleet.bmcs[bmc].counters.counts())
    }

    /// What all BMCs have counted; `max_in_flight` is that of the busiest one.
    pub fn totals(&self) -> Counts {
        self.shared.fleet.totals()
    }

    /// Sets all counts to zero and empties the logs.
    pub fn reset_counters(&self) {
        self.shared.reset_counters();
    }

    /// The true power state of a system, whatever fault rules make its readings say.
    pub fn power_state(&self, bmc: usize, system: usize) -> PowerState {
        self.power_state_of(bmc, Target::System(system))
    }

    /// What is set on a system beside power.
    pub fn settings(&self, bmc: usize, system: usize) -> SettingsView {
        let fleet = &self.shared.fleet;
        let bmc = &fleet.bmcs[bmc];
        let starts = bmc.starts_of(fleet.now(), system);
        bmc.settings(system).view(starts, bmc.profile().settings.limits)
    }

    /// The path of an outlet.
    pub fn outlet_path(&self, bmc: usize, outlet: usize) -> String {
        self.shared.fleet.bmcs[bmc].tree.path(Target::Outlet(outlet))
    }

    /// The true power state of a system or chassis. A manager is always on.
    pub fn power_state_of(&self, bmc: usize, target: Target) -> PowerState {
        let fleet = &self.shared.fleet;
        let reading = fleet.bmcs[bmc].reading(fleet.now(), target);
        assert!(
            reading.is_some() || target == Target::Manager,
            "BMC {bmc} has no {target}"
        );
        reading.map_or(PowerState::On, |reading| reading.power)
    }

    /// Sets a system's power at once. Nothing is logged.
    pub fn set_power(&self, bmc: usize, system: usize, power: PowerState) {
        let fleet = &self.shared.fleet;
        fleet.bmcs[bmc].set_power(fleet.now(), system, power);
    }

    /// Sets the power of every system at once. Nothing is logged.
    pub fn set_all_power(&self, power: PowerState) {
        self.shared.set_all_power(power);
    }

    /// Takes another password over HTTP from now on, at every BMC.
    pub fn set_password(&self, password: &str) -> Result<(), Error> {
        let fleet = &self.shared.fleet;
        fleet.set_password(&fleet.config.login.user, password)
    }

    /// Presses a system's power button, as a person would. Nothing is logged.
    pub fn press_button(&self, bmc: usize, system: usize) {
        let fleet = &self.shared.fleet;
        fleet.bmcs[bmc].press_button(fleet.now(), system);
    }

    /// Adds a fault rule behind those in force.
    pub fn add_fault(&self, fault: Fault) -> Result<FaultId, Error> {
        self.shared.add_fault(fault)
    }

    /// The fault rules that were not removed, spent ones included, with their hits.
    pub fn faults(&self) -> Vec<ActiveFault> {
        self.shared.fleet.faults.list()
    }

    /// Removes a fault rule; false when there was none of that name.
    pub fn remove_fault(&self, id: FaultId) -> bool {
        self.shared.fleet.faults.remove(id)
    }

    /// Removes all fault rules.
    pub fn clear_faults(&self) {
        self.shared.fleet.faults.clear();
    }

    /// Takes a BMC off the network: datagrams are not answered, open connections are closed, new ones refused. In fleets of more than 16 BMCs on
    /// one port new connections are accepted and reset, as the port is shared.
    pub async fn take_down(&self, bmc: usize) {
        self.shared.take_down(bmc).await;
    }

    /// Brings a BMC back that was taken down.
    pub async fn bring_up(&self, bmc: usize) -> Result<(), Error> {
        self.shared.bring_up(bmc).await
    }

    /// The inventory of the fleet in the gateway's TOML format.
    pub fn inventory(&self, options: &InventoryOptions) -> Result<String, Error> {
        inventory::write(&self.shared, options)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    fn accept(
        self: &Arc<Self>,
        listener: tokio::net::TcpListener,
        bmc: Option<usize>,
        side: Protocol,
    ) -> Listener {
        let stop = self.stop.child_token();
        let accepting = self.tasks.spawn(listen::accept(
            Arc::clone(self),
            listener,
            bmc,
            side,
            stop.clone(),
        ));
        Listener { stop, accepting }
    }

    pub(crate) fn fingerprint(&self, bmc: usize) -> Result<Option<String>, Error> {
        let Some(authority) = &self.fleet.authority else {
            return Ok(None);
        };
        let identity = authority
            .identity(bmc)
            .map_err(|source| Error::Certificate { source })?;
        Ok(Some(hex(&identity.fingerprint)))
    }

    pub(crate) fn add_fault(&self, fault: Fault) -> Result<FaultId, Error> {
        let added = self.fleet.faults.add(fault, self.fleet.now());
        added.map_err(|error| Error::Fault {
            reason: match std::error::Error::source(&error) {
                Some(source) => source.to_string(),
                None => error.to_string(),
            },
        })
    }

    pub(crate) fn reset_counters(&self) {
        let now = self.fleet.now();
        for bmc in &self.fleet.bmcs {
            bmc.reset_counters(now);
        }
    }

    pub(crate) fn set_all_power(&self, power: PowerState) {
        let now = self.fleet.now();
        for bmc in &self.fleet.bmcs {
            for system in 0..self.fleet.config.nodes_per_bmc {
                bmc.set_power(now, system, power);
            }
        }
    }

    pub(crate) async fn take_down(&self, index: usize) {
        let Some(bmc) = self.fleet.bmcs.get(index) else {
            return;
        };
        bmc.set_down(true);
        if self.fleet.config.shares_listener() {
            return;
        }
        let taken = self.listeners.lock().await.get_mut(index).and_then(Option::take);
        if let Some(listener) = taken {
            listener.stop.cancel();
            if let Err(error) = listener.accepting.await {
                tracing::error!(%error, "a listener did not end well");
            }
        }
    }

    pub(crate) async fn bring_up(self: &Arc<Self>, index: usize) -> Result<(), Error> {
        let Some(bmc) = self.fleet.bmcs.get(index) else {
            return Ok(());
        };
        if !self.fleet.config.shares_listener() {
            let mut listeners = self.listeners.lock().await;
            if let Some(slot @ None) = listeners.get_mut(index) {
                let listener = listen::listener(self.fleet.address(index))?;
                *slot = Some(self.accept(listener, Some(index), Protocol::Redfish));
            }
        }
        bmc.set_down(false);
        Ok(())
    }
}
