//! Many controllers at once.

use std::sync::Arc;
use std::time::Duration;

use bmc_sim::SimConfig;
use switchyard_transport::ipmi::Settings;
use switchyard_transport::{Endpoint, Reason, Timeouts};
use tokio::task::JoinSet;

use crate::fixture::{endpoint, eventually, is_on, scope, start, transport};

const BMCS: usize = 200;

/// Two hundred BMCs in one process take a while to answer.
fn patient(endpoint: Endpoint) -> Endpoint {
    Endpoint {
        ipmi: Settings {
            retry: Duration::from_secs(5),
            ..endpoint.ipmi
        },
        timeouts: Timeouts::default(),
        ..endpoint
    }
}

#[tokio::test]
async fn many_bmcs_have_one_session_each() {
    let sim = Arc::new(start(SimConfig::default().count(BMCS)).await);
    let transport = transport();
    let controllers: Vec<_> = (0..BMCS)
        .map(|bmc| transport.controller(patient(endpoint(sim.ipmi_address(bmc).unwrap()))))
        .collect();
    for _ in 0..2 {
        let mut readings = JoinSet::new();
        for controller in &controllers {
            let controller = Arc::clone(controller);
            readings.spawn(async move { assert!(is_on(&controller).await) });
        }
        while let Some(reading) = readings.join_next().await {
            reading.unwrap();
        }
    }
    assert_eq!(transport.idle_sessions(), BMCS);
    let once = (0..BMCS).all(|bmc| sim.counts(bmc).ipmi_steps == 3);
    assert!(once, "each BMC has seen one session");
    transport.shutdown().await;
    eventually("all were told", || (0..BMCS).all(|bmc| sim.ipmi(bmc).slots == 0)).await;
    let fault = controllers[0].connect(&scope()).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Cancelled);
}
