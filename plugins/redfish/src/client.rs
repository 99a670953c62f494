//! Requests with the headers that BMCs insist on, and answers as resources.

use serde_json::Value;
use switchyard_driver_sdk::{Cause, Failure, Host, Method, Request, Response, failure};

use crate::error::failure_of;
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
        let response = self.fetch(path)?;
        if !(200..300).contains(&response.status) {
            return Err(failure_of(&response));
        }
        match serde_json::from_slice::<Value>(&response.body) {
            Ok(value) if value.is_object() => Ok(Resource::new(value)),
            Ok(_) => Err(malformed(path, &response, "the answer is no JSON object")),
            Err(error) => Err(malformed(
                path,
                &response,
                &format!("the answer is no JSON: {error}"),
            )),
        }
    }

    /// Sends the one change of the call and returns the answer whatever its status.
    pub fn post(&self, path: &str, body: &Value) -> Result<Response, Failure> {
        let mut request = request(Method::Post, path, body.to_string().into_bytes());
        request
            .headers
            .push(("content-type".to_owned(), "application/json".to_owned()));
        Ok(self.host.change(&request)?)
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
