//! The driver for the rack units of Server Technology, whose outlets are switched by `OutletStatus` and not by the standard's parameter.

use switchyard_redfish::{Dialect, OutletForm, export_dialect};

export_dialect! {
    /// Redfish as the rack units of Server Technology speak it.
    pub struct ServerTech speaks Dialect {
        name: "servertech",
        outlets: OutletForm::ServerTech,
        ..Dialect::STANDARD
    };
}
