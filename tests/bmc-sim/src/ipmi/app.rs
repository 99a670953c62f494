//! Application commands (IPMI 2.0, sections 20 and 22).

use super::command::Call;
use super::message::Reply;
use super::profile::CipherSuite;
use super::state::State;
use crate::bmc::Target;
use crate::power::ResetType;

/// Codes: no such session; level above the session's limit; unknown command; wrong length and field.
const NO_SUCH_SESSION: u8 = 0x87;
const LEVEL_ABOVE_LIMIT: u8 = 0x81;
const UNKNOWN: u8 = 0xc1;
const WRONG_LENGTH: u8 = 0xc7;
const WRONG_FIELD: u8 = 0xcc;
/// The channel over which everything comes.
const CHANNEL: u8 = 1;
/// Bytes of cipher suite records in one answer.
const RECORD_BYTES: usize = 16;

/// Answers an application command.
pub(super) fn answer(state: &mut State, call: &Call<'_>, command: u8, data: &[u8]) -> Reply {
    match command {
        0x01 => device_id(call),
        0x02 | 0x03 => reset(state, call),
        0x37 => Reply::ok(state.guid),
        0x38 => authentication(call, data),
        0x3b => set_privilege(state, call, data),
        0x3c => close(state, data),
        0x54 => cipher_suites(call, data),
        _ => Reply::code(UNKNOWN),
    }
}

fn device_id(call: &Call<'_>) -> Reply {
    let profile = &call.bmc.profile().ipmi;
    let (major, minor) = profile.firmware;
    let minor = ((minor / 10 % 10) << 4) | (minor % 10);
    let [m0, m1, m2, _] = profile.manufacturer_id.to_le_bytes();
    let [p0, p1] = profile.product_id.to_le_bytes();
    Reply::ok([
        0x20,
        0x01,
        major & 0x7f,
        minor,
        0x02,
        0xbf,
        m0,
        m1,
        m2,
        p0,
        p1,
        0,
        0,
        0,
        0,
    ])
}

/// Cold and warm reset: the BMC is away for a while, and its sessions are gone.
fn reset(state: &mut State, call: &Call<'_>) -> Reply {
    if call.pretend {
        return Reply::ok([]);
    }
    call.bmc
        .execute(call.now, Target::Manager, ResetType::ForceRestart, call.how);
    state.restart();
    Reply::ok([])
}

fn authentication(call: &Call<'_>, data: &[u8]) -> Reply {
    let [channel, _] = data else {
        return Reply::code(WRONG_LENGTH);
    };
    if !matches!(channel & 0x0f, 0x0e | CHANNEL) {
        return Reply::code(WRONG_FIELD);
    }
    let profile = &call.bmc.profile().ipmi;
    // IPMI 2.0 alone; names of users are needed; whether there is a key of the BMC.
    let logins = 0x04 | (u8::from(profile.kg.is_some()) << 5);
    Reply::ok([CHANNEL, 0x80, logins, 0x02, 0, 0, 0, 0])
}

fn set_privilege(state: &mut State, call: &Call<'_>, data: &[u8]) -> Reply {
    let [wanted] = data else {
        return Reply::code(WRONG_LENGTH);
    };
    let session = call.session.and_then(|id| state.sessions.active(id));
    let Some((_, session)) = session else {
        return Reply::code(NO_SUCH_SESSION);
    };
    match wanted & 0x0f {
        0 => {}
        level if level > session.limit => return Reply::code(LEVEL_ABOVE_LIMIT),
        level => session.privilege = level,
    }
    Reply::ok([session.privilege])
}

fn close(state: &mut State, data: &[u8]) -> Reply {
    let Some((id, _)) = data.split_first_chunk::<4>() else {
        return Reply::code(WRONG_LENGTH);
    };
    if state.sessions.close(u32::from_le_bytes(*id)) {
        Reply::ok([])
    } else {
        Reply::code(NO_SUCH_SESSION)
    }
}

/// The records of the suites, 16 bytes at a time.
fn cipher_suites(call: &Call<'_>, data: &[u8]) -> Reply {
    let [_, _, index] = data else {
        return Reply::code(WRONG_LENGTH);
    };
    let record = |suite: &CipherSuite| {
        let (authentication, integrity, confidentiality) = suite.algorithms();
        [
            0xc0,
            suite.id(),
            authentication,
            0x40 | integrity,
            0x80 | confidentiality,
        ]
    };
    let records: Vec<u8> = call.bmc.profile().ipmi.suites.iter().flat_map(record).collect();
    let page = records
        .chunks(RECORD_BYTES)
        .nth(usize::from(index & 0x3f))
        .unwrap_or(&[]);
    Reply::ok([&[CHANNEL], page].concat())
}
