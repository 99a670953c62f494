//! The callbacks of requests.

use switchyard_store::DeliveryState;

use super::bench::{Bench, settings};
use super::receiver::{Receiver, Reply};
use crate::webhooks::{CallbackError, Reach};

fn loopback() -> Reach {
    Reach {
        private: false,
        networks: vec!["127.0.0.0/8".parse().unwrap()],
    }
}

#[tokio::test]
async fn a_caller_is_told_of_the_end_of_its_transition_alone() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    let webhooks = bench.start(settings(Vec::new(), Some(loopback()))).await;
    let url = webhooks.check_callback(&receiver.url("/done?x=1")).unwrap();
    let id = bench.ended(Some(url.as_str())).await;
    bench.ended(None).await;
    let another = bench.ended(Some(&receiver.url("/other"))).await;
    bench
        .until("both were told", |all| {
            all.len() == 2 && all.iter().all(|record| record.state == DeliveryState::Delivered)
        })
        .await;
    let mut got = receiver.got();
    got.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(got.len(), 2);
    for (message, (path, id)) in got.iter().zip([("/done", id), ("/other", another)]) {
        assert_eq!(message.path, path);
        let event = message.json();
        assert_eq!(event["type"], "dev.switchyard.transition.ended.v1");
        assert_eq!(event["data"]["transition"], id.to_string());
        assert_eq!(event["data"]["data"]["counts"]["failed"], 1);
    }
    webhooks.stop().await;
}

#[tokio::test]
async fn one_receiver_is_told_in_order_and_others_do_not_wait_for_it() {
    let bench = Bench::new().await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.reply(Reply::Hang);
    let webhooks = bench.start(settings(Vec::new(), Some(loopback()))).await;
    quick.says(500, "once more");
    let mut expected = Vec::new();
    for _ in 0..5 {
        bench.ended(Some(&slow.url("/"))).await;
        expected.push(bench.ended(Some(&quick.url("/"))).await.to_string());
    }
    bench
        .until("the quick one has all", |all| {
            all.iter()
                .filter(|record| record.state == DeliveryState::Delivered)
                .count()
                == 5
        })
        .await;
    let told: Vec<String> = quick
        .got()
        .iter()
        .skip(1)
        .map(|message| message.json()["data"]["transition"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, expected);
    assert_eq!(slow.got().len(), 1, "one at a time");
    webhooks.stop().await;
}

#[tokio::test]
async fn a_callback_that_is_gone_is_not_tried_again() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    receiver.says(410, "");
    let webhooks = bench.start(settings(Vec::new(), Some(loopback()))).await;
    bench.ended(Some(&receiver.url("/"))).await;
    bench
        .until("it was given up", |all| {
            all.iter().any(|record| record.state == DeliveryState::Failed)
        })
        .await;
    bench.ended(Some(&receiver.url("/"))).await;
    bench
        .until("the next is told", |all| {
            all.iter().any(|record| record.state == DeliveryState::Delivered)
        })
        .await;
    assert_eq!(receiver.got().len(), 2);
    webhooks.stop().await;
}

#[tokio::test]
async fn what_ended_while_nobody_ran_is_told_by_the_next_process() {
    let bench = Bench::new().await;
    let receiver = Receiver::start().await;
    let webhooks = bench.start(settings(Vec::new(), Some(loopback()))).await;
    webhooks.stop().await;
    for _ in 0..10 {
        bench.ended(Some(&receiver.url("/"))).await;
    }
    let webhooks = bench.start(settings(Vec::new(), Some(loopback()))).await;
    bench
        .until("all were told", |all| {
            all.iter()
                .filter(|record| record.state == DeliveryState::Delivered)
                .count()
                == 10
        })
        .await;
    webhooks.stop().await;
}

#[tokio::test]
async fn a_callback_is_checked_before_its_request_is_accepted() {
    let bench = Bench::new().await;
    let none = bench.start(settings(Vec::new(), None)).await;
    let error = none.check_callback("https://a.example/").unwrap_err();
    assert_eq!(error, CallbackError::NotConfigured);
    let webhooks = bench.start(settings(Vec::new(), Some(loopback()))).await;
    let check = |url: &str| webhooks.check_callback(url);
    assert!(check("https://a.example/").is_ok());
    assert!(check("http://127.0.0.1:1/").is_ok());
    assert!(matches!(
        check("http://10.0.0.1/"),
        Err(CallbackError::Refused(_))
    ));
    assert!(matches!(
        check("http://169.254.169.254/"),
        Err(CallbackError::Refused(_))
    ));
    assert!(matches!(
        check("gopher://a.example/"),
        Err(CallbackError::Invalid(_))
    ));
    webhooks.stop().await;
}
