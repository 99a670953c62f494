//! Certificates: authorities, pins, names, and what the operator is told.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use switchyard_core::{Delivery, Replay};
use switchyard_transport::{
    Controller, Endpoint, Fault, FaultDelivery, Fingerprint, Reason, Scheme, TlsPolicy, Transport,
};
use tokio_rustls::TlsAcceptor;

use crate::fixture::{endpoint, get, permit, reset, scope, transport};
use crate::server::{Door, Server, reply};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn policy(&self) -> TlsPolicy {
        TlsPolicy::Authority {
            pem: self.0.pem().into(),
        }
    }

    /// A server with a certificate of this authority for `name`, and the certificate's fingerprint.
    async fn server(&self, name: &str) -> (Server, Fingerprint) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.0)
            .unwrap();
        let der: CertificateDer<'static> = certificate.der().clone();
        let fingerprint = Fingerprint::of(&der);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![der], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let door = Door::Tls(TlsAcceptor::from(Arc::new(config)));
        (Server::behind(door, |_| reply(200, "{}")).await, fingerprint)
    }
}

fn https(transport: &Arc<Transport>, server: &Server, tls: TlsPolicy) -> Arc<Controller> {
    transport.controller(Endpoint {
        tls,
        ..endpoint(Scheme::Https, server.address)
    })
}

async fn read(server: &Server, tls: TlsPolicy) -> Result<u16, Fault> {
    https(&transport(), server, tls)
        .read(get("/redfish/v1/"), &scope())
        .await
        .map(|response| response.status)
}

#[tokio::test]
async fn the_right_certificate_is_accepted_under_every_policy() {
    let authority = Authority::new();
    let (server, fingerprint) = authority.server("127.0.0.1").await;
    for tls in [
        authority.policy(),
        TlsPolicy::Pin {
            sha256: fingerprint.0,
        },
        TlsPolicy::Unverified,
    ] {
        assert_eq!(read(&server, tls.clone()).await, Ok(200), "{tls:?}");
    }
}

#[tokio::test]
async fn a_refused_certificate_is_not_sent_and_its_fingerprint_is_told() {
    let authority = Authority::new();
    let (server, fingerprint) = authority.server("127.0.0.1").await;
    let other = Authority::new().policy();
    for tls in [TlsPolicy::Pin { sha256: [7; 32] }, other] {
        let permit = permit(Replay::Never);
        let controller = https(&transport(), &server, tls);
        let fault = controller
            .change(reset(), Arc::clone(&permit), &scope())
            .await
            .unwrap_err();
        assert_eq!(
            (fault.delivery, fault.reason),
            (FaultDelivery::NotSent, Reason::Tls)
        );
        assert!(fault.text.contains(&fingerprint.to_string()), "{}", fault.text);
        assert!(fault.text.contains("pin this fingerprint"), "{}", fault.text);
        assert_eq!(permit.settled().await, Delivery::NotSent);
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn an_authority_wants_the_right_name_and_a_pin_does_not() {
    let authority = Authority::new();
    let (server, fingerprint) = authority.server("bmc.example").await;
    let fault = read(&server, authority.policy()).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Tls);
    assert!(fault.text.contains("127.0.0.1"), "{}", fault.text);
    assert_eq!(
        read(
            &server,
            TlsPolicy::Pin {
                sha256: fingerprint.0
            }
        )
        .await,
        Ok(200)
    );
}

#[tokio::test]
async fn a_session_accepted_under_one_policy_is_not_resumed_under_another() {
    let (server, fingerprint) = Authority::new().server("127.0.0.1").await;
    let transport = transport();
    for _ in 0..2 {
        let controller = https(
            &transport,
            &server,
            TlsPolicy::Pin {
                sha256: fingerprint.0,
            },
        );
        controller.read(get("/"), &scope()).await.unwrap();
        https(&transport, &server, TlsPolicy::Unverified)
            .read(get("/"), &scope())
            .await
            .unwrap();
        let wrong = https(&transport, &server, TlsPolicy::Pin { sha256: [7; 32] });
        assert_eq!(
            wrong.read(get("/"), &scope()).await.unwrap_err().reason,
            Reason::Tls
        );
    }
}

#[tokio::test]
async fn a_handshake_that_breaks_may_come_about_the_next_time() {
    let server = Server::behind(Door::Slam, |_| reply(200, "")).await;
    let fault = read(&server, TlsPolicy::Unverified).await.unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Unreachable)
    );
    assert!(fault.text.contains("or none at this port"), "{}", fault.text);
    let (server, _) = Authority::new().server("127.0.0.1").await;
    let plain = transport().controller(endpoint(Scheme::Http, server.address));
    assert_eq!(
        plain.read(get("/"), &scope()).await.unwrap_err().delivery,
        FaultDelivery::MaybeSent
    );
}

#[tokio::test]
async fn an_authority_without_a_certificate_is_refused() {
    let (server, _) = Authority::new().server("127.0.0.1").await;
    let fault = read(&server, TlsPolicy::Authority { pem: "no pem".into() })
        .await
        .unwrap_err();
    assert_eq!(
        (fault.delivery, fault.reason),
        (FaultDelivery::NotSent, Reason::Tls)
    );
    assert!(
        fault.text.contains("holds no usable certificate"),
        "{}",
        fault.text
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_way_to_a_controller_is_shown_stretch_by_stretch() {
    let authority = Authority::new();
    let (server, fingerprint) = authority.server("127.0.0.1").await;
    let shown = |tls: &switchyard_transport::Tls| tls.certificate.as_deref().map(Fingerprint::of);
    let trusted = https(&transport(), &server, authority.policy());
    let trusted = trusted.examine(&scope()).await.unwrap();
    assert_eq!(trusted.name.found, Ok(vec![server.address]));
    assert_eq!(trusted.connection.unwrap().found, Ok(server.address));
    let tls = trusted.tls.unwrap();
    assert_eq!(
        (tls.stretch.found.is_ok(), shown(&tls)),
        (true, Some(fingerprint))
    );

    let refused = https(&transport(), &server, TlsPolicy::Pin { sha256: [7; 32] });
    let tls = refused.examine(&scope()).await.unwrap().tls.unwrap();
    let fault = tls.stretch.found.as_ref().unwrap_err();
    assert_eq!(
        (fault.reason.clone(), shown(&tls)),
        (Reason::Tls, Some(fingerprint))
    );
    assert_eq!(server.seen().len(), 0, "no request was made");

    let plain = transport().controller(endpoint(Scheme::Http, server.address));
    assert!(plain.examine(&scope()).await.unwrap().tls.is_none());
    // A port that was free a moment ago, and on which nobody listened.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let gone = transport().controller(endpoint(Scheme::Https, address));
    let gone = gone.examine(&scope()).await.unwrap();
    let fault = gone.connection.unwrap().found.unwrap_err();
    assert!(fault.text.contains("nothing listens there"), "{}", fault.text);
    assert!(gone.tls.is_none());
}
