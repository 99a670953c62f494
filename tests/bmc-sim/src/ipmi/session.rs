//! Sessions: keys, numbers, the window of packets, recent requests, and the table with its limit.

use std::collections::VecDeque;

use super::datagram::{Packet, write_signed};
use super::message::{Reply, Request};
use super::profile::CipherSuite;
use super::suite;
use crate::clock::Moment;

/// How far a packet's number may lie beyond the highest one, and how far behind it.
const WINDOW: u32 = 32;
/// Requests that are remembered to recognise their repeats.
const RECENT: usize = 4;

/// A session, from the Open Session Request on.
#[derive(Debug)]
pub(super) struct Session {
    /// The BMC's number of it.
    pub(super) id: u32,
    /// The other side's number of it.
    pub(super) remote: u32,
    pub(super) suite: CipherSuite,
    /// Privilege level that the Open Session Request asked for.
    pub(super) asked: u8,
    pub(super) stage: Stage,
    /// The last step of the set-up and its answer, for the same step may arrive again.
    pub(super) last_step: Option<(Vec<u8>, Vec<u8>)>,
    last_seen: Moment,
}

/// How far a session has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// Opened; RAKP message 1 is to come.
    Open,
    /// RAKP message 2 was sent; message 3 is to come.
    Challenged(Challenge),
    /// In use.
    Active(Box<Active>),
}

/// What RAKP messages 1 and 2 said.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    pub(super) remote_random: [u8; 16],
    pub(super) own_random: [u8; 16],
    /// The byte of the role as it is hashed.
    pub(super) role: u8,
    pub(super) user: Vec<u8>,
}

/// A session in use.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) suite: CipherSuite,
    /// The highest privilege level of this session.
    pub(super) limit: u8,
    /// The privilege level now.
    pub(super) privilege: u8,
    integrity_key: Vec<u8>,
    cipher_key: Vec<u8>,
    sent: u32,
    highest: u32,
    seen: u32,
    recent: VecDeque<(Request, Reply)>,
}

impl Active {
    pub(super) fn new(suite: CipherSuite, session_key: &[u8], limit: u8) -> Self {
        Self {
            suite,
            limit,
            // A session begins at the user's level (section 13.20), or below it when it may not have that.
            privilege: limit.min(super::command::USER),
            integrity_key: suite.additional_key(session_key, 1),
            cipher_key: suite.additional_key(session_key, 2),
            sent: 0,
            highest: 0,
            seen: 0,
            recent: VecDeque::new(),
        }
    }

    /// The payload of a packet that is signed, encrypted, new and within the window.
    pub(super) fn open(&mut self, packet: &Packet<'_>) -> Option<Vec<u8>> {
        if !packet.is_signed || !packet.is_encrypted {
            return None;
        }
        let (signed, code) = packet.signature(self.suite.code_bytes())?;
        if self.suite.code(&self.integrity_key, &[signed]) != code || !self.admit(packet.sequence) {
            return None;
        }
        suite::decrypt(&self.cipher_key, packet.payload)
    }

    /// Whether a packet of this number is new and within the window (section 6.12.13); it is then seen.
    fn admit(&mut self, number: u32) -> bool {
        if number > self.highest {
            let step = number - self.highest;
            if step > WINDOW {
                return false;
            }
            self.seen = self.seen.checked_shl(step).unwrap_or(0) | 1;
            self.highest = number;
            return true;
        }
        let age = self.highest - number;
        let bit = 1_u32.checked_shl(age).unwrap_or(0);
        let is_new = number != 0 && bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        is_new
    }

    /// A packet with this payload, whose number is `step` after the last one.
    pub(super) fn seal(
        &mut self,
        remote: u32,
        step: u32,
        vector: [u8; 16],
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        self.sent = self.sent.wrapping_add(step);
        let sealed = suite::encrypt(&self.cipher_key, vector, payload)?;
        write_signed(0, remote, self.sent, &sealed, |signed| {
            self.suite.code(&self.integrity_key, &[signed])
        })
    }

    /// The answer that the same request got, if it was asked recently.
    pub(super) fn answered(&self, request: &Request) -> Option<&Reply> {
        let same = |entry: &&(Request, Reply)| entry.0 == *request;
        self.recent.iter().find(same).map(|(_, reply)| reply)
    }

    /// Remembers an answer.
    pub(super) fn remember(&mut self, request: Request, reply: Reply) {
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((request, reply));
    }
}

/// The sessions of one BMC.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
}

impl Sessions {
    /// Ends those that were silent for too long.
    pub(super) fn expire(&mut self, now: Moment, timeout_ms: u64) {
        self.sessions
            .retain(|session| now.since(session.last_seen) < timeout_ms);
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    pub(super) fn clear(&mut self) {
        self.sessions.clear();
    }

    /// Adds a session with the numbers that the BMC and the other side have for it.
    pub(super) fn open(&mut self, now: Moment, (id, remote): (u32, u32), suite: CipherSuite, asked: u8) {
        self.sessions.push(Session {
            id,
            remote,
            suite,
            asked,
            stage: Stage::Open,
            last_step: None,
            last_seen: now,
        });
    }

    /// The session of this number; it is in use now.
    pub(super) fn touch(&mut self, now: Moment, id: u32) -> Option<&mut Session> {
        let session = self.sessions.iter_mut().find(|session| session.id == id)?;
        session.last_seen = now;
        Some(session)
    }

    /// The session of this number in use.
    pub(super) fn active(&mut self, id: u32) -> Option<(u32, &mut Active)> {
        let session = self.sessions.iter_mut().find(|session| session.id == id)?;
        match &mut session.stage {
            Stage::Active(active) => Some((session.remote, active)),
            Stage::Open | Stage::Challenged(_) => None,
        }
    }

    /// The answer that the same step of a set-up got.
    pub(super) fn step_answered(&self, step: &[u8]) -> Option<Vec<u8>> {
        let mut steps = self
            .sessions
            .iter()
            .filter_map(|session| session.last_step.as_ref());
        steps
            .find(|(asked, _)| asked == step)
            .map(|(_, answer)| answer.clone())
    }

    /// Remembers the answer to a step of the session of this number.
    pub(super) fn remember_step(&mut self, id: u32, step: &[u8], answer: &[u8]) {
        if let Some(session) = self.sessions.iter_mut().find(|session| session.id == id) {
            session.last_step = Some((step.to_vec(), answer.to_vec()));
        }
    }

    /// Ends a session; false when there is none of that number.
    pub(super) fn close(&mut self, id: u32) -> bool {
        let before = self.sessions.len();
        self.sessions.retain(|session| session.id != id);
        self.sessions.len() < before
    }

    /// Sessions in use.
    pub(super) fn in_use(&self) -> usize {
        let in_use = |session: &&Session| matches!(session.stage, Stage::Active(_));
        self.sessions.iter().filter(in_use).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_admitted_once_and_near_the_highest() {
        let mut session = Active::new(CipherSuite::Three, b"key", 4);
        let admitted: Vec<bool> = [1, 2, 2, 1, 4, 3, 3, 0, 36, 69, 5, 4]
            .into_iter()
            .map(|number| session.admit(number))
            .collect();
        assert_eq!(
            admitted,
            [
                true, true, false, false, true, true, false, false, true, false, true, false
            ]
        );
    }

    #[test]
    fn silence_ends_a_session() {
        let mut sessions = Sessions::default();
        sessions.open(Moment(0), (1, 2), CipherSuite::Seventeen, 4);
        sessions.open(Moment(50), (3, 4), CipherSuite::Seventeen, 4);
        assert!(sessions.touch(Moment(60), 1).is_some());
        sessions.expire(Moment(150), 100);
        assert!(sessions.touch(Moment(150), 3).is_none());
        assert_eq!((sessions.len(), sessions.in_use()), (1, 0));
        assert!(sessions.close(1) && !sessions.close(1));
    }
}
