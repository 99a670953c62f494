//! Fresh ids and chance: the randomness that the rules take as an argument.

use switchyard_core::Timestamp;
use uuid::Uuid;

use crate::clock::{UUID_V7_RANDOM_BYTES, uuid_v7};

/// An id that was never used before, and sorts by time (UUID version 7, RFC 9562 section 5.7).
pub fn fresh_id(now: Timestamp) -> Uuid {
    uuid_v7(now, &random())
}

/// A random number.
pub(crate) fn chance() -> u16 {
    let [a, b, ..] = random();
    u16::from_le_bytes([a, b])
}

/// Random bytes. When the system has none to give, the seed of the standard library's hash maps still keeps ids of one process
/// apart; uniqueness is all that is asked of them.
fn random() -> [u8; UUID_V7_RANDOM_BYTES] {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut bytes = [0; UUID_V7_RANDOM_BYTES];
    if getrandom::fill(&mut bytes).is_err() {
        let state = RandomState::new();
        let (a, b) = (state.build_hasher().finish(), state.hash_one(1_u8));
        for (slot, byte) in bytes
            .iter_mut()
            .zip(a.to_le_bytes().into_iter().chain(b.to_le_bytes()))
        {
            *slot = byte;
        }
    }
    bytes
}
