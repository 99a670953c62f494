//! Drivers that misbehave: each harms its own call only, with a clear error, and none of them is believed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first thing that goes wrong"
)]

mod choice;
mod contract;
mod doors;
mod lifecycle;
mod refusals;
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::{Bench, MANIFEST, hostile, subject};
use switchyard_core::{Cause, Delivery, Executed, Failure, Replay, Timestamp};
use switchyard_drivers::{
    Call, GateError, Grants, Live, LoadError, Manifest, Policy, Registry, Runtime, RuntimeConfig, Submitted,
};
use switchyard_transport::{Lane, Transport, TransportConfig};

/// The failure of a call that the runtime ended.
async fn stopped(bench: &Bench, id: &str) -> Failure {
    let failure = bench.observe(id).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Driver, "{failure}");
    assert!(failure.text.contains("hostile@1.2.3"), "{failure}");
    failure
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_over_a_limit_is_stopped_and_the_next_call_works() {
    let bench = Bench::new().await;
    for (id, word) in [
        ("loop", "500 ms of CPU time"),
        ("memory", "16384 KiB of memory"),
        ("recursion", "trapped"),
        ("panic", "a bug with a message"),
        ("log-flood", "CPU time"),
        ("stdout", "wasi:cli/environment"),
        ("vast-answer", "was stopped"),
    ] {
        let text = stopped(&bench, id).await.text;
        assert!(text.contains(word), "{id}: {text}");
    }
    assert_eq!(bench.told("hash").await, "100");
    assert_eq!(bench.driver.runtime().live(), Live { polls: 0, actions: 0 });
}

#[tokio::test]
async fn a_loop_leaves_other_tasks_running() {
    let bench = Bench::new().await;
    let other = async {
        bench.is_running().await;
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = bench.observe("loop") => panic!("the loop ended first: {result:?}"),
        () = other => {}
    }
}

#[tokio::test]
async fn waiting_costs_no_cpu_time() {
    let bench = Bench::with(
        &format!("{MANIFEST}[limits]\ncpu-ms = 100\n"),
        RuntimeConfig::default(),
    )
    .await;
    assert_eq!(bench.told("slow-reads").await, "read");
}

#[tokio::test]
async fn cancelled_calls_leave_or_are_dropped() {
    for (id, text) in [("leave", "left"), ("stay", "did not leave")] {
        let bench = Bench::new().await;
        let cancel = async {
            bench.is_running().await;
            bench.cancel.cancel();
        };
        let (result, ()) = tokio::join!(bench.observe(id), cancel);
        let failure = result.unwrap_err();
        assert_eq!(failure.cause, Cause::Cancelled);
        assert!(failure.text.contains(text), "{failure}");
        assert_eq!(
            bench.observe("hash").await.unwrap_err().cause,
            Cause::Cancelled,
            "cancelled before it began"
        );
    }
}

#[tokio::test]
async fn late_calls_are_dropped() {
    let bench = Bench {
        deadline: Duration::from_millis(100),
        ..Bench::new().await
    };
    let began = Instant::now();
    let failure = bench.observe("stay").await.unwrap_err();
    assert_eq!(failure.cause, Cause::Timeout);
    assert!(
        failure
            .text
            .contains("hostile@1.2.3 did not finish observe in time"),
        "{failure}"
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_full_house_is_a_time_out_of_one_class() {
    let mut bench = Bench::with(
        MANIFEST,
        RuntimeConfig {
            live_polls: 1,
            live_actions: 1,
        },
    )
    .await;
    bench.deadline = Duration::from_millis(200);
    let (first, second) = tokio::join!(bench.observe("stay"), bench.observe("stay"));
    let text =
        |result: Result<_, Failure>| result.map(|_: switchyard_core::Observation| ()).unwrap_err().text;
    let texts = [text(first), text(second)];
    assert!(
        texts
            .iter()
            .any(|text| text.contains("too many drivers run at once")),
        "{texts:?}"
    );
    let poll = Call {
        lane: Lane::Poll,
        ..bench.call()
    };
    let (_, polled) = tokio::join!(bench.observe("stay"), bench.driver.poll(poll, "x"));
    assert!(polled.is_ok());
}

#[tokio::test]
async fn the_host_keeps_its_doors_shut() {
    let bench = Bench::new().await;
    for (id, word) in [
        ("change", "no permit"),
        ("read-as-change", "no read"),
        ("query", "granted no queries"),
        ("query-elsewhere", "granted no queries"),
        ("query-changing", "does not only ask"),
        ("https://127.0.0.2/redfish/v1", "refused"),
        ("//127.0.0.2/redfish/v1", "refused"),
        ("redfish/v1", "refused"),
        ("/a\r\nhost: x", "refused"),
    ] {
        let told = bench.told(id).await;
        assert!(told.starts_with("refused") && told.contains(word), "{id}: {told}");
    }
    assert_eq!(bench.bmc.asked("POST /change"), 0);
    assert_eq!(bench.bmc.asked("POST /wsman"), 0);
    assert!(bench.told("query-asking").await.starts_with("status 2"));
    assert_eq!(bench.bmc.asked("POST /wsman"), 1);
    assert_eq!(bench.told("/200").await, "status 200");
    let failure = bench.observe("requests").await.unwrap_err();
    assert_eq!(failure.cause, Cause::RefusedByHost);
    assert_eq!(bench.bmc.asked("GET /"), 64);
}

#[tokio::test]
async fn what_a_driver_says_of_delivery_counts_for_nothing() {
    let bench = Bench::new().await;
    for id in ["already", "accepted"] {
        let (result, permit) = bench.act(id).await;
        assert!(result.is_ok());
        assert_eq!(permit.settled().await, Delivery::NotSent, "{id}");
    }
    assert_eq!(bench.bmc.asked("POST /change"), 0);

    let answered = Delivery::Answered {
        status: 204,
        executed: Executed::Accepted,
    };
    for (sent, id) in ["not-sent", "trap-after", "twice"].into_iter().enumerate() {
        let (result, permit) = bench.act(id).await;
        assert!(result.is_err(), "{id}");
        assert_eq!(permit.settled().await, answered, "{id}");
        assert_eq!(bench.bmc.asked("POST /change"), sent + 1, "{id}");
    }
    let (result, _) = bench.act("twice").await;
    assert_eq!(result.unwrap_err().cause, Cause::RefusedByHost);
    let (result, permit) = bench.act("/409").await;
    assert_eq!(
        result,
        Ok(Submitted::Accepted),
        "the liar calls a refusal success"
    );
    assert!(permit.settled().await.proves_not_executed());
}

#[tokio::test]
async fn foreign_findings_are_cut_and_the_replay_floor_holds() {
    let bench = Bench::new().await;
    let findings = bench.driver.survey(bench.call()).await.unwrap();
    let [member] = findings.members.as_slice() else {
        panic!("one member")
    };
    assert_eq!(findings.pace.parallel, 1);
    assert!(member.name.len() <= 128 && member.subject.id.len() <= 1024 && member.facts.len() <= 256);
    let [ability] = member.abilities.as_slice() else {
        panic!("one ability")
    };
    assert_eq!(
        (ability.replay, ability.effective_replay()),
        (Replay::Safe, Replay::Never)
    );
    assert!(ability.limit >= ability.usual);
    let failure = bench.observe("own-words").await.unwrap_err();
    assert!(failure.text.len() <= switchyard_core::failure::TEXT_MAX_BYTES && failure.codes.len() <= 16);
    assert_eq!(failure.status, None);
}

#[tokio::test]
async fn settings_cache_and_log_belong_to_the_call() {
    let bench = Bench::new().await;
    assert_eq!(bench.told("settings").await, "said");
    assert_eq!(bench.told("count-calls").await, "1");
    assert_eq!(bench.told("count-calls").await, "2");
    assert_eq!(bench.told("log-some").await, "logged");
    assert_eq!(bench.observe("hash").await.unwrap().at.as_millis(), 7);
}

#[tokio::test]
async fn a_dead_bmc_costs_no_instance() {
    // Without a place for any instance only a call that never needs one can fail in another way than by waiting.
    let mut bench = Bench::with(
        MANIFEST,
        RuntimeConfig {
            live_polls: 0,
            live_actions: 0,
        },
    )
    .await;
    bench.deadline = Duration::from_secs(5);
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let transport = Transport::new(TransportConfig::default(), Arc::new(support::Root));
    let controller = transport.controller(support::endpoint(&format!("http://127.0.0.1:{port}")));
    let call = Call {
        controller,
        ..bench.call()
    };
    let failure = bench
        .driver
        .observe(call, &subject("hash"), Timestamp::from_millis(0))
        .await
        .unwrap_err();
    assert_eq!(failure.cause, Cause::Unreachable);
}

#[test]
fn the_gate_refuses_what_is_not_granted_or_damaged() {
    let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
    let component = hostile();
    let load = |bytes: &[u8], manifest: &str, grants: &Grants| {
        runtime
            .load(bytes, Manifest::parse(manifest).unwrap(), grants)
            .map(|driver| driver.name().to_string())
    };
    let gate = |result: Result<String, LoadError>| match result {
        Err(LoadError::Gate { source, .. }) => source,
        other => panic!("{other:?}"),
    };
    let unasked = MANIFEST.replace("[\"http\"]", "[]");
    assert!(matches!(
        gate(load(&component, MANIFEST, &Grants::none())),
        GateError::NotGranted { .. }
    ));
    assert!(matches!(
        gate(load(&component, &unasked, &Grants::all())),
        GateError::NotGranted { .. }
    ));
    let half = &component[..component.len() / 2];
    assert!(matches!(
        gate(load(half, MANIFEST, &Grants::all())),
        GateError::Invalid(_)
    ));
    assert!(matches!(
        gate(load(b"\0asm\x01\0\0\0", MANIFEST, &Grants::all())),
        GateError::NoComponent
    ));
    assert!(matches!(
        gate(load(b"garbage", MANIFEST, &Grants::all())),
        GateError::NoComponent
    ));
    let pinned = format!("sha256 = \"{}\"\n{MANIFEST}", "0".repeat(64));
    assert!(matches!(
        load(&component, &pinned, &Grants::all()),
        Err(LoadError::Digest { .. })
    ));
    assert_eq!(
        load(&component, MANIFEST, &Grants::all()).unwrap(),
        "hostile@1.2.3"
    );
}

#[test]
fn a_folder_of_drivers_takes_the_same_path() {
    let folder = tempfile::tempdir().unwrap();
    for (name, manifest, component) in [
        ("a", MANIFEST.to_owned(), hostile()),
        ("b", MANIFEST.to_owned(), hostile()),
        ("c", MANIFEST.replace("hostile", "c"), Vec::new()),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("driver.toml"), manifest).unwrap();
        std::fs::write(path.join("driver.wasm"), component).unwrap();
    }
    let registry = Registry::new(
        Runtime::new(RuntimeConfig::default()).unwrap(),
        Policy::permissive(),
    );
    let results = registry.load_folder(folder.path()).unwrap();
    assert!(matches!(
        results.as_slice(),
        [
            (_, Ok(_)),
            (_, Err(LoadError::Duplicate(_))),
            (_, Err(LoadError::Gate { .. }))
        ]
    ));
    assert_eq!(registry.list().len(), 1);
    assert!(registry.get("hostile").is_some());
    assert!(registry.load_folder(&folder.path().join("none")).is_err());
}
