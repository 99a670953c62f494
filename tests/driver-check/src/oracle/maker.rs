//! The maker that a tree bears the marks of.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pages::{Pages, text};

/// What makers write, in lower case, and the embedded driver for them.
const MARKS: [(&str, &str); 13] = [
    ("dell", "redfish-dell"),
    ("hpe", "redfish-hpe"),
    ("hewlett", "redfish-hpe"),
    ("lenovo", "redfish-lenovo"),
    ("supermicro", "redfish-supermicro"),
    ("super micro", "redfish-supermicro"),
    ("ami", "redfish-ami"),
    ("american megatrends", "redfish-ami"),
    ("gigabyte", "redfish-ami"),
    ("intel", "redfish-intel"),
    ("nvidia", "redfish-nvidia"),
    ("openbmc", "redfish-openbmc"),
    ("server technology", "redfish-servertech"),
];
/// The family of BMCs that says HPE too, and its driver.
const CRAY: (&str, &str) = ("cray", "redfish-cray");
/// The driver for firmware that others build upon: any other mark beside it leaves the choice open.
const OPENBMC: &str = "redfish-openbmc";

/// The driver for a tree with the marks of one maker; nothing when there are none, or those of several.
pub(super) fn driver(pages: &Pages) -> Option<&'static str> {
    let root = pages.root();
    let mut words: Vec<String> = text(&root, "Vendor").into_iter().collect();
    words.extend(oem(&root));
    let mut models = Vec::new();
    for collection in ["Systems", "Chassis", "Managers"] {
        for member in pages.members_of_root(collection).iter().take(3) {
            let Some(member) = pages.get(member) else { continue };
            models.extend(text(&member, "Model"));
            models.extend(
                member
                    .get("Actions")
                    .and_then(|actions| actions.get("Oem"))
                    .map(Value::to_string),
            );
            models.extend(oem(&member));
            if collection != "Managers" {
                words.extend(text(&member, "Manufacturer"));
            }
            words.extend(oem(&member));
        }
    }
    let lower = |words: &[String]| -> Vec<String> { words.iter().map(|word| word.to_lowercase()).collect() };
    let (words, models) = (lower(&words), lower(&models));
    if models.iter().chain(&words).any(|word| word.contains(CRAY.0)) {
        let others = marks(&words);
        return others
            .iter()
            .all(|driver| *driver == "redfish-hpe")
            .then_some(CRAY.1);
    }
    let found = marks(&words);
    let mut found = found.iter();
    match (found.next(), found.next()) {
        (Some(only), None) if *only != OPENBMC => Some(only),
        _ => None,
    }
}

fn marks(words: &[String]) -> BTreeSet<&'static str> {
    let bears = |word: &String, mark: &str| match mark.len() {
        // A short mark is a word of its own.
        0..=3 => word
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| part == mark),
        _ => word.contains(mark),
    };
    let marked = MARKS
        .iter()
        .filter(|(mark, _)| words.iter().any(|word| bears(word, mark)));
    marked.map(|(_, driver)| *driver).collect()
}

fn oem(resource: &Value) -> Vec<String> {
    let keys = resource.get("Oem").and_then(Value::as_object);
    let keys = keys.into_iter().flatten().map(|(key, _)| key.clone());
    keys.filter(|key| !key.contains('@')).collect()
}
