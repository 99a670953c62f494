//! What the two cipher suites compute (IPMI 2.0, sections 13.28 to 13.33).

use aes::Aes128;
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::profile::CipherSuite;

/// Bytes of an AES block.
const BLOCK: usize = 16;
/// Longest password and key of a BMC.
const KEY_BYTES: usize = 20;

impl CipherSuite {
    /// Its number.
    pub fn id(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    /// The numbers of authentication, integrity and confidentiality.
    pub(super) fn algorithms(self) -> (u8, u8, u8) {
        match self {
            Self::Three => (1, 1, 1),
            Self::Seventeen => (3, 4, 1),
        }
    }

    /// Bytes of the code behind a packet and in RAKP message 4.
    pub(super) fn code_bytes(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }

    /// The keyed hash over the parts, whole.
    pub(super) fn hash(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Three => keyed::<Hmac<Sha1>>(key, parts),
            Self::Seventeen => keyed::<Hmac<Sha256>>(key, parts),
        }
    }

    /// The keyed hash over the parts, cut to the length of a packet's code.
    pub(super) fn code(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut code = self.hash(key, parts);
        code.truncate(self.code_bytes());
        code
    }

    /// The key of this number, made from the session's integrity key.
    pub(super) fn additional_key(self, integrity_key: &[u8], number: u8) -> Vec<u8> {
        self.hash(integrity_key, &[&[number; KEY_BYTES]])
    }
}

/// The key that a password stands for.
pub(super) fn password_key(password: &str) -> &[u8] {
    let bytes = password.as_bytes();
    bytes.get(..KEY_BYTES).unwrap_or(bytes)
}

fn keyed<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The first 16 bytes of the second additional key.
fn cipher(key: &[u8]) -> Option<Aes128> {
    Aes128::new_from_slice(key.get(..BLOCK)?).ok()
}

/// Initialisation vector, encrypted payload and its padding.
pub(super) fn encrypt(key: &[u8], vector: [u8; BLOCK], plain: &[u8]) -> Option<Vec<u8>> {
    let cipher = cipher(key)?;
    let pad = (BLOCK - (plain.len() + 1) % BLOCK) % BLOCK;
    let mut padded = plain.to_vec();
    padded.extend((1..=pad).filter_map(|value| u8::try_from(value).ok()));
    padded.push(u8::try_from(pad).ok()?);
    let mut out = vector.to_vec();
    let mut last = vector;
    for chunk in padded.chunks_exact(BLOCK) {
        let mixed: [u8; BLOCK] = std::array::from_fn(|at| chunk.get(at).copied().unwrap_or(0) ^ last[at]);
        let mut block = Block::<Aes128>::from(mixed);
        cipher.encrypt_block(&mut block);
        last = block.into();
        out.extend_from_slice(&last);
    }
    Some(out)
}

/// The payload in `sealed`, when length and padding are right.
pub(super) fn decrypt(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let cipher = cipher(key)?;
    let (vector, blocks) = sealed.split_first_chunk::<BLOCK>()?;
    if blocks.is_empty() || blocks.len() % BLOCK != 0 {
        return None;
    }
    let mut last = *vector;
    let mut plain = Vec::with_capacity(blocks.len());
    for chunk in blocks.chunks_exact(BLOCK) {
        let chunk: [u8; BLOCK] = chunk.try_into().ok()?;
        let mut block = Block::<Aes128>::from(chunk);
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(last).map(|(byte, mask)| byte ^ mask));
        last = chunk;
    }
    let pad = usize::from(plain.pop()?);
    let length = plain.len().checked_sub(pad)?;
    let is_padding = |(at, byte): (usize, &u8)| usize::from(*byte) == at + 1;
    let holds = plain.get(length..)?.iter().enumerate().all(is_padding);
    plain.truncate(length);
    holds.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    /// RFC 2202 and RFC 4231, test case 2.
    #[test]
    fn hashes_match_published_vectors() {
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(
            CipherSuite::Three.hash(b"Jefe", &parts),
            bytes("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        );
        assert_eq!(
            CipherSuite::Seventeen.code(b"Jefe", &parts),
            bytes("5bdcc146bf60754e6a042426089575c7")
        );
    }

    /// RFC 3602, case 1: the first block is that of the vector; ours has padding of its own behind it.
    #[test]
    fn encryption_matches_a_published_vector_and_comes_back() {
        let key = bytes("06a9214036b8a15b512e03d534120006");
        let vector: [u8; 16] = bytes("3dafba429d9eb430b422da802c9fac41").try_into().unwrap();
        let sealed = encrypt(&key, vector, b"Single block msg").unwrap();
        assert_eq!(sealed[16..32], bytes("e353779c1079aeb82708942dbe77181a"));
        assert_eq!(sealed.len(), 48);
        assert_eq!(decrypt(&key, &sealed).unwrap(), b"Single block msg");
        for length in 0..40 {
            let plain = vec![7; length];
            assert_eq!(
                decrypt(&key, &encrypt(&key, vector, &plain).unwrap()).unwrap(),
                plain
            );
        }
        assert_eq!(decrypt(&key, &sealed[..40]), None);
        assert_eq!(decrypt(&key, &sealed[..32]), None, "no padding");
    }
}
