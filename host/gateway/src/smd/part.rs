//! From what SMD said to a part of the inventory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use switchyard_core::{ComponentId, ControllerId, Kind, Pace};
use switchyard_transport::{Address, Authentication, Endpoint, Timeouts, TlsPolicy, ipmi};
use switchyard_xname::Xname;

use super::schema::Component as Told;
use super::snapshot::{Bmc, Reach, Snapshot};
use crate::inventory::{Component, Controller, Facts, Group, Part, SUBJECT_MAX_BYTES, default_kind};

/// The most remarks that are kept of one reading.
const REMARKS_MAX: usize = 100;

/// What holds for every controller of SMD.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The name of the credential.
    pub credential: String,
    /// Whom the certificates have to satisfy.
    pub tls: TlsPolicy,
    /// How long the parts of a request may take.
    pub timeouts: Timeouts,
}

/// A part of the inventory, and what could not be taken over from SMD.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    pub(super) part: Part,
    /// One sentence each, at most [`REMARKS_MAX`].
    pub(super) remarks: Vec<String>,
}

impl Mapped {
    fn remark(&mut self, remark: String) {
        if self.remarks.len() < REMARKS_MAX {
            self.remarks.push(remark);
        }
    }
}

/// The part of the inventory that a snapshot makes.
pub(super) fn of(snapshot: &Snapshot, defaults: &Defaults) -> Mapped {
    let mut mapped = Mapped::default();
    let controllers = controllers(snapshot, defaults, &mut mapped);
    let reaches: HashMap<&str, &Reach> = snapshot
        .reaches
        .iter()
        .map(|reach| (reach.id.as_str(), reach))
        .collect();
    let feeds: HashMap<&str, &[String]> = snapshot
        .power_maps
        .iter()
        .map(|map| (map.id.as_str(), map.powered_by.as_slice()))
        .collect();
    let known = kinds(snapshot);
    let mut taken = BTreeSet::new();
    for told in &snapshot.components {
        let Ok(xname) = Xname::parse(&told.id) else {
            mapped.remark(format!("SMD's component {:?} is no xname", told.id));
            continue;
        };
        let Ok(id) = ComponentId::parse(&told.id) else {
            continue;
        };
        let kind = default_kind(xname.component_type());
        let reach = reaches.get(told.id.as_str()).copied();
        let resource = reach.and_then(|reach| resource(reach, kind, &controllers, &mut taken, &mut mapped));
        let fed_by = feeds.get(told.id.as_str()).copied().unwrap_or_default();
        let parents = parents(&id, &xname, &known, fed_by);
        let in_service = told.enabled.unwrap_or(true) && reach.is_none_or(|reach| reach.enabled);
        let (controller, path) = resource.unzip();
        mapped.part.components.push(Component {
            id,
            kind,
            component_type: Some(xname.component_type()),
            controller,
            path,
            fallback: None,
            parents_named: !parents.is_empty(),
            parents,
            facts: facts(told, in_service),
        });
    }
    mapped.part.groups = groups(snapshot);
    mapped.part.controllers = controllers.into_values().collect();
    mapped
}

fn facts(told: &Told, in_service: bool) -> Facts {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Facts {
        role: given(&told.role),
        nid: told.nid.and_then(|nid| u64::try_from(nid).ok()),
        class: given(&told.class),
        disabled: !in_service,
        ..Facts::default()
    }
}

fn controllers(
    snapshot: &Snapshot,
    defaults: &Defaults,
    mapped: &mut Mapped,
) -> BTreeMap<ControllerId, Controller> {
    let mut controllers = BTreeMap::new();
    let mut addresses: HashMap<Address, &str> = HashMap::new();
    for bmc in &snapshot.endpoints {
        match endpoint(bmc, defaults) {
            Err(remark) => mapped.remark(remark),
            Ok(endpoint) => {
                if let Some(other) = addresses.insert(endpoint.address.clone(), &bmc.id) {
                    mapped.remark(format!(
                        "SMD's endpoints {other} and {} have the same address {}",
                        bmc.id, endpoint.address
                    ));
                    continue;
                }
                let controller = Controller {
                    endpoint,
                    driver: None,
                    settings: Arc::default(),
                };
                controllers.insert(controller.endpoint.id.clone(), controller);
            }
        }
    }
    controllers
}

/// A BMC as an endpoint. Its name may carry a port.
fn endpoint(bmc: &Bmc, defaults: &Defaults) -> Result<Endpoint, String> {
    let id = ControllerId::parse(&bmc.id)
        .map_err(|error| format!("SMD's endpoint {:?} cannot be used: {error}", bmc.id))?;
    if bmc.fqdn.is_empty() {
        return Err(format!(
            "SMD's endpoint {id} has no FQDN: give it one, or define the controller in the inventory file"
        ));
    }
    let address: Address = format!("https://{}", bmc.fqdn)
        .parse()
        .map_err(|error| format!("the FQDN of SMD's endpoint {id} cannot be used: {error}"))?;
    Ok(Endpoint {
        id,
        authentication: Authentication::usual_at(&address),
        address,
        tls: defaults.tls.clone(),
        credential: defaults.credential.clone(),
        pace: Pace::default(),
        timeouts: defaults.timeouts,
        ipmi: ipmi::Settings::default(),
    })
}

/// The controller and path of a component, unless the one is not known, the other cannot be used, or both are those of another one.
fn resource(
    reach: &Reach,
    kind: Kind,
    controllers: &BTreeMap<ControllerId, Controller>,
    taken: &mut BTreeSet<(ControllerId, u8, String)>,
    mapped: &mut Mapped,
) -> Option<(ControllerId, String)> {
    let Some(controller) = controllers.get(reach.endpoint.as_str()) else {
        mapped.remark(format!(
            "SMD reaches {} through the endpoint {:?}, which cannot be used",
            reach.id, reach.endpoint
        ));
        return None;
    };
    let path = &reach.path;
    if path.is_empty() || path.len() > SUBJECT_MAX_BYTES || path.chars().any(char::is_control) {
        mapped.remark(format!("SMD's path of {} cannot be used: {path:?}", reach.id));
        return None;
    }
    let id = controller.endpoint.id.clone();
    if !taken.insert((id.clone(), kind as u8, path.trim_end_matches('/').to_owned())) {
        mapped.remark(format!(
            "SMD's component {} is the same resource as another one: {path} of {id}",
            reach.id
        ));
        return None;
    }
    Some((id, path.clone()))
}

/// What is known at each xname.
fn kinds(snapshot: &Snapshot) -> HashMap<&str, Kind> {
    snapshot
        .components
        .iter()
        .filter_map(|told| {
            let xname = Xname::parse(&told.id).ok()?;
            Some((told.id.as_str(), default_kind(xname.component_type())))
        })
        .collect()
}

/// What stands around a component that is fed by outlets, and these. A node does not lose power with its BMC. Where no outlet is known
/// the inventory finds out by the xname what stands around.
fn parents(
    id: &ComponentId,
    xname: &Xname,
    known: &HashMap<&str, Kind>,
    fed_by: &[String],
) -> Vec<ComponentId> {
    if fed_by.is_empty() {
        return Vec::new();
    }
    let around = xname.ancestors().find(|ancestor| {
        known
            .get(ancestor.as_str())
            .is_some_and(|kind| *kind != Kind::Controller)
    });
    let around = around.map(|xname| xname.to_string());
    let mut parents: Vec<ComponentId> = Vec::new();
    for name in around.iter().chain(fed_by) {
        if let Ok(parent) = ComponentId::parse(name)
            && parent != *id
            && !parents.contains(&parent)
        {
            parents.push(parent);
        }
    }
    parents
}

/// SMD's groups under their labels, its partitions as `partition.NAME` and its roles as `role.NAME`, in lower case.
fn groups(snapshot: &Snapshot) -> Vec<Group> {
    let mut groups: BTreeMap<String, BTreeSet<ComponentId>> = BTreeMap::new();
    let mut put = |name: String, members: &[String]| {
        let members = members.iter().filter_map(|id| ComponentId::parse(id).ok());
        groups.entry(name).or_default().extend(members);
    };
    for group in &snapshot.groups {
        put(group.label.clone(), &group.members.ids);
    }
    for partition in &snapshot.partitions {
        let name = format!("partition.{}", partition.name.to_lowercase());
        put(name, &partition.members.ids);
    }
    for component in &snapshot.components {
        if let Some(role) = component.role.as_deref().filter(|role| !role.is_empty()) {
            let name = format!("role.{}", role.to_lowercase());
            put(name, std::slice::from_ref(&component.id));
        }
    }
    groups
        .into_iter()
        .map(|(name, members)| Group {
            name,
            members: members.into_iter().collect(),
        })
        .collect()
}
