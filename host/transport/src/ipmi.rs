//! IPMI commands as drivers see them (IPMI 2.0, section 5).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::controller::Controller;
use crate::fault::Fault;
use crate::permit::Permit;
use crate::scope::Scope;

/// Where a message is sent on to, for controllers behind the BMC (section 22.3, Send Message).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bridge {
    /// The channel.
    pub channel: u8,
    /// The slave address on it.
    pub address: u8,
}

/// A command. Its data does not show itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The network function of the request.
    pub netfn: u8,
    /// The logical unit.
    pub lun: u8,
    /// The command.
    pub command: u8,
    /// Its data.
    pub data: Bytes,
    /// Where to, when not the BMC itself.
    pub via: Option<Bridge>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("netfn", &self.netfn)
            .field("lun", &self.lun)
            .field("command", &self.command)
            .field("data", &self.data.len())
            .field("via", &self.via)
            .finish()
    }
}

/// An answer, with any completion code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The completion code; 0 is success.
    pub completion: u8,
    /// The data behind it.
    pub data: Bytes,
}

impl Controller {
    /// Sends a command that only asks.
    #[expect(
        clippy::unused_async,
        reason = "the contract's signature; controllers by RMCP+ send"
    )]
    pub async fn ipmi_read(&self, _message: Message, _scope: &Scope) -> Result<Reply, Fault> {
        Err(no_ipmi())
    }

    /// Sends any other command, as one datagram that spends the permit.
    #[expect(
        clippy::unused_async,
        reason = "the contract's signature; controllers by RMCP+ send"
    )]
    pub async fn ipmi_change(
        self: &Arc<Self>,
        _message: Message,
        _permit: Arc<Permit>,
        _scope: &Scope,
    ) -> Result<Reply, Fault> {
        Err(no_ipmi())
    }
}

fn no_ipmi() -> Fault {
    Fault::refused("this controller is not reached by IPMI: give it an ipmi:// address, or another driver")
}
