//! The Power resource, and HPE's service for accelerators.

use serde_json::{Value, json};

use super::{Change, View, only, unknown_property, unlicensed, wanted_watts, wrong_type, wrong_value};
use crate::profile::Refusal;
use crate::settings::{Limit, LimitPlace};

/// How many entries `PowerControl` has; only the first two can be limited.
const ENTRIES: usize = 3;

pub(super) fn power(view: &View<'_>) -> Value {
    let place = view.bmc.profile().settings.limits;
    let path = format!("{}/Power", view.chassis);
    let mut power = json!({
        "@odata.id": path,
        "@odata.type": "#Power.v1_7_1.Power",
        "Id": "Power",
        "Name": "Power",
        "PowerControl": entries(view, place),
        "PowerControl@odata.count": ENTRIES,
    });
    if place == LimitPlace::Triggered {
        power["Actions"] =
            json!({"Oem": {"#PowerLimitTrigger": {"target": format!("{path}/Actions/LimitTrigger")}}});
    }
    if place == LimitPlace::Accelerators {
        let service = json!({"@odata.id": format!("{path}/AccPowerService")});
        power["Oem"] = json!({"Hpe": {"Links": {"AccPowerService": service}}});
    }
    power
}

fn entries(view: &View<'_>, place: LimitPlace) -> Vec<Value> {
    let (least, most) = view.range();
    let nameless = place == LimitPlace::Nameless;
    let watts = |watts: f64| {
        if nameless {
            json!(watts + 0.5)
        } else {
            json!(watts)
        }
    };
    let limit = |index: usize| view.settings.limits.get(index).and_then(|limit| limit.watts);
    let mut whole = json!({
        "@odata.id": format!("{}/Power#/PowerControl/0", view.chassis),
        "MemberId": "0",
        "Name": if nameless { "" } else { "Server Power Control" },
        "PowerConsumedWatts": watts(view.watts()),
        "PowerCapacityWatts": most,
        "PowerMetrics": {"IntervalInMin": 5, "MinConsumedWatts": 5, "MaxConsumedWatts": most, "AverageConsumedWatts": view.watts()},
        "PowerLimit": {"LimitInWatts": limit(0), "LimitException": "NoAction", "CorrectionInMs": 6000},
    });
    if !nameless {
        whole["Oem"] =
            json!({"Vendor": {"PowerLimit": {"Min": least, "Max": most}, "PowerResetWatts": least}});
    }
    if place == LimitPlace::Triggered {
        let state = if view.settings.triggered {
            "Enabled"
        } else {
            "Disabled"
        };
        whole["Status"] = json!({ "State": state });
    }
    let accelerator = json!({
        "MemberId": "1",
        "Name": "Accelerator0 Power Control",
        "PowerLimit": {"LimitInWatts": limit(1)},
    });
    vec![
        whole,
        accelerator,
        json!({"MemberId": "2", "Name": "Memory", "PowerConsumedWatts": 13}),
    ]
}

/// Changes the limits of entries: an array with as many members as the resource has.
pub(super) fn change(view: &mut View<'_>, body: &Value) -> Result<Change, Refusal> {
    if let Some(other) = body
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, _)| *name != "PowerControl")
    {
        return Err(unknown_property(other.0));
    }
    let given = body.get("PowerControl").unwrap_or(&Value::Null);
    let entries = given
        .as_array()
        .ok_or_else(|| wrong_type("PowerControl", given))?;
    if entries.len() != ENTRIES {
        return Err(wrong_type("PowerControl", given));
    }
    if !view.bmc.profile().settings.licensed {
        return Err(unlicensed());
    }
    for (index, entry) in entries.iter().enumerate() {
        if entry.as_object().is_some_and(serde_json::Map::is_empty) {
            continue;
        }
        let limit = only(entry, "PowerLimit")?;
        let value = limit.get("LimitInWatts").unwrap_or(&Value::Null);
        let watts = wanted_watts(view, "LimitInWatts", value)?;
        let Some(kept) = view.settings.limits.get_mut(index) else {
            return Err(unknown_property("PowerLimit"));
        };
        *kept = limit_of(watts);
    }
    Ok(Change::Done)
}

fn limit_of(watts: Option<f64>) -> Limit {
    watts.map_or(Limit::NONE, |watts| Limit {
        watts: Some(watts),
        mode: "Automatic",
    })
}

/// Puts the limit in force, or out of it.
pub(super) fn trigger(view: &mut View<'_>, body: &Value) -> Result<Change, Refusal> {
    let word = body.get("PowerLimitTrigger").unwrap_or(&Value::Null);
    view.settings.triggered = match word.as_str() {
        Some("Activate") => true,
        Some("Deactivate") => false,
        _ => return Err(wrong_value("PowerLimitTrigger", word)),
    };
    Ok(Change::Done)
}

pub(super) fn service(view: &View<'_>) -> Value {
    let path = format!("{}/Power/AccPowerService", view.chassis);
    json!({
        "@odata.id": path,
        "@odata.type": "#HpeServerAccPowerService.v1_0_0.HpeServerAccPowerService",
        "Id": "AccPowerService",
        "Links": {"PowerLimit": {"@odata.id": format!("{path}/PowerLimit")}},
    })
}

pub(super) fn limits(view: &View<'_>) -> Value {
    let (least, most) = view.range();
    let path = format!("{}/Power/AccPowerService/PowerLimit", view.chassis);
    let target = format!("{path}/Actions/HpeServerAccPowerLimit.ConfigurePowerLimit");
    let [whole, _] = view.settings.limits;
    json!({
        "@odata.id": path,
        "@odata.type": "#HpeServerAccPowerLimit.v1_0_0.HpeServerAccPowerLimit",
        "Id": "PowerLimit",
        "PowerLimits": [{"PowerLimitInWatts": whole.watts, "ZoneNumber": 0}, {"PowerLimitInWatts": null, "ZoneNumber": 1}],
        "PowerLimitRanges": [
            {"MinimumPowerLimit": least, "MaximumPowerLimit": most, "ZoneNumber": 0},
            {"MinimumPowerLimit": 0, "MaximumPowerLimit": 0, "ZoneNumber": 1},
        ],
        "Actions": {"#HpeServerAccPowerLimit.ConfigurePowerLimit": {"target": target}},
    })
}

/// Sets the limits of zones; there is one.
pub(super) fn configure(view: &mut View<'_>, body: &Value) -> Result<Change, Refusal> {
    if !view.bmc.profile().settings.licensed {
        return Err(unlicensed());
    }
    let given = body.get("PowerLimits").unwrap_or(&Value::Null);
    let zones = given.as_array().ok_or_else(|| wrong_type("PowerLimits", given))?;
    for zone in zones {
        if zone.get("ZoneNumber") != Some(&json!(0)) {
            return Err(wrong_value("ZoneNumber", zone));
        }
        let value = zone.get("PowerLimitInWatts").unwrap_or(&Value::Null);
        let watts = wanted_watts(view, "PowerLimitInWatts", value)?;
        view.settings.limits[0] = limit_of(watts);
    }
    Ok(Change::Done)
}
