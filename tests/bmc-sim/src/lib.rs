//! Simulated BMCs with fault rules, for tests, the demo and benchmarks.
//!
//! One process plays thousands of BMCs on loopback addresses, over Redfish and, where asked, over IPMI. Each has systems, a chassis and a manager with
//! their reset actions, a power model with delays, and a log of what it really executed. Fault rules make chosen
//! requests go wrong while the simulator runs.
//!
//! ```
//! use bmc_sim::{Effect, Fault, PowerState, Sim, SimConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), bmc_sim::Error> {
//! let sim = Sim::start(SimConfig::default().count(3)).await?;
//! sim.add_fault(Fault::new(Effect::Ignore).bmc(0).times(1))?;
//! // ... send requests to sim.base_url(0) ...
//! assert_eq!(sim.power_state(0, 0), PowerState::On);
//! assert!(sim.executed(0, 0).is_empty());
//! sim.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here is for production: the password is a test password and the control API asks nobody who they are. The
//! simulator talks to loopback peers only.

mod amt;
mod bmc;
mod clock;
mod config;
mod control;
mod counters;
mod fault;
mod fleet;
mod inventory;
mod ipmi;
mod listen;
mod make;
mod power;
mod profile;
mod redfish;
mod scenario;
mod settings;
mod sim;
mod tls;

pub use amt::{AmtSwitches, AmtView};
pub use bmc::{Executed, Target};
pub use clock::Moment;
pub use config::{
    AddressPlan, ConfigError, DEFAULT_FIRST_ADDRESS, DEFAULT_PASSWORD, DEFAULT_USER, Login, MAX_BMCS,
    MAX_NODES_PER_BMC, SimConfig, Tls,
};
pub use counters::Counts;
pub use fault::{ActiveFault, Bmcs, Effect, Fault, FaultId, InvalidFault, Protocol, Requests};
pub use inventory::{InventoryOptions, Trust, bmc_xname, node_xname};
pub use ipmi::{
    CipherSuite, DcmiLimit, Duplicates, HashedRole, Identify, IpmiProfile, IpmiView, IpmiWhenOff,
};
pub use make::{ActionCondition, Digestion, Make, Manners, OwnAction, Slash};
pub use power::{Delays, Outcome, PowerState, ResetType, RestartView, UnknownName};
pub use profile::{Acceptance, Announce, FinishedTask, IdStyle, LastResetTime, Profile, Refusal, WhenOff};
pub use scenario::{SCENARIOS, Scenario};
pub use settings::{
    Boot, BootHabit, Light, LightKind, LimitPlace, OutletKind, Outlets, SettingsProfile, SettingsView, Tags,
};
pub use sim::{Error, Sim};
pub use tls::CertificateError;
