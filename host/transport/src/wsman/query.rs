//! The check that a query only asks.
//!
//! Get of WS-Transfer, and Enumerate and Pull of WS-Enumeration, read (DSP0226, sections 7 and 8). Everything else that can stand in the
//! same kind of POST may change the controller and needs a permit. The check is strict so that no controller can read the request in
//! another way than the host did: one plain document in UTF-8, without comments, sections, definitions or a second action.

use quick_xml::NsReader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use super::{DEPTH_MAX, MEDIA_TYPE, SOAP};
use crate::http::Request;

/// The largest query, in bytes.
const QUERY_MAX_BYTES: usize = 64 * 1024;
/// WS-Addressing, as WS-Management uses it (DSP0226, annex A).
const ADDRESSING: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
/// WS-Enumeration.
const ENUMERATION: &str = "http://schemas.xmlsoap.org/ws/2004/09/enumeration";
/// The headers that a driver may give a query, in lower case.
const HEADERS: [&str; 2] = ["accept", "content-type"];

/// A request that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Get,
    Enumerate,
    Pull,
}

impl Action {
    fn parse(uri: &str) -> Option<Self> {
        Some(match uri {
            "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get" => Self::Get,
            "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate" => Self::Enumerate,
            "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull" => Self::Pull,
            _ => return None,
        })
    }

    /// The one element of the body, all of which are of WS-Enumeration.
    const fn body(self) -> Option<&'static str> {
        match self {
            Self::Get => None,
            Self::Enumerate => Some("Enumerate"),
            Self::Pull => Some("Pull"),
        }
    }
}

/// Whether the request only asks; else the rule that it breaks.
pub(crate) fn check_query(request: &Request) -> Result<(), String> {
    check_headers(&request.headers)?;
    if request.body.len() > QUERY_MAX_BYTES {
        return Err(format!("a query may have {QUERY_MAX_BYTES} bytes"));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| "a query is text in UTF-8".to_owned())?;
    check_envelope(text)
}

/// A header may name an action, too (`SOAPAction`, a parameter of the media type), so that only plain ones pass.
fn check_headers(headers: &[(String, String)]) -> Result<(), String> {
    let mut typed = false;
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if !HEADERS.contains(&name.as_str()) {
            return Err(format!("a query has no header {name:?}"));
        }
        if name == "content-type" {
            let mut parts = value.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            let plain = parts.all(|part| part.eq_ignore_ascii_case("charset=utf-8"));
            if typed || !plain || !media.eq_ignore_ascii_case(MEDIA_TYPE) {
                return Err(format!(
                    "the media type of a query is {MEDIA_TYPE}; charset=UTF-8"
                ));
            }
            typed = true;
        }
    }
    if typed {
        Ok(())
    } else {
        Err(format!("a query names its media type, {MEDIA_TYPE}"))
    }
}

fn check_envelope(text: &str) -> Result<(), String> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut envelope = Envelope::default();
    let mut first = true;
    loop {
        let event = reader.read_resolved_event();
        let (namespace, event) = event.map_err(|error| format!("a query is well-formed XML: {error}"))?;
        match event {
            Event::Start(element) => envelope.open(&namespace, &element)?,
            Event::End(_) => envelope.close(),
            Event::Text(text) => envelope.text(&text.xml10_content())?,
            Event::Decl(declaration) if first => check_declaration(&declaration)?,
            Event::GeneralRef(_) if envelope.place() != Place::Action && envelope.depth > 2 => {}
            Event::Eof => return envelope.verdict(),
            Event::Empty(_)
            | Event::Decl(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {
                return Err(
                    "a query has no comments, CDATA sections, processing instructions or definitions"
                        .to_owned(),
                );
            }
        }
        first = false;
    }
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), String> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err("a query is encoded in UTF-8".to_owned()),
    }
}

/// Where the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Outside,
    Envelope,
    Header,
    Action,
    Body,
}

/// What was seen of the envelope.
#[derive(Debug, Default)]
struct Envelope {
    depth: usize,
    /// The part that is open at depths 1 and 2, and the action at depth 3.
    within: [Place; 3],
    header: bool,
    body: bool,
    over: bool,
    action: Option<String>,
    /// The element in the body.
    asked: Option<String>,
}

impl Envelope {
    fn place(&self) -> Place {
        let [first, second, third] = self.within;
        match self.depth {
            0 => Place::Outside,
            1 => first,
            2 => second,
            _ if third == Place::Action && self.depth == 3 => Place::Action,
            _ => second,
        }
    }

    fn open(&mut self, namespace: &ResolveResult<'_>, element: &BytesStart<'_>) -> Result<(), String> {
        let name = element.local_name();
        let name = name.as_ref();
        let is = |uri: &str| matches!(namespace, ResolveResult::Bound(Namespace(known)) if *known == uri);
        let place = self.place();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a query is at most {DEPTH_MAX} elements deep"));
        }
        let [first, second, third] = &mut self.within;
        match (self.depth, place, name) {
            (1, _, "Envelope") if is(SOAP) && !self.over => *first = Place::Envelope,
            (2, _, "Header") if is(SOAP) && !self.header && !self.body => {
                self.header = true;
                *second = Place::Header;
            }
            (2, _, "Body") if is(SOAP) && self.header && !self.body => {
                self.body = true;
                *second = Place::Body;
            }
            (1 | 2, _, _) => {
                return Err("a query is a SOAP 1.2 envelope with one header and one body".to_owned());
            }
            (3, Place::Header, "Action") if is(ADDRESSING) && self.action.is_none() => {
                *third = Place::Action;
                self.action = Some(String::new());
            }
            (_, Place::Action, _) => return Err("the action of a query is text".to_owned()),
            (_, _, name) if name.eq_ignore_ascii_case("action") => {
                return Err("a query has one action, in its header".to_owned());
            }
            (3, Place::Body, _) => {
                *third = Place::Body;
                if !is(ENUMERATION) || self.asked.is_some() {
                    return Err(format!("the body of a query has no element {name}"));
                }
                self.asked = Some(name.to_owned());
            }
            (3, _, _) => *third = place,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.over |= self.depth == 0;
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match (self.place(), &mut self.action) {
            (Place::Action, Some(action)) => action.push_str(text),
            (Place::Header | Place::Body, _) if self.depth > 2 => {}
            _ if text.trim().is_empty() => {}
            _ => return Err("a query has no text between its parts".to_owned()),
        }
        Ok(())
    }

    fn verdict(self) -> Result<(), String> {
        if !self.body || self.depth > 0 {
            return Err("a query is a SOAP 1.2 envelope with one header and one body".to_owned());
        }
        let uri = self.action.unwrap_or_default();
        let action = Action::parse(uri.trim()).ok_or_else(|| {
            let shown: String = uri.trim().chars().take(200).collect();
            format!("the action {shown:?} does not only ask: send it as a change")
        })?;
        if self.asked.as_deref() == action.body() {
            Ok(())
        } else {
            Err(format!("the body of a query does not fit its action {action:?}"))
        }
    }
}

#[cfg(test)]
mod tests;
