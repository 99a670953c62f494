//! The resources of a BMC with a given profile, and the paths that lead to them.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::pages::{self, Page};
use super::template::Template;
use crate::bmc::Target;
use crate::make::{Slash, merge};
use crate::power::ResetType;
use crate::profile::{Announce, LastResetTime, Profile};
use crate::settings::{BootHabit, Light, LimitPlace};

/// Path of the service root.
pub(super) const ROOT: &str = "/redfish/v1";

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Route {
    /// Readable without a password.
    Open(Bytes),
    /// The same for every BMC of this profile.
    Fixed(Bytes),
    /// A system, the chassis or the manager.
    Resource(Target, Template),
    /// The reset action of one.
    Reset(Target),
    /// An action of the make's own, by its number.
    Own(Target, usize),
    /// Where an action was that has moved.
    Moved(String),
    /// What can be set beside power.
    Page(Page),
    /// The task service's collection.
    Tasks,
    /// A task, or its monitor.
    Task { id: u64, monitor: bool },
}

/// The compiled resources of a profile. Shared by all BMCs that have it.
#[derive(Debug)]
pub(crate) struct Tree {
    profile: Profile,
    routes: HashMap<String, Route>,
    system_paths: Vec<String>,
}

impl Tree {
    pub(crate) fn new(profile: &Profile, systems: usize) -> Self {
        let system_paths =
            (0..systems).map(|index| format!("{ROOT}/Systems/{}", profile.system_ids.id(index)));
        let mut tree = Self {
            profile: profile.clone(),
            routes: HashMap::new(),
            system_paths: system_paths.collect(),
        };
        tree.routes.insert(
            "/redfish".into(),
            Route::Open(fixed(&json!({"v1": "/redfish/v1/"}))),
        );
        tree.routes.insert(ROOT.into(), Route::Open(fixed(&tree.root())));
        let own_chassis = (0..systems)
            .filter(|_| tree.has_own_chassis())
            .map(|index| tree.limits_chassis(index));
        let chassis: Vec<String> = [tree.path(Target::Chassis)]
            .into_iter()
            .chain(own_chassis)
            .collect();
        let manager = [tree.path(Target::Manager)];
        for (name, kind, members) in [
            ("Systems", "ComputerSystem", tree.system_paths.as_slice()),
            ("Chassis", "Chassis", chassis.as_slice()),
            ("Managers", "Manager", manager.as_slice()),
        ] {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            let path = format!("{ROOT}/{name}");
            let mut collection = collection(&path, kind, &members);
            tree.add_strays(name, &mut collection);
            tree.routes.insert(path.clone(), Route::Fixed(fixed(&collection)));
        }
        for index in 0..systems {
            tree.add(Target::System(index), tree.system(index));
        }
        tree.add(Target::Chassis, tree.chassis());
        tree.add(Target::Manager, tree.manager());
        tree.add_pages(systems);
        tree.add_outlets();
        tree.add_make(systems);
        let service = json!({
            "@odata.id": format!("{ROOT}/TaskService"),
            "@odata.type": "#TaskService.v1_1_4.TaskService",
            "Id": "TaskService",
            "Name": "Task Service",
            "ServiceEnabled": true,
            "CompletedTaskOverWritePolicy": "Oldest",
            "Tasks": {"@odata.id": format!("{ROOT}/TaskService/Tasks")},
        });
        tree.routes
            .insert(format!("{ROOT}/TaskService"), Route::Fixed(fixed(&service)));
        tree.routes
            .insert(format!("{ROOT}/TaskService/Tasks"), Route::Tasks);
        tree
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Looks a path up; a slash at its end does not matter to most makes.
    pub(crate) fn route(&self, path: &str) -> Found<'_> {
        let bare = path.strip_suffix('/');
        let fits = match self.profile.make.manners.slash {
            Slash::Either => true,
            Slash::Wanted => bare.is_some(),
            Slash::Unwanted => bare.is_none_or(|bare| bare == ROOT),
        };
        if !fits {
            return Found::Nothing;
        }
        let path = bare.unwrap_or(path);
        if let Some(route) = self.routes.get(path) {
            return Found::Known(route);
        }
        let task = path
            .strip_prefix("/redfish/v1/TaskService/")
            .and_then(|rest| rest.split_once('/'));
        match task.map(|(kind, id)| (kind, id.parse())) {
            Some(("Tasks", Ok(id))) => Found::Made(Route::Task { id, monitor: false }),
            Some(("TaskMonitors", Ok(id))) => Found::Made(Route::Task { id, monitor: true }),
            _ => Found::Nothing,
        }
    }

    /// The path of a resource.
    pub(crate) fn path(&self, target: Target) -> String {
        match target {
            Target::System(index) => self.system_paths.get(index).cloned().unwrap_or_default(),
            Target::Chassis => format!("{ROOT}/Chassis/{}", self.profile.chassis_id),
            Target::Manager => format!("{ROOT}/Managers/{}", self.profile.manager_id),
            Target::Outlet(index) => pages::outlet::path(index),
        }
    }

    /// What the reset action of a resource carries out.
    pub(crate) fn reset_types(&self, target: Target) -> &[ResetType] {
        match target {
            Target::System(_) => &self.profile.reset_types,
            Target::Chassis => &self.profile.chassis_reset_types,
            Target::Manager => &self.profile.manager_reset_types,
            Target::Outlet(_) => pages::outlet::reset_types(),
        }
    }

    /// The chassis that shows the limits of a system.
    pub(crate) fn limits_chassis(&self, system: usize) -> String {
        if self.has_own_chassis() {
            format!("{ROOT}/Chassis/{}", self.profile.system_ids.id(system))
        } else {
            self.path(Target::Chassis)
        }
    }

    /// Whether each system has a chassis of its own for its limits.
    fn has_own_chassis(&self) -> bool {
        self.profile.settings.limits == LimitPlace::Deep
    }

    /// Inserts the pages of what can be set beside power. Systems that share a chassis share the limits of the first.
    fn add_pages(&mut self, systems: usize) {
        let place = self.profile.settings.limits;
        let shown = if self.has_own_chassis() { systems } else { 1 };
        for system in 0..shown {
            let chassis = self.limits_chassis(system);
            for (path, page) in Page::of_chassis(place, system) {
                self.routes.insert(format!("{chassis}{path}"), Route::Page(page));
            }
            if self.has_own_chassis() {
                let resource = self.own_chassis(system);
                self.routes.insert(chassis, Route::Fixed(fixed(&resource)));
            }
        }
        if self.profile.settings.boot == BootHabit::SettingsOnly {
            for system in 0..systems {
                let path = pages::pending_path(&self.path(Target::System(system)));
                self.routes.insert(path, Route::Page(Page::Pending(system)));
            }
        }
    }

    fn own_chassis(&self, system: usize) -> Value {
        let path = self.limits_chassis(system);
        let id = self.profile.system_ids.id(system);
        let mut chassis = json!({
            "@odata.id": path,
            "@odata.type": "#Chassis.v1_21_0.Chassis",
            "Id": id,
            "Name": id,
            "ChassisType": "Blade",
            "Links": {"ContainedBy": {"@odata.id": self.path(Target::Chassis)}},
        });
        if let Some(chassis) = chassis.as_object_mut() {
            chassis.extend(Page::links(self.profile.settings.limits, &path));
        }
        chassis
    }

    /// Puts a make's further members before the true ones of a collection.
    fn add_strays(&self, name: &str, collection: &mut Value) {
        let Some(strays) = self.profile.make.strays.get(name) else {
            return;
        };
        if let Some(members) = collection.get_mut("Members").and_then(Value::as_array_mut) {
            members.splice(0..0, strays.iter().cloned());
        }
    }

    /// Inserts what a make has beyond the standard: further resources and actions of its own.
    fn add_make(&mut self, systems: usize) {
        for (path, page) in self.profile.make.pages.clone() {
            // What is no Redfish is shown to everyone.
            let open = !path.starts_with(ROOT);
            let body = fixed(&page);
            let route = if open {
                Route::Open(body)
            } else {
                Route::Fixed(body)
            };
            self.routes.insert(path, route);
        }
        let targets: Vec<Target> = (0..systems)
            .map(Target::System)
            .chain([Target::Chassis])
            .collect();
        for (number, action) in self.profile.make.actions.clone().iter().enumerate() {
            for target in &targets {
                if action.of_chassis == (*target == Target::Chassis) {
                    let path = format!("{}{}", self.path(*target), action.path());
                    self.routes.insert(path, Route::Own(*target, number));
                }
            }
        }
    }

    /// Merges what a make shows into a resource.
    fn dress(&self, target: Target, resource: &mut Map<String, Value>) {
        let make = &self.profile.make;
        let path = self.path(target);
        let own = match target {
            Target::System(_) => &make.system,
            Target::Chassis => &make.chassis,
            Target::Manager => &make.manager,
            Target::Outlet(_) => return,
        };
        merge(resource, own);
        for action in &make.actions {
            if target != Target::Manager && action.of_chassis == (target == Target::Chassis) {
                merge(resource, &action.shown(&path));
            }
        }
    }

    /// Inserts the outlets of a power distribution unit.
    fn add_outlets(&mut self) {
        let Some(outlets) = self.profile.settings.outlets else {
            return;
        };
        for (path, page) in pages::outlet::fixed(outlets, &self.profile.vendor) {
            self.routes.insert(path, Route::Fixed(fixed(&page)));
        }
        for index in 0..outlets.count {
            let target = Target::Outlet(index);
            let path = self.path(target);
            let outlet = Value::Object(pages::outlet::outlet(outlets, index));
            let action = format!("{path}/Actions/{}", action_name(target));
            self.routes.insert(action, Route::Reset(target));
            let route = Route::Resource(target, Template::compile(&outlet));
            self.routes.insert(path, route);
        }
    }

    /// Inserts a resource with its reset action and, if announced so, its `ActionInfo`.
    fn add(&mut self, target: Target, mut resource: Map<String, Value>) {
        let path = self.path(target);
        let allowed = self.reset_types(target);
        if !allowed.is_empty() {
            let name = action_name(target);
            let action_path = format!("{path}/Actions/{name}");
            let mut action = Map::from_iter([("target".to_owned(), json!(action_path))]);
            let announce = self.profile.announce;
            if matches!(announce, Announce::Inline | Announce::Both) {
                action.insert("ResetType@Redfish.AllowableValues".into(), json!(allowed));
            }
            if matches!(announce, Announce::ActionInfo | Announce::Both) {
                let info_path = format!("{path}/ResetActionInfo");
                action.insert("@Redfish.ActionInfo".into(), json!(info_path));
                let info = fixed(&action_info(&info_path, allowed));
                self.routes.insert(info_path, Route::Fixed(info));
            }
            if self.profile.make.manners.moved_actions && matches!(target, Target::System(_)) {
                let announced = format!("{path}/Actions/Reset");
                action.insert("target".into(), json!(announced));
                self.routes.insert(announced, Route::Moved(action_path.clone()));
            }
            resource.insert("Actions".into(), json!({format!("#{name}"): action}));
            self.routes.insert(action_path, Route::Reset(target));
        }
        self.dress(target, &mut resource);
        let template = Template::compile(&Value::Object(resource));
        self.routes.insert(path, Route::Resource(target, template));
    }

    fn root(&self) -> Value {
        let mut root = self.root_of_server();
        if let Some(root) = root.as_object_mut() {
            merge(root, &self.profile.make.root);
        }
        if self.profile.settings.outlets.is_some() {
            root["PowerEquipment"] = json!({"@odata.id": format!("{ROOT}/PowerEquipment")});
            if let Some(root) = root.as_object_mut() {
                root.remove("Systems");
                root.remove("Chassis");
            }
        }
        root
    }

    fn root_of_server(&self) -> Value {
        json!({
            "@odata.id": "/redfish/v1/",
            "@odata.type": "#ServiceRoot.v1_15_0.ServiceRoot",
            "Id": "RootService",
            "Name": "Root Service",
            "RedfishVersion": self.profile.redfish_version,
            "Vendor": self.profile.vendor,
            "Product": "bmc-sim",
            "Systems": {"@odata.id": format!("{ROOT}/Systems")},
            "Chassis": {"@odata.id": format!("{ROOT}/Chassis")},
            "Managers": {"@odata.id": format!("{ROOT}/Managers")},
            "Tasks": {"@odata.id": format!("{ROOT}/TaskService")},
            "Links": {"ManagerProvidingService": {"@odata.id": self.path(Target::Manager)}},
        })
    }

    fn system(&self, index: usize) -> Map<String, Value> {
        let id = self.profile.system_ids.id(index);
        let mut system = object(json!({
            "@odata.id": self.path(Target::System(index)),
            "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem",
            "Id": id,
            "Name": format!("System {id}"),
            "SystemType": "Physical",
            "Manufacturer": self.profile.vendor,
            "Model": self.profile.model,
            "SerialNumber": format!("SIM<<Index>>-{index}"),
            "UUID": format!("53494d00-0000-4000-8000-{index:04x}<<Index>>"),
            "BiosVersion": "1.4.2",
            "PowerState": "<<PowerState>>",
            "Status": {"Health": "OK", "State": "<<State>>"},
            "ProcessorSummary": {"Count": 2, "Model": "Simulated Processor"},
            "MemorySummary": {"TotalSystemMemoryGiB": 256},
            "Boot": pages::boot::untouched(self.profile.settings.boot),
            "Links": {
                "Chassis": [{"@odata.id": self.limits_chassis(index)}],
                "ManagedBy": [{"@odata.id": self.path(Target::Manager)}],
            },
        }));
        match self.profile.last_reset_time {
            LastResetTime::Absent => None,
            LastResetTime::Zeros => system.insert("LastResetTime".into(), json!("0000-00-00T00:00:00+00:00")),
            LastResetTime::Seconds | LastResetTime::Milliseconds => {
                system.insert("LastResetTime".into(), json!("<<LastResetTime>>"))
            }
        };
        system.extend(pages::boot::lights(self.profile.settings.light, Light::Off));
        if self.profile.settings.boot == BootHabit::SettingsOnly {
            let path = pages::pending_path(&self.path(Target::System(index)));
            system.insert(
                "@Redfish.Settings".into(),
                json!({"SettingsObject": {"@odata.id": path}}),
            );
        }
        if self.profile.boot_progress {
            system.insert("BootProgress".into(), json!({"LastState": "<<BootState>>"}));
        }
        system
    }

    fn chassis(&self) -> Map<String, Value> {
        let systems: Vec<Value> = self
            .system_paths
            .iter()
            .map(|path| json!({"@odata.id": path}))
            .collect();
        let mut chassis = object(json!({
            "@odata.id": self.path(Target::Chassis),
            "@odata.type": "#Chassis.v1_21_0.Chassis",
            "Id": self.profile.chassis_id,
            "Name": format!("Chassis {}", self.profile.chassis_id),
            "ChassisType": "Blade",
            "Manufacturer": self.profile.vendor,
            "SerialNumber": "SIMC<<Index>>",
            "PowerState": "<<PowerState>>",
            "Status": {"Health": "OK", "State": "<<State>>"},
            "Links": {
                "ComputerSystems": systems,
                "ManagedBy": [{"@odata.id": self.path(Target::Manager)}],
            },
        }));
        if !self.has_own_chassis() {
            chassis.extend(Page::links(
                self.profile.settings.limits,
                &self.path(Target::Chassis),
            ));
        }
        chassis
    }

    fn manager(&self) -> Map<String, Value> {
        let systems: Vec<Value> = self
            .system_paths
            .iter()
            .map(|path| json!({"@odata.id": path}))
            .collect();
        let mut manager = object(json!({
            "@odata.id": self.path(Target::Manager),
            "@odata.type": "#Manager.v1_18_0.Manager",
            "Id": self.profile.manager_id,
            "Name": "Manager",
            "ManagerType": "BMC",
            "FirmwareVersion": "2.15.0",
            "UUID": "53494d01-0000-4000-8000-0000<<Index>>",
            "DateTime": "<<Now>>",
            "DateTimeLocalOffset": "+00:00",
            "PowerState": "On",
            "Status": {"Health": "OK", "State": "Enabled"},
            "Links": {
                "ManagerForServers": systems,
                "ManagerForChassis": [{"@odata.id": self.path(Target::Chassis)}],
            },
        }));
        if self.profile.last_reset_time != LastResetTime::Absent {
            manager.insert("LastResetTime".into(), json!("<<LastResetTime>>"));
        }
        manager
    }
}

/// The result of looking a path up.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Known(&'a Route),
    Made(Route),
    Nothing,
}

impl Found<'_> {
    pub(crate) fn as_route(&self) -> Option<&Route> {
        match self {
            Self::Known(route) => Some(route),
            Self::Made(route) => Some(route),
            Self::Nothing => None,
        }
    }
}

/// The name of a resource's reset action, without `#`.
pub(crate) fn action_name(target: Target) -> &'static str {
    match target {
        Target::System(_) => "ComputerSystem.Reset",
        Target::Chassis => "Chassis.Reset",
        Target::Manager => "Manager.Reset",
        Target::Outlet(_) => "Outlet.PowerControl",
    }
}

/// A collection resource.
pub(crate) fn collection(path: &str, kind: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|member| json!({"@odata.id": member}))
        .collect();
    json!({
        "@odata.id": path,
        "@odata.type": format!("#{kind}Collection.{kind}Collection"),
        "Name": format!("{kind} Collection"),
        "Members@odata.count": members.len(),
        "Members": members,
    })
}

fn action_info(path: &str, allowed: &[ResetType]) -> Value {
    json!({
        "@odata.id": path,
        "@odata.type": "#ActionInfo.v1_3_0.ActionInfo",
        "Id": "ResetActionInfo",
        "Name": "Reset Action Info",
        "Parameters": [{"Name": "ResetType", "Required": true, "DataType": "String", "AllowableValues": allowed}],
    })
}

fn fixed(resource: &Value) -> Bytes {
    Bytes::from(resource.to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
