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

/// The driver for a tree with the marks of one maker; nothing when there are none, or those of several. What the BMC says of itself, in its
/// root and its managers, marks a tree; the machine's manufacturer alone does not, and another one leaves the choice open.
pub(super) fn driver(pages: &Pages) -> Option<&'static str> {
    let root = pages.root();
    let mut own: Vec<String> = text(&root, "Vendor").into_iter().collect();
    own.extend(oem(&root));
    let (mut machine, mut models) = (Vec::new(), Vec::new());
    for collection in ["Systems", "Chassis", "Managers"] {
        for member in pages.members_of_root(collection).iter().take(3) {
            let Some(member) = pages.get(member) else { continue };
            let actions = member.get("Actions").and_then(|actions| actions.get("Oem"));
            models.extend(text(&member, "Model"));
            models.extend(actions.map(Value::to_string));
            if collection == "Managers" {
                own.extend(oem(&member));
            } else {
                machine.extend(text(&member, "Manufacturer"));
                models.extend(oem(&member));
            }
        }
    }
    let (own, machine) = (marks(&own), marks(&machine));
    if models.iter().any(|word| word.to_lowercase().contains(CRAY.0)) {
        let others = own.union(&machine).any(|driver| *driver != "redfish-hpe");
        return (!others).then_some(CRAY.1);
    }
    let only = own
        .iter()
        .next()
        .filter(|driver| own.len() == 1 && **driver != OPENBMC)?;
    machine.iter().all(|driver| driver == only).then_some(only)
}

/// The drivers whose marks are among these words.
fn marks(words: &[String]) -> BTreeSet<&'static str> {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let bears = |word: &String, mark: &str| {
        let mut parts = word.split(|c: char| !c.is_ascii_alphanumeric());
        parts.any(|part| part == mark) || (mark.contains(' ') && word.contains(mark))
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
