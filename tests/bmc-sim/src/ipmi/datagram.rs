//! Datagrams: RMCP, ASF presence, sessionless IPMI 1.5 and RMCP+ (IPMI 2.0, sections 13.1 to 13.6).

/// RMCP version 1.0, no acknowledgement wanted.
const RMCP: [u8; 3] = [0x06, 0x00, 0xff];
/// RMCP class of ASF messages.
const ASF: u8 = 0x06;
/// RMCP class of IPMI messages.
const IPMI: u8 = 0x07;
/// IANA number of ASF.
const ASF_IANA: [u8; 4] = [0x00, 0x00, 0x11, 0xbe];
/// ASF message types.
const PING: u8 = 0x80;
const PONG: u8 = 0x40;
/// Authentication types of the session header: none, and the form of RMCP+.
const NO_AUTHENTICATION: u8 = 0x00;
const RMCP_PLUS: u8 = 0x06;
/// What stands before the code of a packet.
const NEXT_HEADER: u8 = 0x07;
/// Bytes of the RMCP header.
const RMCP_BYTES: usize = 4;

/// What a datagram holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Datagram<'a> {
    /// An ASF presence ping with its tag.
    Ping(u8),
    /// A message outside sessions in the form of IPMI 1.5.
    Plain(&'a [u8]),
    /// A packet of RMCP+.
    Packet(Packet<'a>),
}

/// A packet of RMCP+.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) payload_type: u8,
    pub(super) is_encrypted: bool,
    pub(super) is_signed: bool,
    pub(super) session: u32,
    pub(super) sequence: u32,
    pub(super) payload: &'a [u8],
    /// From the authentication type to the end: what is signed, and the code.
    whole: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// Reads a datagram; none when it is none of ours.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[a, b, c, class], rest) = bytes.split_first_chunk::<RMCP_BYTES>()?;
        match class {
            _ if [a, b, c] != RMCP => None,
            ASF => ping(rest),
            IPMI => match *rest.first()? {
                NO_AUTHENTICATION => plain(rest),
                RMCP_PLUS => packet(rest).map(Datagram::Packet),
                _ => None,
            },
            _ => None,
        }
    }
}

fn ping<'a>(rest: &[u8]) -> Option<Datagram<'a>> {
    let (iana, rest) = rest.split_first_chunk::<4>()?;
    let (&[kind, tag], _) = rest.split_first_chunk::<2>()?;
    (*iana == ASF_IANA && kind == PING).then_some(Datagram::Ping(tag))
}

fn plain(rest: &[u8]) -> Option<Datagram<'_>> {
    let (head, rest) = rest.split_first_chunk::<10>()?;
    let [_, _, _, _, _, session @ .., length] = *head;
    let message = rest.get(..usize::from(length))?;
    (session == [0; 4]).then_some(Datagram::Plain(message))
}

fn packet(whole: &[u8]) -> Option<Packet<'_>> {
    let (&[_, kind], rest) = whole.split_first_chunk::<2>()?;
    let (session, rest) = rest.split_first_chunk::<4>()?;
    let (sequence, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    Some(Packet {
        payload_type: kind & 0x3f,
        is_encrypted: kind & 0x80 != 0,
        is_signed: kind & 0x40 != 0,
        session: u32::from_le_bytes(*session),
        sequence: u32::from_le_bytes(*sequence),
        payload: rest.get(..usize::from(u16::from_le_bytes(*length)))?,
        whole,
    })
}

impl<'a> Packet<'a> {
    /// What is signed, and its code of so many bytes.
    pub(super) fn signature(&self, code_bytes: usize) -> Option<(&'a [u8], &'a [u8])> {
        let at = self.whole.len().checked_sub(code_bytes)?;
        let (signed, code) = self.whole.split_at_checked(at)?;
        (signed.len() % 4 == 0 && signed.last() == Some(&NEXT_HEADER)).then_some((signed, code))
    }
}

/// The answer to a presence ping: IPMI is supported (ASF 2.0, section 3.2.4.3).
pub(super) fn pong(tag: u8) -> Vec<u8> {
    let mut out = RMCP.to_vec();
    out.push(ASF);
    out.extend_from_slice(&ASF_IANA);
    out.extend_from_slice(&[PONG, tag, 0, 16]);
    out.extend_from_slice(&ASF_IANA);
    out.extend_from_slice(&[0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0]);
    out
}

/// A message outside sessions in the form of IPMI 1.5.
pub(super) fn write_plain(message: &[u8]) -> Option<Vec<u8>> {
    let mut out = head();
    out.extend_from_slice(&[NO_AUTHENTICATION, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.push(u8::try_from(message.len()).ok()?);
    out.extend_from_slice(message);
    Some(out)
}

/// A packet outside sessions: neither encrypted nor signed.
pub(super) fn write_open(payload_type: u8, payload: &[u8]) -> Option<Vec<u8>> {
    write(payload_type, 0, 0, payload)
}

/// A packet of a session, encrypted already, that `sign` makes the code of.
pub(super) fn write_signed(
    payload_type: u8,
    session: u32,
    sequence: u32,
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let mut out = write(payload_type | 0xc0, session, sequence, payload)?;
    let unpadded = out.len() - RMCP_BYTES + 2;
    let pad = (4 - unpadded % 4) % 4;
    out.extend(std::iter::repeat_n(0xff, pad));
    out.push(u8::try_from(pad).ok()?);
    out.push(NEXT_HEADER);
    let code = sign(out.get(RMCP_BYTES..)?);
    out.extend_from_slice(&code);
    Some(out)
}

fn write(kind: u8, session: u32, sequence: u32, payload: &[u8]) -> Option<Vec<u8>> {
    let mut out = head();
    out.extend_from_slice(&[RMCP_PLUS, kind]);
    out.extend_from_slice(&session.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&u16::try_from(payload.len()).ok()?.to_le_bytes());
    out.extend_from_slice(payload);
    Some(out)
}

fn head() -> Vec<u8> {
    let mut out = RMCP.to_vec();
    out.push(IPMI);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = write_signed(0, 7, 9, &[1, 2, 3], |signed| {
            assert_eq!(signed.len() % 4, 0);
            vec![0xaa; 12]
        })
        .unwrap();
        let Some(Datagram::Packet(packet)) = Datagram::parse(&bytes) else {
            panic!("a packet")
        };
        assert!(packet.is_encrypted && packet.is_signed);
        assert_eq!((packet.payload_type, packet.session, packet.sequence), (0, 7, 9));
        assert_eq!(packet.payload, [1, 2, 3]);
        let (signed, code) = packet.signature(12).unwrap();
        assert_eq!(
            (signed, code),
            (&bytes[4..bytes.len() - 12], [0xaa; 12].as_slice())
        );
        assert_eq!(packet.signature(16), None);
    }

    #[test]
    fn a_ping_is_answered_and_rubbish_is_not_read() {
        let ping = [0x06, 0x00, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 5, 0, 0];
        assert_eq!(Datagram::parse(&ping), Some(Datagram::Ping(5)));
        assert_eq!(pong(5)[8..12], [0x40, 5, 0, 16]);
        let plain = write_plain(&[9, 9]).unwrap();
        assert_eq!(Datagram::parse(&plain), Some(Datagram::Plain(&[9, 9])));
        for length in 0..plain.len() {
            assert_eq!(Datagram::parse(&plain[..length]), None);
        }
        assert_eq!(Datagram::parse(b"GET / HTTP/1.1"), None);
    }
}
