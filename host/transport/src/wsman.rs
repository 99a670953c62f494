//! WS-Management (DSP0226): which requests change nothing, and what an answer proves.

mod query;
mod verdict;

pub(crate) use query::check_query;
pub(crate) use verdict::{executed, is_soap};

/// The deepest nesting of elements.
const DEPTH_MAX: usize = 16;
/// SOAP 1.2.
const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
/// The media type of SOAP 1.2 (RFC 3902).
const MEDIA_TYPE: &str = "application/soap+xml";
