//! A model of a BMC that speaks RMCP+, written from the specification and sharing nothing with the crate under test.

use aes::Aes128;
use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

use crate::{PASSWORD, USER};

/// One model BMC. What is public can be set to make it behave badly.
pub(crate) struct Bmc {
    pub(crate) sha256: bool,
    pub(crate) password: Vec<u8>,
    pub(crate) key: Option<Vec<u8>>,
    /// Which authentication algorithms the Open Session response refuses, and with which status.
    pub(crate) refuses: Vec<(u8, u8)>,
    pub(crate) rakp2_status: u8,
    pub(crate) rakp4_status: u8,
    /// Says nothing to these payload types.
    pub(crate) deaf_to: Vec<u8>,
    pub(crate) privilege_completion: u8,
    /// Takes suite 3 whatever is asked for.
    pub(crate) downgrades: bool,
    /// Hashes the role without the bit of the look-up, in RAKP 2 and the keys, and in RAKP 3.
    pub(crate) plain_role: (bool, bool),
    pub(crate) spoils_checksums: bool,
    pub(crate) names_no_session: bool,
    /// Completion codes for the next commands.
    pub(crate) completions: Vec<u8>,
    /// Chassis Control commands that were executed.
    pub(crate) executed: Vec<u8>,
    /// Sessions begun, ended by Close Session, and abandoned by RAKP 3.
    pub(crate) begun: u32,
    pub(crate) closed: u32,
    pub(crate) abandoned: u32,
    /// The algorithms that the last Open Session asked for.
    pub(crate) asked: Vec<u8>,
    session: Session,
}

#[derive(Default)]
struct Session {
    console: [u8; 4],
    bmc: [u8; 4],
    rm: Vec<u8>,
    rc: Vec<u8>,
    who: Vec<u8>,
    sik: Vec<u8>,
    active: bool,
    sequence: u32,
    seen: Vec<u32>,
}

const GUID: [u8; 16] = *b"guid-of-the-bmc!";

impl Bmc {
    pub(crate) fn new(suite: u8) -> Self {
        Self {
            sha256: suite == 17,
            password: PASSWORD.to_vec(),
            key: None,
            refuses: Vec::new(),
            rakp2_status: 0,
            rakp4_status: 0,
            deaf_to: Vec::new(),
            privilege_completion: 0,
            downgrades: false,
            plain_role: (false, false),
            spoils_checksums: false,
            names_no_session: false,
            completions: Vec::new(),
            executed: Vec::new(),
            begun: 0,
            closed: 0,
            abandoned: 0,
            asked: Vec::new(),
            session: Session::default(),
        }
    }

    fn hash(&self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let text = parts.concat();
        if self.sha256 {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(&text);
            mac.finalize().into_bytes().to_vec()
        } else {
            let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
            mac.update(&text);
            mac.finalize().into_bytes().to_vec()
        }
    }

    fn code_bytes(&self) -> usize {
        if self.sha256 { 16 } else { 12 }
    }

    /// Looks at a datagram and answers it.
    pub(crate) fn receive(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let body = datagram.strip_prefix(&[6, 0, 0xFF, 7])?;
        if body[0] == 0 {
            return self.discovery(&body[10..]);
        }
        let kind = body[1] & 0x3F;
        if self.deaf_to.contains(&kind) {
            return None;
        }
        let length = usize::from(u16::from_le_bytes([body[10], body[11]]));
        let payload = body.get(12..12 + length)?;
        let (kind, answer) = match kind {
            0x10 => (0x11, self.open_session(payload)),
            0x12 => (0x13, self.rakp1(payload)?),
            0x14 => (0x15, self.rakp3(payload)?),
            0 => return self.command(body),
            _ => return None,
        };
        Some(packet(kind, &answer))
    }

    fn discovery(&self, message: &[u8]) -> Option<Vec<u8>> {
        if self.deaf_to.contains(&0xFF) {
            return None;
        }
        assert_eq!((message[1] >> 2, message[5]), (6, 0x38));
        let status = if self.key.is_some() { 0x24 } else { 0x04 };
        let reply = response(
            7,
            message[4] >> 2,
            0x38,
            &[0, 1, 0x80, status, 0x02, 0, 0, 0, 0],
            false,
        );
        let mut datagram = vec![6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        datagram.push(u8::try_from(reply.len()).unwrap());
        datagram.extend(reply);
        Some(datagram)
    }

    fn open_session(&mut self, payload: &[u8]) -> Vec<u8> {
        let console: [u8; 4] = payload[4..8].try_into().unwrap();
        self.asked = vec![payload[12], payload[20], payload[28]];
        if let Some((_, status)) = self.refuses.iter().find(|(asked, _)| *asked == payload[12]) {
            // As short as OpenIPMI's refusals.
            return vec![payload[0], *status];
        }
        self.begun += 1;
        let mut algorithms = payload[8..32].to_vec();
        if self.downgrades {
            (algorithms[4], algorithms[12]) = (1, 1);
        }
        self.sha256 = algorithms[4] == 3;
        self.session = Session {
            console,
            bmc: (0x1000 + self.begun).to_le_bytes(),
            ..Session::default()
        };
        let mut answer = vec![payload[0], 0, payload[1], 0];
        answer.extend(console);
        answer.extend(self.session.bmc);
        answer.extend(algorithms);
        answer
    }

    fn rakp1(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        if payload[4..8] != self.session.bmc {
            return None;
        }
        let session = &mut self.session;
        session.rm = payload[8..24].to_vec();
        session.rc = vec![u8::try_from(self.begun).unwrap(); 16];
        session.who = [&[payload[24], payload[27]], &payload[28..]].concat();
        assert_eq!(&payload[28..], USER.as_bytes());
        let console = session.console;
        if self.rakp2_status != 0 {
            return Some([&[payload[0], self.rakp2_status, 0, 0], &console[..]].concat());
        }
        let who = self.who(self.plain_role.0);
        let session = &self.session;
        let code = self.hash(
            &self.password,
            &[&console, &session.bmc, &session.rm, &session.rc, &GUID, &who],
        );
        let key = self.key.as_ref().unwrap_or(&self.password);
        let sik = self.hash(key, &[&session.rm, &session.rc, &who]);
        let mut answer = vec![payload[0], 0, 0, 0];
        answer.extend(console);
        answer.extend(&session.rc);
        answer.extend(GUID);
        answer.extend(code);
        self.session.sik = sik;
        Some(answer)
    }

    fn who(&self, plain: bool) -> Vec<u8> {
        let mut who = self.session.who.clone();
        if plain {
            who[0] &= 0x0F;
        }
        who
    }

    fn rakp3(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        if payload[4..8] != self.session.bmc {
            return None;
        }
        if payload[1] != 0 {
            assert_eq!(payload.len(), 8, "no code for a BMC that proved nothing");
            self.abandoned += 1;
            self.session = Session::default();
            return None;
        }
        if self.session.sik.is_empty() {
            return None;
        }
        let session = &self.session;
        let who = self.who(self.plain_role.1);
        let expected = self.hash(&self.password, &[&session.rc, &session.console, &who]);
        let status = if self.rakp4_status != 0 {
            self.rakp4_status
        } else if expected == payload[8..] {
            0
        } else {
            0x0F
        };
        let mut answer = vec![payload[0], status, 0, 0];
        answer.extend(session.console);
        if status == 0 {
            let mut code = self.hash(&session.sik, &[&session.rm, &session.bmc, &GUID]);
            code.truncate(self.code_bytes());
            answer.extend(code);
            self.session.active = true;
        }
        Some(answer)
    }

    fn keys(&self) -> (Vec<u8>, [u8; 16]) {
        let k2 = self.hash(&self.session.sik, &[&[2; 20]]);
        (
            self.hash(&self.session.sik, &[&[1; 20]]),
            k2[..16].try_into().unwrap(),
        )
    }

    fn command(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        if !self.session.active || body[2..6] != self.session.bmc || body[1] != 0xC0 {
            return None;
        }
        let (k1, k2) = self.keys();
        let (covered, code) = body.split_at(body.len() - self.code_bytes());
        if self.hash(&k1, &[covered])[..self.code_bytes()] != *code {
            return None;
        }
        let sequence = u32::from_le_bytes(body[6..10].try_into().unwrap());
        if self.session.seen.contains(&sequence) {
            return None;
        }
        self.session.seen.push(sequence);
        let length = usize::from(u16::from_le_bytes([body[10], body[11]]));
        let message = decrypt(&k2, &body[12..12 + length]);
        let (netfn, number, command) = (message[1] >> 2, message[4] >> 2, message[5]);
        let data = &message[6..message.len() - 1];
        let answer = self.execute(netfn, command, data);
        let reply = response(netfn | 1, number, command, &answer, self.spoils_checksums);
        Some(self.seal(&reply))
    }

    fn execute(&mut self, netfn: u8, command: u8, data: &[u8]) -> Vec<u8> {
        match (netfn, command) {
            (6, 0x3B) if self.privilege_completion != 0 => vec![self.privilege_completion],
            (6, 0x3B) => vec![0, data[0]],
            (6, 0x3C) => {
                self.closed += 1;
                vec![0]
            }
            _ if !self.completions.is_empty() => vec![self.completions.remove(0)],
            (0, 0x01) => vec![0, 0x21, 0x10, 0x40],
            (0, 0x02) => {
                self.executed.push(data[0]);
                vec![0]
            }
            (6, 0x34) => {
                // The answer of the controller behind, within that of Send Message.
                let inner = &data[1..];
                let reply = response(inner[1] >> 2 | 1, inner[4] >> 2, inner[5], &[0, 0x77], false);
                [&[0], &reply[..]].concat()
            }
            _ => vec![0xC1],
        }
    }

    /// A message in a packet of the session.
    pub(crate) fn seal(&mut self, message: &[u8]) -> Vec<u8> {
        let (k1, k2) = self.keys();
        self.session.sequence += 1;
        let payload = encrypt(&k2, message);
        let session = if self.names_no_session {
            [0; 4]
        } else {
            self.session.console
        };
        let mut body = vec![6, 0xC0];
        body.extend(session);
        body.extend(self.session.sequence.to_le_bytes());
        body.extend(u16::try_from(payload.len()).unwrap().to_le_bytes());
        body.extend(payload);
        let padding = (4 - (body.len() + 2) % 4) % 4;
        body.extend(vec![0xFF; padding]);
        body.extend([u8::try_from(padding).unwrap(), 7]);
        let code = self.hash(&k1, &[&body]);
        [&[6, 0, 0xFF, 7], &body[..], &code[..self.code_bytes()]].concat()
    }
}

fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut datagram = vec![6, 0, 0xFF, 7, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0];
    datagram.extend(u16::try_from(payload.len()).unwrap().to_le_bytes());
    datagram.extend(payload);
    datagram
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_sub(*byte))
}

pub(crate) fn response(netfn: u8, number: u8, command: u8, data: &[u8], spoilt: bool) -> Vec<u8> {
    let mut message = vec![0x81, netfn << 2];
    message.push(checksum(&message));
    let mut body = vec![0x20, number << 2, command];
    body.extend(data);
    body.push(checksum(&body) ^ u8::from(spoilt));
    message.extend(body);
    message
}

fn encrypt(key: &[u8; 16], message: &[u8]) -> Vec<u8> {
    let vector = [0x33; 16];
    let padding = 15 - message.len() % 16;
    let mut body = message.to_vec();
    body.extend((1..=u8::try_from(padding).unwrap()).chain([u8::try_from(padding).unwrap()]));
    let (blocks, _) = Array::slice_as_chunks_mut(&mut body);
    cbc::Encryptor::<Aes128>::new(key.into(), &vector.into()).encrypt_blocks(blocks);
    [&vector[..], &body].concat()
}

fn decrypt(key: &[u8; 16], payload: &[u8]) -> Vec<u8> {
    let vector: &[u8; 16] = payload.first_chunk().unwrap();
    let mut body = payload[16..].to_vec();
    let (blocks, _) = Array::slice_as_chunks_mut(&mut body);
    cbc::Decryptor::<Aes128>::new(key.into(), vector.into()).decrypt_blocks(blocks);
    let padding = usize::from(*body.last().unwrap());
    body.truncate(body.len() - padding - 1);
    body
}
