//! Logins from the environment of the process, for a laboratory: whoever may look at the process sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use switchyard_transport::{Login, LoginError, Secret};

use super::sources::Source;
use super::{Logins, PASSWORD_MAX_BYTES, USER_MAX_BYTES};
use crate::inventory::DEFAULT_CREDENTIAL;

/// What the variable of a login begins with; the name follows in capitals, with `_` for what is neither letter nor digit.
pub const LOGIN_PREFIX: &str = "SWITCHYARD_LOGIN_";

/// Logins of the environment, by the names of their variables.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentLogins(Arc<Logins>);

impl EnvironmentLogins {
    /// Reads `SWITCHYARD_LOGIN_<NAME>=USER:PASSWORD` from the environment. Gives the names of variables that are no login beside.
    pub fn read(environment: &[(String, String)]) -> (Self, Vec<String>) {
        let (mut logins, mut wrong) = (BTreeMap::new(), Vec::new());
        for (variable, value) in environment {
            let Some(name) = variable.strip_prefix(LOGIN_PREFIX) else {
                continue;
            };
            match login(value) {
                Some(login) => {
                    logins.insert(name.to_owned(), Arc::new(login));
                }
                None => wrong.push(variable.clone()),
            }
        }
        (Self(Arc::new(logins)), wrong)
    }

    /// The same with a login under the name that is used when the inventory names none.
    #[must_use]
    pub fn with_default(self, user: &str, password: &str) -> Self {
        let mut logins = (*self.0).clone();
        if let Some(login) = login(&format!("{user}:{password}")) {
            logins
                .entry(word(DEFAULT_CREDENTIAL))
                .or_insert_with(|| Arc::new(login));
        }
        Self(Arc::new(logins))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[async_trait]
impl Source for EnvironmentLogins {
    async fn find(&self, name: &str) -> Result<Option<Arc<Login>>, LoginError> {
        Ok(self.0.get(&word(name)).cloned())
    }

    fn refused(&self, _: &str) {}
}

fn login(value: &str) -> Option<Login> {
    let (user, password) = value.split_once(':')?;
    let fits =
        |text: &str, max: usize| (1..=max).contains(&text.len()) && !text.chars().any(char::is_control);
    (fits(user, USER_MAX_BYTES) && fits(password, PASSWORD_MAX_BYTES))
        .then(|| Login::new(user, Secret::new(password.to_owned())))
}

/// A name as it stands in a variable.
fn word(name: &str) -> String {
    name.chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[tokio::test]
    async fn a_variable_is_a_login() {
        let (logins, wrong) = EnvironmentLogins::read(&environment(&[
            ("SWITCHYARD_LOGIN_RACK_1", "root:a:b"),
            ("SWITCHYARD_LOGIN_X0C0S0B0", "admin:secret"),
            ("SWITCHYARD_LOGIN_EMPTY", "root:"),
            ("SWITCHYARD_LOGIN_BARE", "root"),
            ("PATH", "/bin"),
        ]));
        assert_eq!(wrong, ["SWITCHYARD_LOGIN_EMPTY", "SWITCHYARD_LOGIN_BARE"]);
        let login = logins.find("rack-1").await.unwrap().unwrap();
        assert_eq!((login.user.as_str(), login.password().expose()), ("root", "a:b"));
        assert!(logins.find("x0c0s0b0").await.unwrap().is_some());
        assert!(logins.find("default").await.unwrap().is_none());
        assert!(!format!("{logins:?}").contains("secret"));
        let logins = logins.with_default("root", "initial0");
        assert_eq!(logins.find("default").await.unwrap().unwrap().user, "root");
    }

    #[test]
    fn an_empty_default_is_no_login() {
        assert!(EnvironmentLogins::default().with_default("root", "").is_empty());
    }
}
