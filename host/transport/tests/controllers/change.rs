//! What a permit knows after a change, for everything that can happen to it.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{Delivery, PermitId, Replay};
use switchyard_transport::{
    Endpoint, Fault, FaultDelivery, Method, Permit, Reason, Request, Scheme, Timeouts, Transport,
    TransportConfig,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::fixture::{
    BASIC, Leased, Logins, controller, endpoint, get, nobody, permit, reset, scope, transport,
};
use crate::server::{Act, Door, Server, answer, eventually, reply};

#[tokio::test]
async fn an_answer_is_recorded_with_its_status() {
    for status in [200, 202, 204, 400, 409, 500, 503] {
        let body = if status == 204 {
            ""
        } else {
            "the controller's words"
        };
        let server = Server::start(move |_| reply(status, body)).await;
        let permit = permit(Replay::Safe);
        let response = controller(server.address)
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap();
        assert_eq!(
            (response.status, response.body.as_ref()),
            (status, body.as_bytes())
        );
        assert_eq!(permit.delivery(), Delivery::of_http_status(status));
        assert!(permit.is_spent());
        let seen = server.seen().remove(0);
        assert_eq!(
            seen.line,
            "POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset"
        );
        assert_eq!(seen.body, r#"{"ResetType":"On"}"#);
        assert_eq!(seen.header("authorization"), Some(BASIC));
        assert_eq!(seen.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_refused_connection_is_not_sent_and_gives_the_send_back_three_times() {
    let controller = controller(nobody().await);
    let permit = permit(Replay::Never);
    for round in 0..4 {
        assert!(!permit.is_spent(), "round {round}");
        let fault = controller
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::NotSent, Reason::Unreachable)
        );
        assert!(fault.text.contains("nothing listens there"), "{}", fault.text);
        assert_eq!(permit.delivery(), Delivery::NotSent);
    }
    assert!(permit.is_spent());
}

#[tokio::test]
async fn a_401_gives_the_send_back_three_times() {
    let server = Server::start(|_| reply(401, "")).await;
    let controller = controller(server.address);
    let permit = permit(Replay::Never);
    for _ in 0..4 {
        let response = controller
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap();
        assert_eq!(response.status, 401);
        assert_eq!(permit.delivery(), Delivery::of_http_status(401));
    }
    let fault = controller
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert!(matches!(fault.reason, Reason::Refused(_)));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_spent_permit_sends_nothing_and_keeps_its_delivery() {
    let server = Server::start(|_| reply(204, "")).await;
    let controller = controller(server.address);
    let permit = permit(Replay::Safe);
    controller
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap();
    let fault = controller
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(fault.delivery, FaultDelivery::NotSent);
    assert!(fault.text.contains("spent"), "{}", fault.text);
    assert_eq!(permit.delivery(), Delivery::of_http_status(204));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_cut_before_and_after_reading_is_maybe_sent() {
    let unread = Server::behind(Door::Slam, |_| Act::Hang).await;
    let read = Server::start(|_| Act::SendAndClose(Vec::new())).await;
    for server in [unread, read] {
        let permit = permit(Replay::Never);
        let fault = controller(server.address)
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::MaybeSent, Reason::Cut),
            "{}",
            fault.text
        );
        assert_eq!(permit.settled().await, Delivery::MaybeSent);
        assert!(permit.is_spent());
        assert_eq!(server.connections(), 1, "never sent again");
    }
}

#[tokio::test]
async fn a_hang_is_maybe_sent_and_settles_after_the_change_timeout() {
    let server = Server::start(|_| Act::Hang).await;
    let timeouts = Timeouts {
        change: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let controller = transport().controller(Endpoint {
        timeouts,
        ..endpoint(Scheme::Http, server.address)
    });
    let permit = permit(Replay::Never);
    let request = Request {
        timeout: Duration::from_millis(50),
        ..reset()
    };
    let fault = controller
        .change(request, Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::MaybeSent, Reason::Timeout)
    );
    assert!(!permit.is_spent(), "still awaited");
    assert_eq!(permit.settled().await, Delivery::MaybeSent);
    assert!(permit.is_spent());
}

#[tokio::test]
async fn an_answer_after_the_callers_deadline_is_recorded() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Act::SendWhen(Arc::clone(&held), answer(204, "", ""))).await;
    let permit = permit(Replay::Never);
    let request = Request {
        timeout: Duration::from_millis(50),
        ..reset()
    };
    let fault = controller(server.address)
        .change(request, Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(fault.delivery, FaultDelivery::MaybeSent);
    assert_eq!(permit.delivery(), Delivery::MaybeSent);
    gate.add_permits(1);
    assert_eq!(permit.settled().await, Delivery::of_http_status(204));
}

#[tokio::test]
async fn a_dropped_caller_does_not_cut_the_request() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Act::SendWhen(Arc::clone(&held), answer(200, "", "done"))).await;
    let permit = permit(Replay::Never);
    let call = {
        let (controller, permit) = (controller(server.address), Arc::clone(&permit));
        tokio::spawn(async move { controller.change(reset(), permit, &scope()).await })
    };
    eventually("the request arrived", || server.seen().len() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    assert_eq!(permit.settled().await, Delivery::of_http_status(200));
}

#[tokio::test]
async fn a_caller_that_goes_while_waiting_for_its_slot_sends_nothing() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Act::SendWhen(Arc::clone(&held), answer(200, "", ""))).await;
    let controller = controller(server.address);
    let reading = {
        let controller = Arc::clone(&controller);
        tokio::spawn(async move { controller.read(get("/"), &scope()).await })
    };
    eventually("the read has the slot", || server.seen().len() == 1).await;

    let dropped = permit(Replay::Safe);
    let call = {
        let (controller, permit) = (Arc::clone(&controller), Arc::clone(&dropped));
        tokio::spawn(async move { controller.change(reset(), permit, &scope()).await })
    };
    let cancelled = permit(Replay::Safe);
    let scope = scope();
    let other = {
        let (controller, permit, scope) = (Arc::clone(&controller), Arc::clone(&cancelled), scope.clone());
        tokio::spawn(async move { controller.change(reset(), permit, &scope).await })
    };
    eventually("both wait", || {
        scope.waited() > Duration::ZERO && !format!("{dropped:?}").contains("Free")
    })
    .await;
    call.abort();
    scope.cancel.cancel();
    let fault = other.await.unwrap().unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Cancelled)
    );
    assert_eq!(dropped.settled().await, Delivery::NotSent);
    assert_eq!(cancelled.settled().await, Delivery::NotSent);
    assert!(!dropped.is_spent() && !cancelled.is_spent());

    gate.add_permits(8);
    reading.await.unwrap().unwrap();
    controller
        .read(get("/last"), &crate::fixture::scope())
        .await
        .unwrap();
    assert_eq!(server.lines(), ["GET /", "GET /last"]);
}

#[tokio::test]
async fn a_lost_lease_keeps_the_request_back() {
    let server = Server::start(|_| reply(204, "")).await;
    let permit = Permit::new(PermitId(Uuid::nil()), Replay::Safe, Arc::new(Leased(false)));
    let fault = controller(server.address)
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(fault.delivery, FaultDelivery::NotSent);
    assert_eq!(
        fault.reason,
        Reason::Refused("another replica holds the lease".into())
    );
    assert_eq!(permit.settled().await, Delivery::NotSent);
    assert!(!permit.is_spent());
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_redirect_of_a_change_is_its_answer() {
    let server = Server::start(|_| Act::Send(answer(308, "Location: /elsewhere\r\n", ""))).await;
    let permit = permit(Replay::Safe);
    let response = controller(server.address)
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap();
    assert_eq!(
        (response.status, response.header("location")),
        (308, Some("/elsewhere"))
    );
    assert_eq!(permit.delivery(), Delivery::of_http_status(308));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_body_that_breaks_after_the_status_leaves_the_change_answered() {
    let broken = b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{".to_vec();
    let server = Server::start(move |_| Act::SendAndClose(broken.clone())).await;
    let permit = permit(Replay::Never);
    let fault: Fault = controller(server.address)
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!((fault.status, fault.reason), (Some(202), Reason::Cut));
    assert!(
        fault.text.starts_with("the controller answered 202, but"),
        "{}",
        fault.text
    );
    assert_eq!(permit.settled().await, Delivery::of_http_status(202));
}

#[tokio::test]
async fn a_request_that_cannot_be_written_in_time_is_given_up() {
    let server = Server::behind(Door::Deaf, |_| Act::Hang).await;
    let limits = TransportConfig {
        request_body: usize::MAX,
        ..TransportConfig::default()
    };
    let controller =
        Transport::new(limits, Arc::new(Logins)).controller(endpoint(Scheme::Http, server.address));
    let permit = permit(Replay::Never);
    let request = Request {
        body: vec![b' '; 64 << 20].into(),
        ..reset()
    };
    let fault = controller
        .change(request, Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::MaybeSent, Reason::Timeout)
    );
    assert!(
        fault.text.contains("did not take the whole request"),
        "{}",
        fault.text
    );
    assert_eq!(permit.settled().await, Delivery::MaybeSent);
}

#[tokio::test]
async fn what_breaks_a_rule_touches_neither_permit_nor_controller() {
    let server = Server::start(|_| reply(204, "")).await;
    let controller = controller(server.address);
    let permit = permit(Replay::Safe);
    for request in [
        get("/"),
        Request {
            path: "http://10.0.0.1/".into(),
            ..reset()
        },
        Request {
            path: "/redfish/../x".into(),
            ..reset()
        },
        Request {
            headers: vec![("Authorization".into(), "x".into())],
            ..reset()
        },
        Request {
            body: vec![0; 256 * 1024 + 1].into(),
            ..reset()
        },
    ] {
        let fault = controller
            .change(request, Arc::clone(&permit), &scope())
            .await
            .unwrap_err();
        assert!(matches!(fault.reason, Reason::Refused(_)), "{}", fault.text);
        assert_eq!(fault.delivery, FaultDelivery::NotSent);
    }
    assert!(!permit.is_spent());
    assert_eq!(server.connections(), 0);
    controller
        .change(Request::new(Method::Delete, "/x"), permit, &scope())
        .await
        .unwrap();
    assert_eq!(server.lines(), ["DELETE /x"]);
}

#[tokio::test]
async fn a_shutdown_waits_for_the_answer_and_begins_nothing() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Act::SendWhen(Arc::clone(&held), answer(204, "", ""))).await;
    let transport = transport();
    let controller = transport.controller(endpoint(Scheme::Http, server.address));
    let (first, second) = (permit(Replay::Never), permit(Replay::Never));
    let mut calls = Vec::new();
    for permit in [&first, &second] {
        let (controller, permit) = (Arc::clone(&controller), Arc::clone(permit));
        calls.push(tokio::spawn(async move {
            controller.change(reset(), permit, &scope()).await
        }));
        eventually("the change began", || {
            transport.changes_in_flight() == calls.len()
        })
        .await;
    }
    eventually("the first arrived", || server.seen().len() == 1).await;
    let stopping = {
        let transport = Arc::clone(&transport);
        tokio::spawn(async move { transport.shutdown().await })
    };
    assert_eq!(
        second.settled().await,
        Delivery::NotSent,
        "what waits is not sent any more"
    );
    assert!(!stopping.is_finished());
    let refused = controller.read(get("/"), &scope()).await.unwrap_err();
    assert_eq!(
        (refused.delivery, refused.reason),
        (FaultDelivery::NotSent, Reason::Cancelled)
    );
    gate.add_permits(1);
    stopping.await.unwrap();
    assert_eq!(first.delivery(), Delivery::of_http_status(204));
    assert_eq!(calls.remove(0).await.unwrap().unwrap().status, 204);
    assert_eq!((server.seen().len(), transport.idle_connections()), (1, 0));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let server = Server::start(|_| Act::Hang).await;
    let limits = TransportConfig {
        shutdown_wait: Duration::from_millis(50),
        ..TransportConfig::default()
    };
    let transport = Transport::new(limits, Arc::new(Logins));
    let controller = transport.controller(endpoint(Scheme::Http, server.address));
    let permit = permit(Replay::Never);
    let call = {
        let permit = Arc::clone(&permit);
        tokio::spawn(async move { controller.change(reset(), permit, &scope()).await })
    };
    eventually("the request arrived", || server.seen().len() == 1).await;
    transport.shutdown().await;
    assert_eq!(transport.changes_in_flight(), 0);
    let fault = call.await.unwrap().unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::MaybeSent, Reason::Cancelled)
    );
    assert_eq!(permit.settled().await, Delivery::MaybeSent);
}

#[tokio::test]
async fn a_call_whose_time_is_over_or_that_was_cancelled_sends_nothing() {
    let server = Server::start(|_| reply(204, "")).await;
    let controller = controller(server.address);
    controller.connect(&scope()).await.unwrap();
    let cancelled = scope();
    cancelled.cancel.cancel();
    let mut over = scope();
    over.deadline = tokio::time::Instant::now();
    for (scope, reason) in [(cancelled, Reason::Cancelled), (over, Reason::Timeout)] {
        let permit = permit(Replay::Safe);
        let fault = controller
            .change(reset(), Arc::clone(&permit), &scope)
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, &fault.reason),
            (FaultDelivery::NotSent, &reason),
            "{}",
            fault.text
        );
        assert_eq!(permit.settled().await, Delivery::NotSent);
        assert!(!permit.is_spent());
        let fault = controller.read(get("/"), &scope).await.unwrap_err();
        assert_eq!((fault.delivery, fault.reason), (FaultDelivery::NotSent, reason));
    }
    assert_eq!(server.seen().len(), 0);
}
