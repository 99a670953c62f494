//! Power distribution units: equipment, units and outlets, and what switches an outlet.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::super::tree::ROOT;
use super::{pdu_path, wrong_value};
use crate::power::ResetType;
use crate::profile::Refusal;
use crate::settings::{OutletKind, Outlets};

/// The words of Redfish for what an outlet does.
const STATES: [(&str, ResetType); 3] = [
    ("On", ResetType::On),
    ("Off", ResetType::ForceOff),
    ("PowerCycle", ResetType::PowerCycle),
];
/// What `ServerTech` keeps of an outlet and wants with every change.
const KEPT: [&str; 6] = [
    "OutletNumber",
    "StartupState",
    "Outletname",
    "OnDelay",
    "OffDelay",
    "RebootDelay",
];

/// What an outlet carries out.
pub(in super::super) fn reset_types() -> &'static [ResetType] {
    &[ResetType::On, ResetType::ForceOff, ResetType::PowerCycle]
}

/// The path of an outlet.
pub(in super::super) fn path(index: usize) -> String {
    format!("{}/Outlets/A{}", pdu_path(), index + 1)
}

/// The fixed pages of a unit.
pub(in super::super) fn fixed(outlets: Outlets, vendor: &str) -> Vec<(String, Value)> {
    let equipment = format!("{ROOT}/PowerEquipment");
    let units = format!("{equipment}/RackPDUs");
    let unit = pdu_path();
    let members: Vec<String> = (0..outlets.count).map(path).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let link = |path: &str| json!({ "@odata.id": path });
    vec![
        (
            equipment.clone(),
            json!({
                "@odata.id": equipment,
                "@odata.type": "#PowerEquipment.v1_2_0.PowerEquipment",
                "Id": "PowerEquipment",
                "RackPDUs": link(&units),
            }),
        ),
        (
            units.clone(),
            super::super::tree::collection(&units, "PowerDistribution", &[unit.as_str()]),
        ),
        (
            unit.clone(),
            json!({
                "@odata.id": unit,
                "@odata.type": "#PowerDistribution.v1_3_0.PowerDistribution",
                "Id": "1",
                "Name": "Rack PDU",
                "EquipmentType": "RackPDU",
                "Manufacturer": vendor,
                "FirmwareVersion": "4.3",
                "Outlets": link(&format!("{unit}/Outlets")),
            }),
        ),
        (
            format!("{unit}/Outlets"),
            super::super::tree::collection(&format!("{unit}/Outlets"), "Outlet", &members),
        ),
    ]
}

/// The template of an outlet.
pub(in super::super) fn outlet(outlets: Outlets, index: usize) -> Map<String, Value> {
    let path = path(index);
    let name = format!("OUTLET{}", index + 1);
    let mut outlet = json!({
        "@odata.id": path,
        "@odata.type": "#Outlet.v1_4_0.Outlet",
        "Id": format!("A{}", index + 1),
        "Name": name,
        "OutletType": "IEC_60320_C13",
        "PowerState": "<<PowerState>>",
        "Status": {"Health": "OK", "State": "Enabled"},
        "PowerWatts": {"Reading": 42},
        "Actions": {"#Outlet.PowerControl": {"target": format!("{path}/Actions/Outlet.PowerControl")}},
    });
    match outlets.kind {
        OutletKind::Standard => {
            outlet["Actions"]["#Outlet.PowerControl"]["PowerState@Redfish.AllowableValues"] =
                json!(STATES.map(|(word, _)| word));
        }
        OutletKind::ServerTech => {
            for (kept, value) in KEPT.into_iter().zip([
                json!(index + 1),
                json!("lastKnown"),
                json!(name),
                json!(0),
                json!(0),
                json!(5),
            ]) {
                outlet[kept] = value;
            }
            outlet["OutletStatus"] = json!("<<PowerState>>");
        }
    }
    match outlet {
        Value::Object(outlet) => outlet,
        _ => Map::new(),
    }
}

/// What a request asks of an outlet.
pub(in super::super) fn outlet_action(
    outlets: Outlets,
    index: usize,
    body: &Bytes,
) -> Result<ResetType, Refusal> {
    let given: Value = serde_json::from_slice(body).unwrap_or_default();
    let property = match outlets.kind {
        OutletKind::Standard => "PowerState",
        OutletKind::ServerTech => {
            if let Some(missing) = KEPT.iter().find(|name| given.get(**name).is_none()) {
                return Err(Refusal::new(
                    400,
                    "Base.1.13.ActionParameterMissing",
                    format!("The action requires the parameter {missing} to be present in the request body."),
                ));
            }
            if given.get("OutletNumber") != Some(&json!(index + 1)) {
                return Err(wrong_value("OutletNumber", &given));
            }
            "OutletStatus"
        }
    };
    let word = given.get(property).unwrap_or(&Value::Null);
    let known = STATES.iter().find(|(state, _)| {
        word.as_str().is_some_and(|word| match outlets.kind {
            OutletKind::Standard => word == *state,
            OutletKind::ServerTech => word == state.to_lowercase(),
        })
    });
    known
        .map(|(_, reset)| *reset)
        .ok_or_else(|| wrong_value(property, word))
}
