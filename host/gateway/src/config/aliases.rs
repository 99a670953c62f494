//! The environment of PCS: each variable stands for a setting here, or it is said why it does not.

use std::fmt;

use super::Sources;

/// What a variable of PCS means here.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// It is this setting, in this form.
    Setting(&'static str, Form),
    /// Where it is off, the variables for settings that begin so are passed over.
    Switch(&'static str),
    /// It has no setting; why.
    Nothing(&'static str),
    /// It has no setting, and where it is switched on that is an error; why.
    Refused(&'static str),
}

/// The form of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// The same.
    Same,
    /// A boolean as Go reads it (`strconv.ParseBool`).
    Boolean,
    /// Minutes there, hours here.
    MinutesAsHours,
    /// A level of logrus.
    Level,
    /// A comma-separated list.
    List,
}

use Form::{Boolean, Level, List, MinutesAsHours, Same};
use Meaning::{Nothing, Refused, Setting, Switch};

/// Whether PCS uses Vault.
const VAULT_ENABLED: &str = "VAULT_ENABLED";

/// Every variable of PCS (its flags have the same names, in small letters and with `-`).
pub(super) const ALIASES: &[(&str, Meaning)] = &[
    (
        "CRAY_VAULT_AUTH_PATH",
        Setting("credentials.vault.auth_path", Same),
    ),
    ("CRAY_VAULT_JWT_FILE", Setting("credentials.vault.jwt_file", Same)),
    (
        "CRAY_VAULT_ROLE_FILE",
        Setting("credentials.vault.role_file", Same),
    ),
    ("CRED_CACHE_DURATION", Setting("credentials.vault.cache_s", Same)),
    ("ETCD_DISABLE_SIZE_CHECKS", Nothing(NO_ETCD)),
    ("ETCD_HOST", Nothing(NO_ETCD)),
    ("ETCD_MAX_OBJECT_SIZE", Nothing(NO_ETCD)),
    ("ETCD_MAX_TRANSITION_MESSAGE_LENGTH", Nothing(NO_ETCD)),
    ("ETCD_PAGE_SIZE", Nothing(NO_ETCD)),
    ("ETCD_PORT", Nothing(NO_ETCD)),
    (
        "EXPIRE_TIME_MINS",
        Setting("engine.record_expiry_h", MinutesAsHours),
    ),
    (
        "FAKE_VAULT_ENABLED",
        Nothing(
            "put environment into credentials.sources; PCS_FAKE_VAULT_REDFISH_USER and _PASSWORD are then the default login",
        ),
    ),
    ("HSMLOCK_ENABLED", Setting("smd.reservations.enabled", Boolean)),
    ("JWKS_URL", Setting("access.jwks_url", Same)),
    ("LOG_LEVEL", Setting("log.level", Level)),
    ("MAX_NUM_COMPLETED", Setting("pcs.max_num_completed", Same)),
    ("OAUTH2_CLIENT_ID", Setting("smd.oauth2.client_id", Same)),
    ("OAUTH2_CLIENT_SECRET", Setting("smd.oauth2.client_secret", Same)),
    ("OAUTH2_SCOPES", Setting("smd.oauth2.scopes", List)),
    ("OAUTH2_TOKEN_URL", Setting("smd.oauth2.token_url", Same)),
    (
        "PCS_BASE_TRS_TASK_TIMEOUT",
        Nothing("a request to a BMC is bounded by engine.read_timeout_s and engine.change_timeout_s"),
    ),
    (
        "PCS_CA_URI",
        Nothing(
            "each controller of the inventory says how its certificate is checked; smd.controllers.ca_file does so for those of SMD",
        ),
    ),
    (
        "PCS_DISTLOCK_TIMEOUT",
        Nothing("one process has the database; there is no lock that could time out"),
    ),
    ("PCS_JWKS_URL", Setting("access.jwks_url", Same)),
    (
        "PCS_LOG_INSECURE_FAILOVER",
        Nothing("a certificate that does not fit is never passed over, so that there is nothing to log"),
    ),
    (
        "PCS_MAX_IDLE_CONNS",
        Nothing("connections to BMCs are bounded by the service itself"),
    ),
    (
        "PCS_MAX_IDLE_CONNS_PER_HOST",
        Nothing("each controller of the inventory says how many requests it takes at once"),
    ),
    ("PCS_POWER_SAMPLE_INTERVAL", Setting("poller.interval_s", Same)),
    (
        "PCS_STATUS_HTTP_RETRIES",
        Nothing("a reading is repeated at the next interval; a BMC that does not answer is left alone"),
    ),
    ("PCS_STATUS_TIMEOUT", Setting("engine.read_timeout_s", Same)),
    ("PCS_VAULT_CA_CHAIN_PATH", Nothing(NO_PKI)),
    ("PCS_VAULT_PKI_BASE", Nothing(NO_PKI)),
    ("PCS_VAULT_PKI_PATH", Nothing(NO_PKI)),
    ("POSTGRES_DBNAME", Nothing(NO_POSTGRES)),
    ("POSTGRES_HOST", Nothing(NO_POSTGRES)),
    ("POSTGRES_INSECURE", Nothing(NO_POSTGRES)),
    ("POSTGRES_OPTS", Nothing(NO_POSTGRES)),
    ("POSTGRES_PASSWORD", Nothing(NO_POSTGRES)),
    ("POSTGRES_PORT", Nothing(NO_POSTGRES)),
    ("POSTGRES_RETRY_COUNT", Nothing(NO_POSTGRES)),
    ("POSTGRES_RETRY_WAIT", Nothing(NO_POSTGRES)),
    ("POSTGRES_USER", Nothing(NO_POSTGRES)),
    (
        "SERVICE_RESERVATION_VERBOSITY",
        Nothing("use log.level, such as info,switchyard_gateway::smd=debug"),
    ),
    ("SMS_SERVER", Setting("smd.url", Same)),
    (
        "STORAGE",
        Nothing("records are kept in one SQLite file, store.path, with nothing beside"),
    ),
    (
        "TRS_IMPLEMENTATION",
        Nothing("requests are always made by the service itself; there is no Kafka"),
    ),
    ("VAULT_ADDR", Setting("credentials.vault.address", Same)),
    ("VAULT_CACERT", Setting("credentials.vault.ca_file", Same)),
    (VAULT_ENABLED, Switch("credentials.vault.")),
    ("VAULT_KEYPATH", Setting("credentials.vault.keypath", Same)),
    ("VAULT_NAMESPACE", Setting("credentials.vault.namespace", Same)),
    (
        "VAULT_SKIP_VERIFY",
        Refused(
            "whoever is in the way could read every password; name the authority with credentials.vault.ca_file",
        ),
    ),
    ("VAULT_TOKEN", Setting("credentials.vault.token", Same)),
];

const NO_ETCD: &str =
    "records are kept in one SQLite file, store.path; there is no etcd and no limit of its own";
const NO_POSTGRES: &str =
    "records are kept in one SQLite file, store.path; there is no PostgreSQL to connect to";
const NO_PKI: &str = "certificates are checked by the authorities in files; see the tls keys of the inventory and smd.controllers.ca_file";

/// The variables of PCS in an environment, as settings here.
#[derive(Default)]
pub(super) struct Aliases {
    /// Setting, name of the variable, value in the form of the setting.
    pub(super) settings: Vec<(&'static str, &'static str, String)>,
    /// What has no setting here, one line each.
    pub(super) warnings: Vec<String>,
    /// What cannot be taken, one line each.
    pub(super) complaints: Vec<String>,
}

/// By names alone: the values may be tokens.
impl fmt::Debug for Aliases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.settings.iter().map(|(_, name, _)| *name).collect();
        f.debug_struct("Aliases")
            .field("settings", &names)
            .finish_non_exhaustive()
    }
}

impl Aliases {
    /// Empty values count as not set, as with PCS.
    pub(super) fn of(sources: &Sources) -> Self {
        let (mut found, mut off) = (Self::default(), Vec::new());
        for &(name, meaning) in ALIASES {
            let value = sources.environment.iter().find(|(known, _)| known == name);
            let Some((_, value)) = value.filter(|(_, value)| !value.is_empty()) else {
                continue;
            };
            match meaning {
                Setting(setting, form) => match form.translate(value) {
                    Ok(value) => found.settings.push((setting, name, value)),
                    Err(why) => found
                        .complaints
                        .push(format!("{name}: {value:?} cannot be taken: {why}")),
                },
                Switch(prefix) if boolean(value) == Some(false) => off.push(prefix),
                Nothing(why) => found.warnings.push(format!("{name} is not used: {why}")),
                Refused(why) if boolean(value) != Some(false) => {
                    found.complaints.push(format!("{name} is refused: {why}"));
                }
                Switch(_) | Refused(_) => {}
            }
        }
        let is_off = |setting: &str| off.iter().any(|prefix| setting.starts_with(prefix));
        found.settings.retain(|(setting, ..)| !is_off(setting));
        found
    }
}

impl Form {
    fn translate(self, value: &str) -> Result<String, &'static str> {
        match self {
            Same | List => Ok(value.to_owned()),
            Boolean => boolean(value)
                .map(|value| value.to_string())
                .ok_or("a boolean is 1, t, true, 0, f or false"),
            MinutesAsHours => {
                let minutes: u64 = value
                    .parse()
                    .map_err(|_| "it must be a whole number of minutes")?;
                Ok(minutes.div_ceil(60).to_string())
            }
            Level => match value.to_ascii_lowercase().as_str() {
                "panic" | "fatal" => Ok("error".to_owned()),
                "warning" => Ok("warn".to_owned()),
                level @ ("error" | "warn" | "info" | "debug" | "trace") => Ok(level.to_owned()),
                _ => Err("it must be trace, debug, info, warning, error, fatal or panic"),
            },
        }
    }
}

/// A boolean as Go's `strconv.ParseBool` reads it.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_stand_in_order_and_once() {
        let names: Vec<_> = ALIASES.iter().map(|(name, _)| *name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    #[test]
    fn nothing_of_the_environment_is_shown_but_its_names() {
        let sources = Sources {
            environment: vec![
                ("VAULT_TOKEN".to_owned(), "hvs.secret".to_owned()),
                ("SWITCHYARD_LOGIN_DEFAULT".to_owned(), "root:secret".to_owned()),
            ],
            flags: vec![super::super::Flag {
                flag: "--set".to_owned(),
                setting: "credentials.vault.token".to_owned(),
                value: "hvs.secret".to_owned(),
            }],
            ..Sources::default()
        };
        let shown = format!("{sources:?} {:?}", Aliases::of(&sources));
        assert!(!shown.contains("secret"), "{shown}");
        for name in ["VAULT_TOKEN", "SWITCHYARD_LOGIN_DEFAULT", "--set"] {
            assert!(shown.contains(name), "{shown}");
        }
    }

    #[test]
    fn values_are_taken_as_go_takes_them() {
        let taken = |form: Form, value| form.translate(value).ok();
        assert_eq!(taken(Boolean, "T").as_deref(), Some("true"));
        assert_eq!(taken(Boolean, "0").as_deref(), Some("false"));
        assert_eq!(taken(Boolean, "yes"), None);
        assert_eq!(taken(MinutesAsHours, "1440").as_deref(), Some("24"));
        assert_eq!(taken(MinutesAsHours, "61").as_deref(), Some("2"));
        assert_eq!(taken(Level, "Warning").as_deref(), Some("warn"));
        assert_eq!(taken(Level, "loud"), None);
    }
}
