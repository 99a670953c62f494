//! Measures one size of fleet.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bmc_sim::{InventoryOptions, PowerState, Sim, SimConfig, Tls, Trust, node_xname};
use serde_json::Value;
use switchyard_e2e::crowd::percentile;
use switchyard_e2e::{Client, Crowd, Installation, Service, Settings, eventually};

use crate::figures::Figures;
use crate::{bare, process};

/// How long one measured part may take.
const WITHIN: Duration = Duration::from_mins(5);
/// How often the status of one node is asked for.
const STATUS_ASKED: usize = 300;
/// How long the progress of a transition is left alone between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// One-node transitions that come beside a transition over the whole fleet.
const CROWD: usize = 200;
/// The callers that ask for them.
const CROWD_CALLERS: usize = 20;

pub(crate) async fn measure(nodes: usize) -> Figures {
    let config = SimConfig::default()
        .count(nodes)
        .tls(Tls::PerBmc)
        .initial_power(PowerState::On);
    let sim = Arc::new(
        Sim::start(config)
            .await
            .unwrap_or_else(|error| panic!("no simulator: {error}")),
    );
    // Makes every certificate now, so that no measured part pays for it.
    drop(sim.inventory(&InventoryOptions {
        trust: Trust::Pin,
        ..InventoryOptions::default()
    }));
    let mut figures = Figures {
        nodes,
        ..Figures::default()
    };
    measure_bare(&sim, &mut figures).await;
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let installation = install(&sim, folder.path());
    let begun = Instant::now();
    let service = installation.start().await;
    service.client().fleet_read(nodes, WITHIN).await;
    figures.fleet_read_s = begun.elapsed().as_secs_f64();
    figures.memory_after_start_mib = process::peak_memory_mib(service.pid());
    measure_transitions(&sim, &service, &mut figures).await;
    figures.status_of_one_ms = status_of_one(service.client()).await;
    figures.peak_memory_mib = process::peak_memory_mib(service.pid());
    measure_dead(&sim, service.client(), &mut figures).await;
    measure_crowd(&sim, service.client(), &mut figures).await;
    measure_kill(&sim, &installation, service, &mut figures).await;
    figures
}

async fn measure_bare(sim: &Arc<Sim>, figures: &mut Figures) {
    figures.bare_off_s = bare::reset_all(sim, "GracefulShutdown", "Off")
        .await
        .as_secs_f64();
    figures.bare_on_s = bare::reset_all(sim, "On", "On").await.as_secs_f64();
}

/// Installs the service; the certificate of the BMCs' authority lies in `folder`.
fn install(sim: &Sim, folder: &Path) -> Installation {
    let authority = folder.join("authority.pem");
    std::fs::write(&authority, sim.ca_pem().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{} could not be written: {error}", authority.display()));
    let options = InventoryOptions {
        trust: Trust::Ca(authority.display().to_string()),
        controllers: false,
        ..InventoryOptions::default()
    };
    let inventory = sim
        .inventory(&options)
        .unwrap_or_else(|error| panic!("no inventory: {error}"));
    let login = &sim.config().login;
    // One sweep of the poller at the start; none falls into what is measured.
    let config = "[poller]\ninterval_s = 3600\n".to_owned();
    Installation::new(
        &inventory,
        &login.user,
        &login.password,
        Settings {
            config,
            ..Settings::default()
        },
    )
}

async fn measure_transitions(sim: &Sim, service: &Service, figures: &mut Figures) {
    let (client, pid) = (service.client(), service.pid());
    sim.reset_counters();
    let cpu = process::cpu_seconds(pid);
    let uptime = uptime_ms(sim);
    let begun = Instant::now();
    let id = post(client, "off", &names(0, sim.count())).await;
    figures.post_s = begun.elapsed().as_secs_f64();
    done(client, &id, sim.count()).await;
    figures.off_s = begun.elapsed().as_secs_f64();
    figures.first_command_s =
        Duration::from_millis(first_execution_ms(sim, 0).saturating_sub(uptime)).as_secs_f64();
    let totals = sim.totals();
    (figures.handshakes, figures.requests) = (totals.tls_handshakes, totals.gets + totals.posts);
    let begun = Instant::now();
    let id = post(client, "on", &names(0, sim.count())).await;
    done(client, &id, sim.count()).await;
    figures.on_s = begun.elapsed().as_secs_f64();
    figures.service_cpu_s = (process::cpu_seconds(pid) - cpu) / 2.0;
    figures.ratio = (figures.off_s + figures.on_s) / (figures.bare_off_s + figures.bare_on_s);
}

async fn measure_dead(sim: &Sim, client: &Client, figures: &mut Figures) {
    sim.take_down(0).await;
    let begun = Instant::now();
    let id = post(client, "off", &names(0, sim.count())).await;
    done(client, &id, sim.count() - 1).await;
    figures.off_with_a_dead_bmc_s = begun.elapsed().as_secs_f64();
    client.delete(&format!("/v1/transitions/{id}")).await;
    sim.bring_up(0)
        .await
        .unwrap_or_else(|error| panic!("the BMC did not come back: {error}"));
    client.ended(&id, WITHIN).await;
}

/// Callers with one-node transitions beside a transition over the whole fleet, which they contradict.
async fn measure_crowd(sim: &Sim, client: &Client, figures: &mut Figures) {
    sim.set_all_power(PowerState::Off);
    let all = names(0, sim.count());
    let big = post(client, "on", &all).await;
    let own = all.get(all.len().saturating_sub(CROWD)..).unwrap_or_default();
    let crowd = Crowd::run(client, CROWD_CALLERS, "off", own, WITHIN).await;
    client.ended(&big, WITHIN).await;
    let ms = |percent| percentile(&crowd.answered, percent).as_secs_f64() * 1000.0;
    let seconds = |percent| percentile(&crowd.ended, percent).as_secs_f64();
    figures.crowd = own.len();
    (figures.crowd_answered_p50_ms, figures.crowd_answered_p99_ms) = (ms(50), ms(99));
    (figures.crowd_ended_p50_s, figures.crowd_ended_p99_s) = (seconds(50), seconds(99));
    figures.crowd_told_to_wait = crowd.told_to_wait;
}

async fn measure_kill(sim: &Sim, installation: &Installation, service: Service, figures: &mut Figures) {
    sim.set_all_power(PowerState::Off);
    sim.reset_counters();
    let client = service.client().clone();
    let id = post(&client, "on", &names(0, sim.count())).await;
    let part = sim.count() as u64 / 10;
    eventually("a part of the fleet was switched", WITHIN, || async {
        (sim.totals().executed >= part).then_some(())
    })
    .await;
    service.kill();
    let before = sim.totals().executed;
    let begun = Instant::now();
    let mut next = None;
    let (service, ()) = tokio::join!(installation.start(), async {
        while sim.totals().executed == before && begun.elapsed() < WITHIN {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        next = Some(begun.elapsed());
    });
    figures.after_kill_s = next.unwrap_or_default().as_secs_f64();
    done(service.client(), &id, sim.count()).await;
    figures.after_kill_done_s = begun.elapsed().as_secs_f64();
}

pub(crate) fn names(first: usize, count: usize) -> Vec<String> {
    (first..count).map(|bmc| node_xname(bmc, 0)).collect()
}

pub(crate) async fn post(client: &Client, operation: &str, xnames: &[String]) -> String {
    let id = client.transition(operation, xnames, 5).await;
    id.unwrap_or_else(|| panic!("the service did not accept the transition"))
}

/// Waits until so many tasks of a transition have succeeded. The list tells counts only and so costs little.
pub(crate) async fn done(client: &Client, id: &str, wanted: usize) {
    let deadline = Instant::now() + WITHIN;
    loop {
        let answer = client.get("/v1/transitions").await;
        let body = answer.map(|answer| answer.body).unwrap_or_default();
        let of_id = |entry: &&Value| entry["transitionID"] == id;
        let counts = body["transitions"]
            .as_array()
            .and_then(|all| all.iter().find(of_id))
            .map(|t| t["taskCounts"].clone());
        if counts
            .as_ref()
            .is_some_and(|counts| counts["succeeded"] == wanted)
        {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "the transition was not done within {WITHIN:?}: {counts:?}"
        );
        tokio::time::sleep(LOOK).await;
    }
}

async fn status_of_one(client: &Client) -> f64 {
    let path = format!("/v1/power-status?xname={}", node_xname(0, 0));
    let mut times = Vec::with_capacity(STATUS_ASKED);
    for _ in 0..STATUS_ASKED {
        let begun = Instant::now();
        let answer = client.get(&path).await;
        assert!(answer.is_some_and(|answer| answer.status == 200), "no status");
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The simulator's own clock, as its logs of executions use it.
fn uptime_ms(sim: &Sim) -> u64 {
    sim.now().0
}

fn first_execution_ms(sim: &Sim, system: usize) -> u64 {
    let firsts = (0..sim.count()).filter_map(|bmc| sim.executed(bmc, system).first().map(|done| done.at.0));
    firsts.min().unwrap_or_default()
}
