//! Requests and answers as drivers see them, and the rules for paths and headers.

mod header;
mod path;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

pub(crate) use header::{answer_headers, request_headers};
pub(crate) use path::{check as check_path, redirect as redirect_path};

/// An HTTP method that drivers may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET, a read.
    Get,
    /// HEAD, a read.
    Head,
    /// POST, a change or a query.
    Post,
    /// PATCH, a change.
    Patch,
    /// PUT, a change.
    Put,
    /// DELETE, a change.
    Delete,
}

impl Method {
    /// Whether the method only reads.
    pub const fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    /// The method's name in HTTP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Patch => Self::PATCH,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
        }
    }
}

/// A request to the controller. The host adds address, credentials and the headers that Redfish wants.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path with its query, from the leading `/` on.
    pub path: String,
    /// Further headers; the host's own are refused.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Whether the request goes without credentials.
    pub anonymous: bool,
    /// How long to wait for the answer once the request has its slot; zero stands for the controller's own limit, which holds in any
    /// case.
    pub timeout: Duration,
}

impl Request {
    /// A request without headers and body, under the controller's own time limit.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            anonymous: false,
            timeout: Duration::ZERO,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &without_query(&self.path))
            .field("headers", &names(&self.headers))
            .field("body", &self.body.len())
            .field("anonymous", &self.anonymous)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// An answer of the controller, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case; cookies and session tokens are left out.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// The first header of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &names(&self.headers))
            .field("body", &self.body.len())
            .finish()
    }
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// The path without its query, for logs.
pub(crate) fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}
