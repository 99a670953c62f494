//! A session: requests out, replies in.

use std::fmt;
use std::time::{Duration, Instant};

use crate::DATAGRAM_MAX_BYTES;
use crate::message::{APP, Reply, Request, Response, SEND_MESSAGE};
use crate::packet::{self, Packet, Protection};
use crate::rakp::Agreed;
use crate::random::{self, NoRandomness, Random};
use crate::suite::CipherSuite;
use crate::tries::Tries;
use crate::window::Window;
use crate::workaround::{Workaround, Workarounds};

/// The answer to an earlier copy of a request is still being worked on (table 5-2).
const DUPLICATE: u8 = 0xCF;
/// Sequence numbers of requests have six bits (section 13.8).
const REQUEST_SEQUENCES: u8 = 0x40;

/// An open session. Its keys are wiped when it is dropped; the BMC learns of the end from [`Session::close`] only.
pub struct Session {
    protection: Protection,
    ours: u32,
    theirs: u32,
    /// The number of the next packet; zero stands for packets outside any session.
    sequence: u32,
    next_request: u8,
    window: Window,
    workarounds: Workarounds,
}

/// One request and how often it may still be sent. Every copy has the same request number and a new packet number.
#[derive(Debug)]
pub struct Exchange {
    netfn: u8,
    command: u8,
    sequence: u8,
    bridged: bool,
    message: Vec<u8>,
    tries: Tries,
}

/// What a datagram is to an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// The answer.
    Reply(Reply),
    /// Something else: the answer may still come.
    Ignored(Ignored),
}

/// Why a datagram is not the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// It is no packet of RMCP+.
    Foreign,
    /// It belongs to no session, or to another one.
    OtherSession,
    /// It is not encrypted, or not authenticated.
    Unprotected,
    /// Its integrity code is wrong.
    Forged,
    /// Its number was seen, or is too old to tell.
    Repeated,
    /// What is inside is no response.
    Malformed,
    /// A checksum of the message is wrong.
    Checksum,
    /// It answers another request.
    OtherRequest,
    /// The BMC is still working on an earlier copy of the request.
    Duplicate,
    /// The BMC has sent the request on; the answer comes by itself.
    OnItsWay,
}

impl Session {
    pub(crate) fn new(agreed: Agreed, workarounds: Workarounds) -> Self {
        Self {
            protection: agreed.protection,
            ours: agreed.ours,
            theirs: agreed.theirs,
            sequence: 1,
            next_request: 1,
            window: Window::default(),
            workarounds,
        }
    }

    /// The cipher suite in use.
    pub fn suite(&self) -> CipherSuite {
        self.protection.suite
    }

    /// Begins a request. Nothing is sent yet.
    pub fn begin(&mut self, request: &Request, tries: Tries) -> Exchange {
        let sequence = self.next_request;
        self.next_request = (sequence + 1) % REQUEST_SEQUENCES;
        Exchange {
            netfn: request.netfn(),
            command: request.command(),
            sequence,
            bridged: request.via().is_some(),
            message: request.encode(sequence),
            tries,
        }
    }

    /// The next datagram of an exchange and until when to wait for its answer; nothing when no more may be sent.
    pub fn send(
        &mut self,
        exchange: &mut Exchange,
        now: Instant,
        random: &mut dyn Random,
    ) -> Result<Option<(Vec<u8>, Instant)>, NoRandomness> {
        let Some(wait) = exchange.tries.peek() else {
            return Ok(None);
        };
        let datagram = self.seal(&exchange.message, random)?;
        exchange.tries.take();
        Ok(Some((datagram, now + wait)))
    }

    fn seal(&mut self, message: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, NoRandomness> {
        let vector = random::array(random)?;
        let sequence = self.sequence;
        self.sequence = sequence.checked_add(1).unwrap_or(1);
        Ok(packet::seal(
            &self.protection,
            self.theirs,
            sequence,
            vector,
            message,
        ))
    }

    /// Looks at a datagram that came in while an exchange is under way.
    pub fn receive(&mut self, exchange: &mut Exchange, datagram: &[u8]) -> Received {
        match self.open(datagram) {
            Ok(message) => match exchange.answered(&message, self.workarounds) {
                Ok(reply) => Received::Reply(reply),
                Err(ignored) => Received::Ignored(ignored),
            },
            Err(ignored) => Received::Ignored(ignored),
        }
    }

    /// The message in a datagram of this session.
    fn open(&mut self, datagram: &[u8]) -> Result<Vec<u8>, Ignored> {
        if datagram.len() > DATAGRAM_MAX_BYTES {
            return Err(Ignored::Foreign);
        }
        let sealed = match Packet::parse(datagram) {
            Some(Packet::Sealed(sealed)) => sealed,
            Some(Packet::Plain(_) | Packet::Open(..)) => return Err(Ignored::OtherSession),
            None => return Err(Ignored::Foreign),
        };
        let nameless = sealed.session == 0 && self.workarounds.contains(Workaround::Idzero);
        if sealed.session != self.ours && !nameless {
            return Err(Ignored::OtherSession);
        }
        if !sealed.is_protected() {
            return Err(Ignored::Unprotected);
        }
        if !sealed.is_authentic(&self.protection) {
            return Err(Ignored::Forged);
        }
        if !self.window.take(sealed.sequence) {
            return Err(Ignored::Repeated);
        }
        sealed.decrypt(&self.protection).ok_or(Ignored::Malformed)
    }

    /// The one datagram that ends the session at the BMC. Nobody has to wait for its answer: a BMC that misses it ends the session by
    /// itself, after a minute (section 6.12.15).
    pub fn close(mut self, random: &mut dyn Random) -> Result<Vec<u8>, NoRandomness> {
        let mut exchange = self.begin(&Request::close(self.theirs), Tries::once(Duration::ZERO));
        let message = std::mem::take(&mut exchange.message);
        self.seal(&message, random)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("suite", &self.suite())
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl Exchange {
    fn answered(&mut self, message: &[u8], workarounds: Workarounds) -> Result<Reply, Ignored> {
        let response = Response::parse(message).ok_or(Ignored::Malformed)?;
        if !response.sound && !workarounds.contains(Workaround::Nochecksumcheck) {
            return Err(Ignored::Checksum);
        }
        if response.sequence != self.sequence {
            return Err(Ignored::OtherRequest);
        }
        let passed_on = self.bridged && response.netfn == APP | 1 && response.command == SEND_MESSAGE;
        if passed_on && response.completion == 0 {
            // Some BMCs put the answer into that of Send Message instead of sending it by itself.
            self.bridged = false;
            return match response.data {
                [] => Err(Ignored::OnItsWay),
                inner => self.answered(inner, workarounds),
            };
        }
        let same = response.netfn == self.netfn | 1 && response.command == self.command;
        if !same && !passed_on {
            return Err(Ignored::OtherRequest);
        }
        if response.completion == DUPLICATE {
            return Err(Ignored::Duplicate);
        }
        Ok(response.reply())
    }
}
