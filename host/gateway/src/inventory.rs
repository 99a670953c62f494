//! What there is to switch, and through which controllers.
//!
//! An inventory is merged from what its sources say ([`Part`]) and never changes; when a source says something else, another inventory
//! takes its place. It holds no secret: a controller names its credential only.

mod component;
mod controller;
mod file;
mod group;
mod hierarchy;
mod ipmi;
mod keeper;
mod merge;
mod part;
mod pin;
mod reader;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use switchyard_core::{ComponentId, ControllerId, Kind};
use switchyard_drivers::Version;
use switchyard_transport::{Endpoint, Timeouts};
use switchyard_xname::ComponentType;

pub use component::{default_kind, kind_name};
pub use file::PartFile;
pub use keeper::{Keeper, Report, SourceFailure};
pub use merge::{Merged, NOTES_MAX, Note};
pub use part::{Group, Part, Source};
pub use pin::Pin;

use crate::document::Error;

/// The credential of a controller that names none.
pub const DEFAULT_CREDENTIAL: &str = "default";
/// The most requests that a controller can be allowed in flight at once.
pub const PARALLEL_MAX: i64 = 16;
/// The longest gap between two requests to a controller, in milliseconds.
pub const GAP_MAX_MS: i64 = 60_000;
/// The longest time that a change may take to settle, in milliseconds.
pub const SETTLE_MAX_MS: i64 = 300_000;
/// The longest time between two readings while a change is verified, in milliseconds.
pub const VERIFY_GAP_MAX_MS: i64 = 60_000;
/// The shortest time that the first answer to an IPMI read is waited for, in milliseconds.
pub const IPMI_RETRY_MIN_MS: i64 = 50;
/// The longest time that the first answer to an IPMI read is waited for, in milliseconds.
pub const IPMI_RETRY_MAX_MS: i64 = 10_000;
/// The longest word for a resource, in bytes.
pub const SUBJECT_MAX_BYTES: usize = 1024;

/// A BMC endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// Where and how it is reached, with its id.
    pub endpoint: Endpoint,
    /// The driver that speaks to it; `None`: it is found out by asking the controller.
    pub driver: Option<NamedDriver>,
    /// What the driver is told about this controller.
    pub settings: Arc<BTreeMap<String, String>>,
}

/// A driver that the inventory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDriver {
    /// Its id.
    pub id: String,
    /// The one version that may be used; `None`: whichever is meant for the controller.
    pub version: Option<Version>,
}

impl fmt::Display for NamedDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// A thing whose power is switched, or that stands above such things.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "component type is HMS's own term")]
pub struct Component {
    /// Its id.
    pub id: ComponentId,
    /// What it is, as far as power is concerned.
    pub kind: Kind,
    /// What its xname says it is; `None` for plain names.
    pub component_type: Option<ComponentType>,
    /// Through what it is switched; `None` when nothing switches it.
    pub controller: Option<ControllerId>,
    /// The driver's word for the resource. When absent, the controller's only member of this kind is meant.
    pub path: Option<String>,
    /// A second controller through which it can be read and switched when the first cannot be reached.
    pub fallback: Option<Fallback>,
    /// What stands directly above it: without the one, the other has no power.
    pub parents: Vec<ComponentId>,
    /// Whether its source names the parents. If not, they are found by the xname, over all sources.
    pub parents_named: bool,
    /// What people know about it.
    pub facts: Facts,
}

/// A component's second controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The controller.
    pub controller: ControllerId,
    /// Its driver's word for the resource. When absent, the controller's only member of the component's kind is meant.
    pub path: Option<String>,
}

/// What people know about a component. Nothing is decided by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its role, such as `Compute` or `Management`.
    pub role: Option<String>,
    /// Its node id in the workload manager.
    pub nid: Option<u64>,
    /// The class of its cabinet, such as `River` or `Mountain`.
    pub class: Option<String>,
    /// Whether it is out of service, by who administers it.
    pub disabled: bool,
    /// Other names, unique in the inventory.
    pub aliases: Vec<ComponentId>,
    /// Its name in the network.
    pub host_name: Option<String>,
    /// The serial number of the machine.
    pub serial: Option<String>,
    /// The addresses of its network interfaces.
    pub macs: Vec<String>,
}

/// All controllers and components. Cheap to share, never changed.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    controllers: BTreeMap<ControllerId, Arc<Controller>>,
    components: BTreeMap<ComponentId, Arc<Component>>,
    groups: BTreeMap<String, Arc<Group>>,
    /// The sources that are meant to be part of it and have not been read yet.
    awaited: Vec<Source>,
}

impl Inventory {
    /// Reads a file in TOML or JSON, told apart by its extension. Blocks; certificate files named in it are read too.
    ///
    /// `timeouts` hold for every controller. Fails with all mistakes at once, each with its line and column.
    pub fn read(path: &Path, timeouts: Timeouts) -> Result<Arc<Self>, Error> {
        let part = Part::read(path, timeouts)?;
        Ok(Arc::new(Self::merged([(Source::File, &part)]).inventory))
    }

    /// What sources say together, the strongest source first; see [`Merged`].
    pub fn merged<'a>(parts: impl IntoIterator<Item = (Source, &'a Part)>) -> Merged {
        merge::merge(parts)
    }

    /// An inventory of exactly this, for test benches.
    #[cfg(test)]
    pub(crate) fn new(controllers: Vec<Controller>, components: Vec<Component>) -> Self {
        let controllers = controllers.into_iter();
        let components = components.into_iter();
        Self {
            controllers: controllers
                .map(|known| (known.endpoint.id.clone(), Arc::new(known)))
                .collect(),
            components: components
                .map(|known| (known.id.clone(), Arc::new(known)))
                .collect(),
            ..Self::default()
        }
    }

    /// The same inventory, knowing which sources have yet to say what they hold.
    #[must_use]
    pub fn awaiting(mut self, awaited: Vec<Source>) -> Self {
        self.awaited = awaited;
        self
    }

    /// The sources that have not been read yet: what only they hold is not known to be missing.
    pub fn awaited(&self) -> &[Source] {
        &self.awaited
    }

    /// Whether every source has been read: a name that is not in it means nothing then.
    pub fn is_complete(&self) -> bool {
        self.awaited.is_empty()
    }

    /// All controllers, in the order of their ids.
    pub fn controllers(&self) -> impl ExactSizeIterator<Item = &Arc<Controller>> {
        self.controllers.values()
    }

    /// The controller of this id.
    pub fn controller(&self, id: &ControllerId) -> Option<&Arc<Controller>> {
        self.controllers.get(id)
    }

    /// All components, in the order of their ids.
    pub fn components(&self) -> impl ExactSizeIterator<Item = &Arc<Component>> {
        self.components.values()
    }

    /// The component of this id.
    pub fn component(&self, id: &ComponentId) -> Option<&Arc<Component>> {
        self.components.get(id)
    }

    /// All groups, in the order of their names.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &Arc<Group>> {
        self.groups.values()
    }

    /// The group of this name, which is written `@name` in set expressions.
    pub fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(name)
    }
}
