//! Requests with the headers that BMCs insist on, and answers as resources.

use serde_json::Value;
use switchyard_driver_sdk::{Cause, Failure, Host, Method, Request, Response, failure, header};

use crate::dialect::{Dialect, Match};
use crate::error::failure_of;
use crate::resource::Resource;

/// The operator's word on connections: `close` or `keep-alive`.
const CONNECTION_SETTING: &str = "connection";
/// The cache's note that the BMC bears open connections although others of its make do not.
const KEEPS: &str = "keeps connections";
/// The cache's note that the BMC took the credentials.
const TAKEN: &str = "credentials taken";
/// How long that note speaks for the credentials, in milliseconds.
const TAKEN_TTL_MS: u32 = 600_000;
/// The cache's note whether a slash at the end of a path helped.
const SLASH: &str = "slash";
/// How long notes about the BMC's habits are kept, in milliseconds.
const HABIT_TTL_MS: u32 = 3_600_000;
/// The pause before a 401 is doubted, in milliseconds.
const DOUBT_MS: u32 = 1_000;

/// A Redfish client over the host of the running call, in a dialect.
#[derive(Clone, Copy)]
pub struct Client<'h> {
    host: &'h dyn Host,
    dialect: &'static Dialect,
    close: bool,
}

impl std::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("dialect", &self.dialect.name)
            .finish_non_exhaustive()
    }
}

impl<'h> Client<'h> {
    /// A client over this host.
    pub fn new(host: &'h dyn Host, dialect: &'static Dialect) -> Self {
        let close = match host.setting(CONNECTION_SETTING).as_deref() {
            Some("close") => true,
            Some("keep-alive") => false,
            _ => dialect.close && host.cached(KEEPS).is_none(),
        };
        Self { host, dialect, close }
    }

    /// The host.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// The dialect.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// Remembers that the BMC bears open connections.
    pub(crate) fn note_keeps_connections(&self) {
        self.host.cache(KEEPS, b"1", HABIT_TTL_MS);
    }

    /// Reads and returns the answer whatever its status. A path that is not there is tried with a slash at its end, or without, until
    /// it is known that this BMC does not care.
    pub fn fetch(&self, path: &str) -> Result<Response, Failure> {
        let response = self.read(path)?;
        if response.status != 404 || self.host.cached(SLASH).is_some_and(|helps| helps == b"no") {
            return Ok(response);
        }
        let Some(other) = toggled(path) else {
            return Ok(response);
        };
        let second = self.read(&other)?;
        if second.status == 404 {
            if self.host.cached(SLASH).is_none() {
                self.host.cache(SLASH, b"no", HABIT_TTL_MS);
            }
            return Ok(response);
        }
        self.host.cache(SLASH, b"yes", HABIT_TTL_MS);
        Ok(second)
    }

    fn read(&self, path: &str) -> Result<Response, Failure> {
        let request = self.request(Method::Get, path, Vec::new());
        let mut response = self.host.read(&request)?;
        if response.status == 401 {
            let taken = self.host.cached(TAKEN).is_some();
            if self.dialect.doubts_unauthorized && taken && self.host.sleep(DOUBT_MS) {
                response = self.host.read(&request)?;
            }
            if response.status == 401
                && taken
                && let Some(failure) = (self.dialect.unauthorized)(self)
            {
                return Err(failure);
            }
        } else if self.notes_credentials() && (200..300).contains(&response.status) {
            self.host.cache(TAKEN, b"1", TAKEN_TTL_MS);
        }
        Ok(response)
    }

    /// Only a dialect that makes something of it pays for remembering that the credentials were taken.
    fn notes_credentials(&self) -> bool {
        self.dialect.doubts_unauthorized && self.host.cached(TAKEN).is_none()
    }

    /// Reads without credentials, for what a BMC shows to everyone, and returns the answer whatever its status.
    pub fn fetch_anonymously(&self, path: &str) -> Result<Response, Failure> {
        let request = Request {
            anonymous: true,
            ..self.request(Method::Get, path, Vec::new())
        };
        Ok(self.host.read(&request)?)
    }

    /// Reads a resource. Any other status than 2xx is a failure in the BMC's words.
    pub fn get(&self, path: &str) -> Result<Resource, Failure> {
        self.resource(path, &self.fetch(path)?)
    }

    /// Reads a resource and the tag to change it with: the header `ETag`, else the property `@odata.etag`.
    pub fn get_tagged(&self, path: &str) -> Result<(Resource, Option<String>), Failure> {
        let response = self.fetch(path)?;
        let resource = self.resource(path, &response)?;
        let tag = header(&response, "etag")
            .or_else(|| resource.text(&["@odata.etag"]))
            .map(str::to_owned);
        Ok((resource, tag))
    }

    fn resource(&self, path: &str, response: &Response) -> Result<Resource, Failure> {
        if !(200..300).contains(&response.status) {
            return Err(self.failure(response));
        }
        match serde_json::from_slice::<Value>(&response.body) {
            Ok(value) if value.is_object() => Ok(Resource::new(value)),
            Ok(_) => Err(malformed(path, response, "the answer is no JSON object")),
            Err(error) => Err(malformed(
                path,
                response,
                &format!("the answer is no JSON: {error}"),
            )),
        }
    }

    /// The failure that an answer with an error status stands for, in this dialect.
    pub fn failure(&self, response: &Response) -> Failure {
        self.dialect.judge(failure_of(response))
    }

    /// Sends a change by POST and returns the answer whatever its status.
    pub fn post(&self, path: &str, body: &Value) -> Result<Response, Failure> {
        self.post_if(path, body, Match::Nothing)
    }

    /// Sends a change by POST under a condition that needs no tag. What the BMC says it does not know is tried with a slash at the end
    /// of its path, or without; a condition that it refuses is left out, and one that it asks for is given. All of these answers prove
    /// that nothing was executed.
    pub fn post_if(&self, path: &str, body: &Value, condition: Match) -> Result<Response, Failure> {
        let response = self.change(Method::Post, path, body, condition.value(None))?;
        match response.status {
            404 | 405 => {
                match toggled(path).filter(|_| self.host.cached(SLASH).is_none_or(|helps| helps == b"yes")) {
                    Some(other) => {
                        let second = self.change(Method::Post, &other, body, condition.value(None))?;
                        Ok(if matches!(second.status, 404 | 405) {
                            response
                        } else {
                            second
                        })
                    }
                    None => Ok(response),
                }
            }
            412 => {
                let other = match condition {
                    Match::Nothing => Match::Any,
                    Match::Tag | Match::Strong | Match::Any => Match::Nothing,
                };
                self.change(Method::Post, path, body, other.value(None))
            }
            _ => Ok(response),
        }
    }

    /// Sends a change of properties by PATCH with the tag of [`Client::get_tagged`], and returns the answer whatever its status. The
    /// conditions of the dialect are tried one after the other as long as the BMC refuses them.
    pub fn patch(&self, path: &str, tag: Option<&str>, body: &Value) -> Result<Response, Failure> {
        let mut tries = Match::ladder(self.dialect.patch_matches, tag).into_iter();
        let mut response = self.change(Method::Patch, path, body, tries.next().flatten())?;
        for condition in tries {
            if !matches!(response.status, 412 | 428) {
                break;
            }
            response = self.change(Method::Patch, path, body, condition)?;
        }
        Ok(response)
    }

    fn change(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        condition: Option<String>,
    ) -> Result<Response, Failure> {
        let mut request = self.request(method, path, body.to_string().into_bytes());
        request
            .headers
            .push(("content-type".to_owned(), "application/json".to_owned()));
        if let Some(condition) = condition {
            request.headers.push(("if-match".to_owned(), condition));
        }
        let response = self.host.change(&request)?;
        let doubted = response.status == 401
            && self.dialect.doubts_unauthorized
            && self.host.cached(TAKEN).is_some()
            && self.host.sleep(DOUBT_MS);
        if doubted {
            return Ok(self.host.change(&request)?);
        }
        Ok(response)
    }

    fn request(&self, method: Method, path: &str, body: Vec<u8>) -> Request {
        let mut headers = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("odata-version".to_owned(), "4.0".to_owned()),
        ];
        if self.close {
            headers.push(("connection".to_owned(), "close".to_owned()));
        }
        headers.extend(
            self.dialect
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Request {
            method,
            path: path.to_owned(),
            headers,
            body,
            anonymous: false,
            timeout_ms: 0,
        }
    }
}

/// The path with a slash at its end, or without the one it has. A path with a query has no other form.
fn toggled(path: &str) -> Option<String> {
    match path.strip_suffix('/') {
        _ if path.contains('?') => None,
        Some("") => None,
        Some(bare) => Some(bare.to_owned()),
        None => Some(format!("{path}/")),
    }
}

fn malformed(path: &str, response: &Response, text: &str) -> Failure {
    Failure {
        status: Some(u32::from(response.status)),
        ..failure(Cause::Malformed, format!("{path}: {text}"))
    }
}
