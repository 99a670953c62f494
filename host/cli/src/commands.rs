//! What the command can do, one file for each noun.

mod accepting;
mod audit;
mod bmc;
mod cancel;
mod cap;
mod confirm;
mod doctor;
mod drivers;
mod emergency_off;
mod endpoints;
mod events;
mod following;
mod group;
mod health;
mod hold;
mod live;
mod pause;
mod power;
mod queue;
mod reason;
mod release;
mod resolve;
mod retry;
mod shell;
mod span;
mod status;
mod tokens;
mod transition;

use crate::arguments::{Arguments, Command, Operation};
use crate::configuration::Configuration;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{self, Output};
use crate::server::Server;
use crate::{external, render};

/// What is told when a token goes over the network as it is.
const EXPOSED: &str = "the token is sent unencrypted to a service that is not on this machine; whoever is on the path can read it. \
    Use https://";

/// What every command needs.
#[derive(Debug)]
struct Context {
    configuration: Configuration,
    server: Server,
    output: Output,
}

/// Does what the command line says.
pub(crate) async fn run(arguments: &Arguments, output: Output) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Completions(completions) => shell::completions(completions),
        Command::Man(man) => shell::man(man),
        Command::External(words) => external::run(words, arguments.flags()).map(|never| match never {}),
        _ => run_with_service(arguments, output).await,
    }
}

async fn run_with_service(arguments: &Arguments, output: Output) -> Result<Exit, Error> {
    let configuration = Configuration::find(arguments.flags())?;
    if configuration.exposes_token() {
        output::note(&render::warning(EXPOSED, output.progress))?;
    }
    if let Some(token) = &configuration.kept_back {
        let text = format!(
            "the token in {} is for the service of that configuration and is not sent to {}; name one with --token-file",
            token.display(),
            configuration.server_text()
        );
        output::note(&render::warning(&text, output.progress))?;
    }
    let server = Server::new(&configuration)?;
    let context = Context {
        configuration,
        server,
        output,
    };
    match &arguments.command {
        Command::Status(status) => status::run(&context, status).await,
        Command::On(power) => power::run(&context, Operation::On, power).await,
        Command::Off(power) => power::run(&context, Operation::Off, power).await,
        Command::SoftOff(power) => power::run(&context, Operation::SoftOff, power).await,
        Command::ForceOff(power) => power::run(&context, Operation::ForceOff, power).await,
        Command::SoftRestart(power) => power::run(&context, Operation::SoftRestart, power).await,
        Command::HardRestart(power) => power::run(&context, Operation::HardRestart, power).await,
        Command::Init(power) => power::run(&context, Operation::Init, power).await,
        Command::Reset(power) => power::run(&context, Operation::Reset, power).await,
        Command::PowerCycle(power) => power::run(&context, Operation::PowerCycle, power).await,
        Command::FullPowerCycle(power) => power::run(&context, Operation::FullPowerCycle, power).await,
        Command::Nmi(power) => power::run(&context, Operation::Nmi, power).await,
        Command::EmergencyOff(command) => emergency_off::run(&context, command).await,
        Command::Plan(command) => power::plan(&context, command).await,
        Command::Queue(command) => queue::run(&context, command).await,
        Command::Cancel(command) => cancel::run(&context, command).await,
        Command::Pause(command) => pause::pause(&context, command).await,
        Command::Resume(command) => pause::resume(&context, command).await,
        Command::Retry(command) => retry::run(&context, command).await,
        Command::Hold(command) => hold::run(&context, command).await,
        Command::Holds { json } => hold::list(&context, *json).await,
        Command::Release(command) => release::run(&context, command).await,
        Command::Resolve(command) => resolve::run(&context, command).await,
        Command::Cap(command) => cap::run(&context, command).await,
        Command::Events(command) => events::run(&context, command).await,
        Command::Audit(command) => audit::run(&context, command).await,
        Command::Health { json } => health::run(&context, *json).await,
        Command::Bmc(command) => bmc::run(&context, command).await,
        Command::Transition(command) => transition::run(&context, command).await,
        Command::Drivers(command) => drivers::run(&context, command).await,
        Command::Tokens(command) => tokens::run(&context, command).await,
        Command::Whoami { json } => tokens::whoami(&context, *json).await,
        Command::Endpoints(command) => endpoints::run(&context, command).await,
        Command::Doctor(doctor) => doctor::run(&context, doctor).await,
        // Done already, without a service.
        Command::Completions(_) | Command::Man(_) | Command::External(_) => Ok(Exit::Success),
    }
}

impl Context {
    /// The command that follows a transition.
    fn watch(&self, id: &str) -> String {
        self.configuration
            .command(&format!("transition watch {}", render::plain(id)))
    }
}
