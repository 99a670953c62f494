//! Reads: repeated when nothing comes back, never when they would change something.

use std::time::Duration;

use bmc_sim::{Effect, Fault, PowerState, Requests};
use switchyard_transport::{Endpoint, FaultDelivery, Method, Reason, Request, Timeouts};

use crate::fixture::{
    RESET, control, controller, endpoint, is_on, message, permit, scope, standard, status, transport,
};

#[tokio::test]
async fn the_state_of_the_chassis_is_read() {
    let sim = standard().await;
    let controller = controller(&sim);
    assert!(is_on(&controller).await);
    sim.set_power(0, 0, PowerState::Off);
    assert!(!is_on(&controller).await);
    assert_eq!(
        (sim.ipmi(0).sessions, sim.counts(0).ipmi_reads),
        (1, 3),
        "one session, asked first what it offers"
    );
    assert_eq!(sim.counts(0).auth_failures, 0);
}

#[tokio::test]
async fn lost_late_repeated_and_spoilt_answers_are_asked_for_again() {
    for effect in [
        Effect::CutBeforeExecuting,
        Effect::ExecuteThenCut,
        Effect::LateAnswer,
        Effect::WrongCode,
        Effect::WrongChecksum,
        Effect::DuplicateAnswer,
    ] {
        let sim = standard().await;
        let controller = controller(&sim);
        sim.add_fault(Fault::new(effect.clone()).on(Requests::PowerReadings).times(3))
            .unwrap();
        for _ in 0..3 {
            assert!(is_on(&controller).await, "{effect:?}");
        }
        assert_eq!(sim.faults()[0].hits, 3, "{effect:?}");
    }
}

#[tokio::test]
async fn after_four_silences_it_is_a_timeout() {
    let sim = standard().await;
    let controller = controller(&sim);
    let silence = Effect::Hang {
        for_ms: None,
        execute: false,
    };
    sim.add_fault(Fault::new(silence).on(Requests::PowerReadings))
        .unwrap();
    let fault = controller.ipmi_read(status(), &scope()).await.unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::MaybeSent, Reason::Timeout)
    );
    assert_eq!(sim.faults()[0].hits, 4);
    sim.clear_faults();
    assert!(is_on(&controller).await);
}

#[tokio::test]
async fn a_busy_bmc_is_asked_again_and_its_last_word_is_the_answer() {
    let sim = standard().await;
    let controller = controller(&sim);
    let busy = || Fault::new(Effect::Busy { retry_after: 1 }).on(Requests::PowerReadings);
    sim.add_fault(busy().times(3)).unwrap();
    assert!(is_on(&controller).await);
    sim.add_fault(busy()).unwrap();
    let reply = controller.ipmi_read(status(), &scope()).await.unwrap();
    assert_eq!(reply.completion, 0xC0);
}

#[tokio::test]
async fn what_changes_something_is_no_read() {
    let sim = standard().await;
    let controller = controller(&sim);
    for message in [
        control(RESET),
        message(0x06, 0x02, &[]),
        message(0x2C, 0x04, &[0xDC, 0]),
        message(0x01, 0x01, &[]),
    ] {
        let fault = controller.ipmi_read(message, &scope()).await.unwrap_err();
        assert!(matches!(fault.reason, Reason::Refused(_)), "{fault:?}");
        assert_eq!(fault.delivery, FaultDelivery::NotSent);
    }
    assert_eq!(sim.counts(0).ipmi_steps, 0);
}

#[tokio::test]
async fn each_protocol_has_its_own_controllers() {
    let sim = standard().await;
    let ipmi = controller(&sim);
    for fault in [
        ipmi.read(Request::new(Method::Get, "/"), &scope())
            .await
            .unwrap_err(),
        ipmi.change(Request::new(Method::Post, "/"), permit(), &scope())
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(&fault.reason, Reason::Refused(rule) if rule.contains("no HTTP")),
            "{fault:?}"
        );
    }
    let http = transport().controller(Endpoint {
        address: sim.base_url(0).parse().unwrap(),
        ..endpoint(sim.address(0))
    });
    for fault in [
        http.ipmi_read(status(), &scope()).await.unwrap_err(),
        http.ipmi_change(control(RESET), permit(), &scope())
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(&fault.reason, Reason::Refused(rule) if rule.contains("not reached by IPMI")),
            "{fault:?}"
        );
    }
    assert_eq!(sim.totals().executed, 0);
}

#[tokio::test]
async fn a_read_ends_with_the_call_or_its_own_limit() {
    let sim = standard().await;
    let hang = || Effect::Hang {
        for_ms: None,
        execute: false,
    };
    sim.add_fault(Fault::new(hang()).on(Requests::PowerReadings))
        .unwrap();
    let cancelled = scope();
    cancelled.cancel.cancel();
    let mut brief = scope();
    brief.deadline = tokio::time::Instant::now() + Duration::from_millis(50);
    let controller = controller(&sim);
    for (scope, reason) in [(cancelled, Reason::Cancelled), (brief, Reason::Timeout)] {
        let fault = controller.ipmi_read(status(), &scope).await.unwrap_err();
        assert_eq!(fault.reason, reason, "{}", fault.text);
    }
    let impatient = Endpoint {
        timeouts: Timeouts {
            read: Duration::from_millis(50),
            ..Timeouts::default()
        },
        ..endpoint(sim.ipmi_address(0).unwrap())
    };
    let controller = transport().controller(impatient);
    let fault = controller.ipmi_read(status(), &scope()).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Timeout, "{}", fault.text);
}
