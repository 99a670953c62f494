//! SMD's notifications.

use smd_sim::SmdSim;
use tokio_util::sync::CancellationToken;

use super::bench::{client, site, until};
use crate::smd::notifications::Notifications;

/// Where notifications of any process of the service go.
const PREFIX: &str = "http://switchyard.example:28007/v2/smd/notifications/";

fn notifications() -> Notifications {
    Notifications::new(&"http://switchyard.example:28007".parse().unwrap()).unwrap()
}

#[tokio::test]
async fn one_subscription_is_kept_and_taken_back() {
    let smd = SmdSim::start(site(&[])).await.unwrap();
    let client = client(&smd);
    let foreign = serde_json::json!({
        "ID": 7, "Subscriber": "hmnfd", "States": ["On"], "Url": "http://hmnfd/scn",
    });
    let stale = serde_json::json!({
        "ID": 8, "Subscriber": "switchyard@switchyard.example", "States": ["On"],
        "Url": format!("{PREFIX}of-an-earlier-process"),
    });
    for known in [foreign, stale] {
        let known = serde_json::from_value(known).unwrap();
        smd.site().subscriptions.push(known);
    }
    let (mine, stop) = (notifications(), CancellationToken::new());
    let urls = || -> Vec<String> {
        let site = smd.site();
        site.subscriptions.iter().map(|known| known.url.clone()).collect()
    };
    let keeping = async {
        until("SMD knows the subscription", || {
            let urls = urls();
            let ours = urls.get(1).and_then(|url| url.strip_prefix(PREFIX));
            urls.len() == 2 && ours.is_some_and(|token| token != "of-an-earlier-process")
        })
        .await;
        stop.cancel();
    };
    tokio::join!(mine.keep(&client, stop.clone()), keeping);
    assert_eq!(urls(), ["http://hmnfd/scn"]);
}

#[tokio::test]
async fn an_smd_without_notifications_is_left_alone() {
    let smd = SmdSim::start(site(&[])).await.unwrap();
    smd.offer_notifications(false);
    let (mine, stop) = (notifications(), CancellationToken::new());
    let client = client(&smd);
    let asking = async {
        until("SMD was asked", || !smd.requests().is_empty()).await;
        stop.cancel();
    };
    tokio::join!(mine.keep(&client, stop.clone()), asking);
    assert_eq!(smd.requests().len(), 1);
}

#[test]
fn every_process_has_a_token_of_its_own() {
    let (a, b) = (notifications(), notifications());
    assert!(!a.is_ours(""));
    assert!(!a.is_ours("of-an-earlier-process"));
    assert_ne!(a.token(), b.token());
    assert!(!format!("{a:?}").contains(a.token()));
}
