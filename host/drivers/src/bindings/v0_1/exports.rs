//! What a component exports: power always, the rest where it has it.

use wasmtime::component::InstancePre;

use super::{boot, indicator, limits, power, readings};
use crate::state::CallState;

/// The exports of one component, looked up once.
pub(crate) struct Exports {
    pre: InstancePre<CallState>,
    pub(crate) power: power::GuestIndices,
    pub(crate) limits: Option<limits::GuestIndices>,
    pub(crate) boot: Option<boot::GuestIndices>,
    pub(crate) indicator: Option<indicator::GuestIndices>,
    pub(crate) readings: Option<readings::GuestIndices>,
}

impl Exports {
    /// Looks the exports up. One that is there with other functions than the contract's is an error.
    pub(crate) fn of(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        let has = |name: &str| {
            let name = format!("switchyard:driver/{name}@0.1.1");
            pre.component().get_export_index(None, &name).is_some()
        };
        Ok(Self {
            power: power::GuestIndices::new(&pre)?,
            limits: has("limits")
                .then(|| limits::GuestIndices::new(&pre))
                .transpose()?,
            boot: has("boot").then(|| boot::GuestIndices::new(&pre)).transpose()?,
            indicator: has("indicator")
                .then(|| indicator::GuestIndices::new(&pre))
                .transpose()?,
            readings: has("readings")
                .then(|| readings::GuestIndices::new(&pre))
                .transpose()?,
            pre,
        })
    }

    /// The component with its imports.
    pub(crate) fn pre(&self) -> &InstancePre<CallState> {
        &self.pre
    }
}
