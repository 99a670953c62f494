//! A fleet that SMD knows: how soon the service is ready with a cache, and what a look at the fleet costs.

use std::fmt;
use std::time::{Duration, Instant};

use bmc_sim::{PowerState, Sim, SimConfig, Tls, node_xname};
use serde::Serialize;
use smd_sim::SmdSim;
use switchyard_e2e::{Client, Installation, Settings, site};

use crate::process;

/// How long one measured part may take.
const WITHIN: Duration = Duration::from_mins(5);
/// How often the status of one node, and of all, is asked for.
const ASKED: (usize, usize) = (300, 20);
/// What the start with a cache may take, in seconds.
const READY_HOLD_S: f64 = 3.0;

/// The figures of one size of fleet. Times are in seconds unless the name says otherwise.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct SmdFigures {
    /// Nodes that SMD knows, each with a BMC that is a component too.
    pub(crate) nodes: usize,
    /// From the first start of the service to being ready: SMD is read once before.
    pub(crate) ready_s: f64,
    /// From the first start to the whole fleet having been read.
    pub(crate) fleet_read_s: f64,
    /// From a start with a cache to being ready.
    pub(crate) ready_with_cache_s: f64,
    /// Whether that is as fast as it has to be.
    pub(crate) ready_in_time: bool,
    /// The same while SMD is away.
    pub(crate) ready_without_smd_s: f64,
    /// Median of `GET /v1/power-status` of one node, in milliseconds.
    pub(crate) status_of_one_ms: f64,
    /// Median of `GET /v1/power-status` of all, in milliseconds.
    pub(crate) status_of_all_ms: f64,
    /// Requests to SMD for one reading of everything.
    pub(crate) requests: usize,
    /// Peak resident memory of the service, in MiB.
    pub(crate) peak_memory_mib: f64,
}

impl fmt::Display for SmdFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} nodes and as many BMCs by SMD", self.nodes)?;
        let mut row = |what: &str, value: String| writeln!(f, "  {what:<52} {value:>12}");
        row("first start: ready", format!("{:.2} s", self.ready_s))?;
        row("first start: fleet read", format!("{:.2} s", self.fleet_read_s))?;
        let held = if self.ready_in_time { "" } else { " (too slow)" };
        row(
            "start with a cache: ready",
            format!("{:.2} s{held}", self.ready_with_cache_s),
        )?;
        row(
            "start with a cache, SMD away: ready",
            format!("{:.2} s", self.ready_without_smd_s),
        )?;
        row(
            "status of one node, median",
            format!("{:.2} ms", self.status_of_one_ms),
        )?;
        row(
            "status of all, median",
            format!("{:.1} ms", self.status_of_all_ms),
        )?;
        row("requests to SMD per reading", self.requests.to_string())?;
        row(
            "peak memory of the service",
            format!("{:.0} MiB", self.peak_memory_mib),
        )
    }
}

pub(crate) async fn measure(nodes: usize) -> SmdFigures {
    let config = SimConfig::default()
        .count(nodes)
        .tls(Tls::Shared)
        .initial_power(PowerState::On);
    let sim = Sim::start(config)
        .await
        .unwrap_or_else(|error| panic!("no simulator: {error}"));
    let mut smd = SmdSim::start(site::of(&sim, nodes))
        .await
        .unwrap_or_else(|error| panic!("no simulated SMD: {error}"));
    let installation = install(&sim, &smd);
    let mut figures = SmdFigures {
        nodes,
        ..SmdFigures::default()
    };
    let begun = Instant::now();
    let service = installation.start().await;
    figures.ready_s = begun.elapsed().as_secs_f64();
    service.client().fleet_read(2 * nodes, WITHIN).await;
    figures.fleet_read_s = begun.elapsed().as_secs_f64();
    service.terminate().await;

    smd.clear_requests();
    let begun = Instant::now();
    let service = installation.start().await;
    figures.ready_with_cache_s = begun.elapsed().as_secs_f64();
    figures.ready_in_time = figures.ready_with_cache_s < READY_HOLD_S;
    let client = service.client();
    client.fleet_read(2 * nodes, WITHIN).await;
    let one = format!("/v1/power-status?xname={}", node_xname(0, 0));
    figures.status_of_one_ms = median(client, &one, ASKED.0).await;
    figures.status_of_all_ms = median(client, "/v1/power-status", ASKED.1).await;
    figures.peak_memory_mib = process::peak_memory_mib(service.pid());
    let sent = smd.requests();
    let reads = |path: &str| sent.iter().filter(|request| request.path.contains(path)).count();
    let readings = reads("/groups").max(1);
    let liveness = reads("/service/liveness");
    figures.requests = (sent.len() - liveness) / readings;
    service.terminate().await;

    smd.leave().await;
    let begun = Instant::now();
    let service = installation.start().await;
    figures.ready_without_smd_s = begun.elapsed().as_secs_f64();
    service.terminate().await;
    figures
}

fn install(sim: &Sim, smd: &SmdSim) -> Installation {
    // One sweep of the poller at the start; none falls into what is measured.
    let config = format!(
        "[poller]\ninterval_s = 3600\n[smd]\nurl = \"{}\"\n[smd.controllers]\nca_file = \"authority.pem\"\n",
        smd.base_url()
    );
    let login = &sim.config().login;
    let settings = Settings {
        config,
        ..Settings::default()
    };
    let installation = Installation::new("", &login.user, &login.password, settings);
    let authority = installation.folder().join("authority.pem");
    std::fs::write(&authority, sim.ca_pem().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{} could not be written: {error}", authority.display()));
    installation
}

/// The median time of a GET, in milliseconds.
async fn median(client: &Client, path: &str, asked: usize) -> f64 {
    let mut times = Vec::with_capacity(asked);
    for _ in 0..asked {
        let begun = Instant::now();
        let answer = client.get(path).await;
        assert!(answer.is_some_and(|answer| answer.status == 200), "no status");
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
