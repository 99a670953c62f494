//! Error answers: the BMC's message ids and words, and the cause that they and the status stand for (DSP0266 8.6, Base registry).

use serde_json::Value;
use switchyard_driver_sdk::{Cause, Failure, Response, failure, header};

/// The most of an answer without JSON that is quoted, in characters.
const QUOTE_MAX_CHARS: usize = 200;

/// The message ids and texts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Words {
    codes: Vec<String>,
    texts: Vec<String>,
}

/// The failure that an answer with an error status stands for.
pub fn failure_of(response: &Response) -> Failure {
    let body = serde_json::from_slice::<Value>(&response.body).ok();
    let words = body.as_ref().map(words_of).unwrap_or_default();
    let text = if words.texts.is_empty() {
        quote(response)
    } else {
        words.texts.join("; ")
    };
    Failure {
        cause: cause_of(response.status, &words.codes),
        status: Some(u32::from(response.status)),
        codes: words.codes,
        text,
        retry_after_ms: retry_after_ms(response),
    }
}

/// The failure that a body which is nothing but an error stands for, sent with a status of success.
pub(crate) fn failure_of_body(body: &Value) -> Failure {
    let words = words_of(body);
    let says = |word: &str| words.codes.iter().any(|code| code.ends_with(word));
    let missing = says("ResourceMissingAtURI") || says("ResourceNotFound");
    Failure {
        cause: cause_of(if missing { 404 } else { 400 }, &words.codes),
        codes: words.codes,
        ..failure(Cause::Malformed, words.texts.join("; "))
    }
}

/// Whether the BMC asks for a licence: `LicenseKeyRequired` of HPE, `OemLicenseNotPassed` of Supermicro and their like.
pub(crate) fn needs_licence(failure: &Failure) -> bool {
    failure.codes.iter().any(|code| code.contains("License"))
}

/// The failure that a body of messages stands for, whatever the status: for tasks that ended badly.
pub fn refusal(body: &Value, fallback: &str) -> Failure {
    let words = words_of(body);
    let text = if words.texts.is_empty() {
        fallback.to_owned()
    } else {
        words.texts.join("; ")
    };
    Failure {
        codes: words.codes,
        ..failure(Cause::Other("task-failed".to_owned()), text)
    }
}

/// Whether the same request may succeed later: the BMC failed itself, asks to come back, or sent half an answer. What could not be read
/// for such a reason may well be there. An answer that was too large, which has no status here, stays too large.
pub(crate) fn is_passing(failure: &Failure) -> bool {
    let failed_itself = failure
        .status
        .is_some_and(|status| (500..600).contains(&status) && !matches!(status, 501 | 505));
    failed_itself
        || match failure.cause {
            Cause::Unreachable | Cause::Busy => true,
            Cause::Malformed => failure.status.is_some(),
            _ => false,
        }
}

/// How long the BMC asks to wait, in milliseconds. Dates are not understood, since BMC clocks lie.
pub(crate) fn retry_after_ms(response: &Response) -> Option<u32> {
    header(response, "retry-after")?
        .trim()
        .parse::<u32>()
        .ok()?
        .checked_mul(1000)
}

/// Collects `error.@Message.ExtendedInfo`, the same at the top, iLO 4's `Messages[].MessageID`, and `error.code` and `message`.
fn words_of(body: &Value) -> Words {
    let mut words = Words::default();
    let error = body.get("error");
    for place in [
        error.and_then(|e| e.get("@Message.ExtendedInfo")),
        body.get("@Message.ExtendedInfo"),
        body.get("Messages"),
    ] {
        match place {
            Some(Value::Array(messages)) => messages.iter().for_each(|message| words.add(message)),
            Some(message @ Value::Object(_)) => words.add(message),
            _ => {}
        }
    }
    if let Some(error) = error {
        let texts_before = words.texts.len();
        if let Some(code) = text_of(error, &["code"]) {
            words.add_code(code);
        }
        if texts_before == 0
            && let Some(text) = text_of(error, &["message"])
        {
            words.add_text(text);
        }
    }
    words
}

impl Words {
    fn add(&mut self, message: &Value) {
        let code = text_of(message, &["MessageId", "MessageID"]);
        if let Some(code) = code {
            self.add_code(code);
        }
        match (text_of(message, &["Message"]), code) {
            (Some(text), _) => self.add_text(text),
            (None, Some(code)) => self.add_text(&with_args(code, message)),
            (None, None) => {}
        }
    }

    fn add_code(&mut self, code: &str) {
        if !self.codes.iter().any(|known| known == code) {
            self.codes.push(code.to_owned());
        }
    }

    fn add_text(&mut self, text: &str) {
        if !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
    }
}

/// A message id with its arguments, for BMCs that send no text.
fn with_args(code: &str, message: &Value) -> String {
    let args: Vec<&str> = message
        .get("MessageArgs")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if args.is_empty() {
        code.to_owned()
    } else {
        format!("{code} ({})", args.join(", "))
    }
}

fn text_of<'v>(value: &'v Value, names: &[&str]) -> Option<&'v str> {
    names
        .iter()
        .find_map(|name| value.get(name)?.as_str())
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn quote(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(QUOTE_MAX_CHARS)
        .collect();
    if line.is_empty() {
        format!("the BMC answered {} without a word", response.status)
    } else {
        line
    }
}

/// The cause that a status stands for, made more precise by the message ids.
fn cause_of(status: u16, codes: &[String]) -> Cause {
    let says = |word: &str| {
        codes.iter().any(|code| {
            code.rsplit('.')
                .next()
                .is_some_and(|id| id.eq_ignore_ascii_case(word))
        })
    };
    match status {
        401 => Cause::Auth,
        403 if says("PasswordChangeRequired") => Cause::Auth,
        403 => Cause::Forbidden,
        404 | 410 => Cause::NotFound,
        405 | 501 => Cause::NotSupported,
        400 | 409
            if ["ResourceInUse", "SYS518", "ServiceTemporarilyUnavailable"]
                .into_iter()
                .any(says) =>
        {
            Cause::Busy
        }
        400 if [
            "InvalidOperationForSystemState",
            "PSU501",
            "ChassisPowerStateOffRequired",
            "ResourceInStandby",
        ]
        .into_iter()
        .any(says) =>
        {
            Cause::Conflict
        }
        409 => Cause::Conflict,
        423 => Cause::Locked,
        429 | 503 => Cause::Busy,
        300..=399 => Cause::Other("redirect".to_owned()),
        400..=499 => Cause::Invalid,
        _ => Cause::Other(format!("http-{status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_driver_sdk::testing::answer;

    #[test]
    fn extended_info_gives_codes_and_words() {
        let failure = failure_of(&answer(
            400,
            r#"{"error": {"code": "Base.1.8.GeneralError", "message": "See the extended info.", "@Message.ExtendedInfo": [
                {"MessageId": "iLO.2.14.InvalidOperationForSystemState", "Message": "The operation was not successful due to the current power state."},
                {"MessageId": "Base.1.4.Other", "MessageArgs": ["Power is off"]}]}}"#,
        ));
        assert_eq!(failure.cause, Cause::Conflict);
        assert_eq!(failure.status, Some(400));
        assert_eq!(
            failure.codes,
            [
                "iLO.2.14.InvalidOperationForSystemState",
                "Base.1.4.Other",
                "Base.1.8.GeneralError"
            ]
        );
        assert_eq!(
            failure.text,
            "The operation was not successful due to the current power state.; Base.1.4.Other (Power is off)"
        );
    }

    #[test]
    fn other_forms_of_errors_are_read_too() {
        let old = failure_of(&answer(
            400,
            r#"{"Messages": [{"MessageID": "iLO.0.10.InvalidOperationForSystemState"}], "Name": "x"}"#,
        ));
        assert_eq!(old.cause, Cause::Conflict);
        assert_eq!(old.text, "iLO.0.10.InvalidOperationForSystemState");
        let single = failure_of(&answer(
            403,
            r#"{"@Message.ExtendedInfo": {"MessageId": "Base.1.5.PasswordChangeRequired"}}"#,
        ));
        assert_eq!(single.cause, Cause::Auth);
        let plain = failure_of(&answer(500, "<html>\n  oops </html>"));
        assert_eq!(plain.text, "<html> oops </html>");
        let silent = failure_of(&answer(502, ""));
        assert_eq!(silent.text, "the BMC answered 502 without a word");
    }

    #[test]
    fn busy_carries_the_wait() {
        let mut response = answer(
            503,
            r#"{"error": {"code": "Base.1.13.ServiceTemporarilyUnavailable", "message": "wait"}}"#,
        );
        response.headers.push(("Retry-After".to_owned(), "10".to_owned()));
        let failure = failure_of(&response);
        assert_eq!(failure.cause, Cause::Busy);
        assert_eq!(failure.retry_after_ms, Some(10_000));
    }
}
