//! `[drivers]` and `[[driver]]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use switchyard_drivers::{Capability, DriverPolicy, Grants, Policy, UnknownCapability};

use super::layers::Layers;
use crate::document::{Fields, Node, Problems, settings};

/// The most `[[driver]]` tables.
const DRIVERS_MAX: usize = 1_000;

/// Drivers that do not come with the service, and what any driver may do.
#[derive(Debug, Clone)]
pub struct Drivers {
    /// Where installed drivers are kept.
    pub store: PathBuf,
    /// Where compiled drivers are kept.
    pub cache: PathBuf,
    /// A folder of drivers that somebody else manages, if there is one.
    pub folder: Option<PathBuf>,
    /// Whom to trust, and what drivers may use.
    pub policy: Policy,
}

/// Takes the settings. What they do not say lies beside the database, `store`.
pub(super) fn read(layers: &mut Layers<'_>, store: &Path) -> Drivers {
    let beside = |name: &str| store.with_file_name(name).display().to_string();
    let defaults = Capabilities(Grants::all());
    Drivers {
        store: layers.path("drivers.store", &beside("drivers")),
        cache: layers.path("drivers.cache", &beside("driver-cache")),
        folder: layers.optional_path("drivers.folder"),
        policy: Policy {
            trusted_keys: layers.list("drivers.trusted_keys"),
            allow_unsigned: layers.parsed("drivers.allow_unsigned", false),
            grants: layers.parsed("drivers.grants", defaults).0,
            drivers: drivers(layers).into_iter().collect(),
        },
    }
}

fn drivers(layers: &mut Layers<'_>) -> Vec<(String, DriverPolicy)> {
    let mut ids: Vec<String> = Vec::new();
    layers.tables("driver", |node, _, problems| {
        let (id, policy) = driver(node, problems)?;
        if ids.contains(&id) {
            problems.add(node.at, format!("there is another `[[driver]]` of the id `{id}`"));
        }
        if ids.len() == DRIVERS_MAX {
            problems.add(
                node.at,
                format!("there are more than {DRIVERS_MAX} `[[driver]]`s"),
            );
        }
        ids.push(id.clone());
        Some((id.clone(), (id, policy)))
    })
}

fn driver(node: &Node, problems: &mut Problems<'_>) -> Option<(String, DriverPolicy)> {
    let mut fields = Fields::of(node, "a driver", problems)?;
    let id = fields.required("id", "the driver", problems);
    let grants = fields.texts("grants", problems).map(|texts| {
        let capabilities = texts.into_iter().filter_map(|text| {
            let capability = text.value.parse::<Capability>();
            capability
                .map_err(|error| problems.add(text.at, error.to_string()))
                .ok()
        });
        capabilities.collect::<Grants>()
    });
    let sha256 = fields.text("sha256", problems).and_then(|text| {
        let digest = text.value.parse();
        digest
            .map_err(|error: switchyard_drivers::BadDigest| problems.add(text.at, error.to_string()))
            .ok()
    });
    let settings = Arc::new(settings(&mut fields, problems));
    fields.finish(problems);
    let policy = DriverPolicy {
        grants,
        sha256,
        settings,
    };
    Some((id?.value.to_owned(), policy))
}

/// Capabilities with commas between them.
struct Capabilities(Grants);

impl FromStr for Capabilities {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, UnknownCapability> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names
            .map(str::parse::<Capability>)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(Capability::name).collect();
        f.write_str(&names.join(", "))
    }
}
