//! Keyed hashes (section 13.28), compared in constant time.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::suite::CipherSuite;

/// The block of both hashes, in bytes: a shorter key is filled with zeroes up to it (RFC 2104, section 2).
const BLOCK_BYTES: usize = 64;

/// A hash with a key, wiped when dropped.
pub(crate) struct Code {
    bytes: Zeroizing<[u8; 32]>,
    length: usize,
}

impl Code {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.first(self.length)
    }

    /// The first `count` bytes, or all when there are fewer.
    pub(crate) fn first(&self, count: usize) -> &[u8] {
        self.bytes.get(..count.min(self.length)).unwrap_or_default()
    }

    /// Whether the first `count` bytes are `given`, in a time that does not tell how many of them are right.
    pub(crate) fn proves(&self, given: &[u8], count: usize) -> bool {
        given.len() == count && self.length >= count && bool::from(self.first(count).ct_eq(given))
    }
}

/// The keyed hash of `parts`, one after the other. Keys have at most 64 bytes.
pub(crate) fn code(suite: CipherSuite, key: &[u8], parts: &[&[u8]]) -> Code {
    let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    let length = match suite {
        CipherSuite::Three => {
            let mut mac = Hmac::<Sha1>::new((&*block).into());
            for part in parts {
                mac.update(part);
            }
            copy(&mac.finalize().into_bytes(), &mut bytes)
        }
        CipherSuite::Seventeen => {
            let mut mac = Hmac::<Sha256>::new((&*block).into());
            for part in parts {
                mac.update(part);
            }
            copy(&mac.finalize().into_bytes(), &mut bytes)
        }
    };
    Code { bytes, length }
}

fn copy(from: &[u8], to: &mut [u8; 32]) -> usize {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    from.len().min(to.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_rfc_2202_and_rfc_4231() {
        let sha1 = code(
            CipherSuite::Three,
            b"Jefe",
            &[b"what do ya want ", b"for nothing?"],
        );
        assert_eq!(
            sha1.bytes(),
            [
                0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74, 0x16, 0xd5, 0xf1, 0x84, 0xdf,
                0x9c, 0x25, 0x9a, 0x7c, 0x79
            ]
        );
        let sha256 = code(
            CipherSuite::Seventeen,
            b"Jefe",
            &[b"what do ya want for nothing?"],
        );
        assert_eq!(sha256.bytes().len(), 32);
        assert_eq!(sha256.first(8), [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }

    #[test]
    fn a_code_proves_only_at_its_full_length() {
        let code = code(CipherSuite::Three, b"key", &[b"text"]);
        let right = code.first(12).to_vec();
        assert!(code.proves(&right, 12));
        assert!(!code.proves(&right[..11], 12));
        assert!(!code.proves(&[], 12));
        let mut wrong = right;
        *wrong.last_mut().unwrap() ^= 1;
        assert!(!code.proves(&wrong, 12));
    }
}
