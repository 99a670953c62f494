//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use switchyard_gateway::access::Role;
use switchyard_gateway::config::Flag;
use switchyard_store::AccessTokenId;

/// Switches the power of data-centre machines through their BMCs.
#[derive(Debug, Parser)]
#[command(name = "switchyardd", version, about)]
pub(crate) struct Arguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Settings that are worth a flag of their own; all others have a file and the environment.
#[derive(Debug, Args)]
struct Settings {
    /// Where the API listens.
    #[arg(long, value_name = "ADDRESS", global = true)]
    listen: Option<String>,
    /// The inventory.
    #[arg(long, value_name = "FILE", global = true)]
    inventory: Option<String>,
    /// The database file.
    #[arg(long, value_name = "FILE", global = true)]
    store: Option<String>,
    /// The level of the log, such as `info` or `info,switchyard_gateway=debug`.
    #[arg(long, value_name = "LEVEL", global = true)]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the service; the default.
    Serve,
    /// Check the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage the logins of BMCs.
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Copy the database and the files beside it into one file, whether the service runs or not.
    Backup {
        /// The file. An existing one is never replaced.
        file: PathBuf,
        /// Put the encrypted credential file in too. Its key never is: keep that elsewhere.
        #[arg(long)]
        with_credentials: bool,
        /// The URL of the running service, unless it is the address that the configuration names.
        #[arg(long, value_name = "URL", env = "SWITCHYARD_SERVER")]
        server: Option<String>,
        /// The file that holds a token of an administrator for the running service.
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
    /// Ask the running service whether it takes requests; fails when it does not.
    Health {
        /// The URL of the service, unless it is the address that the configuration names.
        #[arg(long, value_name = "URL", env = "SWITCHYARD_SERVER")]
        server: Option<String>,
    },
    /// Put a backup back. What was open in it is cancelled, for it may have been carried out since.
    Restore {
        /// The backup.
        file: PathBuf,
        /// Replace what is there. The database of a running service is never replaced.
        #[arg(long)]
        force: bool,
    },
    /// Make keys for drivers, sign drivers, and check them.
    #[command(subcommand)]
    Drivers(DriversCommand),
    /// Make, list and revoke tokens while the service is stopped; while it runs, `switchyard tokens` does.
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// Print what the documentation of the API is made of.
    #[command(subcommand, hide = true)]
    Reference(ReferenceCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check configuration, inventory and credentials, and show every setting with its origin.
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    /// Make a token and print it, this once.
    Create {
        /// Whom or what it is for.
        #[arg(long)]
        name: String,
        /// What its holder may do: viewer, operator or admin.
        #[arg(long)]
        role: Role,
        /// A set of components that an operator may change; all unless given.
        #[arg(long, value_name = "SELECTOR")]
        scope: Vec<String>,
    },
    /// List the tokens, without their secrets.
    List,
    /// Revoke a token.
    Revoke {
        /// The id of the token.
        id: AccessTokenId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReferenceCommand {
    /// The OpenAPI document.
    Openapi,
    /// The stable codes of errors, in Markdown.
    Errors,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DriversCommand {
    /// Make a key to sign drivers with. Prints the public key, which operators trust.
    Keygen {
        /// The file of the secret key. An existing one is never replaced.
        file: PathBuf,
    },
    /// Sign the driver in a folder: write driver.sig beside driver.toml and driver.wasm.
    Sign {
        /// The folder.
        folder: PathBuf,
        /// The file of the secret key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Load the driver in a folder as the service with this configuration would, and say what it is or why it is refused.
    Check {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialsCommand {
    /// Make the key that encrypts the credentials.
    InitKey,
    /// Add or replace a login. The password is read from standard input, or from a file.
    Set {
        /// A credential named in the inventory, or the id of a controller.
        name: String,
        /// The user at the BMC.
        #[arg(long)]
        user: String,
        /// The file that holds the password; standard input unless given.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// The file that holds the key of an IPMI BMC itself (Kg), at most 20 bytes; leave out where there is none.
        #[arg(long, value_name = "FILE")]
        bmc_key_file: Option<PathBuf>,
    },
    /// List names and users; never passwords.
    List,
    /// Remove a login.
    Remove {
        /// The name.
        name: String,
    },
}

impl Arguments {
    /// The settings that were given as flags.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let Settings {
            listen,
            inventory,
            store,
            log,
        } = &self.settings;
        [
            ("--listen", "listen.address", listen),
            ("--inventory", "inventory.file", inventory),
            ("--store", "store.path", store),
            ("--log", "log.level", log),
        ]
        .into_iter()
        .filter_map(|(flag, setting, value)| {
            let value = value.clone()?;
            Some(Flag {
                flag: flag.to_owned(),
                setting: setting.to_owned(),
                value,
            })
        })
        .collect()
    }
}
