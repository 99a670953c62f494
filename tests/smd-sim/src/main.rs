//! The program `smd-sim`: a simulated SMD until it is told to stop.

use std::error::Error;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use smd_sim::{Fault, Group, Site, SmdSim};
use tokio::signal::unix::{SignalKind, signal};

/// A simulated SMD on 127.0.0.1 that knows the BMCs of a bmc-sim.
#[derive(Debug, Parser)]
#[command(name = "smd-sim", version)]
struct Args {
    /// Number of BMCs, each with one node; they have consecutive addresses.
    #[arg(long, default_value_t = 1)]
    count: u32,
    /// Address of the first BMC.
    #[arg(long, default_value_t = Ipv4Addr::new(127, 1, 0, 1))]
    first_address: Ipv4Addr,
    /// Port of every BMC.
    #[arg(long, default_value_t = 443)]
    bmc_port: u16,
    /// Port to listen at; 0 takes a free one.
    #[arg(long, default_value_t = 27779)]
    port: u16,
    /// Put every node into a group of this label.
    #[arg(long, value_name = "LABEL")]
    group: Option<String>,
    /// Let every request go wrong: 401, 500, half or slow:MILLISECONDS.
    #[arg(long)]
    fault: Option<Fault>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The only word of a program that could not start.
            drop(writeln!(io::stderr(), "smd-sim: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let smd = SmdSim::start_at(site(&args), address).await?;
    if let Some(fault) = args.fault {
        smd.set_fault("", fault);
    }
    let ready = json!({ "ready": true, "url": smd.base_url(), "components": smd.site().components.len() });
    writeln!(io::stdout(), "{ready}")?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    smd.stop().await;
    Ok(())
}

fn site(args: &Args) -> Site {
    let mut site = Site::default();
    let first = u32::from(args.first_address);
    for index in 0..args.count {
        let address = Ipv4Addr::from(first.saturating_add(index));
        let bmc = Site::bmc(index);
        site.add_node(
            &bmc,
            &format!("{address}:{}", args.bmc_port),
            u64::from(index) + 1,
        );
    }
    if let Some(label) = &args.group {
        let nodes = site
            .components
            .values()
            .filter(|component| component.kind == "Node");
        let ids = nodes.map(|node| node.id.clone()).collect();
        site.groups.insert(label.clone(), Group::new(label, ids));
    }
    site
}
