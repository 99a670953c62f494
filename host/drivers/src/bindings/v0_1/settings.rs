//! Limits, boot, indicator and readings: the contract's words and those of `core`.

use switchyard_core as core;

use super::{boot, cut, facts, indicator, limits, ms, readings};
use crate::limits::{ABILITIES_MAX, MEMBERS_MAX, NAME_MAX_BYTES, VALUE_MAX_BYTES};

same_enum!(
    boot::Source,
    core::BootSource,
    None,
    Pxe,
    Http,
    Disk,
    Cd,
    Usb,
    Floppy,
    SdCard,
    Setup,
    Utilities,
    Diagnostics,
    Shell,
    Target,
    Other
);
same_enum!(boot::Duration, core::BootDuration, Disabled, Once, Continuous);
same_enum!(boot::Firmware, core::Firmware, Legacy, Uefi, Unspecified);
same_enum!(indicator::Light, core::Light, Off, Lit, Blinking, Unknown);

/// A power of a driver; what is no number is not known.
fn watts(watts: Option<f64>) -> Option<core::Watts> {
    watts.and_then(core::Watts::new)
}

impl From<limits::Mode> for core::LimitMode {
    fn from(mode: limits::Mode) -> Self {
        match mode {
            limits::Mode::Automatic => Self::Automatic,
            limits::Mode::OverrideMode => Self::Override,
            limits::Mode::Manual => Self::Manual,
            limits::Mode::Disabled => Self::Disabled,
            limits::Mode::Unknown => Self::Unknown,
        }
    }
}

impl From<limits::Limit> for core::PowerLimit {
    fn from(limit: limits::Limit) -> Self {
        Self {
            id: cut(limit.id, VALUE_MAX_BYTES),
            name: cut(limit.name, NAME_MAX_BYTES),
            watts: watts(limit.watts),
            min: watts(limit.min),
            max: watts(limit.max),
            mode: limit.mode.into(),
            writable: limit.writable,
            facts: facts(limit.facts),
        }
    }
}

/// The limits of a driver.
pub(crate) fn power_limits(limits: Vec<limits::Limit>) -> Vec<core::PowerLimit> {
    limits.into_iter().take(MEMBERS_MAX).map(Into::into).collect()
}

impl From<&core::WantedLimit> for limits::Wanted {
    fn from(wanted: &core::WantedLimit) -> Self {
        Self {
            id: wanted.id.clone(),
            watts: wanted.watts.map(core::Watts::get),
        }
    }
}

impl From<boot::Override> for core::BootOverride {
    fn from(boot: boot::Override) -> Self {
        Self {
            source: boot.source.into(),
            duration: boot.duration.into(),
            firmware: boot.firmware.into(),
            raw: cut(boot.raw, NAME_MAX_BYTES),
            sources: boot
                .sources
                .into_iter()
                .take(ABILITIES_MAX)
                .map(Into::into)
                .collect(),
            writable: boot.writable,
            facts: facts(boot.facts),
        }
    }
}

impl From<core::WantedBoot> for boot::Wanted {
    fn from(wanted: core::WantedBoot) -> Self {
        Self {
            source: wanted.source.into(),
            duration: wanted.duration.into(),
            firmware: wanted.firmware.into(),
        }
    }
}

impl From<indicator::State> for core::Indicator {
    fn from(state: indicator::State) -> Self {
        Self {
            light: state.light.into(),
            raw: cut(state.raw, NAME_MAX_BYTES),
            lights: state
                .lights
                .into_iter()
                .take(ABILITIES_MAX)
                .map(Into::into)
                .collect(),
            facts: facts(state.facts),
        }
    }
}

impl From<readings::Reading> for core::MeterReading {
    fn from(reading: readings::Reading) -> Self {
        Self {
            id: cut(reading.id, VALUE_MAX_BYTES),
            name: cut(reading.name, NAME_MAX_BYTES),
            watts: watts(reading.watts),
            min: watts(reading.min),
            max: watts(reading.max),
            average: watts(reading.average),
            window: reading.window_ms.map(ms),
            facts: facts(reading.facts),
        }
    }
}

/// The readings of a driver.
pub(crate) fn meter_readings(readings: Vec<readings::Reading>) -> Vec<core::MeterReading> {
    readings.into_iter().take(MEMBERS_MAX).map(Into::into).collect()
}
