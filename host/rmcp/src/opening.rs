//! Opening a session: discovery, Open Session, RAKP, privilege level.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::DATAGRAM_MAX_BYTES;
use crate::account::Account;
use crate::message::{Capabilities, Request, Response};
use crate::packet::{self, Packet, Payload};
use crate::rakp::{self, Refusal, Wanted};
use crate::random::{self, NoRandomness, Random};
use crate::session::{Exchange, Received, Session};
use crate::status::Status;
use crate::suite::{CipherSuite, Privilege};
use crate::tries::Tries;
use crate::workaround::{Workaround, Workarounds};

/// On which terms a session is opened.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The cipher suite to ask for first.
    pub suite: CipherSuite,
    /// The one to ask for when the BMC's refusal may mean the first.
    pub other: Option<CipherSuite>,
    /// The privilege level of the session.
    pub privilege: Privilege,
    /// Ways around the BMC's defects.
    pub workarounds: Workarounds,
    /// How long a first answer is waited for; the second, third and fourth time twice, three and four times as long.
    pub wait: Duration,
}

/// What is to be asked of a BMC, for those who read about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Get Channel Authentication Capabilities.
    Discovery,
    /// Open Session.
    OpenSession,
    /// RAKP 1 and 2.
    Challenge,
    /// RAKP 3 and 4.
    Proof,
    /// Set Session Privilege Level.
    Privilege,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "Get Channel Authentication Capabilities",
            Self::OpenSession => "Open Session",
            Self::Challenge => "RAKP message 1",
            Self::Proof => "RAKP message 3",
            Self::Privilege => "Set Session Privilege Level",
        })
    }
}

/// Why no session came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Nothing usable came back.
    #[error("the BMC does not answer {step}{}", hint(*step, *capabilities))]
    Silent {
        /// What was asked.
        step: Step,
        /// What it had said about itself.
        capabilities: Option<Capabilities>,
    },
    /// The BMC refused.
    #[error("the BMC refuses {step} with status {status} ({suite}); {}", remedy(*status))]
    Refused {
        /// What was asked.
        step: Step,
        /// Why.
        status: Status,
        /// With which suite.
        suite: CipherSuite,
    },
    /// The BMC took algorithms that were not asked for.
    #[error(
        "the BMC was asked for {asked} and took {answered}: nothing is sent over a weaker session than asked for; name the suite that it speaks in `suites` of the controller, if that one will do"
    )]
    OtherSuite {
        /// The suite asked for.
        asked: CipherSuite,
        /// What it took, in words.
        answered: String,
    },
    /// The BMC's code in RAKP 2 does not fit the password.
    #[error(
        "the BMC's proof does not fit this password: the password is another one there, or whoever answers is not the BMC; check the credential"
    )]
    Password,
    /// The code in RAKP 4 does not fit the session's keys.
    #[error(
        "the BMC's last proof does not fit{}",
        if *.bmc_key_set { ": it says that a BMC key (Kg) is set; check the credential's" } else { "; check the BMC key (Kg) of the credential" }
    )]
    Keys {
        /// Whether the BMC had said that it has a key of its own.
        bmc_key_set: bool,
    },
    /// The user may not have this privilege level.
    #[error(
        "the BMC does not grant the privilege level {level} (completion {completion:02x}h): give the user that level on this channel, or set a lower `privilege` for the controller"
    )]
    Privilege {
        /// The level asked for.
        level: Privilege,
        /// The BMC's completion code.
        completion: u8,
    },
    /// The BMC is busy with itself.
    #[error(
        "the BMC is busy (completion {completion:02x}h to Set Session Privilege Level); it is asked again later"
    )]
    Busy {
        /// The BMC's completion code.
        completion: u8,
    },
    /// There are no random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

fn hint(step: Step, capabilities: Option<Capabilities>) -> &'static str {
    match (step, capabilities) {
        (Step::Discovery, _) => {
            ": check address, port (usually 623, UDP) and network, and whether IPMI over LAN is on"
        }
        (Step::OpenSession, Some(Capabilities { rmcp_plus: false, .. })) => {
            ": it says that it speaks IPMI 1.5 only, which is not supported"
        }
        (Step::Challenge | Step::Proof, _) => {
            ": some BMCs say nothing where user, password or privilege level are wrong; check the credential"
        }
        (Step::OpenSession | Step::Privilege, _) => "; it is tried again later",
    }
}

const fn remedy(status: Status) -> &'static str {
    match Kind::of(status) {
        Kind::SessionFull => "all its sessions are taken: close some, or wait until they time out",
        Kind::Credentials => "check user, password and privilege level of the credential",
        Kind::Suite => "allow a cipher suite that the BMC speaks in `suites` of the controller",
        Kind::Silent | Kind::Busy | Kind::Protocol | Kind::Host => "it is tried again later",
    }
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The BMC did not answer.
    Silent,
    /// It has no place for another session.
    SessionFull,
    /// It is busy.
    Busy,
    /// User, password, key or privilege level are not right.
    Credentials,
    /// There is no cipher suite that both sides take.
    Suite,
    /// It lost track.
    Protocol,
    /// The host failed.
    Host,
}

impl Kind {
    const fn of(status: Status) -> Self {
        match status {
            Status::NoResources | Status::NoResourcesForRole => Self::SessionFull,
            Status::Role
            | Status::UnauthorizedRole
            | Status::NameLength
            | Status::UnauthorizedName
            | Status::UnauthorizedGuid
            | Status::IntegrityCheck => Self::Credentials,
            Status::Authentication
            | Status::Integrity
            | Status::AuthenticationPayload
            | Status::IntegrityPayload
            | Status::Confidentiality
            | Status::NoSuite => Self::Suite,
            Status::SessionId
            | Status::PayloadType
            | Status::InactiveSession
            | Status::Parameter
            | Status::Other(_) => Self::Protocol,
        }
    }
}

impl OpenError {
    /// What kind of failure it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Silent { .. } => Kind::Silent,
            Self::Refused { status, .. } => Kind::of(*status),
            Self::OtherSuite { .. } => Kind::Suite,
            Self::Password | Self::Keys { .. } | Self::Privilege { .. } => Kind::Credentials,
            Self::Busy { .. } => Kind::Busy,
            Self::Randomness(_) => Kind::Host,
        }
    }
}

/// What to do next.
#[derive(Debug)]
pub enum Progress {
    /// Send this, then wait for datagrams until then.
    Send(Vec<u8>, Instant),
    /// Go on waiting.
    Wait,
    /// The session is open.
    Opened(Box<Session>),
    /// No session comes about.
    Failed(OpenError),
}

enum State {
    Discovering(u8, Tries),
    Opening(rakp::Opening),
    Challenging(rakp::Challenged),
    Answering(rakp::Answered),
    Raising(Box<Session>, Exchange),
    Over,
}

/// A session on its way. Feed it with what comes in ([`Opening::receive`]) and with the end of each wait ([`Opening::expire`]), and send
/// what [`Opening::farewell`] gives before anything else.
pub struct Opening {
    account: Arc<Account>,
    terms: Terms,
    suite: CipherSuite,
    /// How often the exchange of keys may still begin from the start; its messages cannot be repeated one by one.
    tries: Tries,
    wait: Duration,
    tag: u8,
    capabilities: Option<Capabilities>,
    /// The refusal that made way for the other suite.
    first: Option<OpenError>,
    farewell: Option<Vec<u8>>,
    state: State,
}

impl Opening {
    /// Begins, and says what to send first.
    pub fn start(
        account: Arc<Account>,
        terms: Terms,
        now: Instant,
        random: &mut dyn Random,
    ) -> (Self, Progress) {
        let tries = Tries::asking(terms.wait);
        let mut opening = Self {
            account,
            suite: terms.suite,
            tries: tries.clone(),
            wait: terms.wait,
            tag: 0,
            capabilities: None,
            first: None,
            farewell: None,
            state: State::Over,
            terms,
        };
        let progress = if opening.terms.workarounds.contains(Workaround::Authcap) {
            opening.open(now, random)
        } else {
            opening.state = State::Discovering(0, tries);
            opening.expire(now, random)
        };
        (opening, progress)
    }

    /// Nothing usable came before the end of the wait.
    pub fn expire(&mut self, now: Instant, random: &mut dyn Random) -> Progress {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Discovering(sequence, mut tries) => match tries.take() {
                Some(wait) => {
                    let message = Request::capabilities(self.terms.privilege).encode(sequence);
                    self.state = State::Discovering(sequence, tries);
                    Progress::Send(packet::plain(&message), now + wait)
                }
                None => self.silent(Step::Discovery),
            },
            State::Opening(_) => self.open_again(Step::OpenSession, now, random),
            state @ State::Challenging(_) => {
                self.forget(state, random);
                self.open_again(Step::Challenge, now, random)
            }
            state @ State::Answering(_) => {
                self.forget(state, random);
                self.open_again(Step::Proof, now, random)
            }
            State::Raising(session, exchange) => self.raise(session, exchange, now, random),
            State::Over => self.silent(Step::Discovery),
        }
    }

    /// A datagram, if there is one to send, that lets the BMC forget what was begun and came to nothing: BMCs have room for few
    /// sessions. No answer to it is waited for.
    pub fn farewell(&mut self) -> Option<Vec<u8>> {
        self.farewell.take()
    }

    /// Gives up. Why there is no session, and what [`farewell`](Self::farewell) there is to send.
    pub fn give_up(&mut self, random: &mut dyn Random) -> OpenError {
        let error = self.silence(self.step().unwrap_or(Step::Discovery));
        let state = std::mem::replace(&mut self.state, State::Over);
        self.forget(state, random);
        error
    }

    fn forget(&mut self, state: State, random: &mut dyn Random) {
        self.farewell = match state {
            State::Challenging(challenged) => Some(packet::open(Payload::Rakp3, &challenged.abandon())),
            State::Answering(answered) => Some(packet::open(Payload::Rakp3, &answered.abandon())),
            State::Raising(session, _) => session.close(random).ok(),
            State::Discovering(..) | State::Opening(_) | State::Over => None,
        };
    }

    /// Looks at a datagram that came in.
    pub fn receive(&mut self, datagram: &[u8], now: Instant, random: &mut dyn Random) -> Progress {
        if datagram.len() > DATAGRAM_MAX_BYTES {
            return Progress::Wait;
        }
        let packet = Packet::parse(datagram);
        match (std::mem::replace(&mut self.state, State::Over), packet) {
            (State::Discovering(sequence, tries), Some(Packet::Plain(message))) => {
                let response = Response::parse(message);
                // Any answer shows that there is a BMC; only a right one says what it offers.
                if response.is_none_or(|response| response.sequence != sequence) {
                    self.state = State::Discovering(sequence, tries);
                    return Progress::Wait;
                }
                self.capabilities = response.as_ref().and_then(Capabilities::parse);
                self.open(now, random)
            }
            (State::Opening(opening), Some(Packet::Open(Payload::OpenResponse, payload))) => {
                match opening.receive(payload) {
                    Ok(opened) => self.challenge(opened, now, random),
                    Err(refusal) => {
                        self.refused(Step::OpenSession, refusal, State::Opening(opening), now, random)
                    }
                }
            }
            (State::Challenging(challenged), Some(Packet::Open(Payload::Rakp2, payload))) => {
                match challenged.receive(payload, &self.account) {
                    Ok(proven) => self.answer(proven, now),
                    Err((challenged, refusal)) => {
                        let state = State::Challenging(challenged);
                        self.refused(Step::Challenge, refusal, state, now, random)
                    }
                }
            }
            (State::Answering(answered), Some(Packet::Open(Payload::Rakp4, payload))) => {
                match answered.receive(payload) {
                    Ok(agreed) => {
                        let mut session = Box::new(Session::new(agreed, self.terms.workarounds));
                        let request = Request::privilege(self.terms.privilege);
                        let exchange = session.begin(&request, Tries::asking(self.wait));
                        self.raise(session, exchange, now, random)
                    }
                    Err(refusal) => {
                        self.refused(Step::Proof, refusal, State::Answering(answered), now, random)
                    }
                }
            }
            (State::Raising(session, exchange), Some(Packet::Sealed(_))) => {
                self.raised(session, exchange, datagram, random)
            }
            (state, _) => {
                self.state = state;
                Progress::Wait
            }
        }
    }

    /// Begins the exchange of keys from the start, as often as it may.
    fn open_again(&mut self, step: Step, now: Instant, random: &mut dyn Random) -> Progress {
        if self.tries.peek().is_none() {
            return self.silent(step);
        }
        self.open(now, random)
    }

    fn open(&mut self, now: Instant, random: &mut dyn Random) -> Progress {
        let Some(wait) = self.tries.take() else {
            return self.silent(Step::OpenSession);
        };
        self.wait = wait;
        let ours = match random::array(random) {
            // Zero stands for no session.
            Ok(bytes) => u32::from_le_bytes(bytes).max(1),
            Err(error) => return failed(error.into()),
        };
        let wanted = Wanted {
            suite: self.suite,
            privilege: self.terms.privilege,
            workarounds: self.terms.workarounds,
        };
        let opening = rakp::Opening::new(wanted, self.next_tag(), ours);
        let datagram = packet::open(Payload::OpenRequest, &opening.request());
        self.state = State::Opening(opening);
        Progress::Send(datagram, now + wait)
    }

    fn challenge(&mut self, opened: rakp::Opened, now: Instant, random: &mut dyn Random) -> Progress {
        match random::array(random) {
            Ok(challenge) => {
                let challenged = opened.challenge(self.next_tag(), challenge);
                let datagram = packet::open(Payload::Rakp1, &challenged.request(&self.account));
                self.state = State::Challenging(challenged);
                Progress::Send(datagram, now + self.wait)
            }
            Err(error) => failed(error.into()),
        }
    }

    fn answer(&mut self, proven: rakp::Proven, now: Instant) -> Progress {
        let tag = self.next_tag();
        let (payload, answered) = proven.answer(tag, &self.account);
        self.state = State::Answering(answered);
        Progress::Send(packet::open(Payload::Rakp3, &payload), now + self.wait)
    }

    fn raise(
        &mut self,
        mut session: Box<Session>,
        mut exchange: Exchange,
        now: Instant,
        random: &mut dyn Random,
    ) -> Progress {
        match session.send(&mut exchange, now, random) {
            Ok(Some((datagram, until))) => {
                self.state = State::Raising(session, exchange);
                Progress::Send(datagram, until)
            }
            Ok(None) => {
                let error = OpenError::Silent {
                    step: Step::Privilege,
                    capabilities: self.capabilities,
                };
                self.farewell = session.close(random).ok();
                failed(error)
            }
            Err(error) => failed(error.into()),
        }
    }

    fn raised(
        &mut self,
        mut session: Box<Session>,
        mut exchange: Exchange,
        datagram: &[u8],
        random: &mut dyn Random,
    ) -> Progress {
        let Received::Reply(reply) = session.receive(&mut exchange, datagram) else {
            self.state = State::Raising(session, exchange);
            return Progress::Wait;
        };
        let completion = reply.completion;
        if completion == 0 {
            return Progress::Opened(session);
        }
        let error = if reply.asks_to_come_back() {
            OpenError::Busy { completion }
        } else {
            OpenError::Privilege {
                level: self.terms.privilege,
                completion,
            }
        };
        self.farewell = session.close(random).ok();
        failed(error)
    }

    fn refused(
        &mut self,
        step: Step,
        refusal: Refusal,
        state: State,
        now: Instant,
        random: &mut dyn Random,
    ) -> Progress {
        match refusal {
            Refusal::Foreign => {
                self.state = state;
                Progress::Wait
            }
            Refusal::OtherAlgorithms(answered) => failed(OpenError::OtherSuite {
                asked: self.suite,
                answered: answered.to_string(),
            }),
            Refusal::Unproven => {
                let error = match state {
                    State::Challenging(_) => OpenError::Password,
                    _ => OpenError::Keys {
                        bmc_key_set: self.capabilities.is_some_and(|known| known.bmc_key),
                    },
                };
                self.forget(state, random);
                failed(error)
            }
            Refusal::Status(status) => self.refused_with(step, status, now, random),
        }
    }

    fn refused_with(
        &mut self,
        step: Step,
        status: Status,
        now: Instant,
        random: &mut dyn Random,
    ) -> Progress {
        let error = OpenError::Refused {
            step,
            status,
            suite: self.suite,
        };
        match self.first.take() {
            // A BMC without a free session may not look at the suite at all, so that the first refusal is the one to tell of.
            Some(first) if first.kind() == Kind::SessionFull && error.kind() == Kind::Suite => failed(first),
            Some(_) => failed(error),
            None => match self.terms.other {
                Some(other) if status.may_mean_the_suite() => {
                    self.first = Some(error);
                    self.suite = other;
                    self.tries = Tries::asking(self.terms.wait);
                    self.open(now, random)
                }
                _ => failed(error),
            },
        }
    }

    fn silence(&self, step: Step) -> OpenError {
        // A refusal that was heard says more than the silence after it.
        self.first.clone().unwrap_or(OpenError::Silent {
            step,
            capabilities: self.capabilities,
        })
    }

    fn silent(&self, step: Step) -> Progress {
        failed(self.silence(step))
    }

    /// What the BMC is asked now.
    fn step(&self) -> Option<Step> {
        match self.state {
            State::Discovering(..) => Some(Step::Discovery),
            State::Opening(_) => Some(Step::OpenSession),
            State::Challenging(_) => Some(Step::Challenge),
            State::Answering(_) => Some(Step::Proof),
            State::Raising(..) => Some(Step::Privilege),
            State::Over => None,
        }
    }

    fn next_tag(&mut self) -> u8 {
        let tag = self.tag;
        self.tag = tag.wrapping_add(1);
        tag
    }
}

fn failed(error: OpenError) -> Progress {
    Progress::Failed(error)
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("suite", &self.suite)
            .field("step", &self.step())
            .finish_non_exhaustive()
    }
}
