//! What the body of an answer proves about execution.
//!
//! A method that did not do its work answers with status 200 and a return value (DSP1027, `CIM_PowerManagementService`); a request that was
//! not understood or not allowed with a SOAP fault. Without this a refusal would count as acceptance.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use switchyard_core::Executed;

use super::{DEPTH_MAX, MEDIA_TYPE, SOAP};

/// The most elements of an answer that are looked at.
const ELEMENTS_MAX: usize = 4096;

/// Whether a request is one of SOAP, so that its answer is one, too.
pub(crate) fn is_soap(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

/// What the body says; nothing when it says no more than the status. Of several documents the doubtful one counts.
pub(crate) fn executed(status: u16, body: &[u8]) -> Option<Executed> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut place = Place::default();
    for _ in 0..ELEMENTS_MAX {
        match reader.read_resolved_event().ok()? {
            (namespace, Event::Start(element)) => {
                let soap = matches!(namespace, ResolveResult::Bound(Namespace(SOAP)));
                place.open(soap, element.local_name().as_ref())?;
            }
            (_, Event::End(_)) => place.close(),
            (_, Event::Text(text)) => place.text(&text.xml10_content()),
            (_, Event::DocType(_)) => return None,
            (_, Event::Eof) => return place.verdict(status),
            _ => {}
        }
    }
    None
}

#[derive(Debug, Default)]
struct Place {
    depth: usize,
    in_body: bool,
    in_output: bool,
    /// The return value that is being read.
    value: Option<String>,
    values: Vec<u32>,
    unreadable: bool,
    fault: bool,
    /// The first code of the fault, which says whose mistake it was.
    code: Option<String>,
    in_code: bool,
}

impl Place {
    fn open(&mut self, soap: bool, name: &str) -> Option<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        match self.depth {
            2 => self.in_body = soap && name == "Body",
            3 if self.in_body => {
                self.in_output = name.ends_with("_OUTPUT");
                self.fault |= soap && name == "Fault";
            }
            4 if self.in_body && self.in_output && name == "ReturnValue" => self.value = Some(String::new()),
            5 if self.in_body && self.fault && soap && name == "Value" => {
                self.in_code = self.code.is_none();
            }
            _ => {}
        }
        Some(())
    }

    fn text(&mut self, text: &str) {
        if let Some(value) = &mut self.value {
            value.push_str(text);
        }
        if self.in_code {
            self.code.get_or_insert_default().push_str(text);
        }
    }

    fn close(&mut self) {
        if self.depth == 4
            && let Some(value) = self.value.take()
        {
            match value.trim().parse() {
                Ok(value) => self.values.push(value),
                Err(_) => self.unreadable = true,
            }
        }
        self.in_code = false;
        self.depth = self.depth.saturating_sub(1);
    }

    fn verdict(self, status: u16) -> Option<Executed> {
        if self.unreadable {
            return Some(Executed::Unknown);
        }
        if self.fault {
            let sender = self.code.is_some_and(|code| code.trim().ends_with("Sender"));
            // A document with a value beside the one with the fault: which of the two is meant, nobody knows.
            let refused = (sender || (400..500).contains(&status)) && self.values.is_empty();
            return Some(if refused { Executed::No } else { Executed::Unknown });
        }
        let mut verdicts = self.values.into_iter().map(of_return_value);
        let first = verdicts.next()?;
        Some(if verdicts.all(|other| other == first) {
            first
        } else {
            Executed::Unknown
        })
    }
}

/// What a return value proves (DSP1027: `RequestPowerStateChange`; the methods of boot services use the same values).
fn of_return_value(value: u32) -> Executed {
    match value {
        // Completed; job started.
        0 | 4096 => Executed::Accepted,
        // Not supported; invalid parameter; in use; invalid state transition; time-out parameter not supported; busy.
        1 | 5 | 6 | 4097 | 4098 | 4099 => Executed::No,
        // Unspecified error; cannot complete within the time; failed, which may be half way; whatever else a maker has added.
        _ => Executed::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(values: &[&str]) -> String {
        let values = values
            .iter()
            .map(|value| format!("<g:ReturnValue>{value}</g:ReturnValue>"))
            .collect::<Vec<_>>()
            .concat();
        format!(
            "<?xml version=\"1.0\"?><a:Envelope xmlns:a=\"{SOAP}\" xmlns:g=\"urn:g\"><a:Header><g:ReturnValue>7</g:ReturnValue></a:Header>\
             <a:Body><g:RequestPowerStateChange_OUTPUT>{values}</g:RequestPowerStateChange_OUTPUT></a:Body></a:Envelope>"
        )
    }

    fn fault(code: &str) -> String {
        format!(
            "<a:Envelope xmlns:a=\"{SOAP}\"><a:Header/><a:Body><a:Fault><a:Code><a:Value>{code}</a:Value><a:Subcode><a:Value>x:Sender</a:Value>\
             </a:Subcode></a:Code></a:Fault></a:Body></a:Envelope>"
        )
    }

    #[test]
    fn a_return_value_says_whether_the_method_did_its_work() {
        for (value, verdict) in [
            ("0", Executed::Accepted),
            (" 4096 ", Executed::Accepted),
            ("1", Executed::No),
            ("2", Executed::Unknown),
            ("4097", Executed::No),
            ("4099", Executed::No),
            ("3", Executed::Unknown),
            ("32768", Executed::Unknown),
            ("zero", Executed::Unknown),
            ("", Executed::Unknown),
        ] {
            assert_eq!(
                executed(200, output(&[value]).as_bytes()),
                Some(verdict),
                "{value}"
            );
        }
        assert_eq!(executed(200, output(&[]).as_bytes()), None);
        let two = format!("{}{}", output(&["0"]), output(&["1"]));
        assert_eq!(executed(200, two.as_bytes()), Some(Executed::Unknown));
    }

    #[test]
    fn a_fault_of_the_sender_was_not_executed() {
        assert_eq!(executed(500, fault("a:Sender").as_bytes()), Some(Executed::No));
        assert_eq!(
            executed(500, fault("a:Receiver").as_bytes()),
            Some(Executed::Unknown)
        );
        assert_eq!(executed(400, fault("a:Receiver").as_bytes()), Some(Executed::No));
    }

    #[test]
    fn what_is_no_answer_of_soap_says_nothing() {
        let bomb = format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", output(&["0"]));
        for body in [
            "",
            "{}",
            "<a><b>",
            "<html><ReturnValue>1</ReturnValue></html>",
            &bomb,
        ] {
            assert_eq!(executed(200, body.as_bytes()), None, "{body}");
        }
        let deep = format!("{}{}", "<x>".repeat(DEPTH_MAX + 1), "</x>".repeat(DEPTH_MAX + 1));
        assert_eq!(executed(200, deep.as_bytes()), None);
        assert_eq!(executed(200, &[0xff]), None);
    }
}
