//! RMCP and session headers (sections 13.1 to 13.6 and 13.8).

use crate::bytes::Bytes;
use crate::cipher::{self, CipherKey};
use crate::mac;
use crate::suite::CipherSuite;

/// Version 1.0, reserved, no acknowledgement wanted, class IPMI (section 13.1.3).
const RMCP: [u8; 4] = [0x06, 0x00, 0xFF, 0x07];
const RMCP_VERSION: u8 = 0x06;
const RMCP_CLASS_IPMI: u8 = 0x07;
/// The authentication type that stands for the RMCP+ format (table 13-8).
const RMCP_PLUS: u8 = 0x06;
const ENCRYPTED: u8 = 0x80;
const AUTHENTICATED: u8 = 0x40;
/// What stands before the integrity code (table 13-8).
const NEXT_HEADER: u8 = 0x07;
const PAD: u8 = 0xFF;

/// What a packet carries (table 13-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    Ipmi,
    OpenRequest,
    OpenResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
}

impl Payload {
    const fn number(self) -> u8 {
        match self {
            Self::Ipmi => 0x00,
            Self::OpenRequest => 0x10,
            Self::OpenResponse => 0x11,
            Self::Rakp1 => 0x12,
            Self::Rakp2 => 0x13,
            Self::Rakp3 => 0x14,
            Self::Rakp4 => 0x15,
        }
    }

    const fn of(number: u8) -> Option<Self> {
        Some(match number {
            0x00 => Self::Ipmi,
            0x10 => Self::OpenRequest,
            0x11 => Self::OpenResponse,
            0x12 => Self::Rakp1,
            0x13 => Self::Rakp2,
            0x14 => Self::Rakp3,
            0x15 => Self::Rakp4,
            _ => return None,
        })
    }
}

/// A packet that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// In IPMI 1.5 framing, outside any session.
    Plain(&'a [u8]),
    /// In RMCP+ framing, outside any session: neither authenticated nor encrypted.
    Open(Payload, &'a [u8]),
    /// In RMCP+ framing, within a session.
    Sealed(Sealed<'a>),
}

/// A packet within a session, of which nothing is proven yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sealed<'a> {
    pub(crate) session: u32,
    pub(crate) sequence: u32,
    encrypted: bool,
    authenticated: bool,
    payload: &'a [u8],
    /// From the authentication type on, with the trailer.
    whole: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Takes a datagram apart. Nothing is checked that a secret is needed for.
    pub(crate) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let mut rest = Bytes(datagram);
        let [version, _, _, class] = rest.array()?;
        if version != RMCP_VERSION || class != RMCP_CLASS_IPMI {
            return None;
        }
        let whole = rest.0;
        match rest.u8()? {
            0 => {
                let (_sequence, _session) = (rest.u32()?, rest.u32()?);
                let length = rest.u8()?;
                Some(Self::Plain(rest.take(usize::from(length))?))
            }
            RMCP_PLUS => {
                let kind = rest.u8()?;
                let payload_type = Payload::of(kind & !(ENCRYPTED | AUTHENTICATED))?;
                let (session, sequence) = (rest.u32()?, rest.u32()?);
                let length = rest.u16()?;
                let payload = rest.take(usize::from(length))?;
                let (encrypted, authenticated) = (kind & ENCRYPTED != 0, kind & AUTHENTICATED != 0);
                if payload_type == Payload::Ipmi {
                    return Some(Self::Sealed(Sealed {
                        session,
                        sequence,
                        encrypted,
                        authenticated,
                        payload,
                        whole,
                    }));
                }
                (!encrypted && !authenticated).then_some(Self::Open(payload_type, payload))
            }
            _ => None,
        }
    }
}

/// What protects the packets of a session.
pub(crate) struct Protection {
    pub(crate) suite: CipherSuite,
    /// K1, for the integrity codes.
    pub(crate) integrity: mac::Code,
    /// The first bytes of K2, for the payloads.
    pub(crate) cipher: CipherKey,
}

impl Sealed<'_> {
    /// Whether it claims to be protected in both ways.
    pub(crate) fn is_protected(&self) -> bool {
        self.encrypted && self.authenticated
    }

    /// Whether its integrity code is right.
    pub(crate) fn is_authentic(&self, protection: &Protection) -> bool {
        let count = protection.suite.code_bytes();
        let mut covered = Bytes(self.whole);
        let Some(given) = covered.take_last(count) else {
            return false;
        };
        mac::code(protection.suite, protection.integrity.bytes(), &[covered.0]).proves(given, count)
    }

    /// The message inside. Call it only when it [is authentic](Self::is_authentic).
    pub(crate) fn decrypt(&self, protection: &Protection) -> Option<Vec<u8>> {
        cipher::decrypt(&protection.cipher, self.payload)
    }
}

/// A message in IPMI 1.5 framing, outside any session.
pub(crate) fn plain(message: &[u8]) -> Vec<u8> {
    let mut datagram = RMCP.to_vec();
    datagram.extend_from_slice(&[0; 9]);
    datagram.push(u8::try_from(message.len()).unwrap_or(u8::MAX));
    datagram.extend_from_slice(message);
    datagram
}

/// A payload in RMCP+ framing, outside any session.
pub(crate) fn open(payload_type: Payload, payload: &[u8]) -> Vec<u8> {
    let mut datagram = RMCP.to_vec();
    header(&mut datagram, payload_type.number(), 0, 0, payload);
    datagram
}

/// A message within a session, encrypted and authenticated.
pub(crate) fn seal(
    protection: &Protection,
    session: u32,
    sequence: u32,
    vector: [u8; cipher::BLOCK_BYTES],
    message: &[u8],
) -> Vec<u8> {
    let payload = cipher::encrypt(&protection.cipher, vector, message);
    let mut datagram = RMCP.to_vec();
    let kind = Payload::Ipmi.number() | ENCRYPTED | AUTHENTICATED;
    header(&mut datagram, kind, session, sequence, &payload);
    // From the authentication type to the next header it must be a multiple of four bytes.
    let covered = datagram.len() - RMCP.len() + 2;
    let padding = covered.next_multiple_of(4) - covered;
    datagram.extend(std::iter::repeat_n(PAD, padding));
    datagram.extend([u8::try_from(padding).unwrap_or_default(), NEXT_HEADER]);
    let (_, covered) = datagram.split_at(RMCP.len());
    let code = mac::code(protection.suite, protection.integrity.bytes(), &[covered]);
    datagram.extend_from_slice(code.first(protection.suite.code_bytes()));
    datagram
}

fn header(datagram: &mut Vec<u8>, kind: u8, session: u32, sequence: u32, payload: &[u8]) {
    datagram.extend([RMCP_PLUS, kind]);
    datagram.extend(session.to_le_bytes());
    datagram.extend(sequence.to_le_bytes());
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    datagram.extend(length.to_le_bytes());
    datagram.extend_from_slice(payload);
}
