//! One datagram: session, fault rules, and then what a healthy BMC does.

use std::net::SocketAddr;

use super::command::{self, Call};
use super::datagram::{self, Datagram, Packet};
use super::message::{Reply, Request};
use super::profile::Duplicates;
use super::rakp::{self, Door};
use super::state::State;
use crate::bmc::{Bmc, Execution};
use crate::fault::{Asked, Effect, Plan, Protocol, RequestKind};
use crate::fleet::Fleet;

/// Codes: busy; a repeat of a request that was answered.
const BUSY: u8 = 0xc0;
const DUPLICATE: u8 = 0xcf;
/// Payload type of IPMI messages.
const MESSAGE: u8 = 0x00;
/// What a BMC with a garbage fault says.
const GARBAGE: &[u8] = b"\x06\x00\xff\x07\x06\xc0garbage";
/// The longest datagram.
const MAX_DATAGRAM: usize = 65_507;

/// A datagram that was read and whose plan is made; it is to be executed when its delay is over.
pub(super) struct Admitted {
    peer: SocketAddr,
    what: What,
    pub(super) plan: Plan,
}

enum What {
    Ping(u8),
    /// A step of setting up a session.
    Step(u8, Vec<u8>),
    /// A command, and how it came.
    Command(Way, Request),
}

/// How a command came, and how its answer goes back.
#[derive(Clone, Copy)]
enum Way {
    /// Outside sessions, in the form of IPMI 1.5.
    Plain,
    /// Outside sessions, in the form of IPMI 2.0.
    Open,
    Session(u32),
}

/// Reads a datagram and asks the rules about it. None: it is dropped.
pub(super) fn admit(fleet: &Fleet, bmc: &Bmc, peer: SocketAddr, bytes: &[u8]) -> Option<Admitted> {
    let now = fleet.now();
    if bmc.is_away(now) || fleet.faults.unreachable(Protocol::Ipmi, bmc.index, now).is_some() {
        return None;
    }
    let what = read(&mut bmc.ipmi.lock(), fleet, bmc, bytes)?;
    let (kind, path) = match &what {
        What::Ping(_) => (RequestKind::Session, "/ipmi/ping".to_owned()),
        What::Step(kind, _) => (RequestKind::Session, rakp::path(*kind)?.to_owned()),
        What::Command(_, request) => (command::kind(request), request.path()),
    };
    let asked = Asked {
        protocol: Protocol::Ipmi,
        bmc: bmc.index,
        method: "IPMI",
        path: &path,
        kind,
        redirected: false,
    };
    let plan = fleet.faults.decide(&asked, now);
    bmc.counters.ipmi(kind);
    Some(Admitted { peer, what, plan })
}

fn read(state: &mut State, fleet: &Fleet, bmc: &Bmc, bytes: &[u8]) -> Option<What> {
    match Datagram::parse(bytes)? {
        Datagram::Ping(tag) => Some(What::Ping(tag)),
        Datagram::Plain(message) => Some(What::Command(Way::Plain, Request::parse(message)?)),
        Datagram::Packet(packet) if packet.session == 0 => match packet.payload_type {
            MESSAGE => Some(What::Command(Way::Open, Request::parse(packet.payload)?)),
            kind => rakp::path(kind).map(|_| What::Step(kind, packet.payload.to_vec())),
        },
        Datagram::Packet(packet) => {
            let timeout = bmc.profile().ipmi.session_timeout_ms;
            state.sessions.expire(fleet.now(), timeout);
            let payload = unseal(state, fleet, &packet)?;
            Some(What::Command(
                Way::Session(packet.session),
                Request::parse(&payload)?,
            ))
        }
    }
}

fn unseal(state: &mut State, fleet: &Fleet, packet: &Packet<'_>) -> Option<Vec<u8>> {
    state.sessions.touch(fleet.now(), packet.session)?;
    let (_, active) = state.sessions.active(packet.session)?;
    let payload = active.open(packet)?;
    (packet.payload_type == MESSAGE).then_some(payload)
}

/// Executes what was admitted. The datagrams to send, in order.
pub(super) fn execute(fleet: &Fleet, bmc: &Bmc, admitted: Admitted) -> Vec<(SocketAddr, Vec<u8>)> {
    let Admitted { peer, what, plan } = admitted;
    let fault = plan.decisive.as_ref();
    if drops_request(fault) {
        return Vec::new();
    }
    let mut state = bmc.ipmi.lock();
    let state = &mut *state;
    let answer = match what {
        What::Ping(tag) => Some(datagram::pong(tag)),
        What::Step(kind, payload) => set_up(state, fleet, bmc, peer, (kind, &payload), fault),
        What::Command(way, request) => respond(state, fleet, bmc, way, request, &plan),
    };
    let Some(answer) = answer else { return Vec::new() };
    spoil(state, peer, answer, fault)
}

fn drops_request(fault: Option<&Effect>) -> bool {
    matches!(
        fault,
        Some(Effect::CutAfterHeaders | Effect::CutBeforeExecuting | Effect::Hang { execute: false, .. })
    )
}

/// What a fault makes of the answer.
fn spoil(
    state: &mut State,
    peer: SocketAddr,
    mut answer: Vec<u8>,
    fault: Option<&Effect>,
) -> Vec<(SocketAddr, Vec<u8>)> {
    let held = state.held.take();
    let mut out = Vec::new();
    match fault {
        Some(Effect::ExecuteThenCut | Effect::Hang { .. }) => {}
        Some(Effect::LateAnswer) => {
            state.held = Some((peer, answer));
            return Vec::from_iter(held);
        }
        Some(Effect::DuplicateAnswer) => out.extend([(peer, answer.clone()), (peer, answer)]),
        Some(Effect::CutInAnswer) => {
            answer.truncate(answer.len() / 2);
            out.push((peer, answer));
        }
        Some(Effect::WrongCode) => {
            if let Some(last) = answer.last_mut() {
                *last ^= 0x55;
            }
            out.push((peer, answer));
        }
        Some(Effect::GarbageBody) => out.push((peer, GARBAGE.to_vec())),
        Some(Effect::HugeBody { bytes }) => {
            let bytes = usize::try_from(*bytes).unwrap_or(MAX_DATAGRAM).min(MAX_DATAGRAM);
            answer.resize(bytes.max(answer.len()), 0xff);
            out.push((peer, answer));
        }
        _ => out.push((peer, answer)),
    }
    out.extend(held);
    out
}

fn set_up(
    state: &mut State,
    fleet: &Fleet,
    bmc: &Bmc,
    peer: SocketAddr,
    (kind, payload): (u8, &[u8]),
    fault: Option<&Effect>,
) -> Option<Vec<u8>> {
    let status = match fault {
        Some(Effect::SessionStatus { status }) => Some(*status),
        Some(Effect::SessionCap) => Some(0x01),
        Some(Effect::Unauthorized) => Some(0x0f),
        _ => None,
    };
    let door = Door {
        profile: &bmc.profile().ipmi,
        login: &fleet.config.login,
        now: fleet.now(),
        peer,
        status,
    };
    let step = rakp::step(state, &door, kind, payload)?;
    if step.refused_login {
        bmc.counters.auth_failure();
    }
    datagram::write_open(step.payload_type, &step.payload)
}

/// The answer to a command, as a datagram.
fn respond(
    state: &mut State,
    fleet: &Fleet,
    bmc: &Bmc,
    way: Way,
    request: Request,
    plan: &Plan,
) -> Option<Vec<u8>> {
    let fault = plan.decisive.as_ref();
    // The session may end with this command; its answer still goes out by its keys.
    let Way::Session(id) = way else {
        let reply = reply(state, fleet, bmc, None, &request, plan);
        let message = written(&request, &reply, fault);
        return match way {
            Way::Plain => datagram::write_plain(&message),
            Way::Open | Way::Session(_) => datagram::write_open(MESSAGE, &message),
        };
    };
    let profile = &bmc.profile().ipmi;
    if fault == Some(&Effect::ForgetSession) {
        state.sessions.close(id);
        return None;
    }
    let vector = state.random();
    let earlier = state.sessions.active(id)?.1.answered(&request).cloned();
    let closes = (request.netfn, request.command) == (0x06, 0x3c);
    let parting = closes.then(|| {
        let (remote, active) = state.sessions.active(id)?;
        let message = written(&request, &Reply::ok([]), fault);
        active.seal(remote, profile.sequence_step, vector, &message)
    });
    let reply = match (earlier, profile.duplicates) {
        (Some(earlier), Duplicates::AnsweredAgain) => earlier,
        (Some(_), Duplicates::Refused) => Reply::code(DUPLICATE),
        (Some(_), Duplicates::Executed) | (None, _) => reply(state, fleet, bmc, Some(id), &request, plan),
    };
    if let (Some(parting), 0) = (parting, reply.completion) {
        return parting;
    }
    let message = written(&request, &reply, fault);
    let (remote, active) = state.sessions.active(id)?;
    active.remember(request, reply);
    active.seal(remote, profile.sequence_step, vector, &message)
}

fn reply(
    state: &mut State,
    fleet: &Fleet,
    bmc: &Bmc,
    session: Option<u32>,
    request: &Request,
    plan: &Plan,
) -> Reply {
    match plan.decisive {
        Some(Effect::Busy { .. }) => return Reply::code(BUSY),
        Some(Effect::CompletionCode { code }) => return Reply::code(code),
        _ => {}
    }
    let privilege = session
        .and_then(|id| state.sessions.active(id))
        .map_or(0, |(_, active)| active.privilege);
    let call = Call {
        bmc,
        now: fleet.now(),
        session,
        privilege,
        how: Execution {
            late_ms: plan.late_ms,
            twice: plan.twice,
            os_ignores: plan.os_ignores,
        },
        wrong_state: plan.wrong_state.as_deref(),
        stale_ms: plan.stale_ms,
        pretend: plan.decisive == Some(Effect::Ignore),
    };
    command::answer(state, &call, request)
}

/// The message of an answer, with a wrong checksum where a fault wants that.
fn written(request: &Request, reply: &Reply, fault: Option<&Effect>) -> Vec<u8> {
    let mut message = request.answer(reply);
    if let (Some(Effect::WrongChecksum), Some(last)) = (fault, message.last_mut()) {
        *last = last.wrapping_add(1);
    }
    message
}
