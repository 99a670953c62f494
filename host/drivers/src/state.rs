//! What the imports of one call work on.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchyard_transport::{Controller, Fault, Permit, Scope};

use crate::bindings::v0_1::faults;
use crate::budget::{CpuBudget, Excess, MemoryBudget};
use crate::cache::CallCache;
use crate::log::CallLog;

/// The host's side of one instance.
pub(crate) struct CallState {
    pub(crate) controller: Arc<Controller>,
    pub(crate) scope: Scope,
    /// Present in `act` only.
    pub(crate) permit: Option<Arc<Permit>>,
    /// The paths of the manifest to which queries may go.
    pub(crate) queries: Arc<[String]>,
    pub(crate) settings: Arc<BTreeMap<String, String>>,
    pub(crate) cache: Arc<CallCache>,
    pub(crate) log: CallLog,
    pub(crate) requests_left: u32,
    pub(crate) memory: MemoryBudget,
    pub(crate) cpu: CpuBudget,
}

impl CallState {
    /// Counts a request; the text says why there may be no further one.
    pub(crate) fn count(&mut self) -> Option<String> {
        match self.requests_left.checked_sub(1) {
            Some(left) => {
                self.requests_left = left;
                None
            }
            None => Some("the call has used up its requests".to_owned()),
        }
    }

    /// The limit that the instance went over, when that is why it ended.
    pub(crate) fn excess(&self) -> Option<Excess> {
        if self.cpu.spent() {
            Some(Excess::Cpu)
        } else if self.memory.refused() {
            Some(Excess::Memory)
        } else {
            None
        }
    }

    /// What the guest is told of a fault: the same without the address of the controller.
    pub(crate) fn nameless(&self, fault: Fault) -> faults::Fault {
        let address = &self.controller.endpoint().address;
        let text = [address.to_string(), address.authority(), address.host.clone()]
            .iter()
            .fold(fault.text, |text, name| {
                text.replace(name.as_str(), "the controller")
            });
        Fault { text, ..fault }.into()
    }

    /// Stops the CPU clock before a host function waits. An error ends the instance, since its budget is used up.
    pub(crate) fn pause_cpu(&mut self) -> wasmtime::Result<()> {
        if self.cpu.charge() {
            Ok(())
        } else {
            Err(wasmtime::Trap::Interrupt.into())
        }
    }
}
