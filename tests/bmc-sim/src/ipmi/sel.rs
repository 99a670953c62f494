//! The event log (IPMI 2.0, section 31): every start of the machine is an entry.

use super::message::Reply;
use crate::clock::Moment;

/// Entries kept; older ones are forgotten.
const MAX_ENTRIES: usize = 128;
/// Id that asks for the newest entry.
const NEWEST: u16 = 0xffff;
/// Id behind the newest entry.
const NONE_AFTER: u16 = 0xffff;
/// Codes: no such entry, data of the wrong length, wrong field.
const NOT_PRESENT: u8 = 0xcb;
const WRONG_LENGTH: u8 = 0xc7;
const WRONG_FIELD: u8 = 0xcc;
/// Version of the log's commands.
const VERSION: u8 = 0x51;
/// Bytes of an entry.
const ENTRY_BYTES: usize = 16;
/// System boot initiated, asserted, by the BIOS (table 42-3).
const BOOT_INITIATED: u8 = 0x1d;
/// Its offsets: by power up, and by a restart.
const BY_POWER_UP: u8 = 0x00;
const BY_RESTART: u8 = 0x07;

/// The log of one machine.
#[derive(Debug, Clone, Default)]
pub(super) struct EventLog {
    entries: Vec<(u16, [u8; ENTRY_BYTES])>,
    last_id: u16,
    starts: u32,
    last_seconds: u32,
}

/// How the machine has started so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Starts {
    /// How often.
    pub(crate) count: u32,
    /// When last.
    pub(crate) last: Moment,
    /// Whether it was on before.
    pub(crate) was_restart: bool,
}

impl EventLog {
    /// Enters the starts that were made since it was looked last.
    pub(super) fn catch_up(&mut self, starts: Starts) {
        while self.starts < starts.count {
            self.starts += 1;
            let offset = if starts.was_restart {
                BY_RESTART
            } else {
                BY_POWER_UP
            };
            let seconds = u32::try_from(starts.last.0 / 1000).unwrap_or(u32::MAX);
            self.push(seconds, BOOT_INITIATED, offset);
        }
    }

    fn push(&mut self, seconds: u32, sensor_type: u8, offset: u8) {
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.remove(0);
        }
        self.last_id = self.last_id % 0xfffe + 1;
        let [id0, id1] = self.last_id.to_le_bytes();
        let [t0, t1, t2, t3] = seconds.to_le_bytes();
        let entry = [
            id0,
            id1,
            0x02,
            t0,
            t1,
            t2,
            t3,
            0x01,
            0x00,
            0x04,
            sensor_type,
            0xf0,
            0x6f,
            offset,
            0xff,
            0xff,
        ];
        self.last_seconds = seconds;
        self.entries.push((self.last_id, entry));
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Get SEL Info.
    pub(super) fn info(&self) -> Reply {
        let count = u16::try_from(self.entries.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes();
        let mut out = vec![VERSION];
        out.extend_from_slice(&count);
        out.extend_from_slice(&[0xff, 0x0f]);
        out.extend_from_slice(&self.last_seconds.to_le_bytes());
        out.extend_from_slice(&[0, 0, 0, 0, 0x02]);
        Reply::ok(out)
    }

    /// Get SEL Entry.
    pub(super) fn entry(&self, data: &[u8]) -> Reply {
        let &[_, _, id0, id1, offset, length] = data else {
            return Reply::code(WRONG_LENGTH);
        };
        let wanted = u16::from_le_bytes([id0, id1]);
        let at = match wanted {
            0 => Some(0),
            NEWEST => self.entries.len().checked_sub(1),
            id => self.entries.iter().position(|(entry, _)| *entry == id),
        };
        let Some((at, (_, entry))) = at.and_then(|at| Some((at, self.entries.get(at)?))) else {
            return Reply::code(NOT_PRESENT);
        };
        let next = self.entries.get(at + 1).map_or(NONE_AFTER, |(id, _)| *id);
        let start = usize::from(offset);
        let end = if length == 0xff {
            ENTRY_BYTES
        } else {
            start + usize::from(length)
        };
        let Some(part) = entry.get(start..end) else {
            return Reply::code(WRONG_FIELD);
        };
        let mut out = next.to_le_bytes().to_vec();
        out.extend_from_slice(part);
        Reply::ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_is_an_entry() {
        let mut log = EventLog::default();
        assert_eq!(log.entry(&[0, 0, 0xff, 0xff, 0, 0xff]).completion, NOT_PRESENT);
        let mut starts = Starts {
            count: 2,
            last: Moment(5_000),
            was_restart: true,
        };
        log.catch_up(starts);
        log.catch_up(starts);
        assert_eq!(log.info().data[..3], [VERSION, 2, 0]);
        let newest = log.entry(&[0, 0, 0xff, 0xff, 0, 0xff]);
        assert_eq!(newest.data[..5], [0xff, 0xff, 2, 0, 2]);
        assert_eq!((newest.data[12], newest.data[15]), (BOOT_INITIATED, BY_RESTART));
        let first = log.entry(&[0, 0, 1, 0, 0, 4]);
        assert_eq!(first.data, [2, 0, 1, 0, 2, 5]);
        starts.count = 1_000;
        log.catch_up(starts);
        assert_eq!(log.len(), MAX_ENTRIES);
    }
}
