//! The host as a driver sees it.

use crate::{Fault, Level, Message, Method, Reply, Request, Response};

/// HTTP to the one BMC of this call.
pub trait Http {
    /// GET and HEAD; redirects to the same origin are followed.
    fn read(&self, request: &Request) -> Result<Response, Fault>;

    /// A POST that only asks, where the operator granted it.
    fn query(&self, request: &Request) -> Result<Response, Fault>;

    /// POST, PATCH, PUT and DELETE; spends from the permit of the running call.
    fn change(&self, request: &Request) -> Result<Response, Fault>;
}

/// IPMI to the one BMC of this call.
pub trait Ipmi {
    /// A command that only asks; the host repeats it when no answer comes.
    fn ipmi_read(&self, message: &Message) -> Result<Reply, Fault>;

    /// Any other command; spends from the permit of the running call and is never repeated.
    fn ipmi_change(&self, message: &Message) -> Result<Reply, Fault>;
}

/// The running call: settings, cache, time, log.
pub trait Call {
    /// A setting that the operator made.
    fn setting(&self, name: &str) -> Option<String>;

    /// What an earlier call of this driver version remembered about this BMC.
    fn cached(&self, key: &str) -> Option<Vec<u8>>;

    /// Remembers a value for `ttl_ms` milliseconds; the host may forget it at any time.
    fn cache(&self, key: &str, value: &[u8], ttl_ms: u32);

    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// Milliseconds that are left for this call.
    fn remaining_ms(&self) -> u32;

    /// Waits; false means that the call is being cancelled or its time is up.
    fn sleep(&self, ms: u32) -> bool;

    /// Writes a line to the host's log.
    fn log(&self, level: Level, text: &str);
}

/// Everything the host lends to a call.
pub trait Host: Http + Ipmi + Call {}

impl<T: Http + Ipmi + Call> Host for T {}

/// A GET without further headers, with the host's own time-out.
pub fn get(path: &str) -> Request {
    Request {
        method: Method::Get,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        anonymous: false,
        timeout_ms: 0,
    }
}

/// The first value of a header of an answer, whatever the case of its name.
pub fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response
        .headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// A command to the BMC itself, for its first logical unit.
pub fn command(netfn: u8, command: u8, data: &[u8]) -> Message {
    Message {
        netfn,
        lun: 0,
        command,
        data: data.to_vec(),
        via: None,
    }
}
