//! Who is told of every request, so that it can be counted.

use std::fmt;
use std::time::Duration;

use crate::fault::Reason;
use crate::http::Method;

/// Told of every request at a BMC that has ended.
pub trait Meter: Send + Sync + fmt::Debug {
    /// A request has ended: with a status, with the reason why there is no complete answer, or with both. The time is that of the
    /// request alone, without the wait for its slot.
    fn ended(&self, method: Method, status: Option<u16>, reason: Option<&Reason>, took: Duration);

    /// An IPMI request has ended: with a completion code, or with the reason why there is no answer. The time includes that of opening a
    /// session where there was none.
    fn ipmi_ended(&self, change: bool, completion: Option<u8>, reason: Option<&Reason>, took: Duration);
}
