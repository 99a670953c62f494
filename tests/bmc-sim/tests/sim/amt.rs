//! The AMT side, asked by a client whose digests another implementation computes.

use bmc_sim::{
    AmtSwitches, DEFAULT_PASSWORD, DEFAULT_USER, Effect, Fault, PowerState, Protocol, ResetType, Sim,
    SimConfig,
};
use bytes::Bytes;
use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use http::{Method, StatusCode};

use crate::client::{Answer, Connection, Failure};

const POWER: &str = "CIM_PowerManagementService";

async fn start() -> Sim {
    Sim::start(SimConfig::default().amt(0)).await.unwrap()
}

async fn send(sim: &Sim, authorization: Option<String>, body: &str) -> Result<Answer, Failure> {
    let connection = Connection::open(sim.amt_address(0).unwrap()).await?;
    let mut connection = connection.with_login(authorization);
    connection
        .send(Method::POST, "/wsman", Bytes::from(body.to_owned()))
        .await
}

fn sign(challenge: &mut WwwAuthenticateHeader, password: &str, body: &str) -> String {
    let context = AuthContext::new_with_method(
        DEFAULT_USER,
        password,
        "/wsman",
        Some(body.as_bytes()),
        HttpMethod::POST,
    );
    challenge.respond(&context).unwrap().to_header_string()
}

async fn challenge(sim: &Sim) -> WwwAuthenticateHeader {
    let answer = send(sim, None, "").await.unwrap();
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("connection"), "close");
    WwwAuthenticateHeader::parse(answer.header("www-authenticate")).unwrap()
}

/// Asks with a fresh login.
async fn ask(sim: &Sim, body: &str) -> Result<String, Failure> {
    let mut challenge = challenge(sim).await;
    let answer = send(sim, Some(sign(&mut challenge, DEFAULT_PASSWORD, body)), body).await?;
    Ok(String::from_utf8(answer.body.to_vec()).unwrap())
}

fn envelope(class: &str, action: &str, body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\"><s:Header><a:Action>{action}</a:Action>\
         <w:ResourceURI>http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/{class}</w:ResourceURI></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn get(class: &str) -> String {
    envelope(class, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", "")
}

fn change(state: u32) -> String {
    let action = format!("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/{POWER}/RequestPowerStateChange");
    let input = format!(
        "<p:RequestPowerStateChange_INPUT xmlns:p=\"urn:p\"><p:PowerState>{state}</p:PowerState></p:RequestPowerStateChange_INPUT>"
    );
    envelope(POWER, &action, &input)
}

async fn state(sim: &Sim) -> String {
    let answer = ask(sim, &get("CIM_AssociatedPowerManagementService"))
        .await
        .unwrap();
    let state = answer.split("<g:PowerState>").nth(1).unwrap();
    state.split('<').next().unwrap().to_owned()
}

async fn returned(sim: &Sim, wanted: u32) -> String {
    let answer = ask(sim, &change(wanted)).await.unwrap();
    let value = answer.split("<g:ReturnValue>").nth(1).expect(&answer);
    value.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_nonce_serves_until_it_is_worn_out_or_counted_back() {
    let sim = start().await;
    let body = get("CIM_SoftwareIdentity");
    let mut challenge = challenge(&sim).await;
    assert!(challenge.realm.starts_with("Digest:") && !challenge.stale);
    for _ in 0..3 {
        let header = sign(&mut challenge, DEFAULT_PASSWORD, &body);
        assert_eq!(
            send(&sim, Some(header), &body).await.unwrap().status,
            StatusCode::OK
        );
    }
    challenge.nc = 0;
    let replayed = sign(&mut challenge, DEFAULT_PASSWORD, &body);
    let answer = send(&sim, Some(replayed), &body).await.unwrap();
    let mut fresh = WwwAuthenticateHeader::parse(answer.header("www-authenticate")).unwrap();
    assert!(fresh.stale);
    sim.switch_amt(
        0,
        AmtSwitches {
            nonce_uses: Some(1),
            ..AmtSwitches::default()
        },
    );
    for status in [StatusCode::OK, StatusCode::UNAUTHORIZED] {
        let header = sign(&mut fresh, DEFAULT_PASSWORD, &body);
        assert_eq!(send(&sim, Some(header), &body).await.unwrap().status, status);
    }
    let seen = sim.amt(0);
    assert_eq!((seen.requests, seen.stale_nonces, seen.wrong_logins), (4, 2, 0));
}

#[tokio::test]
async fn wrong_logins_lock_the_account_and_tampered_bodies_are_wrong() {
    let sim = start().await;
    let body = get("CIM_SoftwareIdentity");
    sim.switch_amt(
        0,
        AmtSwitches {
            only_auth_int: true,
            ..AmtSwitches::default()
        },
    );
    let mut first = challenge(&sim).await;
    let signed = sign(&mut first, DEFAULT_PASSWORD, &body);
    assert_eq!(
        send(&sim, Some(signed), &get("X")).await.unwrap().status,
        StatusCode::UNAUTHORIZED
    );
    for _ in 0..2 {
        let mut challenge = challenge(&sim).await;
        let header = sign(&mut challenge, "wrong", &body);
        send(&sim, Some(header), &body).await.unwrap();
    }
    let locked = send(&sim, None, &body).await.unwrap();
    assert!(String::from_utf8_lossy(&locked.body).contains("temporarily locked"));
    assert!(!locked.headers.contains_key("www-authenticate"));
    let seen = sim.amt(0);
    assert_eq!((seen.wrong_logins, seen.locked), (3, true));
}

#[tokio::test]
async fn power_follows_the_machine_and_refusals_are_return_values() {
    let sim = start().await;
    assert_eq!(state(&sim).await, "2");
    assert_eq!(returned(&sim, 2).await, "4097");
    assert_eq!(returned(&sim, 8).await, "0");
    assert_eq!(
        (state(&sim).await.as_str(), sim.power_state(0, 0)),
        ("8", PowerState::Off)
    );
    assert_eq!(returned(&sim, 10).await, "4097");
    assert_eq!(returned(&sim, 2).await, "0");
    assert_eq!(returned(&sim, 99).await, "5");
    sim.switch_amt(
        0,
        AmtSwitches {
            remote_screen: true,
            agent: false,
            ..AmtSwitches::default()
        },
    );
    assert_eq!(returned(&sim, 8).await, "4097");
    assert_eq!(returned(&sim, 12).await, "1");
    assert!(
        ask(&sim, &get("CIM_KVMRedirectionSAP"))
            .await
            .unwrap()
            .contains("<g:EnabledState>2<")
    );
    sim.switch_amt(0, AmtSwitches::default());
    assert_eq!(returned(&sim, 4).await, "0");
    assert_eq!(state(&sim).await, "4");
    let executed: Vec<ResetType> = sim.executed(0, 0).iter().map(|entry| entry.reset_type).collect();
    assert_eq!(executed, [ResetType::ForceOff, ResetType::On, ResetType::Suspend]);
    assert!(
        ask(&sim, &get("CIM_Unknown"))
            .await
            .unwrap()
            .contains("DestinationUnreachable")
    );
}

#[tokio::test]
async fn fault_rules_hold_for_amt_alone_when_they_say_so() {
    let sim = start().await;
    sim.add_fault(
        Fault::new(Effect::ExecuteThenCut)
            .protocol(Protocol::Amt)
            .times(1),
    )
    .unwrap();
    sim.add_fault(
        Fault::new(Effect::Ignore)
            .path("RequestPowerStateChange")
            .times(1),
    )
    .unwrap();
    assert!(ask(&sim, &change(8)).await.is_err());
    assert_eq!(sim.executed(0, 0).len(), 1);
    assert_eq!(returned(&sim, 2).await, "0");
    assert_eq!(sim.power_state(0, 0), PowerState::Off);
}
