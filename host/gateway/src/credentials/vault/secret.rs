//! A secret as PCS's tools write it: `Xname`, `URL`, `Username`, `Password`, `SNMPAuthPass`, `SNMPPrivPass`.
//!
//! Names of fields are taken in any case, as the Go programs do that write them. What is not needed is passed over; the passwords for
//! SNMP are, since nothing here speaks SNMP.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use switchyard_transport::{Login, Secret};

use super::error::Failed;
use crate::credentials::{PASSWORD_MAX_BYTES, USER_MAX_BYTES};

/// The answer of KV version 1.
#[derive(Deserialize)]
struct First {
    data: Option<Fields>,
}

/// The answer of KV version 2.
#[derive(Deserialize)]
struct Second {
    data: Option<SecondData>,
}

#[derive(Deserialize)]
struct SecondData {
    data: Option<Fields>,
}

/// The fields that are used.
#[derive(Default)]
struct Fields {
    user: Option<String>,
    password: Option<Secret>,
    bmc_key: Option<Secret>,
}

/// The version of the engine that keeps the secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// KV version 1, as with PCS.
    One,
    /// KV version 2, which keeps former values.
    Two,
}

/// The login in an answer; nothing when the secret was deleted.
pub(super) fn login(body: &[u8], version: Version, name: &str) -> Result<Option<Login>, Failed> {
    // The words of the parser may repeat what it could not read.
    let malformed = |_| Failed::Malformed("it holds no secret of this version of the KV engine");
    let fields = match version {
        Version::One => serde_json::from_slice::<First>(body).map_err(malformed)?.data,
        Version::Two => serde_json::from_slice::<Second>(body)
            .map_err(malformed)?
            .data
            .and_then(|data| data.data),
    };
    fields.map(|fields| fields.into_login(name)).transpose()
}

impl Fields {
    fn into_login(self, name: &str) -> Result<Login, Failed> {
        let unusable = |what| Failed::Unusable(format!("the secret {name} in Vault has {what}"));
        let user = self.user.filter(|user| !user.is_empty());
        let user = user.ok_or_else(|| unusable("no Username"))?;
        if user.len() > USER_MAX_BYTES || user.chars().any(char::is_control) {
            return Err(unusable("a Username that no BMC takes"));
        }
        let password = self.password.filter(|password| !password.expose().is_empty());
        let password = password.ok_or_else(|| unusable("no Password"))?;
        if password.expose().len() > PASSWORD_MAX_BYTES || password.expose().chars().any(char::is_control) {
            return Err(unusable("a Password that no BMC takes"));
        }
        let login = Login::new(user, password);
        let bmc_key = self.bmc_key.filter(|key| !key.expose().is_empty());
        Ok(match bmc_key {
            Some(key) => login.with_bmc_key(key),
            None => login,
        })
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.to_ascii_lowercase().as_str() {
                        "username" => fields.user = map.next_value()?,
                        "password" => fields.password = map.next_value::<Option<String>>()?.map(Secret::new),
                        "bmckey" => fields.bmc_key = map.next_value::<Option<String>>()?.map(Secret::new),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"{"request_id":"r","lease_duration":2764800,"data":{"Xname":"x0c0s0b0","URL":"x0c0s0b0/redfish/v1",
        "Username":"root","Password":"initial0","SNMPAuthPass":"","SNMPPrivPass":""}}"#;

    #[test]
    fn a_secret_of_pcs_is_a_login() {
        let read = login(FIRST.as_bytes(), Version::One, "x0c0s0b0")
            .unwrap()
            .unwrap();
        assert_eq!(
            (read.user.as_str(), read.password().expose()),
            ("root", "initial0")
        );
        let second = format!(
            r#"{{"data":{{"data":{},"metadata":{{"version":3}}}}}}"#,
            r#"{"username":"root","PASSWORD":"two","BmcKey":"0x1234"}"#
        );
        let read = login(second.as_bytes(), Version::Two, "x0c0s0b0")
            .unwrap()
            .unwrap();
        assert_eq!(read.password().expose(), "two");
        assert_eq!(read.bmc_key().unwrap().expose(), "0x1234");
    }

    #[test]
    fn a_deleted_secret_is_none() {
        let deleted = br#"{"data":{"data":null,"metadata":{"deletion_time":"2026-01-01T00:00:00Z"}}}"#;
        assert!(login(deleted, Version::Two, "a").unwrap().is_none());
    }

    #[test]
    fn an_empty_password_is_never_a_login() {
        for (fields, what) in [
            (r#"{"Username":"root","Password":""}"#, "no Password"),
            (r#"{"Username":"root","Password":null}"#, "no Password"),
            (r#"{"Username":"root"}"#, "no Password"),
            (r#"{"Username":"","Password":"a"}"#, "no Username"),
            (
                r#"{"Username":"root","Password":"a\nb"}"#,
                "a Password that no BMC takes",
            ),
            ("{}", "no Username"),
        ] {
            let body = format!(r#"{{"data":{fields}}}"#);
            let error = login(body.as_bytes(), Version::One, "x0c0s0b0").unwrap_err();
            assert_eq!(
                error,
                Failed::Unusable(format!("the secret x0c0s0b0 in Vault has {what}"))
            );
        }
    }

    #[test]
    fn what_is_no_secret_is_named_without_its_words() {
        for body in [r#"{"data":{"Password":{"hunter2":1}}}"#, "hunter2", "[]"] {
            let error = login(body.as_bytes(), Version::One, "a").unwrap_err();
            assert!(matches!(error, Failed::Malformed(_)) && !error.to_string().contains("hunter2"));
        }
        // The other version of the engine is told from an empty secret.
        assert!(matches!(login(FIRST.as_bytes(), Version::Two, "a"), Ok(None)));
    }
}
