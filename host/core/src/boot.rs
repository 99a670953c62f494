//! What a component boots from next.

use serde::{Deserialize, Serialize};

use crate::observation::Fact;

/// What to boot from (DSP2046, `ComputerSystem`: `BootSource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootSource {
    /// The machine's own order.
    None,
    /// The network, by PXE.
    Pxe,
    /// The network, by HTTP (UEFI).
    Http,
    /// The local disk.
    Disk,
    /// An optical drive, real or virtual.
    Cd,
    /// A USB device.
    Usb,
    /// A floppy drive.
    Floppy,
    /// An SD card.
    SdCard,
    /// The firmware's set-up.
    Setup,
    /// The maker's utilities.
    Utilities,
    /// Diagnostics.
    Diagnostics,
    /// The UEFI shell.
    Shell,
    /// A UEFI device path or boot option.
    Target,
    /// Something else.
    Other,
}

/// For how long an override holds (DSP2046, `ComputerSystem`: `BootSourceOverrideEnabled`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootDuration {
    /// No override is in force.
    Disabled,
    /// For the next start only.
    Once,
    /// Until it is changed.
    Continuous,
}

/// How the firmware starts (DSP2046, `ComputerSystem`: `BootSourceOverrideMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmware {
    /// As a BIOS of old.
    Legacy,
    /// As UEFI.
    Uefi,
    /// The BMC does not say, or: as it is.
    Unspecified,
}

/// The boot override as the BMC has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootOverride {
    /// From what.
    pub source: BootSource,
    /// For how long.
    pub duration: BootDuration,
    /// How.
    pub firmware: Firmware,
    /// The BMC's own word for the source.
    pub raw: String,
    /// What can be set; empty when the BMC does not say.
    pub sources: Vec<BootSource>,
    /// Whether it can be set right now.
    pub writable: bool,
    /// What else is known.
    pub facts: Vec<Fact>,
}

/// A boot override to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WantedBoot {
    /// From what.
    pub source: BootSource,
    /// For how long.
    pub duration: BootDuration,
    /// How.
    pub firmware: Firmware,
}
