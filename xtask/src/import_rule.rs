//! The import rule of docs/architecture.md: which crate of the house may depend on which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

/// One row per crate: what it may import, and what its tests may import besides.
struct Room {
    name: &'static str,
    imports: &'static [&'static str],
    tests_import: &'static [&'static str],
}

const fn room(name: &'static str, imports: &'static [&'static str]) -> Room {
    Room {
        name,
        imports,
        tests_import: &[],
    }
}

const XNAME: &str = "switchyard-xname";
const CORE: &str = "switchyard-core";
const STORE: &str = "switchyard-store";
const STORE_SQLITE: &str = "switchyard-store-sqlite";
const RMCP: &str = "switchyard-rmcp";
const TRANSPORT: &str = "switchyard-transport";
const TRANSPORT_LEGACY: &str = "switchyard-transport-legacy";
const DRIVERS: &str = "switchyard-drivers";
const WIRE: &str = "switchyard-wire";
const GATEWAY: &str = "switchyard-gateway";
const SDK: &str = "switchyard-driver-sdk";
const REDFISH: &str = "switchyard-redfish";
const BUILTIN: &str = "switchyard-builtin-drivers";
const BMC_SIM: &str = "bmc-sim";
const SMD_SIM: &str = "smd-sim";
const VAULT_SIM: &str = "vault-sim";
const KIT: &str = "switchyard-driver-kit";

/// The house. A new crate gets a row here and in docs/architecture.md.
const HOUSE: &[Room] = &[
    room(XNAME, &[]),
    room(CORE, &[XNAME]),
    room(STORE, &[XNAME, CORE]),
    room(STORE_SQLITE, &[XNAME, CORE, STORE]),
    room(RMCP, &[]),
    Room {
        name: TRANSPORT,
        imports: &[XNAME, CORE, RMCP],
        tests_import: &[BMC_SIM],
    },
    Room {
        name: TRANSPORT_LEGACY,
        imports: &[XNAME, CORE, RMCP, TRANSPORT],
        tests_import: &[],
    },
    Room {
        name: DRIVERS,
        imports: &[XNAME, CORE, RMCP, TRANSPORT],
        tests_import: &[BMC_SIM, BUILTIN],
    },
    room(WIRE, &[XNAME]),
    Room {
        name: GATEWAY,
        imports: &[
            XNAME,
            CORE,
            STORE,
            STORE_SQLITE,
            RMCP,
            TRANSPORT,
            TRANSPORT_LEGACY,
            DRIVERS,
            WIRE,
            BUILTIN,
        ],
        tests_import: &[BMC_SIM, SMD_SIM, VAULT_SIM],
    },
    room("switchyard-cli", &[XNAME, WIRE]),
    room(SDK, &[]),
    room(REDFISH, &[SDK]),
    room("switchyard-redfish-standard", &[SDK, REDFISH]),
    room("switchyard-amt", &[SDK]),
    room("switchyard-ipmi", &[SDK]),
    room("switchyard-redfish-ami", &[SDK, REDFISH]),
    room("switchyard-redfish-cray", &[SDK, REDFISH]),
    room("switchyard-redfish-dell", &[SDK, REDFISH]),
    room("switchyard-redfish-hpe", &[SDK, REDFISH]),
    room("switchyard-redfish-intel", &[SDK, REDFISH]),
    room("switchyard-redfish-lenovo", &[SDK, REDFISH]),
    room("switchyard-redfish-nvidia", &[SDK, REDFISH]),
    room("switchyard-redfish-openbmc", &[SDK, REDFISH]),
    room("switchyard-redfish-servertech", &[SDK, REDFISH]),
    room("switchyard-redfish-supermicro", &[SDK, REDFISH]),
    room("switchyard-hostile-driver", &[SDK]),
    room("switchyard-driver-of-0-1-0", &[]),
    Room {
        name: KIT,
        imports: &[XNAME, CORE, RMCP, TRANSPORT, DRIVERS, SDK, BMC_SIM],
        tests_import: &[BUILTIN, "switchyard-redfish-standard"],
    },
    Room {
        name: "switchyard-template-driver",
        imports: &[SDK],
        tests_import: &[XNAME, CORE, RMCP, TRANSPORT, DRIVERS, BMC_SIM, KIT],
    },
    room(BUILTIN, &[]),
    room(BMC_SIM, &[]),
    room(SMD_SIM, &[]),
    room(VAULT_SIM, &[]),
    room(
        "driver-check",
        &[
            XNAME,
            CORE,
            RMCP,
            TRANSPORT,
            DRIVERS,
            BUILTIN,
            SDK,
            REDFISH,
            "switchyard-redfish-standard",
            BMC_SIM,
            KIT,
        ],
    ),
    room(
        "switchyard-e2e",
        &[
            XNAME, CORE, RMCP, TRANSPORT, DRIVERS, WIRE, BUILTIN, BMC_SIM, SMD_SIM, VAULT_SIM,
        ],
    ),
    room("switchyard-fuzz", &[XNAME, CORE, RMCP, TRANSPORT]),
    room("xtask", &[]),
];

/// Everything `core` may use: it has no I/O, no clock and no randomness.
const CORE_EXTERNALS: &[&str] = &["serde", "thiserror", "uuid"];

/// Crates that have one home, so that a compiler holds the wall: no SQL outside the engines, no wasmtime outside the runtime.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &[STORE_SQLITE]),
    ("wasmtime", &[DRIVERS]),
    ("wasmparser", &[DRIVERS]),
    ("axum", &[GATEWAY, SMD_SIM, VAULT_SIM]),
    ("tokio-rustls", &[TRANSPORT, GATEWAY, BMC_SIM, "switchyard-e2e"]),
    ("wit-bindgen", &[SDK, "switchyard-driver-of-0-1-0"]),
    ("openssl", &[TRANSPORT_LEGACY]),
    ("tokio-openssl", &[TRANSPORT_LEGACY]),
];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `null` for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
}

fn workspace_metadata() -> Metadata {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every arrow that the house does not have.
fn wrong_arrows(metadata: &Metadata) -> Vec<String> {
    let rooms: BTreeMap<_, _> = HOUSE.iter().map(|room| (room.name, room)).collect();
    let members: BTreeSet<_> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(room) = rooms.get(package.name.as_str()) else {
            wrong.push(format!("{} has no row in the import rule", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let test = dependency.kind.as_deref() == Some("dev");
            let allowed = if members.contains(name) {
                room.imports.contains(&name) || (test && room.tests_import.contains(&name))
            } else {
                external_allowed(room, name, test)
            };
            if !allowed {
                wrong.push(format!("{} may not import {name}", package.name));
            }
        }
    }
    wrong.extend(
        rooms
            .keys()
            .filter(|name| !members.contains(*name))
            .map(|name| format!("{name} has a row and no crate")),
    );
    wrong
}

fn external_allowed(room: &Room, name: &str, test: bool) -> bool {
    if room.name == CORE && !test {
        return CORE_EXTERNALS.contains(&name);
    }
    test || HOMES
        .iter()
        .all(|(guest, homes)| *guest != name || homes.contains(&room.name))
}

/// Every way in which a manifest does not use the workspace's tables.
fn wrong_manifest(name: &str, manifest: &toml::Table) -> Vec<String> {
    let inherits = |value: Option<&toml::Value>| {
        value
            .and_then(|value| value.get("workspace"))
            .and_then(toml::Value::as_bool)
            == Some(true)
    };
    let mut wrong = Vec::new();
    if !inherits(manifest.get("lints")) {
        wrong.push(format!("{name} does not say `[lints] workspace = true`"));
    }
    let package = manifest.get("package");
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        if !inherits(package.and_then(|package| package.get(key))) {
            wrong.push(format!("{name} does not say `{key}.workspace = true`"));
        }
    }
    for (dependency, value) in dependencies(manifest) {
        if !inherits(Some(value)) {
            wrong.push(format!(
                "{name} does not take {dependency} from the version table"
            ));
        }
    }
    wrong
}

/// All dependencies of a manifest: of each kind, for every target and for one.
fn dependencies(manifest: &toml::Table) -> impl Iterator<Item = (&String, &toml::Value)> {
    let targets = manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values);
    let scopes = std::iter::once(manifest).chain(targets.filter_map(toml::Value::as_table));
    scopes
        .flat_map(|scope| {
            ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| scope.get(kind))
        })
        .flatten()
        .filter_map(toml::Value::as_table)
        .flatten()
}

#[test]
fn every_arrow_of_the_workspace_is_in_the_import_rule() {
    let wrong = wrong_arrows(&workspace_metadata());
    assert!(
        wrong.is_empty(),
        "docs/architecture.md shows the arrows there may be:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_crate_uses_the_lint_table_and_the_version_table() {
    let wrong: Vec<_> = workspace_metadata()
        .packages
        .iter()
        .flat_map(|package| {
            let text = std::fs::read_to_string(&package.manifest_path).unwrap();
            wrong_manifest(&package.name, &text.parse().unwrap())
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rule_is_closed_to_the_left() {
    let rooms: BTreeMap<_, _> = HOUSE.iter().map(|room| (room.name, room)).collect();
    for room in HOUSE {
        for import in room.imports {
            for further in rooms[import].imports {
                assert!(
                    room.imports.contains(further),
                    "{} imports {import}, which imports {further}",
                    room.name
                );
            }
        }
    }
}

/// The house as it stands, with one arrow more.
fn house_with(from: &str, to: &str, kind: Option<&str>) -> Metadata {
    let mut packages: Vec<_> = HOUSE
        .iter()
        .map(|room| Package {
            name: room.name.to_owned(),
            manifest_path: PathBuf::new(),
            dependencies: Vec::new(),
        })
        .collect();
    let package = packages.iter_mut().find(|package| package.name == from).unwrap();
    package.dependencies.push(Dependency {
        name: to.to_owned(),
        kind: kind.map(str::to_owned),
    });
    Metadata { packages }
}

#[test]
fn arrows_against_the_rule_are_named() {
    let wrong = [
        (
            CORE,
            STORE,
            None,
            "switchyard-core may not import switchyard-store",
        ),
        (
            STORE,
            STORE_SQLITE,
            Some("dev"),
            "switchyard-store may not import switchyard-store-sqlite",
        ),
        (
            TRANSPORT,
            STORE,
            None,
            "switchyard-transport may not import switchyard-store",
        ),
        (
            "switchyard-cli",
            CORE,
            None,
            "switchyard-cli may not import switchyard-core",
        ),
        (
            REDFISH,
            CORE,
            None,
            "switchyard-redfish may not import switchyard-core",
        ),
        (
            DRIVERS,
            BUILTIN,
            None,
            "switchyard-drivers may not import switchyard-builtin-drivers",
        ),
        (CORE, "tokio", None, "switchyard-core may not import tokio"),
        (GATEWAY, "sqlx", None, "switchyard-gateway may not import sqlx"),
        (
            TRANSPORT,
            "wasmtime",
            None,
            "switchyard-transport may not import wasmtime",
        ),
    ];
    for (from, to, kind, sentence) in wrong {
        assert_eq!(wrong_arrows(&house_with(from, to, kind)), [sentence]);
    }
}

#[test]
fn arrows_of_the_rule_pass() {
    for (from, to, kind) in [
        (GATEWAY, DRIVERS, None),
        (DRIVERS, BUILTIN, Some("dev")),
        (CORE, "serde", None),
        (CORE, "proptest", Some("dev")),
        (DRIVERS, "wasmtime", None),
    ] {
        assert_eq!(wrong_arrows(&house_with(from, to, kind)), Vec::<String>::new());
    }
}

#[test]
fn crates_without_a_row_and_rows_without_a_crate_are_named() {
    let mut metadata = house_with(GATEWAY, DRIVERS, None);
    metadata.packages.retain(|package| package.name != WIRE);
    metadata.packages.push(Package {
        name: "extra".to_owned(),
        manifest_path: PathBuf::new(),
        dependencies: Vec::new(),
    });
    assert_eq!(
        wrong_arrows(&metadata),
        [
            "extra has no row in the import rule",
            "switchyard-wire has a row and no crate"
        ]
    );
}

#[test]
fn a_manifest_with_its_own_version_or_lints_is_named() {
    let manifest = r#"
        [package]
        version.workspace = true
        edition = "2021"
        rust-version.workspace = true
        license.workspace = true
        publish.workspace = true
        [dependencies]
        serde = "1"
        toml.workspace = true
        [target.'cfg(unix)'.dev-dependencies]
        rustix = { version = "1" }
    "#;
    assert_eq!(
        wrong_manifest("a", &manifest.parse().unwrap()),
        [
            "a does not say `[lints] workspace = true`",
            "a does not say `edition.workspace = true`",
            "a does not take serde from the version table",
            "a does not take rustix from the version table",
        ]
    );
}
