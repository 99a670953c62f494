//! Kept connections, parallel requests and the order of lanes on the wire.

use std::sync::Arc;
use std::time::Duration;

use switchyard_core::{Pace, Replay};
use switchyard_transport::{Endpoint, Lane, Reason, Scheme, Scope, Transport, TransportConfig};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Logins, controller, endpoint, get, permit, reset, scope, transport};
use crate::server::{Act, Server, answer, eventually, reply};

#[tokio::test]
async fn reads_share_a_kept_connection() {
    let server = Server::start(|_| reply(200, "{}")).await;
    let controller = controller(server.address);
    controller.connect(&scope()).await.unwrap();
    controller.connect(&scope()).await.unwrap();
    for _ in 0..5 {
        controller.read(get("/"), &scope()).await.unwrap();
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 5));
}

#[tokio::test]
async fn a_change_that_must_not_be_repeated_never_follows_another_request_on_its_connection() {
    for (replay, connections) in [(Replay::Never, 2), (Replay::IfUnchanged, 1), (Replay::Safe, 1)] {
        let server = Server::start(|_| reply(200, "")).await;
        let controller = controller(server.address);
        controller.read(get("/"), &scope()).await.unwrap();
        controller
            .change(reset(), permit(replay), &scope())
            .await
            .unwrap();
        assert_eq!(server.connections(), connections, "{replay:?}");
    }
}

#[tokio::test]
async fn it_may_use_the_connection_that_was_just_opened_for_it() {
    let server = Server::start(|_| reply(200, "")).await;
    let controller = controller(server.address);
    controller.connect(&scope()).await.unwrap();
    controller
        .change(reset(), permit(Replay::Never), &scope())
        .await
        .unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_read_that_meets_a_closed_connection_is_sent_on_a_fresh_one() {
    // The controller takes the second request on a connection and closes without an answer.
    let server = Server::start(|seen| {
        if seen.connection == 0 && seen.line == "GET /2" {
            Act::SendAndClose(Vec::new())
        } else {
            reply(200, "")
        }
    })
    .await;
    let controller = controller(server.address);
    controller.read(get("/1"), &scope()).await.unwrap();
    controller.read(get("/2"), &scope()).await.unwrap();
    assert_eq!(server.lines(), ["GET /1", "GET /2", "GET /2"]);
}

#[tokio::test]
async fn a_connection_that_the_controller_closes_is_not_kept() {
    let server = Server::start(|_| Act::Send(answer(200, "Connection: close\r\n", ""))).await;
    let transport = transport();
    let controller = transport.controller(endpoint(Scheme::Http, server.address));
    for _ in 0..2 {
        controller.read(get("/"), &scope()).await.unwrap();
        assert_eq!(transport.idle_connections(), 0);
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn idle_connections_are_few_and_do_not_grow_old() {
    let server = Server::start(|_| reply(200, "")).await;
    let limits = TransportConfig {
        idle_connections: 3,
        idle_for: Duration::from_millis(300),
        ..TransportConfig::default()
    };
    let transport = Transport::new(limits, Arc::new(Logins));
    let controllers: Vec<_> = (0..5)
        .map(|_| transport.controller(endpoint(Scheme::Http, server.address)))
        .collect();
    for controller in &controllers {
        controller.read(get("/"), &scope()).await.unwrap();
    }
    assert_eq!(transport.idle_connections(), 3);
    eventually("they are dropped", || transport.idle_connections() == 0).await;
    controllers[0].read(get("/"), &scope()).await.unwrap();
    assert_eq!(transport.idle_connections(), 1);
    drop(controllers);
    assert_eq!(
        transport.idle_connections(),
        0,
        "a controller takes its connections along"
    );
}

#[tokio::test]
async fn requests_in_flight_stay_within_the_pace() {
    for parallel in [1, 3] {
        let server = Server::start(|_| reply(200, "{}")).await;
        let pace = Pace {
            parallel,
            ..Pace::default()
        };
        let controller = transport().controller(Endpoint {
            pace,
            ..endpoint(Scheme::Http, server.address)
        });
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..30 {
            let controller = Arc::clone(&controller);
            calls.spawn(async move { controller.read(get("/"), &scope()).await.unwrap().status });
        }
        assert_eq!(calls.join_all().await, [200; 30]);
        assert!(
            server.most_busy() <= usize::from(parallel),
            "{} of {parallel}",
            server.most_busy()
        );
        assert!(server.connections() <= usize::from(parallel));
    }
}

#[tokio::test]
async fn a_change_goes_before_polls_that_came_earlier() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Act::SendWhen(Arc::clone(&held), answer(200, "", ""))).await;
    let controller = controller(server.address);
    let poll = || {
        Scope::new(
            Lane::Poll,
            Instant::now() + Duration::from_secs(20),
            CancellationToken::new(),
        )
    };
    let mut calls = tokio::task::JoinSet::new();
    let (first, second) = (poll(), poll());
    for (path, scope) in [("/first", first.clone()), ("/second", second.clone())] {
        let controller = Arc::clone(&controller);
        calls.spawn(async move { controller.read(get(path), &scope).await.unwrap().status });
        eventually("the first poll arrived", || server.seen().len() == 1).await;
    }
    eventually("the second poll waits", || second.waited() > Duration::ZERO).await;
    let action = scope();
    {
        let (controller, action) = (Arc::clone(&controller), action.clone());
        calls.spawn(async move {
            controller
                .change(reset(), permit(Replay::Safe), &action)
                .await
                .unwrap()
                .status
        });
    }
    eventually("the change waits", || action.waited() > Duration::ZERO).await;
    gate.add_permits(3);
    calls.join_all().await;
    let lines = server.lines();
    assert!(lines[1].starts_with("POST"), "{lines:?}");
    assert_eq!(lines[2], "GET /second");
}

#[tokio::test]
async fn waiting_for_a_slot_does_not_eat_the_calls_time() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Act::SendWhen(Arc::clone(&held), answer(200, "", ""))).await;
    let controller = controller(server.address);
    let holding = {
        let controller = Arc::clone(&controller);
        tokio::spawn(async move { controller.read(get("/"), &scope()).await })
    };
    eventually("the slot is taken", || server.seen().len() == 1).await;
    let limit = Duration::from_millis(100);
    let brief = Scope::new(Lane::Action, Instant::now() + limit, CancellationToken::new());
    let waiting = {
        let (controller, brief) = (Arc::clone(&controller), brief.clone());
        tokio::spawn(async move { controller.change(reset(), permit(Replay::Safe), &brief).await })
    };
    eventually("it waited longer than the call has time", || {
        brief.waited() > 2 * limit
    })
    .await;
    gate.add_permits(2);
    holding.await.unwrap().unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().status, 200);
}

#[tokio::test]
async fn a_wait_for_a_slot_is_bounded() {
    let server = Server::start(|_| Act::Hang).await;
    let limits = TransportConfig {
        slot_wait: Duration::from_millis(50),
        ..TransportConfig::default()
    };
    let controller =
        Transport::new(limits, Arc::new(Logins)).controller(endpoint(Scheme::Http, server.address));
    let holding = {
        let controller = Arc::clone(&controller);
        tokio::spawn(async move { controller.read(get("/"), &scope()).await })
    };
    eventually("the slot is taken", || server.seen().len() == 1).await;
    let permit = permit(Replay::Safe);
    let fault = controller
        .change(reset(), Arc::clone(&permit), &scope())
        .await
        .unwrap_err();
    assert_eq!(fault.reason, Reason::Timeout);
    assert!(!permit.is_spent());
    holding.abort();
}

#[test]
fn a_controller_without_requests_is_small() {
    let size = size_of::<switchyard_transport::Controller>();
    assert!(size <= 576, "{size} bytes for each of ten thousand controllers");
}
