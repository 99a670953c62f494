//! A linker that holds what is granted, and nothing else.

use std::hash::{BuildHasher, RandomState};

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, Result};

use crate::bindings::v0_1::{call, faults, http, ipmi, types};
use crate::contract::Contract;
use crate::gate::{INSECURE_SEED, WASI, split};
use crate::grants::{Capability, Grants};
use crate::state::CallState;

/// Stands for every resource of WASI. None is ever made.
struct Nothing;

/// Links a component: the free interfaces, the granted ones, and the named interfaces of WASI as traps.
pub(crate) fn link(
    engine: &Engine,
    component: &Component,
    contract: Contract,
    granted: &Grants,
) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    match contract {
        Contract::V0_1 => link_v0_1(&mut linker, granted)?,
    }
    for (name, import) in component.component_type().imports(engine) {
        let Some((base, _)) = split(name).filter(|(base, _)| WASI.contains(base)) else {
            continue;
        };
        let ComponentItem::ComponentInstance(interface) = import.ty else {
            continue;
        };
        let mut instance = linker.instance(name)?;
        for (item, export) in interface.exports(engine) {
            match export.ty {
                ComponentItem::ComponentFunc(_) if base == INSECURE_SEED => seed(&mut instance, item)?,
                ComponentItem::ComponentFunc(_) => {
                    let text = format!("a driver has no {name}#{item}");
                    instance.func_new(item, move |_, _, _, _| Err(wasmtime::Error::msg(text.clone())))?;
                }
                ComponentItem::Resource(_) => {
                    instance.resource(item, ResourceType::host::<Nothing>(), |_, _| Ok(()))?;
                }
                _ => {}
            }
        }
    }
    Ok(linker)
}

/// The interfaces of version 0.1.
fn link_v0_1(linker: &mut Linker<CallState>, granted: &Grants) -> Result<()> {
    types::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    faults::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    call::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    if granted.allows(Capability::Http) {
        http::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    }
    if granted.allows(Capability::Ipmi) {
        ipmi::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    }
    Ok(())
}

/// The seed of hash tables, fresh for every call.
fn seed(instance: &mut LinkerInstance<'_, CallState>, item: &str) -> Result<()> {
    instance.func_wrap(item, |_, (): ()| {
        let fresh = RandomState::new();
        Ok(((fresh.hash_one(0_u8), fresh.hash_one(1_u8)),))
    })
}
