//! IPMI messages on a LAN (section 13.8), and the few that opening a session needs.

use std::fmt;

use crate::bytes::Bytes;
use crate::suite::Privilege;

/// The most data that a request carries, in bytes.
pub const DATA_MAX_BYTES: usize = 255;
/// The BMC's slave address (section 5.5).
const BMC: u8 = 0x20;
/// The software id of a remote console (section 5.5).
const CONSOLE: u8 = 0x81;
/// Network function App, for requests.
pub(crate) const APP: u8 = 0x06;
const GET_CHANNEL_AUTHENTICATION_CAPABILITIES: u8 = 0x38;
const SET_SESSION_PRIVILEGE_LEVEL: u8 = 0x3B;
const CLOSE_SESSION: u8 = 0x3C;
pub(crate) const SEND_MESSAGE: u8 = 0x34;
/// The present channel, with the extended data of IPMI 2.0 (table 22-15).
const THIS_CHANNEL_EXTENDED: u8 = 0x8E;
/// The bit of Send Message that makes the BMC pass the answer on by itself (table 22-9).
const TRACK: u8 = 0x40;

/// Where a message is sent on to, for controllers behind the BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bridge {
    /// The channel, at most 0Fh.
    pub channel: u8,
    /// The slave address on it.
    pub address: u8,
}

/// Why a request is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The network function is odd, which is a response's, or too large.
    #[error("the network function of a request is even and at most 3eh, not {0:02x}h")]
    NetFn(u8),
    /// The logical unit is too large.
    #[error("a logical unit is at most 3, not {0}")]
    Lun(u8),
    /// The channel is too large.
    #[error("a channel is at most 15, not {0}")]
    Channel(u8),
    /// There is too much data.
    #[error("a request carries at most {DATA_MAX_BYTES} bytes of data, not {0}")]
    Data(usize),
}

/// A command to a BMC. Its data may be secret, so debug output shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    netfn: u8,
    lun: u8,
    command: u8,
    data: Vec<u8>,
    via: Option<Bridge>,
}

impl Request {
    /// A command with its data, to the BMC itself or to a controller behind it.
    pub fn new(
        netfn: u8,
        lun: u8,
        command: u8,
        data: Vec<u8>,
        via: Option<Bridge>,
    ) -> Result<Self, RequestError> {
        if !netfn.is_multiple_of(2) || netfn > 0x3E {
            return Err(RequestError::NetFn(netfn));
        }
        if lun > 3 {
            return Err(RequestError::Lun(lun));
        }
        if let Some(via) = via.filter(|via| via.channel > 0x0F) {
            return Err(RequestError::Channel(via.channel));
        }
        if data.len() > DATA_MAX_BYTES {
            return Err(RequestError::Data(data.len()));
        }
        Ok(Self {
            netfn,
            lun,
            command,
            data,
            via,
        })
    }

    /// The network function.
    pub const fn netfn(&self) -> u8 {
        self.netfn
    }

    /// The command.
    pub const fn command(&self) -> u8 {
        self.command
    }

    /// Its data.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Where it is sent on to.
    pub const fn via(&self) -> Option<Bridge> {
        self.via
    }

    fn app(command: u8, data: Vec<u8>) -> Self {
        Self {
            netfn: APP,
            lun: 0,
            command,
            data,
            via: None,
        }
    }

    /// What the BMC offers to who wants this level (section 22.13).
    pub(crate) fn capabilities(privilege: Privilege) -> Self {
        let data = vec![THIS_CHANNEL_EXTENDED, privilege.level()];
        Self::app(GET_CHANNEL_AUTHENTICATION_CAPABILITIES, data)
    }

    /// Raises the level of a session, which begins as that of a user (section 22.18).
    pub(crate) fn privilege(privilege: Privilege) -> Self {
        Self::app(SET_SESSION_PRIVILEGE_LEVEL, vec![privilege.level()])
    }

    /// Ends a session (section 22.19).
    pub(crate) fn close(session: u32) -> Self {
        Self::app(CLOSE_SESSION, session.to_le_bytes().to_vec())
    }

    /// The message, wrapped for the way it takes.
    pub(crate) fn encode(&self, sequence: u8) -> Vec<u8> {
        let Some(via) = self.via else {
            return frame(
                BMC,
                CONSOLE,
                self.netfn,
                self.lun,
                sequence,
                self.command,
                &self.data,
            );
        };
        let inner = frame(
            via.address,
            BMC,
            self.netfn,
            self.lun,
            sequence,
            self.command,
            &self.data,
        );
        let mut data = vec![TRACK | via.channel];
        data.extend(inner);
        frame(BMC, CONSOLE, APP, 0, sequence, SEND_MESSAGE, &data)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("netfn", &format_args!("{:02x}h", self.netfn))
            .field("command", &format_args!("{:02x}h", self.command))
            .field("lun", &self.lun)
            .field("data", &self.data.len())
            .field("via", &self.via)
            .finish()
    }
}

fn frame(to: u8, from: u8, netfn: u8, lun: u8, sequence: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(7 + data.len());
    let head = [to, (netfn << 2) | lun];
    message.extend(head);
    message.push(checksum(&head));
    let body_at = message.len();
    message.extend([from, sequence << 2, command]);
    message.extend_from_slice(data);
    let (_, body) = message.split_at(body_at);
    let last = checksum(body);
    message.push(last);
    message
}

/// What makes the sum of all bytes zero (section 13.8).
fn checksum(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte))
        .wrapping_neg()
}

/// An answer, with any completion code.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The completion code (table 5-2); zero is success.
    pub completion: u8,
    /// The data behind it.
    pub data: Vec<u8>,
}

/// The completion codes with which a BMC asks to come back (table 5-2): busy, timeout, out of space, updating, initialising.
const COME_BACK: [u8; 5] = [0xC0, 0xC3, 0xC4, 0xD1, 0xD2];

impl Reply {
    /// Whether the BMC asks to come back later.
    pub fn asks_to_come_back(&self) -> bool {
        COME_BACK.contains(&self.completion)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("completion", &format_args!("{:02x}h", self.completion))
            .field("data", &self.data.len())
            .finish()
    }
}

/// A response message that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Response<'a> {
    pub(crate) netfn: u8,
    pub(crate) sequence: u8,
    pub(crate) command: u8,
    pub(crate) completion: u8,
    pub(crate) data: &'a [u8],
    /// Whether both checksums are right.
    pub(crate) sound: bool,
}

impl<'a> Response<'a> {
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let mut rest = Bytes(message);
        let head = rest.take(3)?;
        let body = rest.0;
        rest.take_last(1)?;
        let (_from, sequence, command, completion) = (rest.u8()?, rest.u8()?, rest.u8()?, rest.u8()?);
        Some(Self {
            netfn: head.get(1)? >> 2,
            sequence: sequence >> 2,
            command,
            completion,
            data: rest.0,
            sound: checksum(head) == 0 && checksum(body) == 0,
        })
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply {
            completion: self.completion,
            data: self.data.to_vec(),
        }
    }
}

/// What a BMC says that it offers on this channel (table 22-15). Some do not say the truth, so this explains failures and decides
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it says that it speaks IPMI 2.0.
    pub rmcp_plus: bool,
    /// Whether it says that a BMC key (K<sub>g</sub>) is set.
    pub bmc_key: bool,
}

impl Capabilities {
    pub(crate) fn parse(response: &Response<'_>) -> Option<Self> {
        let right = response.netfn == APP | 1
            && response.command == GET_CHANNEL_AUTHENTICATION_CAPABILITIES
            && response.completion == 0;
        let mut data = Bytes(response.data);
        let [_channel, types, status, extended] = data.array()?;
        right.then_some(Self {
            rmcp_plus: types & 0x80 != 0 && extended & 0x02 != 0,
            bmc_key: status & 0x20 != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_laid_out_as_in_the_specification() {
        let request = Request::new(0x00, 0, 0x02, vec![0x03], None).unwrap();
        assert_eq!(
            request.encode(5),
            [0x20, 0x00, 0xE0, 0x81, 0x14, 0x02, 0x03, 0x66]
        );
    }

    #[test]
    fn a_bridged_request_stands_within_send_message() {
        let via = Bridge {
            channel: 6,
            address: 0x2C,
        };
        let request = Request::new(0x06, 0, 0x01, Vec::new(), Some(via)).unwrap();
        let message = request.encode(1);
        assert_eq!(message[..7], [0x20, 0x18, 0xC8, 0x81, 0x04, 0x34, 0x46]);
        assert_eq!(message[7..14], [0x2C, 0x18, 0xBC, 0x20, 0x04, 0x01, 0xDB]);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let request = |netfn, lun, channel, length| {
            let via = Some(Bridge { channel, address: 0 });
            Request::new(netfn, lun, 0, vec![0; length], via).unwrap_err()
        };
        assert_eq!(request(1, 0, 0, 0), RequestError::NetFn(1));
        assert_eq!(request(0x40, 0, 0, 0), RequestError::NetFn(0x40));
        assert_eq!(request(0, 4, 0, 0), RequestError::Lun(4));
        assert_eq!(request(0, 0, 16, 0), RequestError::Channel(16));
        assert_eq!(request(0, 0, 0, 256), RequestError::Data(256));
    }

    #[test]
    fn debug_output_shows_no_data() {
        let request = Request::new(0x06, 0, 0x47, b"hunter2".to_vec(), None).unwrap();
        let reply = Reply {
            completion: 0xC1,
            data: b"hunter2".to_vec(),
        };
        let shown = format!("{request:?} {reply:?}");
        assert!(
            shown.contains("47h") && shown.contains("c1h") && !shown.contains("104"),
            "{shown}"
        );
    }
}
