//! How sessions come about, are shared, and end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bmc_sim::{CipherSuite as Spoken, Effect, Fault, HashedRole, IpmiProfile, Requests};
use switchyard_core::ControllerId;
use switchyard_transport::ipmi::{CipherSuite, Privilege, Settings, Suites, Workaround, Workarounds};
use switchyard_transport::{
    Credentials, Endpoint, FaultDelivery, LoginFuture, Reason, Timeouts, Transport, TransportConfig,
};

use crate::fixture::{
    Logins, RESET, RETRY, behaving, control, controller, endpoint, eventually, is_on, permit, scope,
    settings, standard, status, transport,
};

fn suites(suites: Suites) -> Settings {
    Settings { suites, ..settings() }
}

#[tokio::test]
async fn a_connection_is_a_session_that_is_used_again() {
    let sim = standard().await;
    let controller = controller(&sim);
    for _ in 0..3 {
        controller.connect(&scope()).await.unwrap();
    }
    let steps = sim.counts(0).ipmi_steps;
    assert_eq!((sim.ipmi(0).sessions, steps), (1, 3));
    assert!(is_on(&controller).await);
    assert_eq!(sim.counts(0).ipmi_steps, steps);
    drop(controller);
    eventually("the session of a controller that is gone is closed", || {
        sim.ipmi(0).slots == 0
    })
    .await;
}

#[tokio::test]
async fn idle_sessions_are_closed_and_few_are_kept() {
    let sim = crate::fixture::start(bmc_sim::SimConfig::default().count(3)).await;
    let limits = TransportConfig {
        ipmi_idle: Duration::from_millis(200),
        ipmi_sessions: 2,
        ..TransportConfig::default()
    };
    let transport = Transport::new(limits, Arc::new(Logins));
    let controllers: Vec<_> = (0..3)
        .map(|bmc| transport.controller(endpoint(sim.ipmi_address(bmc).unwrap())))
        .collect();
    for controller in &controllers {
        controller.connect(&scope()).await.unwrap();
    }
    eventually("the oldest made room", || sim.ipmi(0).slots == 0).await;
    eventually("all were closed", || (0..3).all(|bmc| sim.ipmi(bmc).slots == 0)).await;
    assert_eq!(transport.idle_sessions(), 0);
    assert!(is_on(&controllers[0]).await, "the next request opens another");
}

#[tokio::test]
async fn a_bmc_that_forgot_the_session_gets_another() {
    let sim = standard().await;
    let controller = controller(&sim);
    assert!(is_on(&controller).await);
    sim.add_fault(
        Fault::new(Effect::ForgetSession)
            .on(Requests::PowerReadings)
            .times(1),
    )
    .unwrap();
    assert!(is_on(&controller).await);
    assert_eq!(sim.counts(0).ipmi_steps, 6);
}

#[tokio::test]
async fn the_gap_between_two_sessions_is_kept() {
    let sim = standard().await;
    let gap = Duration::from_millis(300);
    let transport = transport();
    let controller = transport.controller(Endpoint {
        ipmi: Settings {
            session_gap: gap,
            ..settings()
        },
        ..endpoint(sim.ipmi_address(0).unwrap())
    });
    sim.add_fault(Fault::new(Effect::SessionCap).times(1)).unwrap();
    let begun = tokio::time::Instant::now();
    let first = controller.connect(&scope()).await;
    assert_eq!(first.err(), None, "suite 3 had a session");
    assert!(begun.elapsed() < gap);
    sim.add_fault(
        Fault::new(Effect::ForgetSession)
            .on(Requests::PowerReadings)
            .times(1),
    )
    .unwrap();
    let mut brief = scope();
    brief.deadline = begun + Duration::from_secs(5);
    controller.ipmi_read(status(), &brief).await.unwrap();
    assert!(begun.elapsed() >= gap);
}

#[tokio::test]
async fn suite_3_is_spoken_where_17_is_refused_and_remembered() {
    let sim = behaving(IpmiProfile {
        suites: vec![Spoken::Three],
        ..IpmiProfile::standard()
    })
    .await;
    let either = controller(&sim);
    assert!(is_on(&either).await);
    assert_eq!(sim.counts(0).ipmi_steps, 4, "Open Session twice");
    sim.add_fault(
        Fault::new(Effect::ForgetSession)
            .on(Requests::PowerReadings)
            .times(1),
    )
    .unwrap();
    assert!(is_on(&either).await);
    assert_eq!(sim.counts(0).ipmi_steps, 7, "then at once with the right one");

    let only = transport().controller(Endpoint {
        ipmi: suites(Suites::only(CipherSuite::Seventeen)),
        ..endpoint(sim.ipmi_address(0).unwrap())
    });
    let fault = only.connect(&scope()).await.unwrap_err();
    assert_eq!(
        (fault.delivery, &fault.reason),
        (FaultDelivery::NotSent, &Reason::Tls)
    );
    assert!(fault.text.contains("`suites`"), "{}", fault.text);
}

#[tokio::test]
async fn a_full_bmc_is_told_as_such() {
    let sim = behaving(IpmiProfile {
        max_sessions: 1,
        ..IpmiProfile::standard()
    })
    .await;
    let first = controller(&sim);
    first.connect(&scope()).await.unwrap();
    let second = controller(&sim);
    let fault = second.connect(&scope()).await.unwrap_err();
    assert_eq!(
        (fault.delivery, &fault.reason),
        (FaultDelivery::NotSent, &Reason::SessionFull)
    );
    drop(first);
    eventually("there is room", || sim.ipmi(0).slots == 0).await;
    second.connect(&scope()).await.unwrap();
}

#[tokio::test]
async fn who_may_not_in_is_told_apart_from_who_is_not_there() {
    let sim = behaving(IpmiProfile {
        privilege_limit: 2,
        ..IpmiProfile::standard()
    })
    .await;
    let address = sim.ipmi_address(0).unwrap();
    let connect = async |credential: &str, privilege| {
        let endpoint = Endpoint {
            credential: credential.into(),
            ipmi: Settings {
                privilege,
                ..settings()
            },
            ..endpoint(address)
        };
        transport().controller(endpoint).connect(&scope()).await
    };
    connect("bmc", Privilege::User).await.unwrap();
    for (credential, privilege, text) in [
        ("wrong", Privilege::User, "does not fit this password"),
        ("stranger", Privilege::User, "0dh"),
        ("bmc", Privilege::Operator, "privilege"),
        ("long", Privilege::User, "20 bytes"),
        ("none", Privilege::User, "no credential"),
    ] {
        let fault = connect(credential, privilege).await.unwrap_err();
        assert_eq!(
            (fault.delivery, &fault.reason),
            (FaultDelivery::NotSent, &Reason::Auth),
            "{}",
            fault.text
        );
        assert!(fault.text.contains(text), "{}", fault.text);
    }
    let nobody = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for connect in [Duration::from_millis(100), Duration::from_secs(10)] {
        let dead = Endpoint {
            timeouts: Timeouts {
                connect,
                ..Timeouts::default()
            },
            ..endpoint(nobody.local_addr().unwrap())
        };
        let begun = tokio::time::Instant::now();
        let fault = transport().controller(dead).connect(&scope()).await.unwrap_err();
        assert_eq!(
            (fault.delivery, &fault.reason),
            (FaultDelivery::NotSent, &Reason::Unreachable),
            "{}",
            fault.text
        );
        assert!(
            begun.elapsed() >= connect.min(RETRY * 10),
            "four tries, or the limit"
        );
    }
}

#[tokio::test]
async fn keys_roles_and_numbers_of_other_makes_are_understood() {
    let keyed = behaving(IpmiProfile {
        kg: Some("key of the lab".into()),
        ..IpmiProfile::standard()
    })
    .await;
    let with_key = Endpoint {
        credential: "keyed".into(),
        ..endpoint(keyed.ipmi_address(0).unwrap())
    };
    assert!(is_on(&transport().controller(with_key)).await);
    let fault = controller(&keyed).connect(&scope()).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Auth);

    for profile in [
        IpmiProfile {
            hashed_role: HashedRole::OpenSession,
            ..IpmiProfile::standard()
        },
        IpmiProfile {
            sequence_step: 2,
            ..IpmiProfile::standard()
        },
        IpmiProfile::bare(),
    ] {
        let sim = behaving(profile).await;
        let controller = controller(&sim);
        for _ in 0..40 {
            assert!(is_on(&controller).await);
        }
    }
}

#[tokio::test]
async fn discovery_is_left_out_where_the_operator_says_so() {
    let sim = standard().await;
    let silent = Effect::Hang {
        for_ms: None,
        execute: false,
    };
    sim.add_fault(Fault::new(silent).path("/ipmi/06/38")).unwrap();
    let controller = transport().controller(Endpoint {
        ipmi: Settings {
            workarounds: Workarounds::from_iter([Workaround::Authcap]),
            ..settings()
        },
        ..endpoint(sim.ipmi_address(0).unwrap())
    });
    assert!(is_on(&controller).await);
}

#[tokio::test]
async fn a_bmc_that_falls_silent_on_the_way_is_told_with_the_step_and_may_forget() {
    for (step, text) in [("rakp-1", "RAKP message 1"), ("rakp-3", "RAKP message 3")] {
        for connect in [Duration::from_millis(150), Duration::from_secs(10)] {
            let sim = standard().await;
            let silent = Effect::Hang {
                for_ms: None,
                execute: false,
            };
            sim.add_fault(Fault::new(silent).path(format!("/ipmi/{step}")))
                .unwrap();
            let endpoint = Endpoint {
                timeouts: Timeouts {
                    connect,
                    ..Timeouts::default()
                },
                ..endpoint(sim.ipmi_address(0).unwrap())
            };
            let fault = transport()
                .controller(endpoint)
                .connect(&scope())
                .await
                .unwrap_err();
            assert_eq!(fault.reason, Reason::Unreachable);
            assert!(fault.text.contains(text), "{}", fault.text);
            if step == "rakp-1" {
                eventually("the BMC has its places back", || sim.ipmi(0).slots == 0).await;
            }
        }
    }
}

/// Hands out the right login, then the wrong one, then none.
#[derive(Default)]
struct Rotating(AtomicUsize);

impl Credentials for Rotating {
    fn login<'a>(&'a self, controller: &'a ControllerId, _: &'a str) -> LoginFuture<'a> {
        let now = ["bmc", "wrong", "none"][self.0.load(Ordering::Relaxed)];
        Logins.login(controller, now)
    }
}

#[tokio::test]
async fn no_session_outlives_its_login() {
    let sim = standard().await;
    let logins = Arc::new(Rotating::default());
    let transport = Transport::new(
        TransportConfig::default(),
        Arc::clone(&logins) as Arc<dyn Credentials>,
    );
    let controller = transport.controller(endpoint(sim.ipmi_address(0).unwrap()));
    for after in [1, 2] {
        logins.0.store(0, Ordering::Relaxed);
        assert!(is_on(&controller).await);
        logins.0.store(after, Ordering::Relaxed);
        let fault = controller.ipmi_read(status(), &scope()).await.unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::NotSent, Reason::Auth)
        );
        let fault = controller
            .ipmi_change(control(RESET), permit(), &scope())
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::NotSent, Reason::Auth)
        );
    }
    assert_eq!(sim.totals().executed, 0);
    eventually("its sessions were closed", || sim.ipmi(0).slots == 0).await;
}
