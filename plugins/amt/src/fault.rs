//! Refusals: SOAP faults (DSP0226, section 14) and bare HTTP answers, in the controller's words.

use switchyard_driver_sdk::{Cause, Failure, Response, failure};

use crate::xml::Element;

/// The longest piece of a page that is shown.
const SHOWN_MAX_CHARS: usize = 300;
/// What to do about a login that is refused.
const LOGIN_ADVICE: &str =
    "Correct the credential: after a few wrong ones Intel AMT locks the account for a while.";

/// The failure that a fault stands for.
pub(crate) fn failure_of_fault(status: u16, fault: &Element) -> Failure {
    let code = fault.child("Code");
    let subcode = code
        .and_then(|code| code.child("Subcode")?.text("Value"))
        .or_else(|| code?.text("Value"))
        .unwrap_or_default();
    let word = subcode.rsplit(':').next().unwrap_or_default();
    let reason = fault.child("Reason").and_then(|reason| reason.text("Text"));
    let detail = fault
        .child("Detail")
        .and_then(|detail| detail.text("FaultDetail"));
    let text = [reason, detail]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    Failure {
        status: Some(u32::from(status)),
        codes: vec![subcode.to_owned()],
        ..failure(cause(word, reason.unwrap_or_default()), text)
    }
}

fn cause(word: &str, reason: &str) -> Cause {
    match word {
        "AccessDenied" => Cause::Forbidden,
        "DestinationUnreachable" | "InvalidSelectors" => Cause::NotFound,
        "ActionNotSupported" | "UnsupportedFeature" | "CannotProcessFilter" => Cause::NotSupported,
        "Concurrency" | "QuotaLimit" | "TimedOut" | "EndpointUnavailable" => Cause::Busy,
        "EncodingLimit"
        | "InvalidParameter"
        | "SchemaValidationError"
        | "InvalidMessageInformationHeader"
        | "InvalidEnumerationContext"
        | "InvalidTimeout" => Cause::Invalid,
        "AlreadyExists" => Cause::Conflict,
        word => Cause::Other(if word.is_empty() { reason } else { word }.to_owned()),
    }
}

/// The failure that an answer without a fault stands for.
pub(crate) fn failure_of_status(answer: &Response) -> Failure {
    let page = page(&answer.body);
    let locked = page.to_ascii_lowercase().contains("locked");
    let (cause, text) = match answer.status {
        401 | 403 | 503 if locked => (
            Cause::Auth,
            format!("Intel AMT has locked the account for a while: wait until it opens it again, and correct the credential first. It says: {page}"),
        ),
        401 => (Cause::Auth, format!("Intel AMT refused the login. {LOGIN_ADVICE}")),
        403 => (
            Cause::Forbidden,
            "Intel AMT does not allow this to the user: give it the realm of remote control, or use an administrator".to_owned(),
        ),
        404 | 405 => (
            Cause::NotFound,
            "there is no WS-Management at this address: is it Intel AMT 6 or later, and provisioned?".to_owned(),
        ),
        503 | 429 => (Cause::Busy, format!("Intel AMT is busy. {page}")),
        400 => (Cause::Invalid, page),
        status => (Cause::Other(format!("http-{status}")), page),
    };
    Failure {
        status: Some(u32::from(answer.status)),
        ..failure(cause, text.trim().to_owned())
    }
}

/// The words of a page, without its tags.
fn page(body: &[u8]) -> String {
    let mut words = String::new();
    let mut tag = false;
    for character in String::from_utf8_lossy(body).chars() {
        match character {
            '<' => tag = true,
            '>' => {
                tag = false;
                words.push(' ');
            }
            other if !tag => words.push(other),
            _ => {}
        }
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN_MAX_CHARS).collect()
}
