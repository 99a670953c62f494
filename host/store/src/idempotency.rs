//! Requests that carry a key, so that they can be sent again without being carried out again.
//!
//! The key is stored before the work begins, with a *reservation*: the id that whatever the request makes will have. When the service
//! dies before the answer is stored, the repeat gets the same reservation. Work that makes something looks for that id first, and the
//! id can be used once only, so that no instant of a crash makes two things of one key.

use switchyard_core::Timestamp;
use uuid::Uuid;

/// The longest answer that is kept, in bytes.
pub const ANSWER_MAX_BYTES: usize = 1 << 20;
/// The most bytes of answers longer than [`SHORT_ANSWER_BYTES`] that are kept together.
pub const LONG_ANSWERS_MAX_BYTES: usize = 64 << 20;
/// The length up to which the number of keys alone bounds what is kept.
pub const SHORT_ANSWER_BYTES: usize = 2 << 10;

/// What a key belongs to. The same key elsewhere is another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyScope {
    /// Who sent it.
    pub caller: String,
    /// The key.
    pub key: String,
    /// The method of the request.
    pub method: String,
    /// Its path, the same for every spelling of one resource.
    pub path: String,
}

/// The wish to work under a key.
#[derive(Debug, Clone)]
pub struct KeyClaim {
    /// The key.
    pub scope: KeyScope,
    /// The digest of everything that makes two requests the same.
    pub fingerprint: [u8; 32],
    /// The reservation, should the key be new.
    pub reservation: Uuid,
    /// Now.
    pub at: Timestamp,
    /// When the key is forgotten if the work never ends.
    pub expires_at: Timestamp,
    /// The most keys of one caller.
    pub per_caller: u32,
    /// The most keys of all callers.
    pub overall: u32,
}

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// Nothing was; the claim is stored now, with its reservation.
    New,
    /// The same request was begun and has no answer. Unless its work is still going on, it was cut off at some point or its answer
    /// could not be kept, and may be taken up under the same reservation.
    Unanswered {
        /// The reservation of the first try.
        reservation: Uuid,
    },
    /// The same request was answered.
    Answered(KeptAnswer),
    /// Another request used the key.
    OtherRequest,
    /// The caller has too many keys; the first of them expires then.
    CallerFull {
        /// When.
        until: Timestamp,
    },
    /// All callers together have too many keys; the first of them expires then.
    Full {
        /// When.
        until: Timestamp,
    },
}

/// An answer, as far as it is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: Option<String>,
    /// Where what was made is found.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}
