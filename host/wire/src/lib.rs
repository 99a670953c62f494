//! JSON shapes of the HTTP API, shared by the service and the command line.
//!
//! [`pcs`] holds the bodies of the Power Control Service, served under `/` and `/v1`: closed objects, not one key more or less.
//! [`v2`] holds Switchyard's own bodies, which may grow: readers ignore what they do not know.
//!
//! Times are texts in RFC 3339, UTC, with at least milliseconds. Ids are texts. Words that may grow (phases, outcomes, codes) are
//! texts too; what is closed is an enum.

mod deputy_key;
pub mod pcs;
pub mod standing;
pub mod v2;

pub use deputy_key::DeputyKey;
pub use standing::Standing;

/// The request header that names a request, and the answer header that repeats it.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// The request header that says why a transition is asked for, in the caller's words and at most [`REASON_MAX_CHARS`] characters.
pub const REASON_HEADER: &str = "x-switchyard-reason";

/// The longest reason, in characters.
pub const REASON_MAX_CHARS: usize = 512;

/// The request header that says who asks. While the service asks for no tokens it is a claim and proves nothing.
pub const CALLER_HEADER: &str = "x-switchyard-caller";

/// The longest name of a caller, in characters.
pub const CALLER_MAX_CHARS: usize = 128;

/// The request header that makes a changing request safe to send again.
pub const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";

/// The longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_MAX_CHARS: usize = 255;

/// The answer header that marks an answer as one that was given before. Its value is `true`.
pub const IDEMPOTENCY_REPLAYED_HEADER: &str = "idempotency-replayed";
