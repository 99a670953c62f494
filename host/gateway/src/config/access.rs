//! `[access]`, and what it means for `[listen]` and `[tls]`.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::layers::Layers;
use super::smd::BaseUrl;
use super::tls::Tls;
use crate::access::{KeysSettings, Mode, Role, RoleError, Rules, Scope, SessionTimes};

/// The file of the first token, beside the database.
pub const BOOTSTRAP_FILE: &str = "admin-token";

/// Who is let in.
#[derive(Debug, Clone)]
pub struct Access {
    /// Whether callers are asked who they are.
    pub mode: Mode,
    /// Where the first token of an installation is written.
    pub bootstrap_file: Option<PathBuf>,
    /// How signed tokens are checked; `None`: they are not taken.
    pub jwt: Option<Jwt>,
    /// Whether metrics are shown to anybody.
    pub metrics_public: bool,
    /// How long sessions at the dashboard last.
    pub sessions: SessionTimes,
    /// Whether a proxy in front of the service speaks TLS for it.
    pub behind_proxy: bool,
}

/// How signed tokens are checked.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// Where the keys come from.
    pub keys: KeysSettings,
    /// The only certificate authorities that the provider may be known by; `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// What a token has to say.
    pub rules: Rules,
}

/// A value that may be left out.
struct Optional<T>(Option<T>);

impl<T: FromStr> FromStr for Optional<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        match text {
            "" => Ok(Self(None)),
            text => text.parse().map(Some).map(Self),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Optional<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

/// An http or https URL that may be left out.
struct Url(Option<BaseUrl>);

impl FromStr for Url {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self(None)),
            text => text.parse().map(Some).map(Self),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("", BaseUrl::as_str))
    }
}

/// What a value of a claim stands for, written `value=role`.
struct RoleOf(String, Role);

impl FromStr for RoleOf {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (value, role) = text.rsplit_once('=').ok_or("write it as value=role")?;
        let role = role.trim().parse();
        let role = role.map_err(|_: RoleError| "a role is viewer, operator or admin")?;
        Ok(Self(value.trim().to_owned(), role))
    }
}

/// What a value of a claim stands for, written `value=expression`.
struct ScopeOf(String, String);

impl FromStr for ScopeOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (value, expression) = text
            .split_once('=')
            .ok_or_else(|| "write it as value=expression".to_owned())?;
        let expression = expression.trim().to_owned();
        Scope::only(vec![expression.clone()]).map_err(|error| error.to_string())?;
        Ok(Self(value.trim().to_owned(), expression))
    }
}

pub(super) fn read(layers: &mut Layers<'_>, database: &Path) -> Access {
    let mode: Optional<Mode> = layers.parsed("access.mode", Optional(None));
    let beside = database.with_file_name(BOOTSTRAP_FILE);
    let bootstrap_file = layers.path("access.bootstrap_file", &beside.display().to_string());
    let jwt = jwt(layers);
    let metrics_public = layers.parsed("access.metrics_public", false);
    let sessions = SessionTimes {
        idle: layers.seconds("access.session_idle_s", 3_600, 60..=86_400),
        whole: layers.seconds("access.session_max_s", 43_200, 300..=604_800),
    };
    let behind_proxy = layers.parsed("access.behind_proxy", false);
    // Who names an identity provider means its tokens to be asked for.
    let asked = if jwt.is_some() { Mode::Tokens } else { Mode::None };
    let mode = mode.0.unwrap_or(asked);
    if mode != Mode::Tokens && jwt.is_some() {
        layers.complain(
            "access.mode",
            &format!("access.jwks_url has no meaning while access.mode is {mode}; leave access.mode out, or set it to tokens"),
        );
    }
    Access {
        mode,
        bootstrap_file: Some(bootstrap_file),
        jwt,
        metrics_public,
        sessions,
        behind_proxy,
    }
}

fn jwt(layers: &mut Layers<'_>) -> Option<Jwt> {
    let url = layers.parsed("access.jwks_url", Url(None)).0;
    let ca_file = layers.optional_path("access.jwks_ca_file");
    let refresh = layers.seconds("access.jwks_refresh_s", 300, 10..=86_400);
    let keep = layers.seconds("access.jwks_keep_s", 86_400, 60..=604_800);
    let issuers = layers.list::<String>("access.issuers");
    let audiences = layers.list::<String>("access.audiences");
    let require_expiry = layers.parsed("access.require_expiry", true);
    let role_claim = layers.parsed("access.role_claim", "roles".to_owned());
    let role_map = layers.list::<RoleOf>("access.role_map");
    let default_role = layers.parsed("access.default_role", Optional::<Role>(None)).0;
    let scope_claim = layers.parsed("access.scope_claim", String::new());
    let scope_map = layers.list::<ScopeOf>("access.scope_map");
    if scope_claim.is_empty() && !scope_map.is_empty() {
        layers.complain("access.scope_map", "has no meaning without access.scope_claim");
    }
    if keep < refresh {
        layers.complain(
            "access.jwks_keep_s",
            "must not be shorter than access.jwks_refresh_s",
        );
    }
    let url = url?;
    Some(Jwt {
        keys: KeysSettings {
            url: url.as_str().to_owned(),
            refresh,
            keep,
        },
        ca_file,
        rules: Rules {
            issuers,
            audiences,
            require_expiry,
            role_claim,
            role_map: role_map
                .into_iter()
                .map(|RoleOf(value, role)| (value, role))
                .collect(),
            default_role,
            scope_claim,
            scope_map: scope_map
                .into_iter()
                .map(|ScopeOf(value, expression)| (value, expression))
                .collect(),
        },
    })
}

/// Refuses to be reached by others when nobody is asked who they are, or tokens could be read on the way.
pub(super) fn check_listen(layers: &mut Layers<'_>, address: SocketAddr, access: &Access, tls: Option<&Tls>) {
    if address.ip().is_loopback() {
        return;
    }
    match access.mode {
        Mode::None => layers.complain(
            "listen.address",
            &format!(
                "{address} is no loopback address, and nobody is asked for a token: whoever reaches the port could switch \
                 everything; set access.mode to tokens, or to mesh where a mesh lets in only those whom it knows"
            ),
        ),
        Mode::Tokens if tls.is_none() && !access.behind_proxy => layers.complain(
            "listen.address",
            &format!(
                "{address} is no loopback address, and tokens could be read on the way; set tls.cert_file and tls.key_file, or \
                 access.behind_proxy where a proxy speaks TLS"
            ),
        ),
        Mode::Mesh | Mode::Tokens => {}
    }
}
