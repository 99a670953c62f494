//! What the sandbox costs: one observe through the component against the same driver as native code, at the same simulated BMC.
//!
//! The two take turns in short rounds, so that a noisy machine disturbs both alike; the medians of all calls are compared.
#![expect(clippy::print_stdout, reason = "a command that prints its result")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bmc_sim::{Effect, Fault, SimConfig};
use serde::Serialize;
use switchyard_core::{Kind, Subject};
use switchyard_driver_kit::{Component, Driven, NativeHost, Rig};
use switchyard_driver_sdk as sdk;
use switchyard_driver_sdk::Driver;
use switchyard_drivers::{Policy, Registry, Runtime, RuntimeConfig};
use switchyard_redfish_standard::StandardRedfish;

/// Rounds of each of the two.
const ROUNDS: usize = 20;
/// Calls of a round.
const CALLS: usize = 50;
/// The BMCs that are measured: how long each takes for an answer, in milliseconds, and the ratio that is to hold.
const BMCS: [(u64, f64); 2] = [(0, 2.5), (5, 1.05)];

#[derive(Debug, Serialize)]
struct Overhead {
    bmc_ms: u64,
    native_us: f64,
    component_us: f64,
    ratio: f64,
    to_hold: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args().any(|word| word == "--json");
    let mut all = Vec::new();
    for (bmc_ms, to_hold) in BMCS {
        let overhead = measure(bmc_ms, to_hold).await?;
        if !json {
            println!(
                "one observe, BMC takes {bmc_ms} ms: native {:.0} us, component {:.0} us, ratio {:.2} (to hold {to_hold})",
                overhead.native_us, overhead.component_us, overhead.ratio
            );
        }
        all.push(overhead);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    Ok(())
}

async fn measure(bmc_ms: u64, to_hold: f64) -> Result<Overhead, Box<dyn Error>> {
    let rig = Arc::new(Rig::start(SimConfig::default()).await?);
    if bmc_ms > 0 {
        rig.sim.add_fault(Fault::new(Effect::Slow { ms: bmc_ms }))?;
    }
    let component = component()?;
    let id = rig.sim.system_path(0, 0);
    let (mut native_times, mut component_times) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let natively = native_round(Arc::clone(&rig), id.clone()).await?;
        let as_component = component_round(&component, &rig, &id).await?;
        // The first round warms both up.
        if round > 0 {
            native_times.extend(natively);
            component_times.extend(as_component);
        }
    }
    let (native_us, component_us) = (median(native_times), median(component_times));
    Ok(Overhead {
        bmc_ms,
        native_us,
        component_us,
        ratio: component_us / native_us,
        to_hold,
    })
}

fn component() -> Result<Component, Box<dyn Error>> {
    let registry = Registry::new(Runtime::new(RuntimeConfig::default())?, Policy::permissive());
    let drivers = switchyard_builtin_drivers::drivers();
    registry.load_builtin(drivers.iter().map(|driver| (driver.manifest, driver.component)))?;
    let driver = registry.get("redfish-standard").ok_or("no driver is embedded")?;
    Ok(Component::new(driver))
}

async fn native_round(rig: Arc<Rig>, id: String) -> Result<Vec<Duration>, Box<dyn Error>> {
    let handle = tokio::runtime::Handle::current();
    let round = tokio::task::spawn_blocking(move || {
        let _entered = handle.enter();
        let of = sdk::Subject {
            kind: sdk::Kind::Node,
            id,
        };
        let mut times = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let begun = Instant::now();
            let host = NativeHost::reading(rig.call());
            StandardRedfish::observe(&host, &of).map_err(|failure| failure.text)?;
            times.push(begun.elapsed());
        }
        Ok::<_, String>(times)
    });
    Ok(round.await??)
}

async fn component_round(
    component: &Component,
    rig: &Rig,
    id: &str,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let of = Subject {
        kind: Kind::Node,
        id: id.to_owned(),
    };
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        component
            .observe(rig.call(), &of)
            .await
            .map_err(|failure| failure.to_string())?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// The median, in microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
