//! Logins for controllers, and the secret type that never shows itself.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use switchyard_core::ControllerId;
use zeroize::Zeroizing;

/// A text that is wiped from memory when dropped and never appears in debug output.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Keep what is made of it as short-lived as possible.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// A user with a password.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user's name at the controller.
    pub user: String,
    password: Secret,
    bmc_key: Option<Secret>,
    version: LoginVersion,
}

/// Tells one login from another within this process, and nothing about either: the key under which it is made lives and dies with the
/// process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginVersion(u64);

impl LoginVersion {
    fn of(user: &str, password: &Secret, bmc_key: Option<&Secret>) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(KEY.hash_one((user, password.expose(), bmc_key.map(Secret::expose))))
    }
}

/// Why no login can be handed out.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No credential has this name.
    #[error(
        "no credential {0:?} is known; add it with `switchyardd credentials set NAME --user USER`, or correct the name in the inventory"
    )]
    Unknown(String),
    /// The place where credentials are kept does not answer.
    #[error("the credentials cannot be read now: {0}")]
    Unavailable(String),
    /// What is kept under this name is no login.
    #[error("the credential {name:?} cannot be used: {why}")]
    Unusable {
        /// The credential.
        name: String,
        /// Why.
        why: String,
    },
    /// HTTP basic authentication cannot carry this login (RFC 7617, section 2).
    #[error(
        "the credential {0:?} cannot be used for HTTP basic authentication: its user holds ':' or a control character"
    )]
    NotBasic(String),
    /// HTTP digest authentication cannot carry this login, or cannot be made now.
    #[error("the credential {name:?} cannot be used for HTTP digest authentication: {why}")]
    NotDigest {
        /// The credential.
        name: String,
        /// Why.
        why: String,
    },
}

impl Login {
    /// A login of `user` with `password`.
    pub fn new(user: impl Into<String>, password: Secret) -> Self {
        let user = user.into();
        let version = LoginVersion::of(&user, &password, None);
        Self {
            user,
            password,
            bmc_key: None,
            version,
        }
    }

    /// The password.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// The same login for an IPMI BMC with a key of its own (K<sub>g</sub>; IPMI 2.0, section 13.33).
    #[must_use]
    pub fn with_bmc_key(self, bmc_key: Secret) -> Self {
        Self {
            version: LoginVersion::of(&self.user, &self.password, Some(&bmc_key)),
            bmc_key: Some(bmc_key),
            ..self
        }
    }

    /// The key of the BMC itself, where it has one.
    pub fn bmc_key(&self) -> Option<&Secret> {
        self.bmc_key.as_ref()
    }

    /// What tells it from another.
    pub const fn version(&self) -> LoginVersion {
        self.version
    }

    /// The value of the `Authorization` header (RFC 7617), marked as sensitive.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        if self.user.contains(':') || self.user.chars().any(char::is_control) {
            return None;
        }
        let plain = Zeroizing::new(format!("{}:{}", self.user, self.password.expose()));
        let mut text = Zeroizing::new(String::from("Basic "));
        STANDARD.encode_string(plain.as_bytes(), &mut text);
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// A login that is being fetched.
pub type LoginFuture<'a> = Pin<Box<dyn Future<Output = Result<Arc<Login>, LoginError>> + Send + 'a>>;

/// Where logins come from. Implementations cache: a login is asked for before every request.
pub trait Credentials: Send + Sync {
    /// The login for `controller`, kept under the name `credential`.
    fn login<'a>(&'a self, controller: &'a ControllerId, credential: &'a str) -> LoginFuture<'a>;

    /// The controller has refused the login: what is cached of it is looked up anew before it is handed out again.
    fn refused(&self, _controller: &ControllerId, _credential: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_itself() {
        let login = Login::new("root", Secret::new("hunter2".into()));
        assert!(!format!("{login:?} {:?}", login.basic()).contains("hunter2"));
        assert!(!format!("{:?}", login.basic()).contains("cm9vd"));
        assert_eq!(login.basic().unwrap().to_str().unwrap(), "Basic cm9vdDpodW50ZXIy");
    }

    #[test]
    fn another_password_is_another_version() {
        let login = |user, password: &str| Login::new(user, Secret::new(password.into())).version();
        assert_eq!(login("root", "a"), login("root", "a"));
        assert_ne!(login("root", "a"), login("root", "b"));
        assert_ne!(login("root", "a"), login("admin", "a"));
        let keyed = Login::new("root", Secret::new("a".into())).with_bmc_key(Secret::new("k".into()));
        assert_ne!(login("root", "a"), keyed.version());
    }

    #[test]
    fn a_user_with_a_colon_has_no_basic_form() {
        assert!(Login::new("a:b", Secret::new("x".into())).basic().is_none());
    }
}
