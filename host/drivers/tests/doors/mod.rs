//! What a driver tries to reach, and does not: secrets, addresses, other controllers.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchyard_core::{ControllerId, Timestamp};
use switchyard_drivers::{Call, CallCaches};
use switchyard_transport::{Endpoint, Transport, TransportConfig};

use crate::support::{Bench, Root, endpoint, subject};

#[tokio::test]
async fn headers_of_the_host_are_refused_and_lines_cannot_be_broken() {
    let bench = Bench::new().await;
    for header in [
        "Host=127.0.0.2",
        "authorization=Basic eDp5",
        "Cookie=a=b",
        "X-Auth-Token=stolen",
        "Proxy-Authorization=Basic eDp5",
        "Transfer-Encoding=chunked",
        "Content-Length=0",
        "Upgrade=h2c",
        "X-A=b\r\nHost: 127.0.0.2",
        "X-A=b\nX-C: d",
        "X A=b",
        "X-A\r\nHost=127.0.0.2",
    ] {
        let told = bench.told(&format!("header {header}")).await;
        assert!(told.starts_with("refused"), "{header:?}: {told}");
    }
    assert_eq!(bench.bmc.asked("GET /"), 0);
    assert_eq!(bench.told("header Accept=text/plain").await, "status 204");
}

#[tokio::test]
async fn other_hosts_are_out_of_reach() {
    let bench = Bench::new().await;
    for target in [
        "http://127.0.0.2/",
        "//127.0.0.2/",
        "\\\\127.0.0.2\\",
        "@127.0.0.2/",
        ".@127.0.0.2/",
        "127.0.0.2:80/",
        "/a b",
        "/a\tb",
        "/\r\n\r\nGET http://127.0.0.2/ HTTP/1.1",
        "/elsewhere",
        "/@127.0.0.2/",
        "*",
        "",
    ] {
        let told = bench.told(target).await;
        assert!(told.starts_with("refused"), "{target:?}: {told}");
    }
}

#[tokio::test]
async fn no_secret_and_no_address_is_within_reach() {
    let bench = Bench::new().await;
    let told = bench.told("surroundings").await;
    assert!(!told.contains("Some"), "{told}");
    let fault = bench.told("fault").await;
    let echo = bench.told("echo").await;
    assert!(
        echo.to_lowercase().contains("authorization: basic ****"),
        "{echo}"
    );
    // "root:secret", encoded.
    for secret in ["cm9vdDpzZWNyZXQ=", "root:secret", "session-secret"] {
        assert!(
            !echo.contains(secret) && !fault.contains(secret),
            "{secret}: {echo} {fault}"
        );
    }
    let port = bench.bmc.url().rsplit(':').next().unwrap().to_owned();
    for name in ["127.0.0.1", port.as_str()] {
        assert!(!fault.contains(name), "{name}: {fault}");
    }
}

#[tokio::test]
async fn neighbours_stay_apart() {
    let bench = Bench::new().await;
    let transport = Transport::new(TransportConfig::default(), Arc::new(Root));
    let neighbour = transport.controller(Endpoint {
        id: ControllerId::parse("bmc-2").unwrap(),
        ..endpoint(&bench.bmc.url())
    });
    let caches = CallCaches::default();
    let call = |of: &Arc<switchyard_transport::Controller>, word: &str| Call {
        controller: Arc::clone(of),
        settings: Arc::new(BTreeMap::from([("word".to_owned(), word.to_owned())])),
        cache: caches.of(&of.endpoint().id, &bench.driver),
        ..bench.call()
    };
    let ask = async |of, word, what: &str| {
        let (call, what) = (call(of, word), subject(what));
        let reading = bench.driver.observe(call, &what, Timestamp::from_millis(0));
        reading.await.unwrap().raw
    };
    for round in ["1", "2"] {
        assert_eq!(ask(&bench.controller, "mine", "count-calls").await, round);
    }
    assert_eq!(ask(&neighbour, "theirs", "count-calls").await, "1");
    assert_eq!(ask(&bench.controller, "mine", "settings").await, "mine");
    assert_eq!(ask(&neighbour, "theirs", "settings").await, "theirs");
}
