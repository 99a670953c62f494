//! Changes: one datagram each, whatever becomes of it.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bmc_sim::{
    DEFAULT_PASSWORD, DEFAULT_USER, Effect, Fault, IpmiProfile, PowerState, Requests, ResetType, Sim,
};
use switchyard_core::{Delivery, PermitId, Replay};
use switchyard_transport::{FaultDelivery, Permit, Reason};
use tokio::process::Command;
use uuid::Uuid;

use crate::fixture::{
    CYCLE, Leased, NMI, OFF, ON, RESET, SOFT, behaving, control, controller, endpoint, eventually, is_on,
    message, permit, scope, standard, transport,
};

fn executed(sim: &Sim) -> Vec<ResetType> {
    sim.executed(0, 0)
        .into_iter()
        .map(|entry| entry.reset_type)
        .collect()
}

#[tokio::test]
async fn every_control_is_executed_once() {
    let sim = standard().await;
    let controller = controller(&sim);
    for (what, state) in [
        (OFF, PowerState::Off),
        (ON, PowerState::On),
        (CYCLE, PowerState::On),
        (RESET, PowerState::On),
        (NMI, PowerState::On),
        (SOFT, PowerState::Off),
    ] {
        let permit = permit();
        let reply = controller
            .ipmi_change(control(what), Arc::clone(&permit), &scope())
            .await
            .unwrap();
        assert_eq!(reply.completion, 0);
        assert_eq!(permit.settled().await, Delivery::of_ipmi_completion(0));
        assert!(permit.is_spent());
        assert_eq!(sim.power_state(0, 0), state);
        assert_eq!(is_on(&controller).await, state == PowerState::On);
    }
    assert_eq!(
        executed(&sim),
        [
            ResetType::ForceOff,
            ResetType::On,
            ResetType::PowerCycle,
            ResetType::ForceRestart,
            ResetType::Nmi,
            ResetType::GracefulShutdown,
        ]
    );
    assert_eq!(sim.ipmi(0).slots, 1, "all in one session");
}

#[tokio::test]
async fn a_lost_reply_to_a_reset_never_executes_it_twice() {
    let sim = standard().await;
    let controller = controller(&sim);
    sim.add_fault(Fault::new(Effect::ExecuteThenCut).times(4))
        .unwrap();
    let permit = permit();
    let fault = controller
        .ipmi_change(control(RESET), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::MaybeSent, Reason::Timeout)
    );
    assert_eq!(permit.settled().await, Delivery::MaybeSent);
    assert!(permit.is_spent());
    assert!(is_on(&controller).await);
    let again = controller.ipmi_change(control(RESET), permit, &scope()).await;
    assert!(matches!(again.unwrap_err().reason, Reason::Refused(_)));
    assert_eq!(executed(&sim), [ResetType::ForceRestart]);

    // The same BMC and three more lost replies: the customary tool resets it four times.
    let address = sim.ipmi_address(0).unwrap();
    let output = Command::new("ipmitool")
        .args(["-I", "lanplus", "-C", "17", "-N", "1", "-U", DEFAULT_USER])
        .args(["-P", DEFAULT_PASSWORD, "-H", &address.ip().to_string()])
        .args(["-p", &address.port().to_string(), "chassis", "power", "reset"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_mins(1), output)
        .await
        .unwrap()
        .expect("ipmitool starts; `cargo xtask test` installs it");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(executed(&sim), [ResetType::ForceRestart; 5]);
}

#[tokio::test]
async fn completion_codes_say_what_was_executed() {
    let sim = standard().await;
    let controller = controller(&sim);
    for (code, proves, spent) in [
        (0xC0, true, true),
        (0xC1, true, false),
        (0xC3, false, true),
        (0xCC, true, false),
        (0xD2, true, true),
        (0xD4, true, true),
        (0xFF, false, true),
    ] {
        sim.add_fault(Fault::new(Effect::CompletionCode { code }))
            .unwrap();
        let permit = permit();
        let reply = controller
            .ipmi_change(control(RESET), Arc::clone(&permit), &scope())
            .await
            .unwrap();
        sim.clear_faults();
        let delivery = permit.settled().await;
        assert_eq!(reply.completion, code);
        assert_eq!(delivery, Delivery::of_ipmi_completion(code));
        assert_eq!(delivery.proves_not_executed(), proves, "{code:02x}h");
        assert_eq!(permit.is_spent(), spent, "{code:02x}h");
    }
    assert_eq!(executed(&sim), []);
    sim.set_power(0, 0, PowerState::Off);
    let permit = permit();
    let reply = controller
        .ipmi_change(control(RESET), Arc::clone(&permit), &scope())
        .await
        .unwrap();
    assert_eq!(
        (reply.completion, permit.settled().await.proves_not_executed()),
        (0xD5, true)
    );
}

#[tokio::test]
async fn an_answer_after_the_caller_has_gone_is_recorded() {
    let sim = standard().await;
    let controller = controller(&sim);
    sim.add_fault(Fault::new(Effect::Slow { ms: 200 }).on(Requests::Actions))
        .unwrap();
    let permit = permit();
    let call = {
        let (controller, permit) = (Arc::clone(&controller), Arc::clone(&permit));
        tokio::spawn(async move { controller.ipmi_change(control(RESET), permit, &scope()).await })
    };
    eventually("the change has left", || permit.delivery() == Delivery::MaybeSent).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(permit.settled().await, Delivery::of_ipmi_completion(0));
    assert_eq!(executed(&sim), [ResetType::ForceRestart]);
}

#[tokio::test]
async fn a_lost_lease_a_cancelled_call_and_a_dead_bmc_keep_the_change_back() {
    let sim = standard().await;
    let controller = controller(&sim);
    controller.connect(&scope()).await.unwrap();
    let unleased = Permit::new(PermitId(Uuid::nil()), Replay::Safe, Arc::new(Leased(false)));
    let cancelled = scope();
    cancelled.cancel.cancel();
    let nobody = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let dead = transport().controller(endpoint(nobody.local_addr().unwrap()));
    for (controller, permit, scope) in [
        (&controller, unleased, scope()),
        (&controller, permit(), cancelled),
        (&dead, permit(), scope()),
    ] {
        let fault = controller
            .ipmi_change(control(RESET), Arc::clone(&permit), &scope)
            .await
            .unwrap_err();
        assert_eq!(fault.delivery, FaultDelivery::NotSent, "{fault:?}");
        assert_eq!(permit.settled().await, Delivery::NotSent);
        assert!(!permit.is_spent());
    }
    assert_eq!((executed(&sim), sim.counts(0).ipmi_actions), (vec![], 0));
    assert_eq!(sim.ipmi(0).sessions, 1, "the session is kept");
}

#[tokio::test]
async fn a_change_after_a_pause_goes_over_a_session_that_the_bmc_knows() {
    // The BMC forgets sessions after a little more than the time for which the host trusts in one.
    let sim = behaving(IpmiProfile {
        session_timeout_ms: 1_100,
        ..IpmiProfile::standard()
    })
    .await;
    let controller = controller(&sim);
    assert!(is_on(&controller).await);
    eventually("the BMC has forgotten the session", || sim.ipmi(0).sessions == 0).await;
    let permit = permit();
    controller
        .ipmi_change(control(RESET), Arc::clone(&permit), &scope())
        .await
        .unwrap();
    assert_eq!(permit.settled().await, Delivery::of_ipmi_completion(0));
    assert_eq!(executed(&sim), [ResetType::ForceRestart]);
}

#[tokio::test]
async fn what_is_no_message_spends_nothing() {
    let sim = standard().await;
    let controller = controller(&sim);
    let permit = permit();
    for wrong in [
        message(0x01, 0x02, &[3]),
        message(0x40, 0x02, &[3]),
        message(0x00, 0x02, &[0; 256]),
    ] {
        let fault = controller
            .ipmi_change(wrong, Arc::clone(&permit), &scope())
            .await
            .unwrap_err();
        assert!(matches!(fault.reason, Reason::Refused(_)), "{fault:?}");
    }
    assert!(!permit.is_spent());
    assert_eq!(sim.counts(0).ipmi_steps, 0);
}

#[tokio::test]
async fn a_shutdown_waits_for_the_answer_and_closes_the_session() {
    let sim = standard().await;
    let transport = transport();
    let controller = transport.controller(endpoint(sim.ipmi_address(0).unwrap()));
    sim.add_fault(Fault::new(Effect::Slow { ms: 200 }).on(Requests::Actions))
        .unwrap();
    let permit = permit();
    let call = {
        let (controller, permit) = (Arc::clone(&controller), Arc::clone(&permit));
        tokio::spawn(async move { controller.ipmi_change(control(RESET), permit, &scope()).await })
    };
    eventually("the change has left", || permit.delivery() == Delivery::MaybeSent).await;
    transport.shutdown().await;
    assert_eq!(permit.settled().await, Delivery::of_ipmi_completion(0));
    assert_eq!(call.await.unwrap().unwrap().completion, 0);
    assert_eq!(transport.idle_sessions(), 0);
    eventually("the BMC was told", || sim.ipmi(0).slots == 0).await;
    let fault = controller
        .ipmi_read(crate::fixture::status(), &scope())
        .await
        .unwrap_err();
    assert_eq!(fault.reason, Reason::Cancelled);
}
