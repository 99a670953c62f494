//! Fresh ids and chance: the randomness that the rules take as an argument.

use switchyard_core::Timestamp;
use uuid::Uuid;

/// Makes ids that sort by time (UUID version 7, RFC 9562 section 5.7).
#[derive(Debug, Clone, Copy, Default)]
pub struct Ids;

impl Ids {
    /// An id that was never used before.
    pub fn fresh(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid()
    }

    /// A random number.
    pub fn chance(&self) -> u16 {
        let [a, b, ..] = random();
        u16::from_le_bytes([a, b])
    }
}

/// Ten random bytes. When the system has no randomness to give, the address of a local and a counter still keep ids of one process
/// apart; uniqueness is all that is asked of them.
fn random() -> [u8; 10] {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut bytes = [0; 10];
    if getrandom::fill(&mut bytes).is_err() {
        let state = RandomState::new();
        let (a, b) = (state.build_hasher().finish(), state.hash_one(1_u8));
        for (slot, byte) in bytes.iter_mut().zip(a.to_le_bytes().into_iter().chain(b.to_le_bytes())) {
            *slot = byte;
        }
    }
    bytes
}
