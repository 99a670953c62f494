//! SMD's answers, as far as they are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use switchyard_core::reservation::Reason;

/// What a query for components answers. A body without the list is no answer.
#[derive(Debug, Deserialize)]
pub(super) struct ComponentArray {
    #[serde(rename = "Components")]
    pub(super) components: Vec<Component>,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Component {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(rename = "Type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sub_role: Option<String>,
    #[serde(default, rename = "NID", skip_serializing_if = "Option::is_none")]
    pub(super) nid: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) locked: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) reservation_disabled: bool,
}

impl Component {
    /// Why it would not be reserved, as far as an administrator has said so.
    pub(super) fn lock(&self) -> Option<Reason> {
        if self.locked {
            return Some(Reason::Locked);
        }
        self.reservation_disabled.then_some(Reason::Disabled)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ComponentEndpointArray {
    #[serde(rename = "ComponentEndpoints")]
    pub(super) endpoints: Vec<ComponentEndpoint>,
}

/// How a component is reached by Redfish. Of the four descriptions of its actions it has the one of its kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ComponentEndpoint {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(rename = "OdataID", default)]
    pub(super) path: String,
    #[serde(rename = "RedfishEndpointID", default)]
    pub(super) endpoint: String,
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    #[serde(default)]
    redfish_system_info: Option<Info>,
    #[serde(default)]
    redfish_manager_info: Option<Info>,
    #[serde(default)]
    redfish_chassis_info: Option<Info>,
    #[serde(default)]
    redfish_outlet_info: Option<Info>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default, deserialize_with = "null_is_empty")]
    actions: BTreeMap<String, Value>,
}

impl ComponentEndpoint {
    /// The values that its action for power takes; none where discovery has found none.
    pub(super) fn allowable_values(&self) -> Vec<String> {
        let infos = [
            &self.redfish_system_info,
            &self.redfish_manager_info,
            &self.redfish_chassis_info,
            &self.redfish_outlet_info,
        ];
        let actions = infos.into_iter().flatten().flat_map(|info| &info.actions);
        actions
            .filter(|(name, _)| name.ends_with(".Reset") || name.ends_with(".PowerControl"))
            .filter_map(|(_, action)| action.as_object())
            .flatten()
            .filter(|(name, _)| name.ends_with("@Redfish.AllowableValues"))
            .filter_map(|(_, values)| values.as_array())
            .flatten()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RedfishEndpointArray {
    #[serde(rename = "RedfishEndpoints")]
    pub(super) endpoints: Vec<RedfishEndpoint>,
}

/// A BMC. Its password is there in clear where SMD has no Vault.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RedfishEndpoint {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(rename = "FQDN", default)]
    pub(super) fqdn: String,
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    #[serde(default)]
    pub(super) user: String,
    #[serde(default)]
    pub(super) password: String,
}

impl std::fmt::Debug for RedfishEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedfishEndpoint")
            .field("id", &self.id)
            .field("fqdn", &self.fqdn)
            .finish_non_exhaustive()
    }
}

/// What powers a component. SMD gives all of them in a bare list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PowerMap {
    pub(super) id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) powered_by: Vec<String>,
}

/// A group. SMD gives all of them in a bare list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) label: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) members: Members,
}

/// A partition. SMD gives all of them in a bare list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Partition {
    pub(super) name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) members: Members,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Members {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) ids: Vec<String>,
}

/// Go writes a list that was never filled as `null`.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
