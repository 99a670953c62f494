//! Takes what opens doors out of a document.

use serde_json::Value;

/// What stands in place of a secret.
const REDACTED: &str = "(redacted)";
/// How the names of properties end that hold secrets, in lower case and without anything but letters and digits. Their values are null by
/// the Redfish schemas; some BMCs give them all the same.
const ENDS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secretkey",
    "token",
    "privatekey",
    "privacykey",
    "authenticationkey",
    "encryptionkey",
    "communitystring",
    "communitystrings",
    "sessionkey",
    "cookie",
];

/// Replaces every text below a property that is named like a secret, however deep. Numbers and truth values are settings of policy, and
/// stay.
pub(super) fn secrets(document: &mut Value) {
    match document {
        Value::Object(properties) => {
            for (name, value) in properties {
                if is_secret(name) {
                    blot(value);
                } else {
                    secrets(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(secrets),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a property is named like a secret. What follows an `@` says something about a property, and is none.
fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    !name.contains('@') && ENDS.iter().any(|end| plain.ends_with(end))
}

/// Replaces every text, but for links and empty ones.
fn blot(value: &mut Value) {
    match value {
        Value::String(text) if !text.is_empty() => REDACTED.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(blot),
        Value::Object(properties) => {
            for (name, value) in properties {
                if !name.starts_with("@odata.") {
                    blot(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_opens_doors_is_not_shown() {
        let mut account = json!({
            "@odata.id": "/redfish/v1/AccountService/Accounts/1",
            "UserName": "root",
            "Password": "calvin",
            "PasswordChangeRequired": false,
            "MinPasswordLength": 8,
            "Oem": { "Vendor": { "AuthToken": "f00", "X-Auth-Token": "ba5", "SNMP": { "CommunityStrings": [{ "CommunityString": "public" }] } } },
            "LDAP": { "Authentication": { "Username": "bind", "Password": null, "EncryptionKey": "" } },
            "Keys": [{ "PrivateKey": { "@odata.id": "/redfish/v1/k", "PEM": "-----BEGIN" } }],
        });
        secrets(&mut account);
        assert_eq!(
            account,
            json!({
                "@odata.id": "/redfish/v1/AccountService/Accounts/1",
                "UserName": "root",
                "Password": REDACTED,
                "PasswordChangeRequired": false,
                "MinPasswordLength": 8,
                "Oem": { "Vendor": { "AuthToken": REDACTED, "X-Auth-Token": REDACTED, "SNMP": { "CommunityStrings": [{ "CommunityString": REDACTED }] } } },
                "LDAP": { "Authentication": { "Username": "bind", "Password": null, "EncryptionKey": "" } },
                "Keys": [{ "PrivateKey": { "@odata.id": "/redfish/v1/k", "PEM": REDACTED } }],
            })
        );
    }
}
