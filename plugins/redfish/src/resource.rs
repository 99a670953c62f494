//! A resource as JSON, read tolerantly: what is missing, null or of another type is simply not there.

use serde_json::Value;

/// A Redfish resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource(Value);

impl Resource {
    /// Wraps a JSON value.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value at a path of property names.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let value = path.iter().try_fold(&self.0, |value, name| value.get(name))?;
        (!value.is_null()).then_some(value)
    }

    /// The text at a path, unless it is blank.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The number at a path: also one that is written as text, as some makers do.
    pub fn number(&self, path: &[&str]) -> Option<f64> {
        let value = self.at(path)?;
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        number.filter(|number: &f64| number.is_finite())
    }

    /// The switch at a path.
    pub fn flag(&self, path: &[&str]) -> Option<bool> {
        self.at(path)?.as_bool()
    }

    /// The objects of the array at `path`, each as a resource of its own, `None` where an element is no object.
    pub fn elements(&self, path: &[&str]) -> Vec<Option<Self>> {
        let elements = self.at(path).and_then(Value::as_array);
        let object = |value: &Value| value.is_object().then(|| Self(value.clone()));
        elements.into_iter().flatten().map(object).collect()
    }

    /// The names of the properties of the object at `path`.
    pub fn names(&self, path: &[&str]) -> Vec<&str> {
        let object = self.at(path).and_then(Value::as_object);
        object
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The path that the link at `path` leads to.
    pub fn link(&self, path: &[&str]) -> Option<String> {
        link_of(self.at(path)?)
    }

    /// The paths that the links at `path` lead to: an array of links, or one link where an array should be.
    pub fn links(&self, path: &[&str]) -> Vec<String> {
        match self.at(path) {
            Some(Value::Array(links)) => links.iter().filter_map(link_of).collect(),
            Some(link) => link_of(link).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The elements of the array at `path` that are no link.
    pub fn strays(&self, path: &[&str]) -> usize {
        match self.at(path) {
            Some(Value::Array(links)) => links.iter().filter(|link| link_of(link).is_none()).count(),
            _ => 0,
        }
    }

    /// The texts of the array at `path`.
    pub fn texts(&self, path: &[&str]) -> Option<Vec<String>> {
        let values = self.at(path)?.as_array()?;
        Some(
            values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }
}

fn link_of(value: &Value) -> Option<String> {
    value.get("@odata.id").and_then(Value::as_str).and_then(path_of)
}

/// The path of a link: scheme and authority of an absolute URL and the fragment are dropped, since the host alone knows the address.
pub fn path_of(link: &str) -> Option<String> {
    let link = link.trim();
    let path = match link.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)),
        None => Some(link),
    }?;
    let path = path.split('#').next()?;
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lose_address_and_fragment() {
        assert_eq!(
            path_of("/redfish/v1/Systems/1").as_deref(),
            Some("/redfish/v1/Systems/1")
        );
        assert_eq!(
            path_of("https://bmc/redfish/v1/TaskService/Tasks/3").as_deref(),
            Some("/redfish/v1/TaskService/Tasks/3")
        );
        assert_eq!(
            path_of("/redfish/v1/Chassis/1#/Power/0").as_deref(),
            Some("/redfish/v1/Chassis/1")
        );
        assert_eq!(path_of("https://bmc"), None);
        assert_eq!(path_of("//bmc/redfish"), None);
        assert_eq!(path_of(""), None);
    }

    #[test]
    fn odd_members_are_not_there() {
        let odd = |json: &str| Resource::new(serde_json::from_str(json).unwrap());
        assert!(odd(r#"{"Members": null}"#).links(&["Members"]).is_empty());
        assert!(odd(r#"{"Members": 7}"#).links(&["Members"]).is_empty());
        let mixed = odd(r#"{"Members": [{"@odata.id": "/a"}, {}, "x", {"@odata.id": null}]}"#);
        assert_eq!(mixed.links(&["Members"]), ["/a"]);
        assert_eq!(mixed.strays(&["Members"]), 3);
        assert_eq!(odd(r#"{"Model": "  "}"#).text(&["Model"]), None);
        let watts = odd(r#"{"Int": 5, "Float": 5.5, "Text": " 250 ", "Odd": {}, "None": null}"#);
        let number = |name| watts.number(&[name]);
        assert_eq!(
            (
                number("Int"),
                number("Float"),
                number("Text"),
                number("Odd"),
                number("None")
            ),
            (Some(5.0), Some(5.5), Some(250.0), None, None)
        );
    }
}
