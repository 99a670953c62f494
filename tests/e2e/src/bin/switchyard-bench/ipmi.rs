//! A whole fleet switched on over IPMI, beside `ipmipower` on the same one in the same run.

use std::fmt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bmc_sim::{CipherSuite, InventoryOptions, IpmiProfile, PowerState, Profile, Protocol, Sim, SimConfig};
use serde::Serialize;
use switchyard_e2e::{Installation, Service, Settings, eventually};
use tokio::process::Command;

use crate::fleet::{done, names, post};
use crate::process;

/// How long one measured part may take.
const WITHIN: Duration = Duration::from_mins(10);
/// The most that the service may take, as a multiple of what `ipmipower` takes.
const RATIO_MAX: f64 = 1.5;
/// Where Debian's freeipmi-tools has it.
const IPMIPOWER: &str = "/usr/sbin/ipmipower";
/// Hosts of one call: it does not take many more.
const HOSTS_PER_CALL: usize = 750;
/// The least time that the service leaves between two sessions with a BMC.
const SESSION_GAP: Duration = Duration::from_secs(2);

/// The figures of one size of fleet. Times are in seconds unless the name says otherwise.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct IpmiFigures {
    /// Simulated nodes, one BMC each, cipher suite 17.
    pub(crate) nodes: usize,
    /// From the first call of `ipmipower --on` to the end of the last.
    pub(crate) ipmipower_on_s: f64,
    /// Calls of `ipmipower`, one after the other.
    pub(crate) ipmipower_calls: usize,
    /// Nodes that `ipmipower` did not switch on.
    pub(crate) ipmipower_missed: usize,
    /// Commands that switched, with those that `ipmipower` sent again.
    pub(crate) ipmipower_actions: u64,
    /// From POST to all verified; no session is open at the start.
    pub(crate) on_s: f64,
    /// Service over `ipmipower`.
    pub(crate) ratio: f64,
    /// The most that the ratio may be.
    pub(crate) ratio_max: f64,
    /// Commands that switched.
    pub(crate) actions: u64,
    /// Commands that read.
    pub(crate) reads: u64,
    /// CPU time of the service.
    pub(crate) service_cpu_s: f64,
    /// Peak resident memory of the service, in MiB.
    pub(crate) peak_memory_mib: f64,
}

/// Measures one size of fleet.
pub(crate) async fn measure(nodes: usize) -> IpmiFigures {
    let profile = Profile {
        ipmi: IpmiProfile {
            suites: vec![CipherSuite::Seventeen],
            ..IpmiProfile::standard()
        },
        ..Profile::standard()
    };
    let config = SimConfig::default()
        .count(nodes)
        .profile(profile)
        .initial_power(PowerState::Off)
        .ipmi(0);
    let sim = Sim::start(config)
        .await
        .unwrap_or_else(|error| panic!("no simulator: {error}"));
    let mut figures = IpmiFigures {
        nodes,
        ratio_max: RATIO_MAX,
        ..IpmiFigures::default()
    };
    measure_ipmipower(&sim, &mut figures).await;
    sim.set_all_power(PowerState::Off);
    let installation = install(&sim);
    let service = installation.start().await;
    service.client().fleet_read(nodes, WITHIN).await;
    measure_service(&sim, &service, &mut figures).await;
    figures
}

async fn measure_ipmipower(sim: &Sim, figures: &mut IpmiFigures) {
    let hosts: Vec<String> = (0..sim.count())
        .filter_map(|bmc| sim.ipmi_address(bmc).map(|address| address.to_string()))
        .collect();
    let login = &sim.config().login;
    let begun = Instant::now();
    for hosts in hosts.chunks(HOSTS_PER_CALL) {
        let call = Command::new(IPMIPOWER)
            .args(["--driver-type", "LAN_2_0", "--cipher-suite-id", "17"])
            .args(["--username", &login.user, "--password", &login.password])
            .args(["--hostname", &hosts.join(","), "--on"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .status();
        match tokio::time::timeout(WITHIN, call).await {
            Ok(Ok(_)) => figures.ipmipower_calls += 1,
            Ok(Err(error)) => {
                panic!("{IPMIPOWER} did not start: {error}; `cargo xtask bench` installs it")
            }
            Err(tokio::time::error::Elapsed { .. }) => panic!("{IPMIPOWER} did not end within {WITHIN:?}"),
        }
    }
    figures.ipmipower_on_s = begun.elapsed().as_secs_f64();
    let is_off = |bmc: &usize| sim.power_state(*bmc, 0) == PowerState::Off;
    figures.ipmipower_missed = (0..sim.count()).filter(is_off).count();
    figures.ipmipower_actions = sim.totals().ipmi_actions;
}

fn install(sim: &Sim) -> Installation {
    let options = InventoryOptions {
        protocol: Protocol::Ipmi,
        driver: Some("ipmi".to_owned()),
        controllers: false,
        ..InventoryOptions::default()
    };
    let inventory = sim
        .inventory(&options)
        .unwrap_or_else(|error| panic!("no inventory: {error}"));
    let login = &sim.config().login;
    // One sweep of the poller at the start; none falls into what is measured.
    let config = "[poller]\ninterval_s = 3600\n".to_owned();
    let settings = Settings {
        config,
        ..Settings::default()
    };
    Installation::new(&inventory, &login.user, &login.password, settings)
}

/// As `ipmipower` has to, the service opens every session anew: those of the first reading have been closed, and the time is over for
/// which a BMC is left alone then.
async fn measure_service(sim: &Sim, service: &Service, figures: &mut IpmiFigures) {
    let count = sim.count();
    eventually("the service closed its sessions", WITHIN, || async {
        (0..count).all(|bmc| sim.ipmi(bmc).slots == 0).then_some(())
    })
    .await;
    tokio::time::sleep(SESSION_GAP).await;
    sim.reset_counters();
    let cpu = process::cpu_seconds(service.pid());
    let begun = Instant::now();
    let id = post(service.client(), "on", &names(0, count)).await;
    done(service.client(), &id, count).await;
    figures.on_s = begun.elapsed().as_secs_f64();
    figures.service_cpu_s = process::cpu_seconds(service.pid()) - cpu;
    figures.peak_memory_mib = process::peak_memory_mib(service.pid());
    figures.ratio = figures.on_s / figures.ipmipower_on_s;
    let totals = sim.totals();
    (figures.actions, figures.reads) = (totals.ipmi_actions, totals.ipmi_reads);
}

impl fmt::Display for IpmiFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} simulated nodes, one BMC each, IPMI with cipher suite 17, instant power",
            self.nodes
        )?;
        let mut row = |what: &str, value: String| writeln!(f, "  {what:<52} {value:>12}");
        row("on: POST to all verified", format!("{:.2} s", self.on_s))?;
        let calls = format!("ipmipower --on, {} calls", self.ipmipower_calls);
        row(&calls, format!("{:.2} s", self.ipmipower_on_s))?;
        let over = format!("service over ipmipower (at most {:.1})", self.ratio_max);
        row(&over, format!("{:.2}", self.ratio))?;
        row("nodes that ipmipower missed", self.ipmipower_missed.to_string())?;
        row(
            "commands that switched, service / ipmipower",
            format!("{} / {}", self.actions, self.ipmipower_actions),
        )?;
        row("commands that read, service", self.reads.to_string())?;
        row("CPU time of the service", format!("{:.2} s", self.service_cpu_s))?;
        row(
            "peak memory of the service",
            format!("{:.0} MiB", self.peak_memory_mib),
        )
    }
}
