//! How makes of BMC take settings.

use serde::{Deserialize, Serialize};

/// What a BMC lets be set beside power, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsProfile {
    /// Where power limits are.
    pub limits: LimitPlace,
    /// The least limit, in watts.
    pub least_watts: u32,
    /// The highest limit, in watts.
    pub most_watts: u32,
    /// Whether a limit is lifted with `null`; else with 0.
    pub takes_null: bool,
    /// Whether the licence for limits is there.
    pub licensed: bool,
    /// What becomes of entity tags.
    pub tags: Tags,
    /// How boot overrides are taken.
    pub boot: BootHabit,
    /// Whether boot overrides are refused while the firmware of the machine starts, as iLO does.
    pub refuses_in_post: bool,
    /// Which properties show the light.
    pub light: LightKind,
    /// The outlets, on BMCs that are power distribution units: they have nothing else then.
    pub outlets: Option<Outlets>,
}

impl SettingsProfile {
    /// `PowerControl`, tags that are checked when they are given, overrides of single properties, both lights.
    pub fn standard() -> Self {
        Self {
            limits: LimitPlace::PowerControl,
            least_watts: 100,
            most_watts: 900,
            takes_null: true,
            licensed: true,
            tags: Tags::Checked,
            boot: BootHabit::Single,
            refuses_in_post: false,
            light: LightKind::Both,
            outlets: None,
        }
    }
}

/// Where power limits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitPlace {
    /// There are none.
    Nowhere,
    /// `PowerControl` of the Power resource, with a maker's bounds.
    PowerControl,
    /// The same with fractions of watts and empty names, as Foxconn's and Intel's have it.
    Nameless,
    /// The same, in force only after the action `LimitTrigger`, as Gigabyte's.
    Triggered,
    /// `EnvironmentMetrics`.
    Metrics,
    /// `EnvironmentMetrics` that names a Control as its source.
    MetricsOfControl,
    /// Controls.
    Controls,
    /// A Control whose mode must be `Manual` with a value and `Disabled` without, as Lenovo's.
    ManualControl,
    /// Controls at a chassis of each node's own that appear when the node is on and are set at `Controls.Deep`, as HPE Cray EX.
    Deep,
    /// HPE's accelerator power service.
    Accelerators,
}

/// What becomes of entity tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tags {
    /// There are none.
    None,
    /// Weak tags, checked when they are given, in the weak or the strong form.
    Checked,
    /// Weak tags that are refused in the weak form, and asked for.
    Strong,
    /// Tags that the BMC refuses itself: only `*` passes, and is asked for, as by AMI.
    AnyOnly,
    /// Tags, but never `*`, as by iLO.
    NeverAny,
}

/// How boot overrides are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootHabit {
    /// There are none.
    Nowhere,
    /// Each property by itself.
    Single,
    /// Target, enabled and mode together; else nothing happens, as with AMI.
    Full,
    /// The same, and never `Continuous`, as with Lenovo's XCC.
    FullOnce,
    /// Never without enabled; without a mode it falls to Legacy, as with Supermicro.
    AlwaysEnabled,
    /// Only at the resource of `@Redfish.Settings`, as with iDRAC10.
    SettingsOnly,
}

/// Which properties show the light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LightKind {
    /// Neither.
    None,
    /// `IndicatorLED`.
    Led,
    /// `LocationIndicatorActive`.
    Active,
    /// Both.
    Both,
}

/// The outlets of a power distribution unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlets {
    /// How many.
    pub count: usize,
    /// How they are switched.
    pub kind: OutletKind,
}

/// How outlets are switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutletKind {
    /// By Redfish's `PowerState`, as Cray's RTS too.
    Standard,
    /// By `OutletStatus` and all that `ServerTech` keeps of an outlet.
    ServerTech,
}
