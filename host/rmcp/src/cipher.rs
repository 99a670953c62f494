//! AES-CBC-128 of payloads (section 13.29).

use aes::Aes128;
use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use subtle::{ConstantTimeEq as _, ConstantTimeGreater as _};
use zeroize::Zeroizing;

/// The length of a block, of the key and of the initialisation vector, in bytes.
pub(crate) const BLOCK_BYTES: usize = 16;

/// The key of a session's payloads.
pub(crate) type CipherKey = Zeroizing<[u8; BLOCK_BYTES]>;

/// The vector, then the encrypted message with its padding of 1, 2, 3 ... and the length of that.
pub(crate) fn encrypt(key: &CipherKey, vector: [u8; BLOCK_BYTES], message: &[u8]) -> Vec<u8> {
    let padding = (BLOCK_BYTES - 1) - message.len() % BLOCK_BYTES;
    let mut payload = Vec::with_capacity(BLOCK_BYTES + message.len() + padding + 1);
    payload.extend_from_slice(&vector);
    payload.extend_from_slice(message);
    payload.extend((1_u8..).take(padding));
    payload.push(u8::try_from(padding).unwrap_or_default());
    let (_, body) = payload.split_at_mut(BLOCK_BYTES);
    let (blocks, _) = Array::slice_as_chunks_mut(body);
    cbc::Encryptor::<Aes128>::new((&**key).into(), &vector.into()).encrypt_blocks(blocks);
    payload
}

/// The message in a payload; nothing when it is none. Call it only with what an integrity code has proven.
pub(crate) fn decrypt(key: &CipherKey, payload: &[u8]) -> Option<Vec<u8>> {
    let (vector, body) = payload.split_first_chunk::<BLOCK_BYTES>()?;
    if body.is_empty() || body.len() % BLOCK_BYTES != 0 {
        return None;
    }
    let mut message = body.to_vec();
    let (blocks, _) = Array::slice_as_chunks_mut(&mut message);
    cbc::Decryptor::<Aes128>::new((&**key).into(), vector.into()).decrypt_blocks(blocks);
    let padding = padding(&message)?;
    message.truncate(message.len().checked_sub(padding + 1)?);
    Some(message)
}

/// The length of a right padding, found in a time that does not tell what is wrong with a wrong one.
fn padding(message: &[u8]) -> Option<usize> {
    let block: [u8; BLOCK_BYTES] = *message.last_chunk()?;
    let [pads @ .., length] = block;
    let last = u8::try_from(pads.len()).ok()?;
    let mut right = !length.ct_gt(&last);
    for (place, pad) in (0_u8..).zip(pads) {
        // The byte is padding from `last - length` on, and counts from 1 there.
        let count = place.wrapping_add(length).wrapping_sub(last).wrapping_add(1);
        let inside = count.ct_gt(&0) & !count.ct_gt(&length);
        right &= !inside | pad.ct_eq(&count);
    }
    bool::from(right).then_some(usize::from(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CipherKey {
        Zeroizing::new(*b"0123456789abcdef")
    }

    #[test]
    fn every_length_comes_back() {
        for length in 0..70 {
            let message: Vec<u8> = (0..length).collect();
            let payload = encrypt(&key(), [7; 16], &message);
            assert_eq!(payload.len() % BLOCK_BYTES, 0);
            assert!(payload.len() > BLOCK_BYTES + message.len());
            assert_eq!(decrypt(&key(), &payload).unwrap(), message);
        }
    }

    #[test]
    fn a_wrong_padding_is_no_message() {
        for (place, value) in [(15, 16), (15, 255), (14, 9), (3, 9)] {
            // Eleven bytes of padding behind four of message.
            let mut block: [u8; 16] = [9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11];
            assert_eq!(padding(&block), Some(11));
            block[place] = value;
            let expected = (place == 3).then_some(11);
            assert_eq!(padding(&block), expected, "{place} {value}");
        }
        assert_eq!(padding(&[0; 16]), Some(0));
        assert_eq!(padding(&[0; 15]), None);
    }

    #[test]
    fn what_is_no_whole_number_of_blocks_is_no_message() {
        for length in [0, 1, 15, 16, 17, 31, 33] {
            assert_eq!(decrypt(&key(), &vec![0; length]), None, "{length}");
        }
    }
}
