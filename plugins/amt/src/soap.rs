//! The envelopes of requests (DSP0226, and WS-Addressing and WS-Transfer beneath it).

use std::fmt::Write as _;

use crate::xml::escape;

/// The path of the service (Intel AMT implementation guide, "WS-Management").
pub(crate) const PATH: &str = "/wsman";
/// The name of the machine that AMT manages.
pub(crate) const MANAGED_SYSTEM: &str = "ManagedSystem";

const TRANSFER: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
const ANONYMOUS: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";
/// How long AMT may work on a request; it takes none below 30 s.
const OPERATION_TIMEOUT: &str = "PT60S";

/// A class of objects in AMT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    schema: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
}

/// A class of DMTF's Common Information Model.
pub(crate) const fn cim(name: &'static str) -> Class {
    Class {
        schema: "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/",
        name,
    }
}

/// A class of Intel AMT.
pub(crate) const fn amt(name: &'static str) -> Class {
    Class {
        schema: "http://intel.com/wbem/wscim/1/amt-schema/1/",
        name,
    }
}

/// A class of Intel's platform services, which newer versions of AMT have.
pub(crate) const fn ips(name: &'static str) -> Class {
    Class {
        schema: "http://intel.com/wbem/wscim/1/ips-schema/1/",
        name,
    }
}

impl Class {
    /// Its address as a resource, which is its XML namespace, too.
    pub(crate) fn uri(self) -> String {
        format!("{}{}", self.schema, self.name)
    }
}

/// The keys that tell one object of a class from the others.
pub(crate) type Selectors<'a> = &'a [(&'a str, &'a str)];

/// Reads one object.
pub(crate) fn get(class: Class, selectors: Selectors<'_>, id: u64) -> String {
    envelope(&format!("{TRANSFER}/Get"), class, selectors, id, "")
}

/// Replaces an object; `properties` are its elements with the prefix `p`.
pub(crate) fn put(class: Class, selectors: Selectors<'_>, id: u64, properties: &str) -> String {
    let body = format!(
        "<p:{name} xmlns:p=\"{}\">{properties}</p:{name}>",
        class.uri(),
        name = class.name
    );
    envelope(&format!("{TRANSFER}/Put"), class, selectors, id, &body)
}

/// Calls a method of an object; `parameters` are its elements with the prefix `p`.
pub(crate) fn invoke(
    class: Class,
    selectors: Selectors<'_>,
    method: &str,
    id: u64,
    parameters: &str,
) -> String {
    let body = format!(
        "<p:{method}_INPUT xmlns:p=\"{}\">{parameters}</p:{method}_INPUT>",
        class.uri()
    );
    envelope(&format!("{}/{method}", class.uri()), class, selectors, id, &body)
}

/// A parameter that is a plain value.
pub(crate) fn parameter(name: &str, value: &str) -> String {
    format!("<p:{name}>{}</p:{name}>", escape(value))
}

/// A parameter that refers to an object.
pub(crate) fn reference(name: &str, class: Class, selectors: Selectors<'_>) -> String {
    format!(
        "<p:{name}><a:Address>{ANONYMOUS}</a:Address><a:ReferenceParameters><w:ResourceURI>{}</w:ResourceURI>{}\
         </a:ReferenceParameters></p:{name}>",
        class.uri(),
        selector_set(selectors)
    )
}

fn selector_set(selectors: Selectors<'_>) -> String {
    if selectors.is_empty() {
        return String::new();
    }
    let mut set = String::from("<w:SelectorSet>");
    for (name, value) in selectors {
        // Writing to a String cannot fail.
        write!(
            set,
            "<w:Selector Name=\"{}\">{}</w:Selector>",
            escape(name),
            escape(value)
        )
        .ok();
    }
    set.push_str("</w:SelectorSet>");
    set
}

fn envelope(action: &str, class: Class, selectors: Selectors<'_>, id: u64, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\"><s:Header>\
         <a:Action s:mustUnderstand=\"true\">{action}</a:Action>\
         <a:To s:mustUnderstand=\"true\">{PATH}</a:To>\
         <w:ResourceURI s:mustUnderstand=\"true\">{}</w:ResourceURI>\
         <a:MessageID>uuid:00000000-0000-4000-8000-{id:012x}</a:MessageID>\
         <a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>\
         <w:OperationTimeout>{OPERATION_TIMEOUT}</w:OperationTimeout>{}</s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>",
        class.uri(),
        selector_set(selectors)
    )
}
