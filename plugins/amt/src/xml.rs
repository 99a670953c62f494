//! A small, tolerant XML reader: elements with their local names and texts. No definitions, and caps on everything.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The largest answer that is read, in bytes.
const BYTES_MAX: usize = 512 * 1024;
/// The deepest nesting.
const DEPTH_MAX: usize = 32;
/// The most elements of one answer.
const ELEMENTS_MAX: usize = 8192;

/// An element. Namespaces are left out: AMT gives each class its own, and their prefixes differ from answer to answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// The local name.
    pub(crate) name: String,
    /// The value of the attribute `Name`, which tells selectors apart.
    pub(crate) named: Option<String>,
    /// The text between the tags, without white space around it.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The texts of all children of this name.
    pub(crate) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.children
            .iter()
            .filter(move |child| child.name == name)
            .map(|child| child.text.as_str())
    }

    /// The text of the first child of this name that has one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.children
            .iter()
            .find(|child| child.name == name && !child.text.is_empty())
            .map(|child| child.text.as_str())
    }

    /// The number in the first child of this name.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }
}

/// Reads all documents of an answer: some firmware sends several in one body.
pub(crate) fn documents(body: &[u8]) -> Result<Vec<Element>, String> {
    if body.len() > BYTES_MAX {
        return Err(format!("it has more than {BYTES_MAX} bytes"));
    }
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) => tree.open(&element)?,
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content()),
            Event::CData(text) => tree.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let known = reference.resolve_char_ref().ok().flatten();
                match known.or_else(|| predefined(&reference.xml10_content())) {
                    Some(character) => tree.text(character.encode_utf8(&mut [0; 4])),
                    None => return Err("it refers to a definition".to_owned()),
                }
            }
            Event::DocType(_) => return Err("it holds definitions".to_owned()),
            Event::Eof => return tree.finish(),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// The characters that XML itself names (XML 1.0, section 4.6).
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[derive(Default)]
struct Tree {
    done: Vec<Element>,
    open: Vec<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX || self.open.len() >= DEPTH_MAX {
            return Err(format!(
                "it has more than {ELEMENTS_MAX} elements, or is more than {DEPTH_MAX} deep"
            ));
        }
        let named = element
            .attributes()
            .flatten()
            .find(|attribute| attribute.key.local_name().as_ref() == "Name")
            .map(|attribute| attribute.value.into_owned());
        self.open.push(Element {
            name: element.local_name().as_ref().to_owned(),
            named,
            ..Element::default()
        });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        let element = Element {
            text: element.text.trim().to_owned(),
            ..element
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.done.push(element),
        }
    }

    fn finish(self) -> Result<Vec<Element>, String> {
        if self.open.is_empty() {
            Ok(self.done)
        } else {
            Err("it breaks off".to_owned())
        }
    }
}

/// Text with the characters escaped that mean something in XML.
pub(crate) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_whatever_the_prefixes() {
        let body = b"\xef\xbb\xbf<?xml version=\"1.0\"?><a:A xmlns:a=\"urn:a\"><a:B>1</a:B><b:B xmlns:b=\"x\"> 2 &amp;&#x41;<![CDATA[<]]> </b:B><C/></a:A>";
        let [root] = &documents(body).unwrap()[..] else {
            panic!("one document")
        };
        assert_eq!(root.texts("B").collect::<Vec<_>>(), ["1", "2 &A<"]);
        assert_eq!(root.number("B"), Some(1));
        assert_eq!(root.text("C"), None);
        assert!(root.child("C").is_some());
    }

    #[test]
    fn several_documents_in_one_body_are_all_read() {
        let one = "<?xml version=\"1.0\"?>\n<A><B>1</B></A>\n";
        let two = documents(format!("{one}{one}").as_bytes()).unwrap();
        assert_eq!(two.len(), 2);
    }

    #[test]
    fn odd_answers_are_refused() {
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        for body in [
            "<a>",
            "<a></b>",
            "<!DOCTYPE a><a/>",
            "<a>&b;</a>",
            &deep,
            &many,
            &" ".repeat(BYTES_MAX + 1),
        ] {
            assert!(documents(body.as_bytes()).is_err(), "{body:.40}");
        }
        assert_eq!(documents(b"").unwrap(), []);
        assert_eq!(escape("<a & 'b'>\""), "&lt;a &amp; &apos;b&apos;&gt;&quot;");
    }
}
