//! Setting up a session: Open Session and RAKP (IPMI 2.0, sections 13.17 to 13.23).

use std::net::SocketAddr;

use super::profile::{CipherSuite, HashedRole, IpmiProfile};
use super::session::{Active, Challenge, Stage};
use super::state::State;
use super::suite::password_key;
use crate::clock::Moment;
use crate::config::Login;

/// Payload types.
pub(super) const OPEN_SESSION: u8 = 0x10;
pub(super) const RAKP_1: u8 = 0x12;
pub(super) const RAKP_3: u8 = 0x14;

/// Status codes (table 13-15).
const OK: u8 = 0x00;
const NO_RESOURCES: u8 = 0x01;
const INVALID_SESSION: u8 = 0x02;
const INVALID_AUTHENTICATION: u8 = 0x04;
const INVALID_INTEGRITY: u8 = 0x05;
const UNAUTHORIZED_ROLE: u8 = 0x0a;
const INVALID_NAME_LENGTH: u8 = 0x0c;
const UNAUTHORIZED_NAME: u8 = 0x0d;
const INVALID_CHECK_VALUE: u8 = 0x0f;
const INVALID_CONFIDENTIALITY: u8 = 0x10;
const NO_MATCHING_SUITE: u8 = 0x11;

/// Longest user name.
const MAX_NAME: usize = 16;

/// What a step of the set-up is answered with.
pub(super) struct Step {
    pub(super) payload_type: u8,
    pub(super) payload: Vec<u8>,
    /// Whether a wrong user or password was refused.
    pub(super) refused_login: bool,
}

/// What the steps of the set-up know of the BMC.
pub(super) struct Door<'a> {
    pub(super) profile: &'a IpmiProfile,
    pub(super) login: &'a Login,
    pub(super) now: Moment,
    pub(super) peer: SocketAddr,
    /// A status that a fault gives instead of going on.
    pub(super) status: Option<u8>,
}

/// What a rule's `path` calls a step.
pub(super) fn path(payload_type: u8) -> Option<&'static str> {
    match payload_type {
        OPEN_SESSION => Some("/ipmi/open-session"),
        RAKP_1 => Some("/ipmi/rakp-1"),
        RAKP_3 => Some("/ipmi/rakp-3"),
        _ => None,
    }
}

/// Answers a step; none when it is too short to be one.
///
/// A step that arrives again is answered as before: nothing is drawn anew, or the two sides would no longer agree.
pub(super) fn step(state: &mut State, door: &Door<'_>, payload_type: u8, payload: &[u8]) -> Option<Step> {
    state.sessions.expire(door.now, door.profile.session_timeout_ms);
    let step = [door.peer.to_string().as_bytes(), &[payload_type], payload].concat();
    let (answer, refused_login) = match (state.sessions.step_answered(&step), payload_type) {
        (Some(answer), _) => (answer, false),
        (None, OPEN_SESSION) => (open_session(state, door, payload)?, false),
        (None, RAKP_1) => rakp_1(state, door, payload)?,
        (None, RAKP_3) => rakp_3(state, door, payload)?,
        (None, _) => return None,
    };
    if let Some(id) = session_of(payload_type, payload, &answer) {
        state.sessions.remember_step(id, &step, &answer);
    }
    Some(Step {
        payload_type: payload_type + 1,
        payload: answer,
        refused_login,
    })
}

/// The BMC's number of the session that a step is about: an Open Session Response gives it, the others carry it.
fn session_of(payload_type: u8, payload: &[u8], answer: &[u8]) -> Option<u32> {
    let bytes = match payload_type {
        OPEN_SESSION => answer.get(8..12),
        _ => payload.get(4..8),
    };
    Some(u32::from_le_bytes(bytes?.try_into().ok()?))
}

fn open_session(state: &mut State, door: &Door<'_>, payload: &[u8]) -> Option<Vec<u8>> {
    let (&[tag, asked, _, _], rest) = payload.split_first_chunk::<4>()?;
    let (remote, proposals) = rest.split_first_chunk::<4>()?;
    let refused = |status| {
        let mut out = vec![tag, status, 0, 0];
        out.extend_from_slice(remote);
        out
    };
    let status = door.status.or_else(|| {
        let is_full = state.sessions.len() >= door.profile.max_sessions;
        is_full.then_some(NO_RESOURCES)
    });
    if let Some(status) = status {
        return Some(refused(status));
    }
    let suite = match suite(door.profile, proposals) {
        Ok(suite) => suite,
        Err(status) => return Some(refused(status)),
    };
    let level = match asked & 0x0f {
        0 => door.profile.privilege_limit,
        level => level.min(door.profile.privilege_limit),
    };
    let id = state.session_id();
    let numbers = (id, u32::from_le_bytes(*remote));
    state.sessions.open(door.now, numbers, suite, asked & 0x0f);
    let (authentication, integrity, confidentiality) = suite.algorithms();
    let mut out = vec![tag, OK, level, 0];
    out.extend_from_slice(remote);
    out.extend_from_slice(&id.to_le_bytes());
    for (kind, algorithm) in [(0, authentication), (1, integrity), (2, confidentiality)] {
        out.extend_from_slice(&[kind, 0, 0, 8, algorithm, 0, 0, 0]);
    }
    Some(out)
}

/// The suite that the three proposals make, or the status that refuses them.
fn suite(profile: &IpmiProfile, proposals: &[u8]) -> Result<CipherSuite, u8> {
    let algorithm = |wanted: u8| {
        let mut records = proposals.chunks_exact(8);
        records.find_map(|record| match *record {
            [kind, _, _, 8, algorithm, ..] if kind == wanted => Some(algorithm & 0x3f),
            _ => None,
        })
    };
    let wanted = (algorithm(0), algorithm(1), algorithm(2));
    let known = |part: fn((u8, u8, u8)) -> u8, value: Option<u8>| {
        let mut suites = profile.suites.iter();
        suites.any(|suite| value == Some(part(suite.algorithms())))
    };
    if !known(|algorithms| algorithms.0, wanted.0) {
        return Err(INVALID_AUTHENTICATION);
    }
    if !known(|algorithms| algorithms.1, wanted.1) {
        return Err(INVALID_INTEGRITY);
    }
    if !known(|algorithms| algorithms.2, wanted.2) {
        return Err(INVALID_CONFIDENTIALITY);
    }
    let fits = |suite: &&CipherSuite| {
        let (authentication, integrity, confidentiality) = suite.algorithms();
        wanted == (Some(authentication), Some(integrity), Some(confidentiality))
    };
    profile.suites.iter().find(fits).copied().ok_or(NO_MATCHING_SUITE)
}

/// The answer to RAKP message 1, and whether a login was refused.
fn rakp_1(state: &mut State, door: &Door<'_>, payload: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (&[tag, _, _, _], rest) = payload.split_first_chunk::<4>()?;
    let (id, rest) = rest.split_first_chunk::<4>()?;
    let (remote_random, rest) = rest.split_first_chunk::<16>()?;
    let (&[role, _, _, length], rest) = rest.split_first_chunk::<4>()?;
    let (own_random, guid) = (state.random(), state.guid);
    let Some(session) = state.sessions.touch(door.now, u32::from_le_bytes(*id)) else {
        return Some((vec![tag, INVALID_SESSION, 0, 0, 0, 0, 0, 0], false));
    };
    let remote = session.remote.to_le_bytes();
    let refused = |status| {
        let mut out = vec![tag, status, 0, 0];
        out.extend_from_slice(&remote);
        out
    };
    let user = rest.get(..usize::from(length))?;
    let level = role & 0x0f;
    let status = match door.status {
        Some(status) => status,
        None if user.len() > MAX_NAME => INVALID_NAME_LENGTH,
        None if user != door.login.user.as_bytes() => UNAUTHORIZED_NAME,
        None if level > door.profile.privilege_limit => UNAUTHORIZED_ROLE,
        None => OK,
    };
    if status != OK {
        let (id, refused) = (session.id, refused(status));
        state.sessions.close(id);
        return Some((refused, status == UNAUTHORIZED_NAME));
    }
    let hashed = match door.profile.hashed_role {
        HashedRole::Rakp => role,
        HashedRole::OpenSession => (role & 0xf0) | session.asked,
    };
    let code = session.suite.hash(
        password_key(&door.login.password),
        &[
            &remote,
            id,
            remote_random,
            &own_random,
            &guid,
            &[hashed, length],
            user,
        ],
    );
    session.stage = Stage::Challenged(Challenge {
        remote_random: *remote_random,
        own_random,
        role: hashed,
        user: user.to_vec(),
    });
    let mut out = refused(OK);
    out.extend_from_slice(&own_random);
    out.extend_from_slice(&guid);
    out.extend_from_slice(&code);
    Some((out, false))
}

/// The answer to RAKP message 3, and whether a login was refused.
fn rakp_3(state: &mut State, door: &Door<'_>, payload: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (&[tag, _, _, _], rest) = payload.split_first_chunk::<4>()?;
    let (id, code) = rest.split_first_chunk::<4>()?;
    let guid = state.guid;
    let session = state.sessions.touch(door.now, u32::from_le_bytes(*id));
    let Some((session, challenge)) = session.and_then(|session| match &session.stage {
        Stage::Challenged(challenge) => Some(challenge.clone()).map(|challenge| (session, challenge)),
        Stage::Open | Stage::Active(_) => None,
    }) else {
        return Some((vec![tag, INVALID_SESSION, 0, 0, 0, 0, 0, 0], false));
    };
    let remote = session.remote.to_le_bytes();
    let password = password_key(&door.login.password);
    let name = [challenge.role, u8::try_from(challenge.user.len()).ok()?];
    let expected = session.suite.hash(
        password,
        &[&challenge.own_random, &remote, &name, &challenge.user],
    );
    let mut out = vec![tag, OK, 0, 0];
    out.extend_from_slice(&remote);
    if let Some(status) = door.status.or((expected != code).then_some(INVALID_CHECK_VALUE)) {
        let id = session.id;
        state.sessions.close(id);
        out.splice(1..2, [status]);
        return Some((out, status == INVALID_CHECK_VALUE));
    }
    let key = door.profile.kg.as_deref().map_or(password, password_key);
    let session_key = session.suite.hash(
        key,
        &[
            &challenge.remote_random,
            &challenge.own_random,
            &name,
            &challenge.user,
        ],
    );
    out.extend(
        session
            .suite
            .code(&session_key, &[&challenge.remote_random, id, &guid]),
    );
    let level = match challenge.role & 0x0f {
        0 => door.profile.privilege_limit,
        level => level.min(door.profile.privilege_limit),
    };
    session.stage = Stage::Active(Box::new(Active::new(session.suite, &session_key, level)));
    Some((out, false))
}
