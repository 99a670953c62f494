//! What there is to switch, and through which controllers.
//!
//! An inventory is read once from a file ([`Inventory::read`]) and never changes; a new file gives a new inventory. It holds no
//! secret: a controller names its credential only.

mod component;
mod controller;
mod hierarchy;
mod ipmi;
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

pub use component::default_kind;

use crate::document::{Document, Error};

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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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
    /// Other names, unique in the inventory.
    pub aliases: Vec<ComponentId>,
}

/// All controllers and components. Cheap to share, never changed.
#[derive(Debug, Default)]
pub struct Inventory {
    controllers: BTreeMap<ControllerId, Arc<Controller>>,
    components: BTreeMap<ComponentId, Arc<Component>>,
}

impl Inventory {
    /// Reads a file in TOML or JSON, told apart by its extension. Blocks; certificate files named in it are read too.
    ///
    /// `timeouts` hold for every controller. Fails with all mistakes at once, each with its line and column.
    pub fn read(path: &Path, timeouts: Timeouts) -> Result<Arc<Self>, Error> {
        let document = Document::read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Arc::new(reader::inventory(&document, folder, timeouts)?))
    }

    pub(crate) fn new(controllers: Vec<Controller>, components: Vec<Component>) -> Self {
        let controllers = controllers
            .into_iter()
            .map(|controller| (controller.endpoint.id.clone(), Arc::new(controller)));
        let components = components
            .into_iter()
            .map(|component| (component.id.clone(), Arc::new(component)));
        Self {
            controllers: controllers.collect(),
            components: components.collect(),
        }
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
}
