//! Reads: headers, redirects, limits and time.

use std::time::Duration;

use switchyard_transport::{Endpoint, FaultDelivery, Method, Reason, Request, Scheme};

use crate::fixture::{BASIC, controller, endpoint, get, nobody, scope, transport};
use crate::server::{Act, Server, answer, reply};

#[tokio::test]
async fn the_host_adds_its_headers_and_login() {
    let server = Server::start(|_| reply(200, "{}")).await;
    let controller = controller(server.address);
    let response = controller
        .read(get("/redfish/v1/?$expand=."), &scope())
        .await
        .unwrap();
    assert_eq!((response.status, response.body.as_ref()), (200, b"{}".as_slice()));
    controller
        .read(
            Request {
                anonymous: true,
                ..get("/redfish/v1/")
            },
            &scope(),
        )
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].line, "GET /redfish/v1/?$expand=.");
    assert_eq!(seen[0].header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    assert_eq!(seen[0].header("odata-version"), Some("4.0"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("switchyard/"));
    assert_eq!(seen[0].header("authorization"), Some(BASIC));
    assert_eq!(seen[1].header("authorization"), None);
}

#[tokio::test]
async fn every_status_is_an_answer_and_session_secrets_are_left_out() {
    for status in [401, 404, 500, 304] {
        let server = Server::start(move |_| {
            Act::Send(answer(
                status,
                "X-Auth-Token: t\r\nSet-Cookie: c=d\r\nRetry-After: 5\r\n",
                "",
            ))
        })
        .await;
        let response = controller(server.address).read(get("/"), &scope()).await.unwrap();
        assert_eq!(response.status, status);
        assert_eq!(response.header("retry-after"), Some("5"));
        assert_eq!(
            (response.header("x-auth-token"), response.header("set-cookie")),
            (None, None)
        );
    }
}

#[tokio::test]
async fn a_head_request_has_no_body_however_long_it_claims_to_be() {
    let server =
        Server::start(|_| Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec())).await;
    let response = controller(server.address)
        .read(Request::new(Method::Head, "/"), &scope())
        .await
        .unwrap();
    assert_eq!((response.status, response.body.len()), (200, 0));
}

#[tokio::test]
async fn only_get_and_head_without_a_body_are_reads_and_queries_are_refused() {
    let server = Server::start(|_| reply(200, "")).await;
    let controller = controller(server.address);
    for request in [
        Request::new(Method::Post, "/"),
        Request::new(Method::Delete, "/"),
        Request {
            body: "x".into(),
            ..get("/")
        },
        get("https://10.0.0.1/redfish/v1"),
        get("//10.0.0.1/redfish/v1"),
    ] {
        let fault = controller.read(request, &scope()).await.unwrap_err();
        assert!(matches!(fault.reason, Reason::Refused(_)), "{}", fault.text);
        assert_eq!(fault.delivery, FaultDelivery::NotSent);
    }
    let fault = controller
        .query(Request::new(Method::Post, "/wsman"), &scope())
        .await
        .unwrap_err();
    assert!(matches!(fault.reason, Reason::Refused(_)));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn redirects_within_the_origin_are_followed_five_times() {
    let server = Server::start(|seen| match seen.line.as_str() {
        "GET /redfish" => Act::Send(answer(301, "Location: /redfish/v1/\r\n", "")),
        "GET /redfish/v1/" => reply(200, "root"),
        _ => Act::Send(answer(302, "Location: /loop\r\n", "")),
    })
    .await;
    let controller = controller(server.address);
    let response = controller.read(get("/redfish"), &scope()).await.unwrap();
    assert_eq!(response.body, "root");
    let fault = controller.read(get("/loop"), &scope()).await.unwrap_err();
    assert!(fault.text.contains("more than 5 times"), "{}", fault.text);
    assert_eq!(
        (fault.delivery, server.seen().len()),
        (FaultDelivery::MaybeSent, 2 + 6)
    );
}

#[tokio::test]
async fn foreign_redirects_are_refused_and_get_no_login() {
    let foreign = Server::start(|_| reply(200, "")).await;
    let target = format!("Location: http://{}/redfish\r\n", foreign.address);
    let server = Server::start(move |_| Act::Send(answer(307, &target, ""))).await;
    let fault = controller(server.address)
        .read(get("/"), &scope())
        .await
        .unwrap_err();
    assert!(matches!(fault.reason, Reason::Refused(_)));
    assert_eq!(
        (fault.delivery, fault.status),
        (FaultDelivery::MaybeSent, Some(307))
    );
    assert!(
        fault.text.contains(&foreign.address.to_string()),
        "{}",
        fault.text
    );
    assert_eq!((server.seen().len(), foreign.connections()), (1, 0));
}

#[tokio::test]
async fn an_answer_without_end_is_cut_at_the_limit() {
    const MIB: usize = 1 << 20;
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 3 * MIB).into_bytes();
    let chunk = "x".repeat(MIB);
    let chunked = format!("{MIB:x}\r\n{chunk}\r\n").repeat(3);
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}").into_bytes();
    let server = Server::start(move |seen| {
        Act::Send(if seen.line == "GET /announced" {
            announced.clone()
        } else {
            chunked.clone()
        })
    })
    .await;
    let controller = controller(server.address);
    for path in ["/announced", "/chunked"] {
        let fault = controller.read(get(path), &scope()).await.unwrap_err();
        assert_eq!(
            (fault.reason, fault.status),
            (Reason::TooLarge, Some(200)),
            "{path}"
        );
        assert!(fault.text.contains("2097152"), "{}", fault.text);
    }
}

#[tokio::test]
async fn too_large_headers_and_what_is_no_http_are_told_apart() {
    let large = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(256 * 1024)).into_bytes();
    let server = Server::start(move |seen| {
        Act::SendAndClose(if seen.line == "GET /large" {
            large.clone()
        } else {
            b"SSH-2.0-x\r\n\r\n".to_vec()
        })
    })
    .await;
    let controller = controller(server.address);
    for (path, reason, text) in [
        ("/large", Reason::TooLarge, "larger headers"),
        ("/ssh", Reason::Cut, "no HTTP/1.1"),
    ] {
        let fault = controller.read(get(path), &scope()).await.unwrap_err();
        assert_eq!(
            (fault.delivery, &fault.reason),
            (FaultDelivery::MaybeSent, &reason),
            "{}",
            fault.text
        );
        assert!(fault.text.contains(text), "{}", fault.text);
    }
}

#[tokio::test]
async fn a_read_ends_at_its_own_time_limit_or_the_calls() {
    let server = Server::start(|seen| match seen.line.as_str() {
        "GET /half" => Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()),
        _ => Act::Hang,
    })
    .await;
    let controller = controller(server.address);
    let timeout = Duration::from_millis(50);
    for (path, status) in [("/", None), ("/half", Some(200))] {
        let fault = controller
            .read(Request { timeout, ..get(path) }, &scope())
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::MaybeSent, Reason::Timeout)
        );
        assert_eq!(fault.status, status);
    }
    let mut brief = scope();
    brief.deadline = tokio::time::Instant::now() + timeout;
    let fault = controller.read(get("/"), &brief).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Timeout);
}

#[tokio::test]
async fn a_cancelled_read_ends_at_once() {
    let server = Server::start(|_| Act::Hang).await;
    let controller = controller(server.address);
    let scope = scope();
    let read = controller.read(get("/"), &scope);
    let cancel = async {
        crate::server::eventually("the request arrived", || server.seen().len() == 1).await;
        scope.cancel.cancel();
    };
    let (result, ()) = tokio::join!(read, cancel);
    assert_eq!(result.unwrap_err().reason, Reason::Cancelled);
}

#[tokio::test]
async fn without_a_login_or_a_listener_nothing_is_sent() {
    let server = Server::start(|_| reply(200, "")).await;
    let unknown = Endpoint {
        credential: "nobody".into(),
        ..endpoint(Scheme::Http, server.address)
    };
    let fault = transport()
        .controller(unknown)
        .read(get("/"), &scope())
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Auth)
    );
    assert!(fault.text.contains("\"nobody\""), "{}", fault.text);

    let stuck = Endpoint {
        credential: "hang".into(),
        ..endpoint(Scheme::Http, server.address)
    };
    let mut brief = scope();
    brief.deadline = tokio::time::Instant::now() + Duration::from_millis(50);
    let fault = transport()
        .controller(stuck)
        .read(get("/"), &brief)
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::NoLogin)
    );
    assert_eq!(server.connections(), 0);

    let fault = controller(nobody().await).connect(&scope()).await.unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Unreachable)
    );
}
