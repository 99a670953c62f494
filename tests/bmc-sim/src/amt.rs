//! Intel AMT beside Redfish: WS-Management over HTTP with digest authentication, on the same machines, fault rules and log.
//!
//! Written after RFC 7616 and DSP0226 and after recorded answers, with code of its own, so that a mistake of the service's side is not
//! made twice. AMT manages the first system behind the BMC.

mod digest;
mod envelope;
mod method;
mod object;
mod serve;
mod state;

pub(crate) use serve::serve;
pub(crate) use state::Controller;
pub use state::{AmtSwitches, AmtView};
