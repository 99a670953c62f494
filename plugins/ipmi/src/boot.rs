//! What the machine boots from next: System Boot Options (IPMI 2.0, sections 28.12 and 28.13).

use switchyard_driver_sdk::{
    BootDuration, BootOverride, BootSource, Cause, Failure, Firmware, Host, Level, Subject, Submitted,
    WantedBoot, command, failure,
};

use crate::completion::{OK, change, read_data, refusal};
use crate::observe::CHASSIS;
use crate::subject::machine;

const SET: u8 = 0x08;
const GET: u8 = 0x09;
/// Parameters: when the flags become invalid by themselves, and the flags.
const CLEARING: u8 = 3;
const FLAGS: u8 = 5;
/// They stay when no command for the chassis comes within a minute.
const KEEP_WITHOUT_COMMAND: u8 = 0x08;
/// Of the flags: valid, for every start, by UEFI.
const VALID: u8 = 0x80;
const PERSISTENT: u8 = 0x40;
const UEFI: u8 = 0x20;
/// Version, parameter and five bytes of flags.
const FLAGS_BYTES: usize = 7;

/// Devices with their numbers, those that can be set first.
const DEVICES: [(u8, BootSource, &str); 12] = [
    (0x0, BootSource::None, "no override"),
    (0x1, BootSource::Pxe, "PXE"),
    (0x2, BootSource::Disk, "disk"),
    (0x4, BootSource::Diagnostics, "diagnostic partition"),
    (0x5, BootSource::Cd, "CD or DVD"),
    (0x6, BootSource::Setup, "set-up"),
    (0xf, BootSource::Floppy, "floppy or primary removable media"),
    (0x3, BootSource::Disk, "disk, safe mode"),
    (0x7, BootSource::Floppy, "remote floppy"),
    (0x8, BootSource::Cd, "remote CD or DVD"),
    (0x9, BootSource::Other, "primary remote media"),
    (0xb, BootSource::Disk, "remote disk"),
];
/// How many of them can be set.
const SETTABLE: usize = 7;

/// The first two bytes of the flags, which are all that is used of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flags {
    how: u8,
    device: u8,
}

impl Flags {
    fn read(host: &dyn Host) -> Result<Self, Failure> {
        let message = command(CHASSIS, GET, &[FLAGS, 0, 0]);
        let data = read_data(host, "Get System Boot Options", &message, FLAGS_BYTES)?;
        Ok(match *data.as_slice() {
            [_, _, how, device, ..] => Self { how, device },
            _ => Self { how: 0, device: 0 },
        })
    }

    fn of(want: WantedBoot, uefi: bool) -> Result<Self, Failure> {
        if want.duration == BootDuration::Disabled {
            return Ok(Self { how: 0, device: 0 });
        }
        let settable = DEVICES.iter().take(SETTABLE);
        let number = settable.clone().find(|(_, source, _)| *source == want.source);
        let Some((number, _, _)) = number else {
            let words: Vec<&str> = settable.map(|(_, _, words)| *words).collect();
            let text = format!("IPMI can boot from one of: {}", words.join(", "));
            return Err(failure(Cause::NotSupported, text));
        };
        let lasting = if want.duration == BootDuration::Continuous {
            PERSISTENT
        } else {
            0
        };
        Ok(Self {
            how: VALID | lasting | if uefi { UEFI } else { 0 },
            device: number << 2,
        })
    }

    fn duration(self) -> BootDuration {
        match (self.how & VALID != 0, self.how & PERSISTENT != 0) {
            (false, _) => BootDuration::Disabled,
            (true, false) => BootDuration::Once,
            (true, true) => BootDuration::Continuous,
        }
    }

    /// Whether both boot the machine in the same way; flags that are not valid are all alike.
    fn is_same(self, other: Self) -> bool {
        let relevant = |flags: Self| (flags.how & (VALID | PERSISTENT | UEFI), flags.device & 0x3c);
        (self.how & VALID == 0 && other.how & VALID == 0) || relevant(self) == relevant(other)
    }
}

/// Reads the override.
pub(crate) fn boot(host: &dyn Host, of: &Subject) -> Result<BootOverride, Failure> {
    machine(of, "boot override")?;
    let flags = Flags::read(host)?;
    let duration = flags.duration();
    let is_set = duration != BootDuration::Disabled;
    let number = if is_set { (flags.device >> 2) & 0x0f } else { 0 };
    let known = DEVICES.iter().find(|(device, _, _)| *device == number);
    let (source, raw) = known.map_or_else(
        || (BootSource::Other, format!("device {number}")),
        |(_, source, words)| (*source, (*words).to_owned()),
    );
    let firmware = match flags.how & UEFI != 0 {
        _ if !is_set => Firmware::Unspecified,
        true => Firmware::Uefi,
        false => Firmware::Legacy,
    };
    Ok(BootOverride {
        source,
        duration,
        firmware,
        raw,
        sources: DEVICES
            .iter()
            .take(SETTABLE)
            .map(|(_, source, _)| *source)
            .collect(),
        writable: true,
        facts: Vec::new(),
    })
}

/// Sets the override and reads it back.
///
/// By itself a BMC forgets the flags when no command for the chassis follows within a minute, and a queue can take longer; so that is
/// switched off first. A BMC that cannot do that is told the flags all the same.
pub(crate) fn set_boot(host: &dyn Host, on: &Subject, want: WantedBoot) -> Result<Submitted, Failure> {
    machine(on, "boot override")?;
    let uefi = match want.firmware {
        Firmware::Uefi => true,
        Firmware::Legacy => false,
        Firmware::Unspecified => Flags::read(host)?.how & UEFI != 0,
    };
    let flags = Flags::of(want, uefi)?;
    if flags.how & VALID != 0 {
        keep_flags(host)?;
    }
    let data = [FLAGS, flags.how, flags.device, 0, 0, 0];
    change(host, "Set System Boot Options", &command(CHASSIS, SET, &data))?;
    let kept = Flags::read(host)?;
    if kept.is_same(flags) {
        return Ok(Submitted::Accepted);
    }
    let text = format!(
        "the BMC accepted the boot flags {:02x} {:02x} and shows {:02x} {:02x}: it does not take this override",
        flags.how, flags.device, kept.how, kept.device
    );
    Err(failure(Cause::Conflict, text))
}

fn keep_flags(host: &dyn Host) -> Result<(), Failure> {
    let message = command(CHASSIS, SET, &[CLEARING, KEEP_WITHOUT_COMMAND]);
    let code = host.ipmi_change(&message)?.completion;
    if code != OK {
        let words = refusal("Set System Boot Options, parameter 3,", code).text;
        host.log(
            Level::Info,
            &format!("{words}; the override ends a minute after it was set"),
        );
    }
    Ok(())
}
