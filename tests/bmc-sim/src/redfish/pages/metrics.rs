//! `EnvironmentMetrics`.

use serde_json::{Value, json};

use super::{Change, View, only, wanted_watts, wrong_value};
use crate::profile::Refusal;
use crate::settings::{Limit, LimitPlace};

pub(super) fn metrics(view: &View<'_>) -> Value {
    let (least, most) = view.range();
    let [whole, _] = view.settings.limits;
    let mut limit = json!({
        "SetPoint": whole.watts,
        "ControlMode": whole.mode,
        "AllowableMin": least,
        "AllowableMax": most,
    });
    if view.bmc.profile().settings.limits == LimitPlace::MetricsOfControl {
        limit["DataSourceUri"] = json!(format!("{}/Controls/PowerLimit", view.chassis));
    }
    json!({
        "@odata.id": format!("{}/EnvironmentMetrics", view.chassis),
        "@odata.type": "#EnvironmentMetrics.v1_3_0.EnvironmentMetrics",
        "Id": "EnvironmentMetrics",
        "Name": "Environment Metrics",
        "PowerWatts": {"Reading": view.watts()},
        "PowerLimitWatts": limit,
    })
}

pub(super) fn change(view: &mut View<'_>, body: &Value) -> Result<Change, Refusal> {
    let limit = only(body, "PowerLimitWatts")?;
    let watts = match limit.get("SetPoint") {
        Some(value) => wanted_watts(view, "SetPoint", value)?,
        None => None,
    };
    let mode = limit.get("ControlMode").unwrap_or(&Value::Null);
    view.settings.limits[0] = match (mode.as_str(), watts) {
        (Some("Disabled"), _) | (Some("Automatic"), None) => Limit::NONE,
        (Some("Automatic"), watts) => Limit {
            watts,
            mode: "Automatic",
        },
        _ => return Err(wrong_value("ControlMode", mode)),
    };
    Ok(Change::Done)
}
