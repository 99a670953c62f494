//! Free names and values under `settings`, for drivers.

use std::collections::BTreeMap;

use super::{Fields, Problems, Value};

/// The most settings of one table.
pub(crate) const SETTINGS_MAX: usize = 64;
/// The longest name or value of a setting, in bytes.
pub(crate) const SETTING_MAX_BYTES: usize = 1024;

/// The settings of a table. Drivers see texts: integers and truth values are written as texts too.
pub(crate) fn settings(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let Some(node) = fields.take("settings") else {
        return settings;
    };
    let Value::Table(entries) = &node.value else {
        problems.add(
            node.at,
            format!("`settings` must be a table, not {}", node.value.kind()),
        );
        return settings;
    };
    if entries.len() > SETTINGS_MAX {
        problems.add(node.at, format!("there are more than {SETTINGS_MAX} settings"));
    }
    for entry in entries {
        let value = match &entry.node.value {
            Value::Text(text) => text.clone(),
            Value::Integer(integer) => integer.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            other => {
                let complaint = format!(
                    "a setting is a text, an integer, true or false, not {}",
                    other.kind()
                );
                problems.add(entry.node.at, complaint);
                continue;
            }
        };
        if entry.key.len().max(value.len()) > SETTING_MAX_BYTES {
            problems.add(
                entry.at,
                format!("a setting has at most {SETTING_MAX_BYTES} bytes"),
            );
        }
        settings.insert(entry.key.clone(), value);
    }
    settings
}
