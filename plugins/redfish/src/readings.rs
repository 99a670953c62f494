//! What a subject draws, from the newest of the places that a BMC meters it at and that says the most.

use switchyard_driver_sdk::{Fact, Failure, Host, Kind, Reading, Subject, fact};

use crate::chassis::{Regulated, last, optional};
use crate::client::Client;
use crate::dialect::Dialect;
use crate::resource::Resource;
use crate::subject::path_of_subject;

/// The most Sensors or Controls of one chassis that are read for want of something better.
const SENSORS_MAX: usize = 12;
/// Joules in a kilowatt-hour.
const JOULES_PER_KWH: f64 = 3_600_000.0;
/// Milliseconds in a minute.
const MS_PER_MINUTE: f64 = 60_000.0;

/// Reads the power meters of a subject from the BMC.
pub fn readings(host: &dyn Host, dialect: &'static Dialect, of: &Subject) -> Result<Vec<Reading>, Failure> {
    let client = Client::new(host, dialect);
    if of.kind == Kind::Outlet {
        let path = path_of_subject(&client, of)?;
        let outlet = client.get(&path)?;
        return Ok(of_excerpt(&path, &outlet).into_iter().collect());
    }
    let regulated = Regulated::read(&client, of, "power readings")?;
    let mut readings = Vec::new();
    for chassis in &regulated.chassis {
        readings.extend(of_chassis(&client, chassis)?);
    }
    Ok(readings)
}

fn of_chassis(client: &Client<'_>, chassis: &Resource) -> Result<Vec<Reading>, Failure> {
    let read = |name: &str| match chassis.link(&[name]) {
        Some(path) => optional(client, &path),
        None => Ok(None),
    };
    if let Some(power) = read("Power")? {
        let readings = of_power(&power.path, &power.resource);
        if !readings.is_empty() {
            return Ok(readings);
        }
    }
    if let Some(metrics) = read("EnvironmentMetrics")?
        && let Some(reading) = of_excerpt(&metrics.path, &metrics.resource)
    {
        return Ok(vec![reading]);
    }
    let controls = members(client, read("Controls")?.map(|controls| controls.resource))?;
    let readings: Vec<Reading> = controls.iter().filter_map(of_control).collect();
    if !readings.is_empty() {
        return Ok(readings);
    }
    let sensors = members(client, read("Sensors")?.map(|sensors| sensors.resource))?;
    Ok(sensors.iter().filter_map(of_sensor).collect())
}

/// The members of a collection, unless there are too many to read.
fn members(client: &Client<'_>, collection: Option<Resource>) -> Result<Vec<Resource>, Failure> {
    let paths = collection
        .map(|collection| collection.links(&["Members"]))
        .unwrap_or_default();
    if paths.len() > SENSORS_MAX {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for path in paths {
        found.extend(optional(client, &path)?.map(|tagged| tagged.resource));
    }
    Ok(found)
}

fn of_power(path: &str, power: &Resource) -> Vec<Reading> {
    let entries = power.elements(&["PowerControl"]);
    let of_entry = |(index, entry): (usize, Option<Resource>)| {
        let entry = entry?;
        let watts = entry.number(&["PowerConsumedWatts"]);
        let metric = |name: &str| entry.number(&["PowerMetrics", name]);
        let average = metric("AverageConsumedWatts");
        if watts.is_none() && average.is_none() {
            return None;
        }
        let name = entry.text(&["Name"]).map_or_else(
            || {
                if index == 0 {
                    "Power".to_owned()
                } else {
                    format!("Power {index}")
                }
            },
            str::to_owned,
        );
        let capacity = entry.number(&["PowerCapacityWatts"]).filter(|watts| *watts > 0.0);
        Some(Reading {
            id: format!("{path}#/PowerControl/{index}"),
            name,
            watts,
            min: metric("MinConsumedWatts"),
            max: metric("MaxConsumedWatts"),
            average,
            window_ms: metric("IntervalInMin").and_then(window_ms),
            facts: capacity
                .map(|watts| fact("capacity-watts", format!("{watts}")))
                .into_iter()
                .collect(),
        })
    };
    entries.into_iter().enumerate().filter_map(of_entry).collect()
}

/// A window of minutes in milliseconds; none for a window of nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is checked to be within the range"
)]
fn window_ms(minutes: f64) -> Option<u32> {
    let ms = minutes * MS_PER_MINUTE;
    (1.0..=f64::from(u32::MAX)).contains(&ms).then_some(ms as u32)
}

/// The excerpts of sensors that `EnvironmentMetrics` and outlets have.
fn of_excerpt(path: &str, resource: &Resource) -> Option<Reading> {
    let watts = resource.number(&["PowerWatts", "Reading"])?;
    let energy = resource
        .number(&["EnergyJoules", "Reading"])
        .or_else(|| Some(resource.number(&["EnergykWh", "Reading"])? * JOULES_PER_KWH));
    let name = resource.text(&["Name"]).unwrap_or_else(|| last(path));
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(energy.map(|joules| fact("energy-joules", format!("{joules:.0}"))));
    Some(Reading {
        facts,
        ..of_watts(&format!("{path}#/PowerWatts"), name, watts)
    })
}

/// The sensor that a Control regulates by.
fn of_control(control: &Resource) -> Option<Reading> {
    if !crate::limits::is_power_control(control) {
        return None;
    }
    let watts = control.number(&["Sensor", "Reading"])?;
    let path = control.link(&[])?;
    let name = control.text(&["Name"]).unwrap_or_else(|| last(&path));
    Some(of_watts(&format!("{path}#/Sensor"), name, watts))
}

fn of_sensor(sensor: &Resource) -> Option<Reading> {
    if sensor.text(&["ReadingType"]) != Some("Power")
        || sensor.text(&["ReadingUnits"]).is_some_and(|units| units != "W")
    {
        return None;
    }
    let watts = sensor.number(&["Reading"])?;
    let path = sensor.link(&[])?;
    let name = sensor.text(&["Name"]).unwrap_or_else(|| last(&path));
    Some(of_watts(&path, name, watts))
}

fn of_watts(id: &str, name: &str, watts: f64) -> Reading {
    Reading {
        id: id.to_owned(),
        name: name.to_owned(),
        watts: Some(watts),
        min: None,
        max: None,
        average: None,
        window_ms: None,
        facts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use switchyard_driver_sdk::testing::FakeHost;

    use super::*;

    const STANDARD: &Dialect = &Dialect::STANDARD;
    const CHASSIS: &str = "/redfish/v1/Chassis/1";

    fn chassis(parts: &str) -> FakeHost {
        FakeHost::new().page(CHASSIS, parts)
    }

    fn read(host: &FakeHost) -> Vec<Reading> {
        let of = Subject {
            kind: Kind::Chassis,
            id: CHASSIS.to_owned(),
        };
        readings(host, STANDARD, &of).unwrap()
    }

    #[test]
    fn the_power_resource_tells_the_window_too() {
        let host = chassis(r#"{"Power": {"@odata.id": "/p"}, "EnvironmentMetrics": {"@odata.id": "/e"}}"#).page(
            "/p",
            r#"{"PowerControl": [{"PowerConsumedWatts": 531.5, "PowerCapacityWatts": 3200, "PowerMetrics":
                {"AverageConsumedWatts": 515, "IntervalInMin": 20, "MaxConsumedWatts": 620, "MinConsumedWatts": 484}},
                {"Name": "CPU", "PowerConsumedWatts": "99"}, {"Name": "Odd", "PowerConsumedWatts": {}}]}"#,
        );
        let read = read(&host);
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].watts, read[0].min, read[0].window_ms),
            (Some(531.5), Some(484.0), Some(1_200_000))
        );
        assert_eq!(
            (read[1].name.as_str(), read[1].watts, read[1].window_ms),
            ("CPU", Some(99.0), None)
        );
    }

    #[test]
    fn metrics_controls_and_few_sensors_stand_in() {
        let host = chassis(r#"{"EnvironmentMetrics": {"@odata.id": "/e"}}"#).page(
            "/e",
            r#"{"PowerWatts": {"Reading": 700}, "EnergykWh": {"Reading": 2}}"#,
        );
        let metered = read(&host);
        assert_eq!(metered[0].watts, Some(700.0));
        assert_eq!(metered[0].facts[0].value, "7200000");

        let host = chassis(r#"{"Controls": {"@odata.id": "/c"}}"#)
            .page("/c", r#"{"Members": [{"@odata.id": "/c/1"}]}"#)
            .page(
                "/c/1",
                r#"{"@odata.id": "/c/1", "ControlType": "Power", "Sensor": {"Reading": 239}}"#,
            );
        assert_eq!(read(&host)[0].watts, Some(239.0));

        let host = chassis(r#"{"Sensors": {"@odata.id": "/s"}}"#)
            .page("/s", r#"{"Members": [{"@odata.id": "/s/1"}, {"@odata.id": "/s/2"}, {"@odata.id": "/s/9"}]}"#)
            .page("/s/1", r#"{"@odata.id": "/s/1", "Name": "In", "ReadingType": "Power", "ReadingUnits": "W", "Reading": 75}"#)
            .page("/s/2", r#"{"@odata.id": "/s/2", "ReadingType": "Temperature", "Reading": 19}"#);
        let sensed = read(&host);
        assert_eq!((sensed.len(), sensed[0].watts), (1, Some(75.0)));
    }
}
