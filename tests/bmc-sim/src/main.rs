//! The program `bmc-sim`: a fleet of simulated BMCs until it is told to stop.

use std::error::Error as StdError;
use std::io::{self, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bmc_sim::{
    DEFAULT_FIRST_ADDRESS, DEFAULT_PASSWORD, DEFAULT_USER, Delays, InventoryOptions, PowerState, Protocol,
    SCENARIOS, Scenario, Sim, SimConfig, Tls, Trust,
};
use clap::{Parser, ValueEnum};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Simulated BMCs on loopback addresses, over Redfish and IPMI, with fault rules.
#[derive(Debug, Parser)]
#[command(name = "bmc-sim", version)]
struct Args {
    /// Number of BMCs; they have consecutive addresses.
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Systems behind each BMC.
    #[arg(long, default_value_t = 1)]
    nodes_per_bmc: usize,
    /// Address of the first BMC, within 127.0.0.0/8.
    #[arg(long, default_value_t = DEFAULT_FIRST_ADDRESS)]
    first_address: Ipv4Addr,
    /// Port of every BMC; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// UDP port at which every BMC speaks IPMI too; without a value a free one.
    #[arg(long, default_missing_value = "0", num_args = 0..=1)]
    ipmi: Option<u16>,
    /// Speak as Intel AMT too, at this port of each BMC; without a value the usual one, 0 takes a free one.
    #[arg(long, value_name = "PORT", default_missing_value = "16992", num_args = 0..=1)]
    amt: Option<u16>,
    /// Port of the control API on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// Speak TLS; without a value all BMCs share one certificate.
    #[arg(long, value_enum, default_value = "off", default_missing_value = "shared", num_args = 0..=1)]
    tls: TlsArg,
    /// How long every change takes, unless its own flag says otherwise.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay_ms: u64,
    /// From On to the state On.
    #[arg(long, value_name = "MS")]
    on_delay_ms: Option<u64>,
    /// From GracefulShutdown to the state Off.
    #[arg(long, value_name = "MS")]
    graceful_off_delay_ms: Option<u64>,
    /// From ForceOff to the state Off.
    #[arg(long, value_name = "MS")]
    force_off_delay_ms: Option<u64>,
    /// From a restart to the state On.
    #[arg(long, value_name = "MS")]
    restart_delay_ms: Option<u64>,
    /// From the state On to a running operating system.
    #[arg(long, value_name = "MS")]
    boot_delay_ms: Option<u64>,
    /// How long a BMC is away after its own reset.
    #[arg(long, value_name = "MS")]
    manager_reset_ms: Option<u64>,
    /// Operating systems ignore shutdowns and graceful restarts.
    #[arg(long)]
    os_ignores_shutdown: bool,
    /// Power state of every system at the start.
    #[arg(long, value_enum, default_value = "on")]
    initial_power: InitialPower,
    /// Seed of faults with a probability.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// User of every BMC.
    #[arg(long, default_value = DEFAULT_USER)]
    user: String,
    /// Password of every BMC.
    #[arg(long, env = "BMC_SIM_PASSWORD", hide_env_values = true, default_value = DEFAULT_PASSWORD)]
    password: String,
    /// File with the password of every BMC; a newline at its end does not count.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Write a Switchyard inventory of the fleet to this file before saying ready.
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Write controllers for IPMI into the inventory instead of Redfish; needs --ipmi.
    #[arg(long, requires_all = ["inventory", "ipmi"])]
    inventory_ipmi: bool,
    /// Write controllers for Intel AMT into the inventory instead of Redfish; needs --amt.
    #[arg(long, requires_all = ["inventory", "amt"], conflicts_with = "inventory_ipmi")]
    inventory_amt: bool,
    /// Driver that the inventory names.
    #[arg(long, value_name = "ID")]
    inventory_driver: Option<String>,
    /// Credential that the inventory names.
    #[arg(long, value_name = "NAME")]
    inventory_credential: Option<String>,
    /// List the chassis in the inventory too, as parents of the nodes.
    #[arg(long)]
    inventory_chassis: bool,
    /// Write the certificate authority to this file; the inventory then trusts it instead of pinning certificates.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Play this scenario: a make of BMC with a quirk.
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// List the scenarios, each with what it plays, and end.
    #[arg(long)]
    list_scenarios: bool,
    /// End when standard input is closed.
    #[arg(long)]
    exit_with_parent: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TlsArg {
    Off,
    Shared,
    PerBmc,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InitialPower {
    On,
    Off,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str(": ");
                text.push_str(&cause.to_string());
                source = cause.source();
            }
            tracing::error!("{text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn StdError>> {
    if args.list_scenarios {
        return list_scenarios();
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let sim = Sim::start(config(&args)?).await?;
    write_files(&args, &sim)?;
    let ready = json!({
        "ready": true,
        "count": sim.count(),
        "nodes_per_bmc": args.nodes_per_bmc,
        "listen": sim.address(0),
        "first_url": sim.base_url(0),
        "ipmi": sim.ipmi_address(0),
        "amt": sim.amt_address(0),
        "control": sim.control_address(),
        "fingerprint": if matches!(args.tls, TlsArg::Shared) { sim.fingerprint(0)? } else { None },
    });
    {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{ready}")?;
        stdout.flush()?;
    }
    let parent_gone = CancellationToken::new();
    if args.exit_with_parent {
        watch_stdin(parent_gone.clone())?;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = parent_gone.cancelled() => {}
    }
    sim.stop().await;
    Ok(())
}

fn config(args: &Args) -> Result<SimConfig, Box<dyn StdError>> {
    let or_usual = |ms: Option<u64>| Duration::from_millis(ms.unwrap_or(args.delay_ms));
    let delays = Delays {
        on: or_usual(args.on_delay_ms),
        graceful_off: or_usual(args.graceful_off_delay_ms),
        force_off: or_usual(args.force_off_delay_ms),
        restart: or_usual(args.restart_delay_ms),
        boot: or_usual(args.boot_delay_ms),
        manager_reset: or_usual(args.manager_reset_ms),
    };
    let password = match &args.password_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read the password from {}: {error}", path.display()))?
            .trim_end_matches(['\r', '\n'])
            .to_owned(),
        None => args.password.clone(),
    };
    let config = SimConfig::default()
        .count(args.count)
        .nodes(args.nodes_per_bmc)
        .first_address(args.first_address)
        .port(args.port)
        .control(args.control_port)
        .tls(match args.tls {
            TlsArg::Off => Tls::Off,
            TlsArg::Shared => Tls::Shared,
            TlsArg::PerBmc => Tls::PerBmc,
        })
        .delays(delays)
        .initial_power(match args.initial_power {
            InitialPower::On => PowerState::On,
            InitialPower::Off => PowerState::Off,
        })
        .seed(args.seed)
        .login(&args.user, password);
    let config = match &args.scenario {
        Some(name) => {
            let scenario = Scenario::named(name)
                .ok_or_else(|| format!("there is no scenario {name:?}: --list-scenarios names them"))?;
            config.scenario(scenario)
        }
        None => config,
    };
    let config = match args.ipmi {
        Some(port) => config.ipmi(port),
        None => config,
    };
    let config = match args.amt {
        Some(port) => config.amt(port),
        None => config,
    };
    Ok(if args.os_ignores_shutdown {
        config.os_ignores_shutdown()
    } else {
        config
    })
}

fn list_scenarios() -> Result<(), Box<dyn StdError>> {
    let mut stdout = io::stdout().lock();
    for scenario in SCENARIOS {
        writeln!(
            stdout,
            "{:<36} {:<20} {}",
            scenario.name, scenario.driver, scenario.about
        )?;
    }
    Ok(())
}

fn write_files(args: &Args, sim: &Sim) -> Result<(), Box<dyn StdError>> {
    let mut trust = Trust::Pin;
    if let Some(path) = &args.ca_file {
        let pem = sim.ca_pem().ok_or("--ca-file needs --tls")?;
        std::fs::write(path, pem).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        trust = Trust::Ca(path.display().to_string());
    }
    if let Some(path) = &args.inventory {
        let inventory = sim.inventory(&InventoryOptions {
            protocol: if args.inventory_ipmi {
                Protocol::Ipmi
            } else if args.inventory_amt {
                Protocol::Amt
            } else {
                Protocol::Redfish
            },
            driver: args.inventory_driver.clone(),
            credential: args.inventory_credential.clone(),
            trust,
            chassis: args.inventory_chassis,
            ..InventoryOptions::default()
        })?;
        std::fs::write(path, inventory)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// Cancels `gone` when standard input ends. The thread lives as long as the process.
fn watch_stdin(gone: CancellationToken) -> io::Result<()> {
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut buffer = [0; 256];
        while stdin.read(&mut buffer).is_ok_and(|read| read > 0) {}
        gone.cancel();
    })?;
    Ok(())
}
