//! A simulated State Manager (SMD): components, endpoints, power maps, groups, partitions, subscriptions and locks, as a running
//! SMD 2.45 answers, its traps included.
//!
//! ```
//! use smd_sim::{Site, SmdSim};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let mut site = Site::default();
//! site.add_node("x3000c0s1b0", "127.1.0.1:9443", 1);
//! let smd = SmdSim::start(site).await?;
//! // ... send requests to smd.base_url() ...
//! assert!(smd.requests().is_empty());
//! smd.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here is for production. The simulator talks to loopback peers only.

mod answer;
mod component;
mod endpoint;
mod fault;
mod group;
mod inventory;
pub mod locks;
mod oauth2;
mod power_map;
mod recorder;
mod server;
mod site;
mod state_components;
mod subscription;

pub use component::Component;
pub use endpoint::Endpoint;
pub use fault::Fault;
pub use group::{Group, Members, Partition};
pub use locks::Locks;
pub use power_map::PowerMap;
pub use recorder::Request;
pub use server::{App, SmdSim};
pub use site::Site;
pub use subscription::Subscription;
