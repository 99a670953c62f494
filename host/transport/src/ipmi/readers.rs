//! The commands that only read. Whatever is not here is a change, so that no driver can change anything without a permit.

use super::Message;

const CHASSIS: u8 = 0x00;
const SENSOR: u8 = 0x04;
const APP: u8 = 0x06;
const STORAGE: u8 = 0x0A;
const GROUP: u8 = 0x2C;
/// The group of the Data Center Manageability Interface.
const DCMI: u8 = 0xDC;
/// The boot parameters that the specification has (table 28-14); those from 96 on are a manufacturer's own.
const BOOT_PARAMETERS: u8 = 7;
/// The bit of a parameter selector that asks for the revision only.
const REVISION_ONLY: u8 = 0x80;

/// Whether a message only reads. One for another logical unit may be a maker's own command, and one that is sent on writes to a bus
/// behind the BMC: both are changes.
pub(super) fn reads(message: &Message) -> bool {
    if message.lun != 0 || message.via.is_some() {
        return false;
    }
    match (message.netfn, message.command) {
        // Capabilities, status, restart cause, POH counter.
        (CHASSIS, 0x00 | 0x01 | 0x07 | 0x0F)
        // Reading factors, thresholds, reading, type; device SDR info.
        | (SENSOR, 0x20 | 0x23 | 0x25 | 0x2D | 0x2F)
        // Device id, self test results, ACPI power state, device GUID, global enables, system GUID, channel authentication capabilities,
        // channel info, channel cipher suites, watchdog timer, system info parameters.
        | (APP, 0x01 | 0x04 | 0x07 | 0x08 | 0x25 | 0x2F | 0x37 | 0x38 | 0x42 | 0x54 | 0x59)
        // FRU area info and data, SDR repository info and SDR, SEL info, entry and time.
        | (STORAGE, 0x10 | 0x11 | 0x20 | 0x23 | 0x40 | 0x43 | 0x48) => true,
        // Get System Boot Options.
        (CHASSIS, 0x09) => message
            .data
            .first()
            .is_some_and(|selector| selector & !REVISION_ONLY <= BOOT_PARAMETERS),
        // DCMI: capabilities, power reading, power limit, asset tag, sensor info, controller id, temperatures, configuration.
        (GROUP, 0x01 | 0x02 | 0x03 | 0x06 | 0x07 | 0x09 | 0x10 | 0x13) => message.data.first() == Some(&DCMI),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn of(netfn: u8, command: u8, data: &'static [u8]) -> bool {
        reads(&Message {
            netfn,
            lun: 0,
            command,
            data: Bytes::from_static(data),
            via: None,
        })
    }

    #[test]
    fn what_a_driver_reads_is_in_the_table() {
        for (netfn, command, data) in [
            (0x00, 0x01, &[][..]),
            (0x00, 0x07, &[]),
            (0x00, 0x09, &[5, 0, 0]),
            (0x00, 0x0F, &[]),
            (0x06, 0x01, &[]),
            (0x0A, 0x40, &[]),
            (0x0A, 0x43, &[0, 0, 0, 0, 0, 0xFF]),
            (0x2C, 0x02, &[0xDC, 1, 0, 0]),
            (0x2C, 0x03, &[0xDC, 0, 0]),
        ] {
            assert!(of(netfn, command, data), "{netfn:02x} {command:02x}");
        }
    }

    #[test]
    fn whatever_changes_is_not_in_the_table() {
        for (netfn, command, data) in [
            (0x00, 0x02, &[3][..]),
            (0x00, 0x04, &[15]),
            (0x00, 0x05, &[]),
            (0x00, 0x08, &[5, 0x80, 4, 0, 0, 0]),
            (0x00, 0x09, &[]),
            (0x00, 0x09, &[96, 0, 0]),
            (0x06, 0x02, &[]),
            (0x06, 0x03, &[]),
            (0x06, 0x22, &[]),
            (0x06, 0x33, &[]),
            (0x06, 0x34, &[]),
            (0x06, 0x3B, &[4]),
            (0x06, 0x3C, &[]),
            (0x06, 0x44, &[]),
            (0x06, 0x47, &[]),
            (0x06, 0x52, &[]),
            (0x0A, 0x42, &[]),
            (0x0A, 0x47, &[]),
            (0x0C, 0x02, &[]),
            (0x2C, 0x02, &[0x00, 1]),
            (0x2C, 0x02, &[]),
            (0x2C, 0x04, &[0xDC]),
            (0x2C, 0x05, &[0xDC, 1, 0, 0]),
            (0x2E, 0x01, &[]),
            (0x30, 0x01, &[]),
        ] {
            assert!(!of(netfn, command, data), "{netfn:02x} {command:02x}");
        }
    }
}
