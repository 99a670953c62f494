//! Drivers in the words of the API.

use std::collections::HashMap;

use switchyard_drivers::{Driver, DriverName, Provenance, Refused, Shelf, Source};
use switchyard_wire::v2;

use crate::api::ApiState;
use crate::api::time::rfc3339_of;
use crate::api::v2::selection::fold;

/// What each version speaks to.
struct Users(HashMap<DriverName, Vec<switchyard_core::ControllerId>>);

impl Users {
    fn of(state: &ApiState) -> Self {
        let mut users: HashMap<_, Vec<_>> = HashMap::new();
        for endpoint in state.engine.endpoints().after(None) {
            let id = &endpoint.controller.endpoint.id;
            if let Some(driver) = state.engine.driver(id) {
                users.entry(driver).or_default().push(id.clone());
            }
        }
        Self(users)
    }

    fn of_version(&self, driver: &Driver) -> &[switchyard_core::ControllerId] {
        self.0.get(driver.name()).map_or(&[], Vec::as_slice)
    }
}

/// All drivers.
pub(super) fn all(state: &ApiState) -> Vec<v2::Driver> {
    let (registry, users) = (state.drivers.registry(), Users::of(state));
    let ids = registry.ids();
    ids.iter()
        .filter_map(|id| driver(state, id, &registry.shelf(id)?, &users, false))
        .collect()
}

/// One driver, with the sets of what it speaks to.
pub(super) fn one(state: &ApiState, id: &str) -> Option<v2::Driver> {
    let shelf = state.drivers.registry().shelf(id)?;
    driver(state, id, &shelf, &Users::of(state), true)
}

pub(super) fn refused(refused: Refused) -> v2::RefusedDriver {
    v2::RefusedDriver {
        what: refused.what,
        code: refused.code.to_owned(),
        detail: refused.text,
        at: rfc3339_of(refused.at),
    }
}

fn driver(state: &ApiState, id: &str, shelf: &Shelf, users: &Users, sets: bool) -> Option<v2::Driver> {
    let standard = shelf.standard()?;
    let lineup = &shelf.lineup;
    let versions: Vec<_> = shelf
        .versions()
        .map(|driver| version(state, driver, shelf, users, sets))
        .collect();
    Some(v2::Driver {
        id: id.to_owned(),
        summary: standard.manifest().summary.clone(),
        version: standard.manifest().version.to_string(),
        former: lineup.former.map(|former| former.to_string()),
        canary: lineup.canary.as_ref().map(|canary| v2::DriverCanary {
            version: canary.version.to_string(),
            controllers: fold(&canary.controllers.iter().collect::<Vec<_>>()),
            count: canary.controllers.len(),
        }),
        controllers: versions.iter().map(|version| version.controllers).sum(),
        versions,
    })
}

fn version(state: &ApiState, driver: &Driver, shelf: &Shelf, users: &Users, sets: bool) -> v2::DriverVersion {
    let (manifest, shape) = (driver.manifest(), driver.shape());
    let (provenance, key) = match driver.provenance() {
        Provenance::Embedded => ("embedded", None),
        Provenance::Signed(key) => ("signed", Some(key.to_string())),
        Provenance::Unsigned => ("unsigned", None),
    };
    let names =
        |grants: &switchyard_drivers::Grants| grants.iter().map(|one| one.name().to_owned()).collect();
    let granted = manifest
        .wants
        .and(state.drivers.registry().policy().grants_of(&manifest.id));
    let controllers = users.of_version(driver);
    let fleet = state.engine.fleet();
    let components: Vec<_> = controllers
        .iter()
        .flat_map(|controller| fleet.of_controller(controller))
        .map(|row| row.component.id.clone())
        .collect();
    v2::DriverVersion {
        version: manifest.version.to_string(),
        role: role(driver, shelf).to_owned(),
        source: source(driver.source()).to_owned(),
        provenance: provenance.to_owned(),
        key,
        sha256: driver.digest().to_string(),
        contract: shape.contract.to_string(),
        basis: manifest.basis.map(|basis| basis.as_str().to_owned()),
        evidence: manifest.evidence.clone(),
        wants: names(&manifest.wants),
        granted: names(&granted),
        imports: shape.imports.clone(),
        exports: shape.exports.clone(),
        limits: limits(driver),
        compilation: v2::Compilation {
            cached: driver.compilation().cached,
            took_ms: millis(driver.compilation().took),
        },
        calls: calls(driver),
        controllers: controllers.len(),
        components: components.len(),
        controller_set: sets.then(|| fold(controllers)),
        component_set: sets.then(|| fold(&components)),
    }
}

fn role(driver: &Driver, shelf: &Shelf) -> &'static str {
    let version = driver.manifest().version;
    if shelf
        .lineup
        .canary
        .as_ref()
        .is_some_and(|canary| canary.version == version)
    {
        "canary"
    } else if shelf.lineup.standard(shelf.stock()) == Some(version) {
        "standard"
    } else {
        "idle"
    }
}

fn source(source: &Source) -> &'static str {
    match source {
        Source::Embedded => "embedded",
        Source::Installed => "installed",
        Source::Folder(_) => "folder",
    }
}

fn limits(driver: &Driver) -> v2::DriverLimits {
    let limits = driver.manifest().limits;
    v2::DriverLimits {
        memory_bytes: limits.memory as u64,
        cpu_ms: millis(switchyard_drivers::CPU_TICK * limits.cpu_ticks),
        requests: limits.requests,
        survey_requests: limits.survey_requests,
        log_lines: limits.log_lines,
    }
}

fn calls(driver: &Driver) -> v2::DriverCalls {
    let calls = driver.calls();
    let (last_stop_at, last_stop) = calls
        .last_stop
        .map(|stop| (rfc3339_of(stop.at), stop.text))
        .unzip();
    v2::DriverCalls {
        ended: calls.ended,
        failed: calls.failed,
        stopped: calls.stopped,
        refused: calls.refused,
        last_stop_at,
        last_stop,
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
