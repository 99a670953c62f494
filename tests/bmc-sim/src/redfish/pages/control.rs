//! Controls, one by one and all at once.

use serde_json::{Value, json};

use super::super::tree::collection as collection_of;
use super::{Change, View, unknown_property, wanted_watts, wrong_type, wrong_value};
use crate::profile::Refusal;
use crate::settings::{Limit, LimitPlace};

/// The modes of a Control.
const MODES: [&str; 4] = ["Automatic", "Override", "Manual", "Disabled"];

/// Whether the Controls are not there: Cray's appear with the node's power.
pub(super) fn are_hidden(view: &View<'_>) -> bool {
    place(view) == LimitPlace::Deep && !view.is_on()
}

fn place(view: &View<'_>) -> LimitPlace {
    view.bmc.profile().settings.limits
}

fn path(view: &View<'_>, index: usize) -> String {
    let name = match (place(view), index) {
        (LimitPlace::Deep, 0) => "NodePowerLimit",
        (LimitPlace::Deep, _) => "Accelerator0PowerLimit",
        _ => "PowerLimit",
    };
    format!("{}/Controls/{name}", view.chassis)
}

fn count(view: &View<'_>) -> usize {
    if place(view) == LimitPlace::Deep { 2 } else { 1 }
}

pub(super) fn collection(view: &View<'_>) -> Value {
    let members: Vec<String> = (0..count(view)).map(|index| path(view, index)).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    collection_of(&format!("{}/Controls", view.chassis), "Control", &members)
}

pub(super) fn control(view: &View<'_>, index: usize) -> Value {
    let (least, most) = view.range();
    let limit = view.settings.limits.get(index).copied().unwrap_or(Limit::NONE);
    let deep = place(view) == LimitPlace::Deep;
    let mut control = json!({
        "@odata.id": path(view, index),
        "@odata.type": "#Control.v1_1_0.Control",
        "Id": "PowerLimit",
        "Name": match (deep, index) {
            (true, 0) => "Node Power Limit",
            (true, _) => "Accelerator0 Power Limit",
            (false, _) => "System Power Limit",
        },
        "ControlType": "Power",
        "SetPointUnits": "W",
        "PhysicalContext": if index == 0 { "Chassis" } else { "Accelerator" },
        "ControlMode": limit.mode,
        "SetPoint": limit.watts,
        "Status": {"Health": "OK"},
    });
    if index == 0 {
        control["Sensor"] = json!({"Reading": view.watts()});
    }
    if deep {
        control["SetPoint"] = json!(limit.watts.unwrap_or(0.0));
        control["SettingRangeMin"] = json!(least);
        control["SettingRangeMax"] = json!(most);
        control["Oem"] = json!({"Hpe": {"LimitException": "NoAction", "PowerResetWatts": "250"}});
    } else {
        control["AllowableMin"] = json!(least);
        control["AllowableMax"] = json!(most);
    }
    if place(view) == LimitPlace::ManualControl {
        control["Oem"] = json!({"Lenovo": {"LimitMode": "AC"}});
        control["Implementation"] = json!("Programmable");
    }
    control
}

pub(super) fn change(view: &mut View<'_>, index: usize, body: &Value) -> Result<Change, Refusal> {
    let limit = wanted(view, body)?;
    match view.settings.limits.get_mut(index) {
        Some(kept) => *kept = limit,
        None => return Ok(Change::Dropped),
    }
    Ok(Change::Done)
}

fn wanted(view: &View<'_>, body: &Value) -> Result<Limit, Refusal> {
    let known = ["SetPoint", "ControlMode", "@odata.id"];
    if let Some((other, _)) = body
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        return Err(unknown_property(other));
    }
    let value = body.get("SetPoint");
    let watts = match value {
        Some(value) => wanted_watts(view, "SetPoint", value)?,
        None => None,
    };
    let given = body.get("ControlMode").unwrap_or(&Value::Null);
    let mode = MODES.into_iter().find(|mode| given == mode);
    let mode = mode.ok_or_else(|| wrong_value("ControlMode", given))?;
    if place(view) == LimitPlace::ManualControl {
        let agrees = match mode {
            "Manual" => watts.is_some(),
            "Disabled" => value.is_some() && watts.is_none(),
            _ => return Err(wrong_value("ControlMode", given)),
        };
        if !agrees {
            return Err(Refusal::new(
                400,
                "Base.1.13.PropertyValueConflict",
                "The property 'ControlMode' could not be written because its value would conflict with 'SetPoint'.",
            ));
        }
    }
    Ok(match (mode, watts) {
        ("Disabled", _) | (_, None) => Limit::NONE,
        (mode, watts) => Limit { watts, mode },
    })
}

/// Changes several Controls; all or none.
pub(super) fn change_deep(view: &mut View<'_>, body: &Value) -> Result<Change, Refusal> {
    if are_hidden(view) {
        return Err(Refusal::new(
            404,
            "Base.1.13.ResourceMissingAtURI",
            format!(
                "The resource at the URI {}/Controls.Deep was not found.",
                view.chassis
            ),
        ));
    }
    let given = body.get("Members").unwrap_or(&Value::Null);
    let members = given.as_array().ok_or_else(|| wrong_type("Members", given))?;
    for member in members {
        let id = member.get("@odata.id").unwrap_or(&Value::Null);
        let index = (0..count(view)).find(|index| id == &path(view, *index));
        let index = index.ok_or_else(|| wrong_value("@odata.id", id))?;
        change(view, index, member)?;
    }
    Ok(Change::Done)
}
