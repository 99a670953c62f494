//! Requests with the headers that BMCs insist on, and answers as resources.

use serde_json::Value;
use switchyard_driver_sdk::{Cause, Failure, Host, Method, Request, Response, failure, header};

use crate::error::failure_of;
use crate::etag::Tagged;
use crate::resource::Resource;

/// A Redfish client over the host of the running call.
#[derive(Clone, Copy)]
pub struct Client<'h> {
    host: &'h dyn Host,
}

impl std::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl<'h> Client<'h> {
    /// A client over this host.
    pub fn new(host: &'h dyn Host) -> Self {
        Self { host }
    }

    /// The host.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// Reads and returns the answer whatever its status.
    pub fn fetch(&self, path: &str) -> Result<Response, Failure> {
        Ok(self.host.read(&request(Method::Get, path, Vec::new()))?)
    }

    /// Reads a resource. Any other status than 2xx is a failure in the BMC's words.
    pub fn get(&self, path: &str) -> Result<Resource, Failure> {
        resource(path, &self.fetch(path)?)
    }

    /// Reads a resource with its entity tag, from the header or else from the body.
    pub(crate) fn get_tagged(&self, path: &str) -> Result<Tagged, Failure> {
        let response = self.fetch(path)?;
        let resource = resource(path, &response)?;
        let tag = header(&response, "etag")
            .or_else(|| resource.text(&["@odata.etag"]))
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned);
        Ok(Tagged {
            path: path.to_owned(),
            resource,
            tag,
        })
    }

    /// Sends the one change of the call and returns the answer whatever its status.
    pub fn post(&self, path: &str, body: &Value) -> Result<Response, Failure> {
        self.send(Method::Post, path, body, None)
    }

    /// Sends a change, under an entity tag where one is given, and returns the answer whatever its status.
    pub(crate) fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        if_match: Option<&str>,
    ) -> Result<Response, Failure> {
        let mut request = request(method, path, body.to_string().into_bytes());
        request
            .headers
            .push(("content-type".to_owned(), "application/json".to_owned()));
        if let Some(tag) = if_match {
            request.headers.push(("if-match".to_owned(), tag.to_owned()));
        }
        Ok(self.host.change(&request)?)
    }
}

/// The resource in an answer to a read.
fn resource(path: &str, response: &Response) -> Result<Resource, Failure> {
    if !(200..300).contains(&response.status) {
        return Err(failure_of(response));
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

fn request(method: Method, path: &str, body: Vec<u8>) -> Request {
    let headers = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        ("odata-version".to_owned(), "4.0".to_owned()),
    ];
    Request {
        method,
        path: path.to_owned(),
        headers,
        body,
        anonymous: false,
        timeout_ms: 0,
    }
}

fn malformed(path: &str, response: &Response, text: &str) -> Failure {
    Failure {
        status: Some(u32::from(response.status)),
        ..failure(Cause::Malformed, format!("{path}: {text}"))
    }
}
