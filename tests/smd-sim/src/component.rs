//! Components.

use serde::{Deserialize, Serialize};

/// A component as `State/Components` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Component {
    /// The xname.
    #[serde(rename = "ID")]
    pub id: String,
    /// What it is, such as `Node`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Its state, such as `On`, `Off`, `Ready` or `Empty`.
    pub state: String,
    /// The flag beside the state.
    pub flag: String,
    /// Whether it is in service.
    pub enabled: bool,
    /// Its role, for nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The role below the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_role: Option<String>,
    /// Its node id.
    #[serde(default, rename = "NID", skip_serializing_if = "Option::is_none")]
    pub nid: Option<u64>,
    /// Its kind of network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_type: Option<String>,
    /// Its architecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// The class of its cabinet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

impl Component {
    /// A component of a river cabinet. A BMC is ready, everything else is on.
    pub fn new(id: &str, kind: &str) -> Self {
        let node = kind == "Node";
        let state = if kind.ends_with("BMC") { "Ready" } else { "On" };
        Self {
            id: id.to_owned(),
            kind: kind.to_owned(),
            state: state.to_owned(),
            flag: "OK".to_owned(),
            enabled: true,
            role: node.then(|| "Compute".to_owned()),
            sub_role: None,
            nid: None,
            net_type: Some("Sling".to_owned()),
            arch: Some(if node { "UNKNOWN" } else { "X86" }.to_owned()),
            class: Some("River".to_owned()),
        }
    }
}
