//! How the service is set up: file, then environment, then flags, each stronger than the one before.
//!
//! [`Config::load`] gives typed values and, for `switchyardd config check`, one [`Row`] per setting with its origin. Unknown
//! settings are errors wherever they come from.

pub mod access;
mod aliases;
pub mod credentials;
mod drivers;
mod guards;
mod layers;
mod limits;
mod pcs;
mod reservations;
pub mod smd;
mod stagger;
mod store;
mod tls;
mod webhooks;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use switchyard_core::admission::START_WITHIN_DEFAULT;
use switchyard_transport::Timeouts;

pub use crate::credentials::KeySource;
use crate::document::{self, Document};
pub use access::Access;
pub use credentials::{Credentials, SourceName};
pub use drivers::Drivers;
pub use guards::Guards;
use layers::Layers;
pub use layers::{ENVIRONMENT_PREFIX, Flag, Origin, Row};
pub use limits::Limits;
pub use pcs::{Pcs, Prefix};
pub use reservations::Reservations;
pub use smd::Smd;
pub use stagger::StaggerGroup;
pub use store::{Backup, Store};
pub use tls::Tls;
pub use webhooks::{Callbacks, Webhook};

/// The configuration file that is read when no other is named. It need not exist.
pub const DEFAULT_FILE: &str = "/etc/switchyard/switchyard.toml";
/// Where the service listens unless it is told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 28007);

/// Where settings come from besides their defaults.
#[derive(Default)]
pub struct Sources {
    /// The file that was named. Unlike [`DEFAULT_FILE`] it must exist.
    pub file: Option<PathBuf>,
    /// The environment of the process; of variables that do not begin with [`ENVIRONMENT_PREFIX`], those of PCS count.
    pub environment: Vec<(String, String)>,
    /// What was given on the command line.
    pub flags: Vec<Flag>,
    /// The folder of systemd's credentials (`$CREDENTIALS_DIRECTORY`).
    pub credentials_directory: Option<PathBuf>,
}

/// By names alone: the environment holds tokens and passwords.
impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.environment.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("environment", &names)
            .field("flags", &self.flags)
            .field("credentials_directory", &self.credentials_directory)
            .finish()
    }
}

impl Sources {
    /// The process's own environment, with the file and flags of its command line.
    pub fn of_process(file: Option<PathBuf>, flags: Vec<Flag>) -> Self {
        // A variable that is no UTF-8 keeps its name, and its value is complained about if it is a setting.
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        let credentials_directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self {
            file,
            environment,
            flags,
            credentials_directory,
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read, or is not written in TOML.
    #[error("the configuration cannot be read")]
    File(#[from] document::Error),
    /// Settings are wrong; one line of text for each, and for each warning.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

/// The configuration with the origin of every value.
#[derive(Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Every setting in the order of the documentation.
    pub rows: Vec<Row>,
    /// What an operator should know of it, one line each.
    pub warnings: Vec<String>,
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[listen]`
    pub listen: Listen,
    /// `[access]`
    pub access: Access,
    /// `[tls]`; `None`: HTTP without it.
    pub tls: Option<Tls>,
    /// `[store]`
    pub store: Store,
    /// `[backup]`
    pub backup: Backup,
    /// `[inventory]`
    pub inventory: InventoryFile,
    /// `[credentials]`
    pub credentials: Credentials,
    /// `[engine]`
    pub engine: Engine,
    /// `[limits]`
    pub limits: Limits,
    /// `[pcs]`
    pub pcs: Pcs,
    /// `[poller]`
    pub poller: Poller,
    /// `[[stagger]]`
    pub stagger: Vec<StaggerGroup>,
    /// `[limits]` and `[protect]`
    pub guards: Guards,
    /// `[smd]`
    pub smd: Smd,
    /// `[smd.reservations]`
    pub reservations: Reservations,
    /// `[drivers]`
    pub drivers: Drivers,
    /// `[[webhooks]]`
    pub webhooks: Vec<Webhook>,
    /// `[callbacks]`
    pub callbacks: Callbacks,
    /// `[log]`
    pub log: Log,
}

/// Where the API is served.
#[derive(Debug, Clone)]
pub struct Listen {
    /// A loopback address, unless `[access]` says who is let in.
    pub address: SocketAddr,
}

/// What there is to switch.
#[derive(Debug, Clone)]
pub struct InventoryFile {
    /// The inventory, in TOML or JSON.
    pub file: PathBuf,
}

/// How tasks are worked on.
#[derive(Debug, Clone)]
pub struct Engine {
    /// How long a task may wait for its turn before it ends unsent.
    pub start_within: Duration,
    /// How long v1 shows a transition after its end.
    pub record_expiry: Duration,
    /// How long the answer to a change is awaited.
    pub change_timeout: Duration,
    /// How long the answer to a read is awaited.
    pub read_timeout: Duration,
    /// How long connecting may take, with the TLS handshake.
    pub connect_timeout: Duration,
    /// What the usual and longest times of drivers are scaled by, in percent.
    pub patience_percent: u32,
    /// The most tasks that move at once; those that wait, or whose BMC is slow, do not count.
    pub tasks_moving: usize,
}

impl Engine {
    /// The timeouts of every controller.
    pub fn timeouts(&self) -> Timeouts {
        Timeouts {
            connect: self.connect_timeout,
            read: self.read_timeout,
            change: self.change_timeout,
        }
    }
}

/// How states are kept fresh while nothing is asked for.
#[derive(Debug, Clone)]
pub struct Poller {
    /// Whether states are read at all without a task.
    pub enabled: bool,
    /// The time between two readings of a component.
    pub interval: Duration,
    /// The most readings in flight over all controllers.
    pub in_flight: usize,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// The form.
    pub format: LogFormat,
    /// A level or a filter of `tracing-subscriber`, such as `info` or `info,switchyard_gateway=debug`.
    pub level: String,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object per line.
    Json,
    /// Lines for people.
    Text,
}

impl std::str::FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("must be auto, json or text"),
        }
    }
}

impl std::fmt::Display for LogFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Json => "json",
            Self::Text => "text",
        })
    }
}

impl Config {
    /// Reads all sources. Blocks. Fails with all mistakes at once, each with its place.
    pub fn load(sources: &Sources) -> Result<Loaded, Error> {
        let document = match &sources.file {
            Some(path) => Some(Document::read(path)?),
            None => match Document::read(Path::new(DEFAULT_FILE)) {
                Ok(document) => Some(document),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error.into()),
            },
        };
        let path = sources.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
        let mut layers = Layers::new(path, document.as_ref(), sources);
        let config = Self::of(&mut layers, sources);
        layers
            .finish()
            .map(|(rows, warnings)| Loaded {
                config,
                rows,
                warnings,
            })
            .map_err(Error::Invalid)
    }

    /// Takes every setting from the layers, which note what is wrong.
    fn of(layers: &mut Layers<'_>, sources: &Sources) -> Self {
        let listen = Listen {
            address: layers.parsed("listen.address", DEFAULT_LISTEN),
        };
        let tls = tls::read(layers);
        let store = store::read(layers);
        let access = access::read(layers, &store.path);
        access::check_listen(layers, listen.address, &access, tls.as_ref());
        Self {
            listen,
            access,
            tls,
            inventory: InventoryFile {
                file: layers.path("inventory.file", "/etc/switchyard/inventory.toml"),
            },
            credentials: credentials::read(layers, sources),
            engine: engine(layers),
            limits: limits::read(layers),
            pcs: pcs::read(layers),
            poller: poller(layers),
            stagger: stagger::groups(layers),
            guards: guards::read(layers),
            smd: smd::read(layers, sources, &store.path),
            reservations: reservations::read(layers),
            drivers: drivers::read(layers, &store.path),
            store,
            backup: store::backup(layers),
            webhooks: webhooks::webhooks(layers, sources),
            callbacks: webhooks::callbacks(layers, sources),
            log: log(layers),
        }
    }
}

/// Every setting at its default.
#[cfg(test)]
pub(crate) fn defaults() -> Config {
    let sources = Sources::default();
    Config::of(&mut Layers::new(Path::new("none.toml"), None, &sources), &sources)
}

fn engine(layers: &mut Layers<'_>) -> Engine {
    Engine {
        start_within: layers.seconds(
            "engine.start_within_s",
            START_WITHIN_DEFAULT.as_secs(),
            1..=86_400,
        ),
        record_expiry: layers.hours("engine.record_expiry_h", 24, 1..=720),
        change_timeout: layers.seconds("engine.change_timeout_s", 60, 1..=600),
        read_timeout: layers.seconds("engine.read_timeout_s", 30, 1..=600),
        connect_timeout: layers.seconds("engine.connect_timeout_s", 10, 1..=120),
        patience_percent: layers.number("engine.patience_percent", 100, 10..=1000),
        tasks_moving: layers.number("engine.tasks_moving", 256, 1..=4_096),
    }
}

fn poller(layers: &mut Layers<'_>) -> Poller {
    Poller {
        enabled: layers.parsed("poller.enabled", true),
        interval: layers.seconds("poller.interval_s", 30, 1..=86_400),
        in_flight: layers.number("poller.in_flight", 256, 1..=4096),
    }
}

fn log(layers: &mut Layers<'_>) -> Log {
    let format = layers.parsed("log.format", LogFormat::Auto);
    let level: String = layers.parsed("log.level", "info".to_owned());
    if let Err(error) = crate::telemetry::check_level(&level) {
        layers.complain("log.level", &error.to_string());
    }
    Log { format, level }
}
