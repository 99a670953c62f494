//! What the command can do, one file for each noun.

mod bmc;
mod confirm;
mod drivers;
mod endpoints;
mod power;
mod reason;
mod status;
mod tokens;
mod transition;

use switchyard_wire::v2::Transition;

use crate::account::{groups, verdict};
use crate::arguments::{Arguments, Command};
use crate::configuration::{Configuration, Flags};
use crate::error::Error;
use crate::exit::Exit;
use crate::follow::Ending;
use crate::output::{self, Output};
use crate::render;
use crate::server::Server;

/// What every command needs.
#[derive(Debug)]
struct Context {
    configuration: Configuration,
    server: Server,
    output: Output,
}

/// Does what the command line says.
pub(crate) async fn run(arguments: &Arguments, output: Output) -> Result<Exit, Error> {
    let configuration = Configuration::find(Flags {
        server: arguments.server.as_deref(),
        token_file: arguments.token_file.as_deref(),
        ca_file: arguments.ca_file.as_deref(),
    })?;
    let server = Server::new(&configuration)?;
    let context = Context {
        configuration,
        server,
        output,
    };
    match &arguments.command {
        Command::Status(status) => status::run(&context, status).await,
        Command::On(power) => power::run(&context, power::Operation::On, power).await,
        Command::Off(power) => power::run(&context, power::Operation::Off, power).await,
        Command::SoftOff(power) => power::run(&context, power::Operation::SoftOff, power).await,
        Command::ForceOff(power) => power::run(&context, power::Operation::ForceOff, power).await,
        Command::SoftRestart(power) => power::run(&context, power::Operation::SoftRestart, power).await,
        Command::HardRestart(power) => power::run(&context, power::Operation::HardRestart, power).await,
        Command::Init(power) => power::run(&context, power::Operation::Init, power).await,
        Command::Reset(power) => power::run(&context, power::Operation::Reset, power).await,
        Command::PowerCycle(power) => power::run(&context, power::Operation::PowerCycle, power).await,
        Command::FullPowerCycle(power) => power::run(&context, power::Operation::FullPowerCycle, power).await,
        Command::Nmi(power) => power::run(&context, power::Operation::Nmi, power).await,
        Command::Bmc(command) => bmc::run(&context, command).await,
        Command::Transition(command) => transition::run(&context, command).await,
        Command::Drivers(command) => drivers::run(&context, command).await,
        Command::Tokens(command) => tokens::run(&context, command).await,
        Command::Whoami { json } => tokens::whoami(&context, *json).await,
        Command::Endpoints(command) => endpoints::run(&context, command).await,
    }
}

impl Context {
    /// The command that follows a transition.
    fn watch(&self, id: &str) -> String {
        self.configuration
            .command(&format!("transition watch {}", render::plain(id)))
    }

    /// Tells how following ended.
    fn conclude(&self, id: &str, ending: Ending, json: bool) -> Result<Exit, Error> {
        match ending {
            Ending::Finished(transition) => {
                self.tell_result(&transition, json)?;
                Ok(verdict(&transition))
            }
            Ending::Detached(seen) => {
                if let Some(transition) = seen.filter(|_| json) {
                    output::json(&transition)?;
                }
                output::note(&format!(
                    "detached, the work goes on; follow it with: {}",
                    self.watch(id)
                ))?;
                Ok(Exit::Detached)
            }
        }
    }

    fn tell_result(&self, transition: &Transition, json: bool) -> Result<(), Error> {
        let paint = if json {
            self.output.progress
        } else {
            self.output.data
        };
        let mut lines = render::failures(&groups(&transition.members), paint);
        lines.push(render::summary(transition, paint));
        let text = lines.join("\n");
        if json {
            output::note(&text)?;
            output::json(transition)
        } else {
            output::data(&text)
        }
    }
}
