//! Commands: who may ask what, and who answers it.

use super::message::{Reply, Request};
use super::state::State;
use super::{app, chassis, dcmi};
use crate::bmc::{Bmc, Execution};
use crate::clock::Moment;
use crate::fault::RequestKind;

/// Privilege levels.
pub(super) const USER: u8 = 2;
const OPERATOR: u8 = 3;
const ADMINISTRATOR: u8 = 4;

/// Network functions.
const CHASSIS: u8 = 0x00;
const APP: u8 = 0x06;
const STORAGE: u8 = 0x0a;
const GROUP_EXTENSION: u8 = 0x2c;

/// Codes: unknown command; not with this privilege level.
const UNKNOWN: u8 = 0xc1;
const PRIVILEGE: u8 = 0xd4;

/// A command and what its answer depends on.
pub(super) struct Call<'a> {
    pub(super) bmc: &'a Bmc,
    pub(super) now: Moment,
    /// The session that it came in; none outside sessions.
    pub(super) session: Option<u32>,
    /// The level of that session.
    pub(super) privilege: u8,
    pub(super) how: Execution,
    /// A lie about the state of power.
    pub(super) wrong_state: Option<&'a str>,
    /// Age at which readings of power are renewed.
    pub(super) stale_ms: Option<u64>,
    /// Changes are accepted and not executed.
    pub(super) pretend: bool,
}

/// What kind of request fault rules take it for.
pub(super) fn kind(request: &Request) -> RequestKind {
    match (request.netfn, request.command) {
        (CHASSIS, 0x02) | (APP, 0x02 | 0x03) => RequestKind::Action,
        (CHASSIS, 0x01) => RequestKind::PowerReading,
        (CHASSIS, 0x00 | 0x07 | 0x09 | 0x0f)
        | (APP, 0x01 | 0x37 | 0x38 | 0x54)
        | (STORAGE, 0x40 | 0x43)
        | (GROUP_EXTENSION, 0x01..=0x03) => RequestKind::OtherRead,
        _ => RequestKind::Other,
    }
}

/// The privilege level that a command needs (appendix G); none when everybody may ask it outside sessions too.
fn needed(request: &Request) -> Option<u8> {
    match (request.netfn, request.command) {
        (APP, 0x38 | 0x54 | 0x37) => None,
        (CHASSIS, 0x02 | 0x04 | 0x08) | (GROUP_EXTENSION, 0x04 | 0x05) => Some(OPERATOR),
        (APP, 0x02 | 0x03) => Some(ADMINISTRATOR),
        (APP, 0x3b | 0x3c) => Some(0),
        _ => Some(USER),
    }
}

/// Executes a command.
pub(super) fn answer(state: &mut State, call: &Call<'_>, request: &Request) -> Reply {
    match (needed(request), call.session) {
        (Some(_), None) => return Reply::code(PRIVILEGE),
        (Some(level), Some(_)) if call.privilege < level => return Reply::code(PRIVILEGE),
        _ => {}
    }
    let profile = &call.bmc.profile().ipmi;
    let data = request.data.as_slice();
    if let Some(starts) = call.bmc.starts(call.now).filter(|_| profile.event_log) {
        state.log.catch_up(starts);
    }
    match (request.netfn, request.command) {
        (CHASSIS, command) => chassis::answer(state, call, command, data),
        (APP, command) => app::answer(state, call, command, data),
        (STORAGE, 0x40) if profile.event_log => state.log.info(),
        (STORAGE, 0x43) if profile.event_log => state.log.entry(data),
        (GROUP_EXTENSION, command) => match data {
            [dcmi::GROUP, data @ ..] => {
                dcmi::answer(profile, &mut state.limit, chassis::is_on(call), command, data)
            }
            _ => Reply::code(UNKNOWN),
        },
        _ => Reply::code(UNKNOWN),
    }
}
