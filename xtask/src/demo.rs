//! `cargo xtask demo`: a simulated fleet behind a running service, fresh each time, until Ctrl-C.

mod fleet;
mod http;
mod programs;
mod service;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::error::{Error, Result};
use crate::setup;
use crate::step::Step;
use crate::web_ui;
use crate::workspace::Workspace;
use fleet::Fleet;
use programs::{Event, Programs};
use service::Service;

const DEFAULT_NODES: usize = 64;
/// One cabinet after the other from x1000 on, and what one simulator serves.
const MAX_NODES: usize = 60_000;
/// PCS's own port.
const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 28007);
/// How long the first reading of the fleet is waited for. With faults some nodes never answer.
const FIRST_READING: Duration = Duration::from_secs(30);
const FIRST_READING_WITH_FAULTS: Duration = Duration::from_secs(5);

/// What the command line asked for.
#[derive(Debug)]
pub(crate) struct Options {
    nodes: usize,
    listen: SocketAddr,
    faults: bool,
}

impl Options {
    pub(crate) fn parse(arguments: &mut Arguments) -> Result<Self> {
        let nodes = arguments.option("--nodes")?.unwrap_or(DEFAULT_NODES);
        if !(1..=MAX_NODES).contains(&nodes) {
            return Err(Error::OptionValue {
                name: "--nodes",
                value: nodes.to_string(),
            });
        }
        let listen = arguments.option("--listen")?.unwrap_or(DEFAULT_LISTEN);
        let options = Self {
            nodes,
            listen,
            faults: arguments.flag("--faults"),
        };
        arguments.finish()?;
        Ok(options)
    }
}

/// Runs the demonstration until it is interrupted. Everything it started is stopped on every way out.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    TcpListener::bind(options.listen).map_err(|source| Error::AddressTaken {
        address: options.listen,
        source,
    })?;
    setup::driver_target(workspace)?;
    setup::openssl(workspace)?;
    web_ui::build_if_possible(workspace)?;
    Step::cargo(workspace, "build")
        .args(["build", "--workspace", "--bins", "--locked"])
        .run()?;

    let started = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix("switchyard-demo-")
        .tempdir()
        .map_err(Error::file(&std::env::temp_dir()))?;
    let mut programs = Programs::new(folder.path());
    programs.receive_signals()?;
    let Some(()) = bring_up(workspace, options, folder.path(), &mut programs, started)? else {
        return Ok(ExitCode::SUCCESS);
    };
    match programs.next_event(None) {
        Some(Event::Ended(name)) => Err(programs.ended(name)),
        Some(Event::Interrupted) | None => {
            println!("\nStopping.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Starts everything and says what to try. Returns nothing when interrupted meanwhile.
fn bring_up(
    workspace: &Workspace,
    options: &Options,
    folder: &Path,
    programs: &mut Programs,
    started: Instant,
) -> Result<Option<()>> {
    let fleet = Fleet::start(workspace, programs, folder, options.nodes)?;
    if options.faults {
        fleet.break_some()?;
    }
    let service = Service::start(workspace, programs, folder, options.listen, &fleet)?;
    if !service.wait_until_ready(programs)? {
        return Ok(None);
    }
    let patience = if options.faults {
        FIRST_READING_WITH_FAULTS
    } else {
        FIRST_READING
    };
    let Some(known) = service.wait_until_read(programs, options.nodes, patience)? else {
        return Ok(None);
    };
    say_what_to_try(workspace, options, known, started.elapsed());
    Ok(Some(()))
}

fn say_what_to_try(workspace: &Workspace, options: &Options, known: usize, elapsed: Duration) {
    let Options {
        nodes,
        listen,
        faults,
    } = options;
    println!();
    println!(
        "Ready after {:.1} s: {nodes} simulated nodes behind http://{listen}",
        elapsed.as_secs_f32()
    );
    if known < *nodes {
        println!(
            "{} of them could not be read{}.",
            nodes - known,
            if *faults { ", as --faults asks for" } else { "" }
        );
    }
    println!("The dashboard is at http://{listen}/ui/");
    println!("Try in another terminal:\n");
    let programs = workspace.program("switchyard");
    if let Some(folder) = programs.parent() {
        println!("  export PATH=\"{}:$PATH\"", folder.display());
    }
    if *listen != DEFAULT_LISTEN {
        println!("  export SWITCHYARD_SERVER=http://{listen}");
    }
    println!("  switchyard status");
    println!(
        "  switchyard off '{}' --reason 'a first try'",
        fleet::first_chassis(*nodes)
    );
    println!("  switchyard power-cycle @rack");
    println!("\nCtrl-C stops everything.");
}
