//! The files of a tree as JSON, read tolerantly and only so many.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::Value;

use crate::tree::Tree;

/// The most files that are read of one tree.
const FILES_MAX: usize = 8192;
/// The most members of one collection, and the most pages of it: what drivers read too.
const MEMBERS_MAX: usize = 256;
const PAGES_MAX: usize = 16;

/// The resources of a tree.
#[derive(Debug)]
pub(crate) struct Pages {
    tree: Tree,
    read: RefCell<BTreeMap<String, Option<Value>>>,
    left: Cell<usize>,
}

impl Pages {
    pub(crate) fn of(tree: &Tree) -> Self {
        Self {
            tree: tree.clone(),
            read: RefCell::default(),
            left: Cell::new(FILES_MAX),
        }
    }

    /// The resource at a link; nothing when there is none, or only an error in its place.
    pub(crate) fn get(&self, link: &str) -> Option<Value> {
        let path = path(link)?;
        let key = path.trim_end_matches('/').to_owned();
        if let Some(known) = self.read.borrow().get(&key) {
            return known.clone();
        }
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        let bytes = self.tree.resource(&path);
        let value = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let resource = value.filter(Value::is_object);
        self.read.borrow_mut().insert(key, resource.clone());
        resource
    }

    pub(super) fn root(&self) -> Value {
        self.get("/redfish/v1/").unwrap_or_default()
    }

    /// The members of a collection that the root names, or that lies where it always does.
    pub(super) fn members_of_root(&self, name: &str) -> Vec<String> {
        let linked = links(&self.root(), &[name]).into_iter().next();
        self.members(&linked.unwrap_or_else(|| format!("/redfish/v1/{name}")))
    }

    /// The members of a collection, each once.
    pub(super) fn members(&self, collection: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut next = Some(collection.to_owned());
        for _ in 0..PAGES_MAX {
            let Some(page) = next.take().and_then(|path| self.get(&path)) else {
                break;
            };
            for member in links(&page, &["Members"]) {
                if !found.iter().any(|known| same(known, &member)) {
                    found.push(member);
                }
            }
            next = text(&page, "Members@odata.nextLink");
        }
        found.truncate(MEMBERS_MAX);
        found
    }
}

/// The path of a link, without address and fragment.
fn path(link: &str) -> Option<String> {
    let from = match link.find("://") {
        Some(at) => link.get(at + 3..)?.find('/').map(|slash| at + 3 + slash)?,
        None => 0,
    };
    let path = link.get(from..)?.split('#').next()?.trim();
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

/// The text of a property that is not blank.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The number of a property, also where it is written as text.
pub(super) fn number(value: &Value, name: &str) -> Option<f64> {
    let value = value.get(name)?;
    let number = value
        .as_f64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))?;
    number.is_finite().then_some(number)
}

/// The links at a path of properties: one or many.
pub(super) fn links(value: &Value, names: &[&str]) -> Vec<String> {
    let mut at = value;
    for name in names {
        match at.get(name) {
            Some(inner) => at = inner,
            None => return Vec::new(),
        }
    }
    let one = |value: &Value| path(value.get("@odata.id")?.as_str()?);
    match at {
        Value::Array(many) => many.iter().filter_map(one).collect(),
        single => one(single).into_iter().collect(),
    }
}

/// Whether two paths lead to the same resource.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('/') == right.trim_end_matches('/')
}
