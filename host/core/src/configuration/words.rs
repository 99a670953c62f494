//! The stable names of what can be set, as callers and events write them.

use crate::boot::{BootDuration, BootSource, Firmware};
use crate::indicator::Light;
use crate::limit::LimitMode;

/// The name of a boot source.
pub const fn source(source: BootSource) -> &'static str {
    match source {
        BootSource::None => "none",
        BootSource::Pxe => "pxe",
        BootSource::Http => "http",
        BootSource::Disk => "disk",
        BootSource::Cd => "cd",
        BootSource::Usb => "usb",
        BootSource::Floppy => "floppy",
        BootSource::SdCard => "sd-card",
        BootSource::Setup => "setup",
        BootSource::Utilities => "utilities",
        BootSource::Diagnostics => "diagnostics",
        BootSource::Shell => "shell",
        BootSource::Target => "target",
        BootSource::Other => "other",
    }
}

/// The sources that can be asked for: a target would need a path, and nobody can ask for something else.
pub const SOURCES: [BootSource; 12] = [
    BootSource::None,
    BootSource::Pxe,
    BootSource::Http,
    BootSource::Disk,
    BootSource::Cd,
    BootSource::Usb,
    BootSource::Floppy,
    BootSource::SdCard,
    BootSource::Setup,
    BootSource::Utilities,
    BootSource::Diagnostics,
    BootSource::Shell,
];

/// The name of a duration.
pub const fn duration(duration: BootDuration) -> &'static str {
    match duration {
        BootDuration::Disabled => "disabled",
        BootDuration::Once => "once",
        BootDuration::Continuous => "continuous",
    }
}

/// The name of a way to start.
pub const fn firmware(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Legacy => "legacy",
        Firmware::Uefi => "uefi",
        Firmware::Unspecified => "unspecified",
    }
}

/// The name of a light.
pub const fn light(light: Light) -> &'static str {
    match light {
        Light::Off => "off",
        Light::Lit => "lit",
        Light::Blinking => "blinking",
        Light::Unknown => "unknown",
    }
}

/// The name of what keeps to a limit.
pub const fn mode(mode: LimitMode) -> &'static str {
    match mode {
        LimitMode::Automatic => "automatic",
        LimitMode::Override => "override",
        LimitMode::Manual => "manual",
        LimitMode::Disabled => "disabled",
        LimitMode::Unknown => "unknown",
    }
}
