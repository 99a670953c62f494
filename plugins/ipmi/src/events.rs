//! The last restart in the system event log (IPMI 2.0, section 31), where the BMC or the firmware writes restarts into it.

use switchyard_driver_sdk::{Failure, Host, command};

use crate::completion::{OK, is_unknown, read};
use crate::observe::ABSENT_MS;

const STORAGE: u8 = 0x0a;
const GET_SEL_INFO: u8 = 0x40;
const GET_SEL_ENTRY: u8 = 0x43;
/// Id that asks for the newest entry.
const NEWEST: u16 = 0xffff;
/// The most entries that are read back from the newest one.
const LOOK_BACK: u16 = 8;
/// How long what was found is kept, in milliseconds. A log that has not moved is not read again.
const KEEP_MS: u32 = 86_400_000;
/// Where it is kept, and where it is remembered that there is no log.
const CURSOR: &str = "event-log";
const NO_LOG: &str = "no-event-log";

/// How far the log was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    /// Number of entries and time of the newest: while they are the same, the log is.
    mark: [u8; 6],
    /// The last restart among the entries that were read: its id and time.
    restart: Option<[u8; 6]>,
}

impl Cursor {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (mark, rest) = bytes.split_first_chunk::<6>()?;
        Some(Self {
            mark: *mark,
            restart: rest.first_chunk::<6>().copied(),
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.mark.to_vec();
        bytes.extend(self.restart.iter().flatten());
        bytes
    }
}

/// An entry of the log.
struct Entry {
    id: u16,
    record: [u8; 16],
}

/// The last restart that the log tells of, as a text that differs for every one; none when it tells of none, or there is no log.
pub(crate) fn last_restart(host: &dyn Host) -> Result<Option<String>, Failure> {
    if host.cached(NO_LOG).is_some() {
        return Ok(None);
    }
    let info = read(host, &command(STORAGE, GET_SEL_INFO, &[]))?;
    if is_unknown(info.completion) {
        host.cache(NO_LOG, &[1], ABSENT_MS);
        return Ok(None);
    }
    let mark = match *info.data.as_slice() {
        [_, n0, n1, _, _, t0, t1, t2, t3, ..] if info.completion == OK => [n0, n1, t0, t1, t2, t3],
        _ => return Ok(None),
    };
    let known = host.cached(CURSOR).and_then(|bytes| Cursor::from_bytes(&bytes));
    if let Some(known) = known.filter(|known| known.mark == mark) {
        return Ok(known.restart.map(words));
    }
    let found = look_back(host)?;
    let restart = match (found, known) {
        (Look::Restart(restart), _) => Some(restart),
        // What was found earlier still is the last one, unless the log was cleared and begins anew.
        (Look::None, Some(known)) if !was_cleared(known.mark, mark) => known.restart,
        (Look::None, _) => None,
    };
    host.cache(CURSOR, &Cursor { mark, restart }.to_bytes(), KEEP_MS);
    Ok(restart.map(words))
}

enum Look {
    Restart([u8; 6]),
    None,
}

fn look_back(host: &dyn Host) -> Result<Look, Failure> {
    let mut next = Some(NEWEST);
    for _ in 0..LOOK_BACK {
        let Some(id) = next else { break };
        let Some(entry) = entry(host, id)? else { break };
        if let Some(restart) = restart(&entry.record) {
            return Ok(Look::Restart(restart));
        }
        // Ids count up on all BMCs that are known; where they do not, the look back ends.
        next = entry.id.checked_sub(1).filter(|id| *id > 0);
    }
    Ok(Look::None)
}

fn entry(host: &dyn Host, id: u16) -> Result<Option<Entry>, Failure> {
    let [id0, id1] = id.to_le_bytes();
    let reply = read(host, &command(STORAGE, GET_SEL_ENTRY, &[0, 0, id0, id1, 0, 0xff]))?;
    let record = reply.data.get(2..).and_then(|record| record.first_chunk::<16>());
    Ok(record.filter(|_| reply.completion == OK).map(|record| Entry {
        id: u16::from_le_bytes([record[0], record[1]]),
        record: *record,
    }))
}

/// Id and time of an entry that says that a running system was restarted: sensor type 1Dh, asserted, by a reset or a restart and not by
/// power coming up (table 42-3).
fn restart(record: &[u8; 16]) -> Option<[u8; 6]> {
    let [
        id0,
        id1,
        kind,
        t0,
        t1,
        t2,
        t3,
        _,
        _,
        _,
        sensor,
        _,
        event,
        offset,
        ..,
    ] = *record;
    let is_restart =
        kind == 0x02 && sensor == 0x1d && event == 0x6f && (0x01..=0x07).contains(&(offset & 0x0f));
    is_restart.then_some([id0, id1, t0, t1, t2, t3])
}

fn was_cleared(before: [u8; 6], now: [u8; 6]) -> bool {
    let count = |mark: [u8; 6]| u16::from_le_bytes([mark[0], mark[1]]);
    count(now) < count(before)
}

fn words([id0, id1, t0, t1, t2, t3]: [u8; 6]) -> String {
    format!(
        "entry {} at {}",
        u16::from_le_bytes([id0, id1]),
        u32::from_le_bytes([t0, t1, t2, t3])
    )
}
