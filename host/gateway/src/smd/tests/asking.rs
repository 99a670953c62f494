//! Requests: what is no success is never an empty list.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use smd_sim::{Fault, Site, SmdSim};

use super::bench::{client, client_with_token, client_within, site};
use crate::smd::{Call, Error};

async fn sim() -> SmdSim {
    SmdSim::start(site(&["x0c0s0b0"])).await.unwrap()
}

#[tokio::test]
async fn what_is_no_success_is_an_error_with_smds_words() {
    let smd = sim().await;
    let client = client(&smd);
    for (fault, status, words) in [
        (
            Fault::Unauthorized,
            StatusCode::UNAUTHORIZED,
            "token is unauthorized",
        ),
        (
            Fault::Broken,
            StatusCode::INTERNAL_SERVER_ERROR,
            "the database is away",
        ),
    ] {
        smd.set_fault("", fault);
        let error = client.get::<Value>(Call::Groups, "").await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains("reading the groups"), "{error}");
    }
}

#[tokio::test]
async fn half_an_answer_is_none() {
    let smd = sim().await;
    smd.set_fault("", Fault::Half);
    let error = client(&smd)
        .post::<Value>(Call::Components, &json!({ "ComponentIDs": ["all"] }))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_late_answer_is_not_waited_for() {
    let smd = sim().await;
    smd.set_fault("", Fault::Slow(Duration::from_mins(1)));
    let client = client_within(&smd, Duration::from_millis(200), None);
    let error = client.get::<Value>(Call::Groups, "").await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(error.is_silence());
}

#[tokio::test]
async fn what_changes_something_is_sent_once() {
    let smd = sim().await;
    smd.set_fault("", Fault::Half);
    let client = client(&smd);
    let reserve = json!({ "ComponentIDs": ["x0c0s0b0n0"] });
    client.post::<Value>(Call::Reserve, &reserve).await.unwrap_err();
    assert_eq!(smd.requests().len(), 1);
    client.get::<Value>(Call::Groups, "").await.unwrap_err();
    assert_eq!(smd.requests().len(), 4);
}

#[tokio::test]
async fn an_smd_that_is_away_is_told_from_one_that_refuses() {
    let mut smd = sim().await;
    let client = client(&smd);
    let within = Duration::from_secs(5);
    client.is_live(within).await.unwrap();
    smd.leave().await;
    let error = client.is_live(within).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    smd.come_back().await.unwrap();
    client.is_live(within).await.unwrap();
}

#[tokio::test]
async fn many_share_one_token_and_a_revoked_one_is_replaced_once() {
    let smd = SmdSim::start(Site::default()).await.unwrap();
    smd.require_token("switchyard", "s3cret/+", Duration::from_mins(10));
    let client = client_with_token(&smd, "s3cret/+");
    let ask = || async {
        let asked = (0..20).map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get::<Value>(Call::Groups, "").await })
        });
        for asked in asked.collect::<Vec<_>>() {
            asked.await.unwrap().unwrap();
        }
    };
    let tokens = || smd.requests().iter().filter(|sent| sent.path == "/token").count();
    ask().await;
    assert_eq!(tokens(), 1);
    smd.revoke_tokens();
    ask().await;
    assert_eq!(tokens(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_named_and_not_shown() {
    let smd = SmdSim::start(Site::default()).await.unwrap();
    smd.require_token("switchyard", "right", Duration::from_mins(10));
    let client = client_with_token(&smd, "wrong-secret");
    let error = client.get::<Value>(Call::Groups, "").await.unwrap_err();
    let shown = format!("{}", crate::telemetry::Chain(&error));
    assert!(shown.contains("401"), "{shown}");
    assert!(shown.contains("smd.oauth2.client_id"), "{shown}");
    assert!(!format!("{error:?} {client:?}").contains("wrong-secret"));
    // It is not asked again at once.
    client.get::<Value>(Call::Groups, "").await.unwrap_err();
    assert_eq!(smd.requests().len(), 1);
}
