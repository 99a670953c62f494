//! One module per released version of the contract, and the one place that knows which a component has.
//!
//! A further version is a further module and a further variant of [`Exports`] and of [`Contract`]; every place that calls or links a
//! component then has to say what it does with it, or nothing compiles.

pub(crate) mod v0_1;

use wasmtime::component::InstancePre;

use crate::contract::Contract;
use crate::state::CallState;

/// The exports of a component, in the bindings of its contract.
pub(crate) enum Exports {
    /// Version 0.1.
    V0_1(v0_1::Exports),
}

impl Exports {
    /// Looks up what a linked component exports.
    pub(crate) fn of(contract: Contract, pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        match contract {
            Contract::V0_1 => v0_1::Exports::of(pre).map(Self::V0_1),
        }
    }

    /// The component with its imports, ready to be instantiated.
    pub(crate) fn pre(&self) -> &InstancePre<CallState> {
        match self {
            Self::V0_1(exports) => exports.pre(),
        }
    }
}
