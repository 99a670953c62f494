//! Open Session and RAKP messages (sections 13.17 to 13.24), and the keyed operations between them (13.31 to 13.33).
//!
//! Each message exists only after the one before it was checked, by the types: [`Opened`] makes RAKP 1, [`Challenged`] checks RAKP 2,
//! and only what that gives ([`Proven`]) can make the code of RAKP 3, so that no BMC gets one that did not prove itself first.

use crate::account::Account;
use crate::bytes::Bytes;
use crate::cipher::CipherKey;
use crate::mac::{self, Code};
use crate::packet::Protection;
use crate::status::Status;
use crate::suite::{Algorithms, CipherSuite, Privilege};
use crate::workaround::{Workaround, Workarounds};

/// The bit of the role that makes the BMC look a user up by name alone (table 13-11).
const NAME_ONLY_LOOKUP: u8 = 0x10;
/// The constants that K1 and K2 are made of (section 13.32); 20 bytes also with SHA-256.
const CONST_1: [u8; 20] = [1; 20];
const CONST_2: [u8; 20] = [2; 20];

/// What both sides agreed upon before the first message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) suite: CipherSuite,
    pub(crate) privilege: Privilege,
    pub(crate) workarounds: Workarounds,
}

/// What a response is, besides what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not the response to this message: another one may still come.
    Foreign,
    /// The BMC refuses.
    Status(Status),
    /// The BMC took other algorithms.
    OtherAlgorithms(Algorithms),
    /// The BMC's code is wrong.
    Unproven,
}

/// The beginning that all responses share: tag, status, and our session id behind two bytes.
fn begin(rest: &mut Bytes<'_>, tag: u8, ours: u32) -> Result<(), Refusal> {
    let (Some(seen), Some(status)) = (rest.u8(), rest.u8()) else {
        return Err(Refusal::Foreign);
    };
    let session = rest.take(2).and_then(|_| rest.u32());
    match Status::of(status) {
        _ if seen != tag => Err(Refusal::Foreign),
        // A refusal may leave the session out; some BMCs end it right behind the status.
        Some(status) if session.is_none_or(|id| id == ours || id == 0) => Err(Refusal::Status(status)),
        None if session == Some(ours) => Ok(()),
        _ => Err(Refusal::Foreign),
    }
}

/// The Open Session request is on its way.
#[derive(Debug)]
pub(crate) struct Opening {
    wanted: Wanted,
    tag: u8,
    /// SID<sub>M</sub>.
    ours: u32,
}

impl Opening {
    /// Begins with a session id of our own, which is not zero.
    pub(crate) fn new(wanted: Wanted, tag: u8, ours: u32) -> Self {
        Self { wanted, tag, ours }
    }

    /// The Open Session request (table 13-9). It names the privilege level, for some BMCs hash with this one.
    pub(crate) fn request(&self) -> Vec<u8> {
        let algorithms = self.wanted.suite.algorithms();
        let mut payload = vec![self.tag, self.wanted.privilege.level(), 0, 0];
        payload.extend(self.ours.to_le_bytes());
        let proposed = [
            algorithms.authentication,
            algorithms.integrity,
            algorithms.confidentiality,
        ];
        for (kind, algorithm) in (0_u8..).zip(proposed) {
            payload.extend([kind, 0, 0, 8, algorithm, 0, 0, 0]);
        }
        payload
    }

    /// Checks the Open Session response (table 13-10).
    pub(crate) fn receive(&self, payload: &[u8]) -> Result<Opened, Refusal> {
        let mut rest = Bytes(payload);
        begin(&mut rest, self.tag, self.ours)?;
        let theirs = rest.u32().ok_or(Refusal::Foreign)?;
        let mut algorithm = || {
            let record: Option<[u8; 8]> = rest.array();
            record.map(|record| record[4] & 0x3F).ok_or(Refusal::Foreign)
        };
        let answered = Algorithms {
            authentication: algorithm()?,
            integrity: algorithm()?,
            confidentiality: algorithm()?,
        };
        if answered != self.wanted.suite.algorithms() {
            return Err(Refusal::OtherAlgorithms(answered));
        }
        Ok(Opened {
            wanted: self.wanted,
            ours: self.ours,
            theirs,
        })
    }
}

/// The BMC has a place for the session.
#[derive(Debug)]
pub(crate) struct Opened {
    wanted: Wanted,
    ours: u32,
    /// SID<sub>C</sub>.
    theirs: u32,
}

impl Opened {
    /// Begins RAKP with a challenge of our own.
    pub(crate) fn challenge(self, tag: u8, challenge: [u8; 16]) -> Challenged {
        Challenged {
            opened: self,
            tag,
            challenge,
        }
    }
}

/// RAKP 1 is on its way.
#[derive(Debug)]
pub(crate) struct Challenged {
    opened: Opened,
    tag: u8,
    /// R<sub>M</sub>.
    challenge: [u8; 16],
}

impl Challenged {
    /// RAKP 1 (table 13-11).
    pub(crate) fn request(&self, account: &Account) -> Vec<u8> {
        let mut payload = vec![self.tag, 0, 0, 0];
        payload.extend(self.opened.theirs.to_le_bytes());
        payload.extend(self.challenge);
        payload.extend([self.role(), 0, 0]);
        payload.extend(who(account));
        payload
    }

    /// ROLE<sub>M</sub>: the whole byte of RAKP 1.
    fn role(&self) -> u8 {
        NAME_ONLY_LOOKUP | self.opened.wanted.privilege.level()
    }

    /// The role as the BMC hashes it in RAKP 2 and for the session's keys.
    fn hashed_role(&self) -> u8 {
        if self.opened.wanted.workarounds.contains(Workaround::I82571spt) {
            self.opened.wanted.privilege.level()
        } else {
            self.role()
        }
    }

    /// Checks RAKP 2 (table 13-12): whether the BMC knows the password, too.
    pub(crate) fn receive(self, payload: &[u8], account: &Account) -> Result<Proven, (Self, Refusal)> {
        match self.check(payload, account) {
            Ok((their_challenge, guid)) => Ok(Proven {
                challenged: self,
                their_challenge,
                guid,
            }),
            Err(refusal) => Err((self, refusal)),
        }
    }

    fn check(&self, payload: &[u8], account: &Account) -> Result<([u8; 16], [u8; 16]), Refusal> {
        let Opened { wanted, ours, theirs } = &self.opened;
        let mut rest = Bytes(payload);
        begin(&mut rest, self.tag, *ours)?;
        let (Some(their_challenge), Some(guid)) = (rest.array(), rest.array()) else {
            return Err(Refusal::Foreign);
        };
        let expected = mac::code(
            wanted.suite,
            account.user_key().bytes(),
            &[
                &ours.to_le_bytes(),
                &theirs.to_le_bytes(),
                &self.challenge,
                &their_challenge,
                &guid,
                &[self.hashed_role()],
                &who(account),
            ],
        );
        if expected.proves(rest.0, wanted.suite.digest_bytes()) {
            Ok((their_challenge, guid))
        } else {
            Err(Refusal::Unproven)
        }
    }

    /// Lets the BMC forget the session.
    pub(crate) fn abandon(&self) -> Vec<u8> {
        abandon(self.tag, self.opened.theirs)
    }
}

/// RAKP 3 with a status and no code (table 13-13).
fn abandon(tag: u8, theirs: u32) -> Vec<u8> {
    let mut payload = vec![tag, Status::IntegrityCheck.code(), 0, 0];
    payload.extend(theirs.to_le_bytes());
    payload
}

/// The length of the user's name, and the name.
fn who(account: &Account) -> Vec<u8> {
    let user = account.user();
    let mut bytes = vec![u8::try_from(user.len()).unwrap_or_default()];
    bytes.extend_from_slice(user);
    bytes
}

/// The BMC has proven that it knows the password.
#[derive(Debug)]
pub(crate) struct Proven {
    challenged: Challenged,
    /// R<sub>C</sub>.
    their_challenge: [u8; 16],
    /// GUID<sub>C</sub>.
    guid: [u8; 16],
}

impl Proven {
    /// RAKP 3 (table 13-13) with the code that proves the account, and what its answer is checked with.
    pub(crate) fn answer(self, tag: u8, account: &Account) -> (Vec<u8>, Answered) {
        let Opened { wanted, ours, theirs } = self.challenged.opened;
        let role = if wanted.workarounds.contains(Workaround::Intelplus) {
            wanted.privilege.level()
        } else {
            self.challenged.hashed_role()
        };
        let code = mac::code(
            wanted.suite,
            account.user_key().bytes(),
            &[&self.their_challenge, &ours.to_le_bytes(), &[role], &who(account)],
        );
        let mut payload = vec![tag, 0, 0, 0];
        payload.extend(theirs.to_le_bytes());
        payload.extend_from_slice(code.bytes());
        let session_key = mac::code(
            wanted.suite,
            account.session_key().bytes(),
            &[
                &self.challenged.challenge,
                &self.their_challenge,
                &[self.challenged.hashed_role()],
                &who(account),
            ],
        );
        let answered = Answered {
            wanted,
            tag,
            ours,
            theirs,
            challenge: self.challenged.challenge,
            guid: self.guid,
            session_key,
        };
        (payload, answered)
    }
}

/// RAKP 3 is on its way.
pub(crate) struct Answered {
    wanted: Wanted,
    tag: u8,
    ours: u32,
    theirs: u32,
    challenge: [u8; 16],
    guid: [u8; 16],
    /// SIK.
    session_key: Code,
}

/// What a session is made of.
pub(crate) struct Agreed {
    pub(crate) ours: u32,
    pub(crate) theirs: u32,
    pub(crate) protection: Protection,
}

impl Answered {
    /// Lets the BMC forget the session.
    pub(crate) fn abandon(&self) -> Vec<u8> {
        abandon(self.tag, self.theirs)
    }

    /// Checks RAKP 4 (table 13-14): whether both sides have the same keys.
    pub(crate) fn receive(&self, payload: &[u8]) -> Result<Agreed, Refusal> {
        let mut rest = Bytes(payload);
        begin(&mut rest, self.tag, self.ours)?;
        let suite = self.wanted.suite;
        let key = self.session_key.bytes();
        let expected = mac::code(
            suite,
            key,
            &[&self.challenge, &self.theirs.to_le_bytes(), &self.guid],
        );
        if !expected.proves(rest.0, suite.code_bytes()) {
            return Err(Refusal::Unproven);
        }
        let mut cipher = CipherKey::default();
        let k2 = mac::code(suite, key, &[&CONST_2]);
        cipher
            .iter_mut()
            .zip(k2.bytes())
            .for_each(|(to, from)| *to = *from);
        Ok(Agreed {
            ours: self.ours,
            theirs: self.theirs,
            protection: Protection {
                suite,
                integrity: mac::code(suite, key, &[&CONST_1]),
                cipher,
            },
        })
    }
}
