//! The gate: what a component is, checked before a compiler sees a byte of it.
//!
//! A pure function of the bytes, so that it can be fuzzed.

use wasmparser::{ComponentTypeRef, Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::contract::Contract;
use crate::grants::{Capability, Grants};
use crate::limits::COMPONENT_MAX_BYTES;

/// The package of the contract.
const PACKAGE: &str = "switchyard:driver/";
/// The interface that every driver exports.
const POWER: &str = "switchyard:driver/power";
/// Interfaces of the contract that need no grant.
const FREE: [&str; 3] = ["types", "transport", "call"];
/// The versions of WASI whose interfaces are linked as traps.
const WASI_VERSION: &str = "0.2.";
/// The interfaces of WASI that a standard library imports without calling them. They are linked as traps.
pub(crate) const WASI: [&str; 14] = [
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    INSECURE_SEED,
];
/// The one interface of WASI that works: hash tables ask it for a seed.
pub(crate) const INSECURE_SEED: &str = "wasi:random/insecure-seed";

/// What the gate refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// The component is too large.
    #[error("the component has {0} bytes, more than {COMPONENT_MAX_BYTES}: build it for release, stripped")]
    TooLarge(usize),
    /// The bytes are no component.
    #[error(
        "the bytes are no WebAssembly component: build with --target wasm32-wasip2, or wrap a core module with `wasm-tools component new`"
    )]
    NoComponent,
    /// The bytes are damaged, or use a feature that this host does not have.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// An import that nobody offers.
    #[error("the component imports {0}, which this host does not offer to drivers")]
    UnknownImport(String),
    /// An import that is not granted.
    #[error(
        "the component imports {name}, which is not granted: name {capability:?} in `wants` of driver.toml and in the operator's grants"
    )]
    NotGranted {
        /// The import.
        name: String,
        /// What would have to be granted.
        capability: String,
    },
    /// The export that makes a driver is missing.
    #[error(
        "the component does not export {POWER}, which makes a driver; it exports {0}: build it against wit/"
    )]
    NoPower(String),
    /// It is built for another version of the contract.
    #[error("the component is built for {0}, and this host speaks {known}: build it against one of these, or upgrade the service", known = Contract::names())]
    OtherContract(String),
}

/// What a component imports and exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The version of the contract that it is built for, by the name of what it exports.
    pub contract: Contract,
    /// Names of its imports.
    pub imports: Vec<String>,
    /// Names of its exports.
    pub exports: Vec<String>,
}

/// Checks size, encoding, validity, imports against what is granted, and the export of `power`.
pub fn check(component: &[u8], granted: &Grants) -> Result<Shape, GateError> {
    if component.len() > COMPONENT_MAX_BYTES {
        return Err(GateError::TooLarge(component.len()));
    }
    if !Parser::is_component(component) {
        return Err(GateError::NoComponent);
    }
    Validator::new_with_features(features())
        .validate_all(component)
        .map_err(|error| GateError::Invalid(error.to_string()))?;
    let shape = names(component).map_err(|error| GateError::Invalid(error.to_string()))?;
    let contract = contract(&shape.exports)?;
    for name in &shape.imports {
        check_import(name, contract, granted)?;
    }
    Ok(Shape {
        contract,
        imports: shape.imports,
        exports: shape.exports,
    })
}

/// The version of the contract by the name under which `power` is exported.
fn contract(exports: &[String]) -> Result<Contract, GateError> {
    let mut powers = exports
        .iter()
        .filter(|name| split(name).is_some_and(|(base, _)| base == POWER))
        .peekable();
    let Some(first) = powers.peek().map(|name| (*name).clone()) else {
        return Err(GateError::NoPower(if exports.is_empty() {
            "nothing".to_owned()
        } else {
            exports.join(", ")
        }));
    };
    powers
        .filter_map(|name| Contract::of_version(split(name)?.1))
        .max()
        .ok_or(GateError::OtherContract(first))
}

/// The features of WebAssembly that drivers may use; the compiler is configured for the same.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
}

#[derive(Default)]
struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

/// The names of the outermost component's imports and exports. Imports that are no interface carry a note, which no list allows.
fn names(component: &[u8]) -> wasmparser::Result<Names> {
    let mut shape = Names::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version {
                encoding: Encoding::Component | Encoding::Module,
                ..
            } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import?;
                    let name = import.name.name.to_owned();
                    let interface = matches!(import.ty, ComponentTypeRef::Instance(_));
                    shape.imports.push(if interface {
                        name
                    } else {
                        format!("{name} (no interface)")
                    });
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    shape.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(shape)
}

fn check_import(name: &str, contract: Contract, granted: &Grants) -> Result<(), GateError> {
    let unknown = || GateError::UnknownImport(name.to_owned());
    let (base, version) = split(name).ok_or_else(unknown)?;
    if WASI.contains(&base) && version.starts_with(WASI_VERSION) {
        return Ok(());
    }
    let interface = base
        .strip_prefix(PACKAGE)
        .filter(|_| Contract::of_version(version) == Some(contract))
        .ok_or_else(unknown)?;
    if FREE.contains(&interface) {
        return Ok(());
    }
    let capability: Capability = interface.parse().map_err(|_| unknown())?;
    if granted.allows(capability) {
        return Ok(());
    }
    Err(GateError::NotGranted {
        name: name.to_owned(),
        capability: capability.name().to_owned(),
    })
}

/// A name without its version, and the version.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_component_is_refused() {
        let core_module = b"\0asm\x01\0\0\0";
        let empty_component = b"\0asm\x0d\0\x01\0";
        assert_eq!(check(b"", &Grants::all()), Err(GateError::NoComponent));
        assert_eq!(
            check(b"garbage, not wasm", &Grants::all()),
            Err(GateError::NoComponent)
        );
        assert_eq!(check(core_module, &Grants::all()), Err(GateError::NoComponent));
        assert_eq!(
            check(empty_component, &Grants::all()),
            Err(GateError::NoPower("nothing".to_owned()))
        );
        assert!(matches!(
            check(&empty_component[..7], &Grants::all()),
            Err(GateError::NoComponent | GateError::Invalid(_))
        ));
        let mut damaged = empty_component.to_vec();
        damaged.extend([0x07, 0xff, 0xff]);
        assert!(matches!(
            check(&damaged, &Grants::all()),
            Err(GateError::Invalid(_))
        ));
        assert_eq!(
            check(&vec![0; COMPONENT_MAX_BYTES + 1], &Grants::all()),
            Err(GateError::TooLarge(COMPONENT_MAX_BYTES + 1))
        );
    }

    #[test]
    fn the_exported_name_tells_the_version_of_the_contract() {
        let exported =
            |names: &[&str]| contract(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        for name in ["switchyard:driver/power@0.1.0", "switchyard:driver/power@0.1.7"] {
            assert_eq!(exported(&["init", name]), Ok(Contract::V0_1));
        }
        let later = "switchyard:driver/power@0.2.0";
        assert_eq!(
            exported(&[later]),
            Err(GateError::OtherContract(later.to_owned()))
        );
        assert_eq!(
            exported(&[later, "switchyard:driver/power@0.1.0"]),
            Ok(Contract::V0_1)
        );
        assert_eq!(exported(&["init"]), Err(GateError::NoPower("init".to_owned())));
    }

    #[test]
    fn imports_are_allowed_by_name() {
        let all = Grants::all();
        for name in [
            "switchyard:driver/call@0.1.0",
            "switchyard:driver/http@0.1.7",
            "wasi:io/poll@0.2.6",
        ] {
            assert_eq!(check_import(name, Contract::V0_1, &all), Ok(()), "{name}");
        }
        for name in [
            "switchyard:driver/sockets@0.1.0",
            "switchyard:driver/call@0.2.0",
            "switchyard:driver/call",
            "wasi:io/poll@0.3.0",
            "wasi:sockets/tcp@0.2.6",
            "wasi:filesystem/types@0.2.6",
            "env",
        ] {
            assert_eq!(
                check_import(name, Contract::V0_1, &all),
                Err(GateError::UnknownImport(name.to_owned())),
                "{name}"
            );
        }
        assert!(matches!(
            check_import("switchyard:driver/http@0.1.0", Contract::V0_1, &Grants::none()),
            Err(GateError::NotGranted { .. })
        ));
    }
}
