//! Power readings and limits (DCMI 1.5, sections 6.1 and 6.6).

use super::message::Reply;
use super::profile::{DcmiLimit, IpmiProfile};

/// The group of DCMI's commands.
pub(super) const GROUP: u8 = 0xdc;
/// What a machine draws that is on, off, or limited to less.
const WATTS_ON: u16 = 310;
const WATTS_OFF: u16 = 12;
/// The least and the most that a limit can be.
const LIMIT_MIN: u16 = 100;
const LIMIT_MAX: u16 = 2_000;
/// Codes: no limit is active; out of range: limit, correction time, sampling period; unknown command; wrong length and field.
const NO_LIMIT: u8 = 0x80;
const LIMIT_RANGE: u8 = 0x84;
const CORRECTION_RANGE: u8 = 0x85;
const SAMPLING_RANGE: u8 = 0x89;
const UNKNOWN: u8 = 0xc1;
const WRONG_LENGTH: u8 = 0xc7;
const WRONG_FIELD: u8 = 0xcc;
/// Shortest time in which a limit can be kept to, in milliseconds.
const CORRECTION_MIN: u32 = 1_000;

/// The limit of one machine, as Set Power Limit gives it: reserved, exception action, limit, correction time, reserved, sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    stored: [u8; 11],
    is_active: bool,
}

impl Default for Limit {
    fn default() -> Self {
        let [low, high] = 500_u16.to_le_bytes();
        let [c0, c1, c2, c3] = CORRECTION_MIN.to_le_bytes();
        Self {
            stored: [0, low, high, c0, c1, c2, c3, 0, 0, 1, 0],
            is_active: false,
        }
    }
}

impl Limit {
    /// The active limit, in watts.
    pub(super) fn active(&self) -> Option<u16> {
        self.is_active
            .then(|| u16::from_le_bytes([self.stored[1], self.stored[2]]))
    }

    fn read(&self, profile: &IpmiProfile) -> Reply {
        let mut data = vec![GROUP, 0, 0];
        data.extend_from_slice(&self.stored);
        match (self.is_active, profile.dcmi_limit) {
            (true, DcmiLimit::Code80WithData | DcmiLimit::Code80Bare) => Reply::ok(data),
            (false, DcmiLimit::Code80WithData) => Reply {
                completion: NO_LIMIT,
                data,
            },
            (_, DcmiLimit::Missing) | (false, DcmiLimit::Code80Bare) => Reply::code(NO_LIMIT),
        }
    }

    fn set(&mut self, data: &[u8]) -> Reply {
        let Some((&[_, _, _], data)) = data.split_first_chunk::<3>() else {
            return Reply::code(WRONG_LENGTH);
        };
        let Ok(wanted) = <[u8; 11]>::try_from(data) else {
            return Reply::code(WRONG_LENGTH);
        };
        let [_, w0, w1, c0, c1, c2, c3, _, _, s0, s1] = wanted;
        if !(LIMIT_MIN..=LIMIT_MAX).contains(&u16::from_le_bytes([w0, w1])) {
            return Reply::code(LIMIT_RANGE);
        }
        if u32::from_le_bytes([c0, c1, c2, c3]) < CORRECTION_MIN {
            return Reply::code(CORRECTION_RANGE);
        }
        if u16::from_le_bytes([s0, s1]) == 0 {
            return Reply::code(SAMPLING_RANGE);
        }
        self.stored = wanted;
        Reply::ok([GROUP])
    }

    fn activate(&mut self, data: &[u8]) -> Reply {
        match data {
            [on @ (0 | 1), _, _] => {
                self.is_active = *on == 1;
                Reply::ok([GROUP])
            }
            [_, _, _] => Reply::code(WRONG_FIELD),
            _ => Reply::code(WRONG_LENGTH),
        }
    }
}

/// Answers a command of the group; `data` begins behind the group's byte.
pub(super) fn answer(
    profile: &IpmiProfile,
    limit: &mut Limit,
    is_on: bool,
    command: u8,
    data: &[u8],
) -> Reply {
    let has_limits = profile.dcmi_limit != DcmiLimit::Missing;
    match command {
        _ if !profile.dcmi => Reply::code(UNKNOWN),
        0x01 => capabilities(data),
        0x02 => reading(limit, is_on, data),
        0x03 => limit.read(profile),
        0x04 if has_limits => limit.set(data),
        0x05 if has_limits => limit.activate(data),
        _ => Reply::code(UNKNOWN),
    }
}

fn capabilities(data: &[u8]) -> Reply {
    // Version 1.5, parameter revision 2.
    let head = [GROUP, 1, 5, 2];
    let rest: &[u8] = match data.first() {
        // Power management; identification, event log and in-band channel are mandatory.
        Some(1) => &[0, 1, 7],
        // No limits to the log, one device for power at address 20h, channel 0.
        Some(2) => &[0x80, 0, 0, 0, 0],
        Some(3) => &[0x20, 0],
        Some(4) => &[1, 0xff, 0xff],
        Some(5) => &[1, 0x01],
        Some(_) => return Reply::code(WRONG_FIELD),
        None => return Reply::code(WRONG_LENGTH),
    };
    Reply::ok([head.as_slice(), rest].concat())
}

fn reading(limit: &Limit, is_on: bool, data: &[u8]) -> Reply {
    if data.first() != Some(&1) {
        return Reply::code(WRONG_FIELD);
    }
    let draws = match limit.active() {
        _ if !is_on => WATTS_OFF,
        Some(limit) => limit.min(WATTS_ON),
        None => WATTS_ON,
    };
    let mut out = vec![GROUP];
    for watts in [draws, draws.saturating_sub(10), draws + 20, draws] {
        out.extend_from_slice(&watts.to_le_bytes());
    }
    out.extend_from_slice(&0x6900_0000_u32.to_le_bytes());
    out.extend_from_slice(&60_000_u32.to_le_bytes());
    out.push(0x40);
    Reply::ok(out)
}
