//! The power limits and draws that a tree shows.

use std::fmt;

use serde_json::Value;

use super::pages::{Pages, links, number, same, text};

/// The most Controls of one chassis.
const CONTROLS_MAX: usize = 24;
/// The most chassis that are looked through for the one of a system.
const CHASSIS_MAX: usize = 12;

/// A power limit as the files have it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedLimit {
    /// The resource that it stands in.
    pub path: String,
    /// Its value, when there is one above 0 in force.
    pub watts: Option<f64>,
    /// The least that can be set, where a file says so.
    pub min: Option<f64>,
    /// The most that can be set, where a file says so.
    pub max: Option<f64>,
    /// Whether it is about the whole chassis.
    whole: bool,
}

#[cfg(test)]
impl ExpectedLimit {
    pub(crate) fn of(path: &str, watts: Option<f64>, min: Option<f64>, max: Option<f64>) -> Self {
        Self {
            path: path.to_owned(),
            watts,
            min,
            max,
            whole: true,
        }
    }
}

impl fmt::Display for ExpectedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let watts = |watts: Option<f64>| watts.map_or_else(|| "?".to_owned(), |watts| format!("{watts}"));
        let [value, min, max] = [self.watts, self.min, self.max].map(watts);
        write!(f, "{value} of {min} to {max} W in {}", self.path)
    }
}

/// The chassis of a system: linked, else of the same name, else the only one, else linking back.
pub(super) fn chassis_of(pages: &Pages, path: &str, system: &Value) -> Vec<Value> {
    let read = |paths: &[String]| -> Vec<Value> {
        let paths = paths.iter().take(CHASSIS_MAX);
        paths.filter_map(|path| pages.get(path)).collect()
    };
    let linked = read(&links(system, &["Links", "Chassis"]));
    if !linked.is_empty() {
        return linked;
    }
    let collection = links(&pages.root(), &["Chassis"]);
    let all: Vec<String> = collection.iter().flat_map(|path| pages.members(path)).collect();
    let name = |path: &str| path.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
    let named: Vec<String> = all
        .iter()
        .filter(|chassis| {
            let own = name(chassis);
            own == name(path) || matches!(own.as_deref(), Some("Baseboard" | "ProcessorModule_0"))
        })
        .cloned()
        .collect();
    if !named.is_empty() {
        return read(&named);
    }
    if all.len() == 1 {
        return read(&all);
    }
    let mut candidates = read(&all);
    candidates.retain(|chassis| {
        let systems = links(chassis, &["Links", "ComputerSystems"]);
        systems.iter().any(|system| same(system, path))
    });
    candidates
}

/// The limits of all these chassis: of several places for the same limit the newest alone counts.
pub(super) fn limits(pages: &Pages, chassis: &[Value]) -> Vec<ExpectedLimit> {
    let mut found = Vec::new();
    for chassis in chassis {
        let mut here = controls(pages, chassis);
        if !here.iter().any(|limit| limit.whole) {
            let metrics =
                metrics(pages, chassis).filter(|new| !here.iter().any(|old| same(&old.path, &new.path)));
            here.extend(metrics);
        }
        if !here.iter().any(|limit| limit.whole) {
            here.extend(power(pages, chassis));
        }
        found.extend(here);
    }
    found
}

fn linked(pages: &Pages, resource: &Value, name: &str) -> Option<(String, Value)> {
    let path = links(resource, &[name]).into_iter().next()?;
    let page = pages.get(&path)?;
    Some((path, page))
}

fn controls(pages: &Pages, chassis: &Value) -> Vec<ExpectedLimit> {
    let Some((_, collection)) = linked(pages, chassis, "Controls") else {
        return Vec::new();
    };
    let members = links(&collection, &["Members"]);
    let members = members.into_iter().take(CONTROLS_MAX);
    members.filter_map(|path| control(pages, path)).collect()
}

fn control(pages: &Pages, path: String) -> Option<ExpectedLimit> {
    let page = pages.get(&path)?;
    let unit = text(&page, "SetPointUnits").map(|unit| unit.to_lowercase());
    let in_watts = unit.as_deref().map(|unit| matches!(unit, "w" | "watt" | "watts"));
    let is_power = match text(&page, "ControlType") {
        Some(kind) => kind.eq_ignore_ascii_case("power"),
        None => in_watts == Some(true),
    };
    if !is_power || in_watts == Some(false) {
        return None;
    }
    let context = text(&page, "PhysicalContext").unwrap_or_default().to_lowercase();
    let parts = ["accelerator", "cpu", "gpu", "memory", "networkingdevice"];
    let either = |one: &str, two: &str, three: &str| {
        number(&page, one)
            .or_else(|| number(&page, two))
            .or_else(|| number(&page, three))
    };
    let off = text(&page, "ControlMode").as_deref() == Some("Disabled");
    Some(ExpectedLimit {
        watts: number(&page, "SetPoint").filter(|watts| *watts > 0.0 && !off),
        min: either("SettingRangeMin", "SettingMin", "AllowableMin"),
        max: either("SettingRangeMax", "SettingMax", "AllowableMax"),
        whole: !parts.iter().any(|part| context.starts_with(part)),
        path,
    })
}

fn metrics(pages: &Pages, chassis: &Value) -> Option<ExpectedLimit> {
    let (path, page) = linked(pages, chassis, "EnvironmentMetrics")?;
    let limit = page.get("PowerLimitWatts").filter(|limit| !limit.is_null())?;
    let source = text(limit, "DataSourceUri").and_then(|source| control(pages, source));
    let off = text(limit, "ControlMode").as_deref() == Some("Disabled");
    Some(source.unwrap_or(ExpectedLimit {
        path,
        watts: number(limit, "SetPoint").filter(|watts| *watts > 0.0 && !off),
        min: number(limit, "AllowableMin"),
        max: number(limit, "AllowableMax"),
        whole: true,
    }))
}

fn power(pages: &Pages, chassis: &Value) -> Vec<ExpectedLimit> {
    let Some((path, page)) = linked(pages, chassis, "Power") else {
        return Vec::new();
    };
    let zones = zones(pages, &page);
    if !zones.is_empty() {
        return zones;
    }
    let entries = page.get("PowerControl").and_then(Value::as_array);
    let entries = entries.into_iter().flatten().enumerate().take(64);
    let limit = |(index, entry): (usize, &Value)| {
        let limit = entry.get("PowerLimit").filter(|limit| !limit.is_null())?;
        let (min, max) = bounds(entry);
        Some(ExpectedLimit {
            path: path.clone(),
            watts: number(limit, "LimitInWatts").filter(|watts| *watts > 0.0),
            min,
            max: max.or_else(|| number(entry, "PowerCapacityWatts").filter(|watts| *watts > 0.0)),
            whole: index == 0,
        })
    };
    entries.filter_map(limit).collect()
}

/// The bounds that makers add to an entry.
fn bounds(entry: &Value) -> (Option<f64>, Option<f64>) {
    let makers = entry.get("Oem").and_then(Value::as_object);
    let (mut least, mut most) = (None, None);
    for maker in makers.into_iter().flatten().map(|(_, maker)| maker) {
        for (part, min, max) in [
            ("PowerLimit", "Min", "Max"),
            ("PowerUtilization", "MinLimitInWatts", "MaxLimitInWatts"),
        ] {
            if let Some(part) = maker.get(part) {
                least = least.or_else(|| number(part, min));
                most = most.or_else(|| number(part, max).filter(|watts| *watts > 0.0));
            }
        }
    }
    (least, most)
}

/// The zones of HPE's accelerator power service.
fn zones(pages: &Pages, power: &Value) -> Vec<ExpectedLimit> {
    let service = links(power, &["Oem", "Hpe", "Links", "AccPowerService"]);
    let service = service.first().and_then(|path| pages.get(path));
    let path = service.and_then(|service| links(&service, &["Links", "PowerLimit"]).into_iter().next());
    let Some(path) = path else { return Vec::new() };
    let Some(page) = pages.get(&path) else {
        return Vec::new();
    };
    let list = |name: &str| {
        page.get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let ranges = list("PowerLimitRanges");
    let zone = |(index, zone): (usize, &Value)| {
        let number_of = |zone: &Value| zone.get("ZoneNumber").and_then(Value::as_u64);
        let id = number_of(zone).or_else(|| u64::try_from(index).ok())?;
        let range = ranges
            .iter()
            .find(|range| number_of(range).unwrap_or_default() == id);
        let bound = |name: &str| range.and_then(|range| number(range, name));
        let max = bound("MaximumPowerLimit");
        (id == 0 || max.is_some_and(|max| max > 0.0)).then(|| ExpectedLimit {
            path: path.clone(),
            watts: number(zone, "PowerLimitInWatts").filter(|watts| *watts > 0.0),
            min: bound("MinimumPowerLimit"),
            max,
            whole: id == 0,
        })
    };
    list("PowerLimits").iter().enumerate().filter_map(zone).collect()
}

/// What the chassis draw by `PowerControl`.
pub(super) fn draws(pages: &Pages, chassis: &[Value]) -> Vec<f64> {
    let powers = chassis
        .iter()
        .filter_map(|chassis| linked(pages, chassis, "Power"));
    let entries = powers.filter_map(|(_, page)| page.get("PowerControl").and_then(Value::as_array).cloned());
    entries
        .flatten()
        .filter_map(|entry| number(&entry, "PowerConsumedWatts"))
        .collect()
}
