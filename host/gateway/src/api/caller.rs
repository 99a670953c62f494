//! Who sends a request.

/// The caller of a service that asks for no tokens.
pub(super) const ANONYMOUS: &str = "anonymous";
