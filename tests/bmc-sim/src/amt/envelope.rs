//! Requests as they are read, and answers as AMT writes them.

use quick_xml::Reader;
use quick_xml::events::Event;

/// What a request asks for, taken apart by the local names of its elements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// The URI of the action.
    pub(super) action: String,
    /// The class.
    pub(super) class: String,
    /// Every element of the body with its path and its text, in order.
    pub(super) body: Vec<(String, String)>,
}

impl Request {
    /// Reads a request; nothing when it is none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<(String, String)> = Vec::new();
        let mut request = Self::default();
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) => {
                    open.push((element.local_name().as_ref().to_owned(), String::new()));
                }
                Event::Text(text) => {
                    if let Some((_, so_far)) = open.last_mut() {
                        so_far.push_str(&text.xml10_content());
                    }
                }
                Event::End(_) => {
                    let path = open
                        .iter()
                        .map(|(name, _)| name.as_str())
                        .collect::<Vec<_>>()
                        .join("/");
                    let (_, text) = open.pop()?;
                    request.take(&path, text.trim());
                }
                Event::Eof => return (!request.action.is_empty()).then_some(request),
                _ => {}
            }
        }
    }

    fn take(&mut self, path: &str, text: &str) {
        match path {
            "Envelope/Header/Action" => text.clone_into(&mut self.action),
            "Envelope/Header/ResourceURI" => {
                text.rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .clone_into(&mut self.class);
            }
            path => {
                if let Some(path) = path.strip_prefix("Envelope/Body/") {
                    self.body.push((path.to_owned(), text.to_owned()));
                }
            }
        }
    }

    /// The last word of the action: `Get`, `Put` or the name of a method.
    pub(super) fn verb(&self) -> &str {
        self.action.rsplit('/').next().unwrap_or_default()
    }

    /// The text of the first element of the body with this name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body
            .iter()
            .find(|(path, _)| path.rsplit('/').next() == Some(name))
            .map(|(_, text)| text.as_str())
    }
}

/// An answer in the form that AMT gives it.
pub(super) fn answer(request: &Request, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:b=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:c=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" \
         xmlns:g=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/{class}\"><a:Header>\
         <b:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</b:To><b:RelatesTo>0</b:RelatesTo>\
         <b:Action a:mustUnderstand=\"true\">{action}Response</b:Action>\
         <b:MessageID>uuid:00000000-8086-8086-8086-000000000001</b:MessageID></a:Header><a:Body>{body}</a:Body></a:Envelope>",
        class = request.class,
        action = request.action,
    )
}

/// A fault.
pub(super) fn fault(subcode: &str, words: &str) -> String {
    format!(
        "<a:Fault><a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>{subcode}</a:Value></a:Subcode></a:Code>\
         <a:Reason><a:Text xml:lang=\"en-US\">{words}</a:Text></a:Reason><a:Detail/></a:Fault>"
    )
}
