//! The IPMI message inside a packet (IPMI 2.0, section 13.8).

/// Address of the BMC.
const BMC_ADDRESS: u8 = 0x20;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) netfn: u8,
    pub(super) command: u8,
    pub(super) data: Vec<u8>,
    /// Number of the request, 0 to 63.
    pub(super) number: u8,
    /// Logical unit asked.
    lun: u8,
    /// Address and logical unit of who asks.
    asker: (u8, u8),
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) completion: u8,
    pub(super) data: Vec<u8>,
}

impl Reply {
    /// Success with these data.
    pub(super) fn ok(data: impl Into<Vec<u8>>) -> Self {
        Self {
            completion: 0,
            data: data.into(),
        }
    }

    /// A completion code without data.
    pub(super) fn code(completion: u8) -> Self {
        Self {
            completion,
            data: Vec::new(),
        }
    }
}

impl Request {
    /// Reads a message to the BMC; none when lengths or checksums are wrong.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<3>()?;
        let (tail, body) = rest.split_last()?;
        let [address, netfn_lun, _] = *head;
        let (&[asker, number_lun, command], data) = body.split_first_chunk::<3>()?;
        let holds = address == BMC_ADDRESS && sum(head) == 0 && sum(body).wrapping_add(*tail) == 0;
        holds.then(|| Self {
            netfn: netfn_lun >> 2,
            command,
            data: data.to_vec(),
            number: number_lun >> 2,
            lun: netfn_lun & 3,
            asker: (asker, number_lun & 3),
        })
    }

    /// The answer on the wire.
    pub(super) fn answer(&self, reply: &Reply) -> Vec<u8> {
        let head = [self.asker.0, ((self.netfn | 1) << 2) | self.asker.1];
        let mut body = vec![
            BMC_ADDRESS,
            (self.number << 2) | self.lun,
            self.command,
            reply.completion,
        ];
        body.extend_from_slice(&reply.data);
        let mut out = head.to_vec();
        out.push(sum(&head).wrapping_neg());
        out.extend_from_slice(&body);
        out.push(sum(&body).wrapping_neg());
        out
    }

    /// What a rule's `path` and the log call it: network function and command.
    pub(super) fn path(&self) -> String {
        format!("/ipmi/{:02x}/{:02x}", self.netfn, self.command)
    }
}

/// The sum of bytes modulo 256.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_answered() {
        let get_chassis_status = [0x20, 0x00, 0xe0, 0x81, 0x08, 0x01, 0x76];
        let request = Request::parse(&get_chassis_status).unwrap();
        assert_eq!((request.netfn, request.command, request.number), (0, 1, 2));
        assert_eq!(request.path(), "/ipmi/00/01");
        let answer = request.answer(&Reply::ok([0x21]));
        assert_eq!(answer[..3], [0x81, 0x04, 0x7b]);
        assert_eq!(answer[3..8], [0x20, 0x08, 0x01, 0x00, 0x21]);
        assert_eq!(sum(&answer[3..]), 0);
    }

    #[test]
    fn what_does_not_add_up_is_no_request() {
        let good = [0x20, 0x00, 0xe0, 0x81, 0x08, 0x01, 0x76];
        for at in 0..good.len() {
            let mut bad = good;
            bad[at] ^= 1;
            assert_eq!(Request::parse(&bad), None, "byte {at}");
            assert_eq!(Request::parse(&good[..at]), None);
        }
    }
}
