//! Configured webhooks.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject as _;
use switchyard_store::DeliveryState;
use tokio::net::TcpListener;

use super::bench::{Bench, hook, private, settings, signer};
use super::receiver::{Receiver, Reply};
use crate::webhooks::{HookState, Reach};

const ENDED: &str = "transition.ended";

fn all_delivered(deliveries: &[switchyard_store::DeliveryRecord]) -> bool {
    !deliveries.is_empty()
        && deliveries
            .iter()
            .all(|record| record.state == DeliveryState::Delivered)
}

#[tokio::test]
async fn events_arrive_signed_and_in_order() {
    let bench = Bench::new().await;
    bench.ended(None).await;
    let receiver = Receiver::start().await;
    let ops = hook("ops", &receiver.url("/hook?token=x"), "transition.", private());
    let webhooks = bench.start(settings(vec![ops], None)).await;
    let mut expected = Vec::new();
    for _ in 0..100 {
        let id = bench.ended(None).await;
        for kind in ["accepted", "ended"] {
            expected.push((
                format!("dev.switchyard.transition.{kind}.v1"),
                format!("transitions/{id}"),
            ));
        }
    }
    bench
        .until("all were delivered", |all| all.len() == 200 && all_delivered(all))
        .await;
    let got = receiver.got();
    let subjects: Vec<_> = got
        .iter()
        .map(|message| {
            let event = message.json();
            let text = |key: &str| event[key].as_str().unwrap().to_owned();
            (text("type"), text("subject"))
        })
        .collect();
    assert_eq!(subjects, expected, "what was before the webhook is not told");
    for message in &got {
        assert_eq!(message.header("content-type"), "application/cloudevents+json");
        let timestamp = message.header("webhook-timestamp").parse().unwrap();
        let signature = signer().sign(message.header("webhook-id"), timestamp, &message.body);
        assert_eq!(message.header("webhook-signature"), signature);
        assert_eq!(message.json()["specversion"], "1.0");
    }
    webhooks.stop().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_and_nothing_overtakes_it() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    receiver.says(500, "out of\norder");
    receiver.says(503, &"x".repeat(5_000));
    receiver.reply(Reply::Redirect(receiver.url("/elsewhere")));
    let ops = hook("ops", &receiver.url("/hook"), ENDED, private());
    let webhooks = bench.start(settings(vec![ops], None)).await;
    for _ in 0..3 {
        bench.ended(None).await;
    }
    bench
        .until("all were delivered", |all| all.len() == 3 && all_delivered(all))
        .await;
    let got = receiver.got();
    let ids: Vec<&str> = got.iter().map(|message| message.header("webhook-id")).collect();
    assert_eq!(ids.len(), 6);
    assert!(
        ids[..4].iter().all(|id| *id == ids[0]),
        "the id is stable: {ids:?}"
    );
    assert!(ids[4] != ids[3] && ids[5] != ids[4]);
    assert!(got.iter().all(|message| message.path == "/hook"));
    assert!(got[..4].iter().all(|message| message.body == got[0].body));
    let first = &bench.deliveries().await[0];
    assert_eq!((first.attempts, first.last_status), (4, Some(204)));
    webhooks.stop().await;
}

#[tokio::test]
async fn the_words_of_a_refusal_are_kept_and_bounded() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    let mut settings = settings(vec![hook("ops", &receiver.url("/"), ENDED, private())], None);
    settings.retry.first = Duration::from_hours(1);
    settings.retry.longest = Duration::from_hours(1);
    receiver.says(503, &format!("later\n{}", "x".repeat(5_000)));
    let webhooks = bench.start(settings).await;
    bench.ended(None).await;
    bench
        .until("it was tried", |all| {
            all.iter().any(|record| record.attempts == 1)
        })
        .await;
    let record = bench.deliveries().await.remove(0);
    let words = record.last_words.unwrap();
    assert!(words.starts_with("503 Service Unavailable: later xxx"), "{words}");
    assert!(words.len() < 1_100, "{}", words.len());
    assert_eq!(record.state, DeliveryState::Pending);
    let view = webhooks.hooks().await.unwrap().remove(0);
    assert_eq!((view.state, view.follower.pending), (HookState::Failing, 1));
    assert_eq!(view.next_attempt_at, record.next_attempt_at);
    assert!(webhooks.enable("ops").await.unwrap(), "which also tries at once");
    bench.until("it was delivered", all_delivered).await;
    webhooks.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_until_it_is_enabled() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    receiver.says(410, "gone");
    let make = || hook("ops", &receiver.url("/"), ENDED, private());
    let webhooks = bench.start(settings(vec![make()], None)).await;
    bench.ended(None).await;
    bench
        .until("it was tried", |all| {
            all.iter().any(|record| record.attempts == 1)
        })
        .await;
    let state = async |webhooks: &crate::webhooks::Webhooks| webhooks.hooks().await.unwrap().remove(0).state;
    while state(&webhooks).await != HookState::Disabled {
        tokio::task::yield_now().await;
    }
    bench.ended(None).await;
    webhooks.stop().await;
    let webhooks = bench.start(settings(vec![make()], None)).await;
    assert_eq!(
        state(&webhooks).await,
        HookState::Disabled,
        "also after a restart"
    );
    assert_eq!(receiver.got().len(), 1);
    assert!(!webhooks.enable("nobody").await.unwrap());
    assert!(webhooks.enable("ops").await.unwrap());
    bench
        .until("both were delivered", |all| all.len() == 2 && all_delivered(all))
        .await;
    assert_eq!(state(&webhooks).await, HookState::Active);
    webhooks.stop().await;
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_by_name_and_by_number() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    let by_name = format!("http://localhost:{}/", receiver.address.port());
    let hooks = vec![
        hook("name", &by_name, ENDED, Reach::default()),
        hook("number", &receiver.url("/"), ENDED, Reach::default()),
    ];
    let webhooks = bench.start(settings(hooks, None)).await;
    bench.ended(None).await;
    bench
        .until("both were tried", |all| {
            all.len() == 2 && all.iter().all(|record| record.attempts > 0)
        })
        .await;
    for record in bench.deliveries().await {
        let words = record.last_words.unwrap();
        assert!(
            words.contains("is a loopback address, which is refused"),
            "{words}"
        );
    }
    webhooks.stop().await;
    assert!(receiver.got().is_empty());
    let hooks = vec![
        hook("name", &by_name, ENDED, private()),
        hook("number", &receiver.url("/"), ENDED, private()),
    ];
    let webhooks = bench.start(settings(hooks, None)).await;
    bench.until("both were delivered", all_delivered).await;
    webhooks.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other() {
    let bench = Bench::new().await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.reply(Reply::Hang);
    let hooks = vec![
        hook("quick", &quick.url("/"), ENDED, private()),
        hook("slow", &slow.url("/"), ENDED, private()),
    ];
    let webhooks = bench.start(settings(hooks, None)).await;
    for _ in 0..20 {
        bench.ended(None).await;
    }
    let started = tokio::time::Instant::now();
    bench
        .until("the quick one has all", |all| {
            all.iter()
                .filter(|record| record.state == DeliveryState::Delivered)
                .count()
                == 20
        })
        .await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!((quick.got().len(), slow.got().len()), (20, 1));
    webhooks.stop().await;
}

#[tokio::test]
async fn what_was_not_told_is_told_by_the_next_process() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    receiver.reply(Reply::Hang);
    let make = || settings(vec![hook("ops", &receiver.url("/"), ENDED, private())], None);
    let webhooks = bench.start(make()).await;
    let mut ids = vec![bench.ended(None).await];
    bench.until("it is in the outbox", |all| all.len() == 1).await;
    webhooks.stop().await;
    for _ in 0..600 {
        ids.push(bench.ended(None).await);
    }
    let webhooks = bench.start(make()).await;
    bench
        .until("all were delivered", |all| {
            all.len() == ids.len() && all_delivered(all)
        })
        .await;
    let told: Vec<String> = receiver
        .got()
        .iter()
        .map(|message| message.json()["data"]["transition"].as_str().unwrap().to_owned())
        .collect();
    let mut told = told.as_slice();
    if told.len() > ids.len() {
        told = &told[1..];
    }
    assert_eq!(told, ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    webhooks.stop().await;
}

#[tokio::test]
async fn after_a_day_of_failures_messages_are_given_up() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    let mut settings = settings(vec![hook("ops", &receiver.url("/"), ENDED, private())], None);
    settings.retry.give_up_after = Duration::from_millis(200);
    for _ in 0..100 {
        receiver.says(500, "broken");
    }
    let webhooks = bench.start(settings).await;
    bench.ended(None).await;
    bench.ended(None).await;
    bench
        .until("both were given up", |all| {
            all.len() == 2 && all.iter().all(|record| record.state == DeliveryState::Failed)
        })
        .await;
    let first = bench.deliveries().await.remove(0);
    assert!(first.attempts > 1);
    assert_eq!(
        first.last_words.as_deref(),
        Some("500 Internal Server Error: broken")
    );
    webhooks.stop().await;
}

#[tokio::test]
async fn a_certificate_that_no_authority_of_the_system_has_signed_is_refused() {
    let bench = Bench::new().await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    let webhooks = bench
        .start(settings(vec![hook("ops", &url, ENDED, private())], None))
        .await;
    bench.ended(None).await;
    bench
        .until("it was tried", |all| all.iter().any(|record| record.attempts > 0))
        .await;
    let words = bench.deliveries().await.remove(0).last_words.unwrap();
    assert!(words.contains("invalid peer certificate"), "{words}");
    assert!(!words.contains(&url), "{words}");
    webhooks.stop().await;
    serving.abort();
}
