//! Requests and their answers: queries that are asked again when the controller only hiccups, and changes that are sent once.

use std::cell::Cell;

use switchyard_driver_sdk::{Cause, Failure, Fault, Host, Method, Reason, Request, Response, failure};

use crate::fault::{failure_of_fault, failure_of_status};
use crate::soap::{self, Class, PATH, Selectors};
use crate::xml::{Element, documents};

/// How often a query is sent at most. The first command after a pause often fails (MAAS asks up to ten times).
const TRIES: u32 = 5;
/// How long to wait before a query is sent again, in milliseconds.
const TRY_AGAIN_MS: u32 = 1_000;
/// What keeps a message id within its twelve digits.
const ID_MASK: u64 = 0xffff_ffff_ffff;

/// The controller of this call.
pub(crate) struct Client<'a> {
    pub(crate) host: &'a dyn Host,
    next_id: Cell<u64>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self {
            host,
            next_id: Cell::new(host.now_ms()),
        }
    }

    /// Reads one object.
    pub(crate) fn get(&self, class: Class, selectors: Selectors<'_>) -> Result<Element, Failure> {
        let answer = self.query(|id| soap::get(class, selectors, id))?;
        answer
            .iter()
            .find_map(|body| body.child(class.name))
            .cloned()
            .ok_or_else(|| malformed(&format!("the answer holds no {}", class.name)))
    }

    /// The same, or nothing when this version of AMT does not have the object.
    pub(crate) fn get_if_there(
        &self,
        class: Class,
        selectors: Selectors<'_>,
    ) -> Result<Option<Element>, Failure> {
        match self.get(class, selectors) {
            Ok(object) => Ok(Some(object)),
            Err(failure) if is_absent(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Sends a change and gives its output. A return value other than success is the caller's to judge.
    pub(crate) fn invoke(
        &self,
        class: Class,
        selectors: Selectors<'_>,
        method: &str,
        parameters: &str,
    ) -> Result<Element, Failure> {
        let envelope = soap::invoke(class, selectors, method, self.id(), parameters);
        let answer = bodies(&self.host.change(&request(envelope))?)?;
        let output = format!("{method}_OUTPUT");
        answer
            .iter()
            .find_map(|body| body.child(&output))
            .cloned()
            .ok_or_else(|| malformed(&format!("the answer holds no {output}")))
    }

    /// Replaces an object.
    pub(crate) fn put(
        &self,
        class: Class,
        selectors: Selectors<'_>,
        properties: &str,
    ) -> Result<(), Failure> {
        let envelope = soap::put(class, selectors, self.id(), properties);
        bodies(&self.host.change(&request(envelope))?).map(drop)
    }

    /// Sends a query, again when it was cut off or answered with nonsense.
    fn query(&self, envelope: impl Fn(u64) -> String) -> Result<Vec<Element>, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (failure, passes) = match self.host.query(&request(envelope(self.id()))) {
                Ok(answer) => match bodies(&answer) {
                    Ok(bodies) => return Ok(bodies),
                    Err(failure) => {
                        let passes = matches!(failure.cause, Cause::Malformed | Cause::Busy);
                        (failure, passes)
                    }
                },
                Err(fault) => {
                    let passes = matches!(
                        fault,
                        Fault {
                            reason: Reason::Cut,
                            ..
                        }
                    );
                    (fault.into(), passes)
                }
            };
            if !passes || tries >= TRIES || !self.host.sleep(TRY_AGAIN_MS) {
                return Err(failure);
            }
        }
    }

    fn id(&self) -> u64 {
        let id = self.next_id.get();
        self.next_id.set(id.wrapping_add(1));
        id & ID_MASK
    }
}

fn request(envelope: String) -> Request {
    Request {
        method: Method::Post,
        path: PATH.to_owned(),
        headers: vec![
            (
                "content-type".to_owned(),
                "application/soap+xml;charset=UTF-8".to_owned(),
            ),
            (
                "accept".to_owned(),
                "application/soap+xml, text/xml, */*".to_owned(),
            ),
        ],
        body: envelope.into_bytes(),
        anonymous: false,
        timeout_ms: 0,
    }
}

/// The bodies of all envelopes of an answer; a fault among them, or a status of refusal, is a failure.
fn bodies(answer: &Response) -> Result<Vec<Element>, Failure> {
    let envelopes = documents(&answer.body);
    let bodies: Vec<Element> = envelopes
        .iter()
        .flatten()
        .filter(|envelope| envelope.name == "Envelope")
        .filter_map(|envelope| envelope.child("Body").cloned())
        .collect();
    if let Some(fault) = bodies.iter().find_map(|body| body.child("Fault")) {
        return Err(failure_of_fault(answer.status, fault));
    }
    if !(200..300).contains(&answer.status) {
        return Err(failure_of_status(answer));
    }
    match envelopes {
        Err(why) => Err(malformed(&format!(
            "the answer is no XML that can be read: {why}"
        ))),
        Ok(_) if bodies.is_empty() => Err(malformed("the answer is no SOAP envelope")),
        Ok(_) => Ok(bodies),
    }
}

/// Whether this version of AMT does not have what was asked for.
fn is_absent(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::NotFound | Cause::NotSupported)
}

pub(crate) fn malformed(text: &str) -> Failure {
    failure(Cause::Malformed, text)
}
