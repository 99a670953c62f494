//! One component's entry.

use switchyard_core::{Kind, PowerState};
use switchyard_wire::pcs::PowerStatus;
use switchyard_xname::Xname;

use crate::api::time::rfc3339;
use crate::engine::{Row, Seen, is_bmc};

pub(super) const ON: &str = "on";
pub(super) const OFF: &str = "off";
pub(super) const UNDEFINED: &str = "undefined";
pub(super) const AVAILABLE: &str = "available";
pub(super) const UNAVAILABLE: &str = "unavailable";

/// The entry of a component of the inventory. It never carries an error: some clients take the error for the state.
pub(super) fn known(row: &Row) -> PowerStatus {
    let seen = row.seen();
    let kind = row.component.kind;
    PowerStatus {
        xname: row.component.id.to_string(),
        power_state: power_state(kind, &seen).to_owned(),
        management_state: if seen.available { AVAILABLE } else { UNAVAILABLE }.to_owned(),
        error: String::new(),
        supported_power_transitions: Some(
            row.supported()
                .into_iter()
                .filter(|operation| operation.is_of_pcs())
                .map(|operation| operation.pcs_name().to_owned())
                .collect(),
        ),
        last_updated: rfc3339(seen.changed_at),
    }
}

/// A component on its way counts as what it leaves; a BMC that answers is on.
fn power_state(kind: Kind, seen: &Seen) -> &'static str {
    match seen.state {
        _ if is_bmc(kind) => {
            if seen.available {
                ON
            } else {
                UNDEFINED
            }
        }
        PowerState::On | PowerState::PoweringOff => ON,
        PowerState::Off | PowerState::PoweringOn => OFF,
        PowerState::Paused | PowerState::Asleep | PowerState::Unknown => UNDEFINED,
    }
}

/// The entry of a well-formed name that the inventory does not hold.
pub(super) fn unknown(name: &str) -> PowerStatus {
    let error = match Xname::parse(name) {
        Ok(xname) if xname.component_type().has_power_control() => "Component not found in component map.",
        Ok(_) => "Component can not have power state and managment state data",
        Err(_) => "Invalid component name.",
    };
    PowerStatus {
        xname: name.to_owned(),
        power_state: String::new(),
        management_state: String::new(),
        error: error.to_owned(),
        supported_power_transitions: None,
        last_updated: String::new(),
    }
}
