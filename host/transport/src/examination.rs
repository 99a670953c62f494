//! The way to a controller, one stretch after the other and without any request: for people who look for what is wrong.

use std::net::SocketAddr;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::address::Scheme;
use crate::connection::{handshake, unreachable};
use crate::controller::Controller;
use crate::fault::{Fault, Reason};
use crate::scope::Scope;
use crate::slot::Use;
use crate::tls::TlsPolicy;

/// What the way to a controller is like. What a broken stretch keeps from view, or the scheme does not have, is absent.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The addresses that its name stands for.
    pub name: Stretch<Vec<SocketAddr>>,
    /// Who took the connection. IPMI has none.
    pub connection: Option<Stretch<SocketAddr>>,
    /// What the TLS handshake came to. HTTP and IPMI have none.
    pub tls: Option<Tls>,
}

/// One stretch of the way.
#[derive(Debug, Clone)]
pub struct Stretch<T> {
    /// How long it took.
    pub took: Duration,
    /// What was found, or what stands in the way.
    pub found: Result<T, Fault>,
}

/// A handshake.
#[derive(Debug, Clone)]
pub struct Tls {
    /// What came of it under the policy of the controller.
    pub stretch: Stretch<()>,
    /// The certificate that the controller shows, in DER form, also a refused one.
    pub certificate: Option<Vec<u8>>,
}

impl<T> Stretch<T> {
    async fn of(way: impl Future<Output = Result<T, Fault>>) -> Self {
        let begun = Instant::now();
        let found = way.await;
        Self {
            took: begun.elapsed(),
            found,
        }
    }
}

impl Controller {
    /// Goes the way to the controller. Counts as a request in flight, but neither keeps nor starts a gap; nothing is sent but the
    /// handshake, and no login. A certificate that is refused is looked at over a second connection.
    pub async fn examine(&self, scope: &Scope) -> Result<Examination, Fault> {
        self.transport.check_open()?;
        let limit = self.transport.limits.slot_wait;
        let _slot = self.slots.acquire(Use::Connect, scope, limit).await?;
        let name = Stretch::of(self.resolve()).await;
        let scheme = self.endpoint.address.scheme;
        let Some(addresses) = name
            .found
            .as_ref()
            .ok()
            .filter(|_| scheme != Scheme::Ipmi)
            .cloned()
        else {
            return Ok(Examination {
                name,
                connection: None,
                tls: None,
            });
        };
        let mut stream = None;
        let connection = Stretch::of(async {
            let tcp = self.reach(&addresses).await?;
            let peer = tcp.peer_addr().map_err(|error| self.no_way(&error))?;
            stream = Some(tcp);
            Ok(peer)
        })
        .await;
        let tls = match stream.filter(|_| scheme == Scheme::Https) {
            Some(tcp) => Some(self.shake_hands(tcp, &addresses).await),
            None => None,
        };
        Ok(Examination {
            name,
            connection: Some(connection),
            tls,
        })
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, Fault> {
        let address = &self.endpoint.address;
        let not_found = |why: &str| {
            let text = format!("the name {} stands for no address: {why}", address.host);
            Fault::not_sent(Reason::Unreachable, text)
        };
        let looked = timeout(
            self.endpoint.timeouts.connect,
            lookup_host((address.host.as_str(), address.port)),
        );
        let found: Vec<_> = match looked.await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => return Err(not_found(&error.to_string())),
            Err(_) => return Err(not_found("the name service did not answer in time")),
        };
        if found.is_empty() {
            return Err(not_found("the name service knows none"));
        }
        Ok(found)
    }

    async fn reach(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Fault> {
        let limit = self.endpoint.timeouts.connect;
        match timeout(limit, TcpStream::connect(addresses)).await {
            Ok(connected) => connected.map_err(|error| self.no_way(&error)),
            Err(_) => Err(Fault::not_sent(
                Reason::Unreachable,
                format!(
                    "no connection to {} within {limit:?}: check the address, the network and the controller",
                    self.endpoint.address
                ),
            )),
        }
    }

    fn no_way(&self, error: &std::io::Error) -> Fault {
        unreachable(&self.endpoint.address, error)
    }

    async fn shake_hands(&self, tcp: TcpStream, addresses: &[SocketAddr]) -> Tls {
        let mut certificate = None;
        let stretch = Stretch::of(async {
            certificate = self.trusted(tcp).await?;
            Ok(())
        })
        .await;
        let refused = stretch
            .found
            .as_ref()
            .is_err_and(|fault| fault.reason == Reason::Tls);
        if refused && let Ok(tcp) = self.reach(addresses).await {
            let shown = self.with_policy(&TlsPolicy::Unverified, tcp).await;
            certificate = shown.ok().flatten();
        }
        Tls { stretch, certificate }
    }

    /// Makes the handshake that the policy of the controller asks for. Gives the certificate, where it can be seen.
    async fn trusted(&self, tcp: TcpStream) -> Result<Option<Vec<u8>>, Fault> {
        let TlsPolicy::Legacy(trust) = self.endpoint.tls else {
            return self.with_policy(&self.endpoint.tls, tcp).await;
        };
        let legacy = self.legacy()?;
        let host = &self.endpoint.address.host;
        let connecting = timeout(self.endpoint.timeouts.connect, legacy.connect(host, tcp, trust));
        connecting.await.unwrap_or_else(|_| Err(self.slow()))?;
        Ok(None)
    }

    async fn with_policy(&self, policy: &TlsPolicy, tcp: TcpStream) -> Result<Option<Vec<u8>>, Fault> {
        let address = &self.endpoint.address;
        let config = self.transport.tls.config(policy).await;
        let config = config.map_err(|error| Fault::not_sent(Reason::Tls, error.to_string()))?;
        let name = ServerName::try_from(address.host.clone()).map_err(|_| {
            let text = format!("{address} has no name that a certificate can carry");
            Fault::not_sent(Reason::Tls, text)
        })?;
        let connecting = timeout(
            self.endpoint.timeouts.connect,
            TlsConnector::from(config).connect(name, tcp),
        );
        let stream = connecting.await.map_err(|_| self.slow())?;
        let stream = stream.map_err(|error| handshake(address, &error))?;
        let shown = stream.get_ref().1.peer_certificates();
        Ok(shown.and_then(|chain| chain.first()).map(|leaf| leaf.to_vec()))
    }

    fn slow(&self) -> Fault {
        let (address, limit) = (&self.endpoint.address, self.endpoint.timeouts.connect);
        let text = format!("the TLS handshake with {address} did not end within {limit:?}");
        Fault::not_sent(Reason::Unreachable, text)
    }
}
