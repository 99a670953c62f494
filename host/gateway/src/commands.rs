//! What the program does for each of its commands.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the terminal is where these commands answer"
)]

mod backup;
mod client;
mod health;
mod tokens;

use std::error::Error as StdError;
use std::fs::File;
use std::io;
use std::path::Path;

use switchyard_drivers::{Registry, Runtime, RuntimeConfig};
use switchyard_gateway::api;
use switchyard_gateway::check;
use switchyard_gateway::config::{Config, Loaded, Sources};
use switchyard_gateway::credentials::{self, Change, CredentialFile, Opened};
use switchyard_gateway::dependencies::Dependencies;
use switchyard_gateway::drivers::signing;
use switchyard_gateway::reload;
use switchyard_gateway::service;
use switchyard_gateway::telemetry::{self, Chain, Metrics};
use switchyard_transport::{Login, Secret};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::arguments::{
    Arguments, Command, ConfigCommand, CredentialsCommand, DriversCommand, ReferenceCommand,
};

type Failed = Box<dyn StdError + Send + Sync>;

/// Runs the command that was given.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failed> {
    match &arguments.command {
        Some(Command::Reference(command)) => return print_reference(command),
        Some(Command::Drivers(DriversCommand::Keygen { file })) => return make_key(file),
        Some(Command::Drivers(DriversCommand::Sign { folder, key })) => return sign(folder, key),
        _ => {}
    }
    let sources = Sources::of_process(arguments.config.clone(), arguments.flags());
    let loaded = Config::load(&sources)?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(sources, loaded),
        Command::Config(ConfigCommand::Check) => check_config(&loaded),
        Command::Credentials(command) => manage(&credential_file(&loaded.config), &loaded.config, command),
        Command::Tokens(command) => tokens::run(&loaded.config, command),
        Command::Backup {
            file,
            with_credentials,
            server,
            token_file,
        } => backup::make(
            &loaded.config,
            &backup::Wanted {
                file,
                credentials: with_credentials,
                server,
                token_file,
            },
        ),
        Command::Health { server } => health::ask(&loaded.config, server.as_deref()),
        Command::Restore { file, force } => backup::restore(&loaded.config, &file, force),
        Command::Reference(command) => print_reference(&command),
        Command::Drivers(DriversCommand::Keygen { file }) => make_key(&file),
        Command::Drivers(DriversCommand::Sign { folder, key }) => sign(&folder, &key),
        Command::Drivers(DriversCommand::Check { folder }) => check_driver(&loaded.config, &folder),
    }
}

/// Needs no configuration: whoever makes drivers has no service.
fn make_key(file: &Path) -> Result<(), Failed> {
    let public = signing::keygen(file)?;
    eprintln!(
        "made the key {}; keep it secret, and give operators this line for drivers.trusted_keys:",
        file.display()
    );
    println!("{public}");
    Ok(())
}

fn sign(folder: &Path, key: &Path) -> Result<(), Failed> {
    let key = signing::sign(folder, key)?;
    println!(
        "signed {} with the key {key}",
        folder.join("driver.sig").display()
    );
    Ok(())
}

fn check_driver(config: &Config, folder: &Path) -> Result<(), Failed> {
    let registry = Registry::new(
        Runtime::new(RuntimeConfig::default())?,
        config.drivers.policy.clone(),
    );
    let driver = registry.load_files(folder)?;
    let shape = driver.shape();
    println!("{}: {}", driver.name(), driver.manifest().summary);
    println!("component: {}, {:?}", driver.digest(), driver.provenance());
    println!("contract: {}", shape.contract);
    println!("imports: {}", shape.imports.join(", "));
    println!("exports: {}", shape.exports.join(", "));
    println!("compiled in {} ms", driver.compilation().took.as_millis());
    Ok(())
}

/// Prints an error with all its causes: one line, unless a cause has several of its own.
pub(crate) fn print_error(error: &Failed) {
    eprintln!("switchyardd: {}", Chain(error.as_ref()));
}

fn credential_file(config: &Config) -> CredentialFile {
    CredentialFile::new(&config.credentials.file, config.credentials.key.clone())
}

/// Needs no configuration: what it prints is the same for every installation of a release.
fn print_reference(command: &ReferenceCommand) -> Result<(), Failed> {
    match command {
        ReferenceCommand::Openapi => println!("{}", api::document().to_pretty_json()?),
        ReferenceCommand::Errors => print!("{}", api::errors_page()),
    }
    Ok(())
}

fn serve(sources: Sources, loaded: Loaded) -> Result<(), Failed> {
    let Loaded {
        config,
        rows,
        warnings,
    } = loaded;
    let config = &config;
    let level = telemetry::init_logging(&config.log)?;
    for warning in warnings {
        tracing::warn!("configuration: {warning}");
    }
    let origin = reload::Origin { sources, rows, level };
    let metrics = Metrics::install()?;
    let dependencies = Dependencies::default();
    let credentials = Opened::new(&config.credentials, &dependencies)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let signals = tokio::spawn(wait_for_signal(stop.clone())?);
        let upkeep = tokio::spawn(metrics.clone().upkeep(stop.clone()));
        let logins = tokio::spawn(credentials.upkeep(stop.clone()));
        let served = service::run(
            config,
            origin,
            credentials.lookup,
            dependencies,
            metrics,
            stop.clone(),
        )
        .await;
        stop.cancel();
        signals.abort();
        logins.await?;
        upkeep.await?;
        Ok(served?)
    })
}

/// Cancels `stop` at the first SIGTERM or SIGINT.
fn wait_for_signal(stop: CancellationToken) -> Result<impl Future<Output = ()>, service::Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(service::Error::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(service::Error::Signal)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    })
}

fn check_config(loaded: &Loaded) -> Result<(), Failed> {
    let width = loaded
        .rows
        .iter()
        .map(|row| row.setting.len() + row.value.len() + 3)
        .max()
        .unwrap_or(0);
    for row in &loaded.rows {
        println!(
            "{:<width$}  # {}",
            format!("{} = {}", row.setting, row.value),
            row.origin
        );
    }
    for warning in &loaded.warnings {
        eprintln!("warning: {warning}");
    }
    for line in check::files(&loaded.config)? {
        println!("{line}");
    }
    Ok(())
}

fn manage(file: &CredentialFile, config: &Config, command: CredentialsCommand) -> Result<(), Failed> {
    match command {
        CredentialsCommand::InitKey => {
            let path = config.credentials.key.path();
            credentials::init_key(path)?;
            println!(
                "made the key {}; keep a copy where the credentials are not",
                path.display()
            );
        }
        CredentialsCommand::Set {
            name,
            user,
            password_file,
            bmc_key_file,
        } => {
            let mut login = Login::new(user, read_password(password_file.as_deref())?);
            if let Some(path) = bmc_key_file {
                login = login.with_bmc_key(read_password(Some(&path))?);
            }
            let done = match file.set_login(&name, login)? {
                Change::Added => "added",
                Change::Replaced => "replaced",
            };
            println!("{done} the login {name}");
        }
        CredentialsCommand::List => {
            for (name, user) in file.list()? {
                println!("{name}\t{user}");
            }
        }
        CredentialsCommand::Remove { name } => {
            file.remove(&name)?;
            println!("removed the login {name}");
        }
    }
    Ok(())
}

fn read_password(path: Option<&Path>) -> Result<Secret, Failed> {
    match path {
        Some(path) => {
            let file =
                File::open(path).map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
            Ok(credentials::read_password(file)?)
        }
        None => Ok(credentials::read_password(io::stdin())?),
    }
}
