//! Listeners and connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::amt;
use crate::bmc::Bmc;
use crate::config::{AddressPlan, SimConfig};
use crate::fault::Protocol;
use crate::fleet::Fleet;
use crate::redfish;
use crate::sim::{Error, Shared};

/// Connections that may wait to be accepted; the kernel's own limit may be lower.
const BACKLOG: u32 = 4096;
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after accepting failed, most likely for want of descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// The read buffer of a connection; requests to a BMC are small.
const MAX_BUFFER: usize = 16 * 1024;
/// How often a set of addresses is tried with another free port when one of them has the port taken.
const PORT_TRIES: usize = 16;

/// Listeners and the port of each, in the order of the BMCs; a single one when all BMCs share it.
pub(crate) fn bind(config: &SimConfig) -> Result<Vec<TcpListener>, Error> {
    if config.shares_listener() {
        return Ok(vec![listener(SocketAddrV4::new(
            Ipv4Addr::UNSPECIFIED,
            config.port,
        ))?]);
    }
    match config.addresses {
        AddressPlan::Ports { .. } => (0..config.count)
            .map(|index| listener(wanted(config, index, config.port)))
            .collect(),
        AddressPlan::Loopback { .. } if config.port != 0 => bind_all(config, config.port),
        AddressPlan::Loopback { .. } => {
            let mut result = bind_all(config, 0);
            for _ in 1..PORT_TRIES {
                match &result {
                    Err(Error::Bind { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                        result = bind_all(config, 0);
                    }
                    _ => break,
                }
            }
            result
        }
    }
}

/// One listener per BMC at the same port, which the first one picks when it is 0.
fn bind_all(config: &SimConfig, mut port: u16) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::with_capacity(config.count);
    for index in 0..config.count {
        let bound = listener(wanted(config, index, port))?;
        port = local_port(&bound)?;
        listeners.push(bound);
    }
    Ok(listeners)
}

fn wanted(config: &SimConfig, index: usize, port: u16) -> SocketAddrV4 {
    let address = config.addresses.address(index).unwrap_or(Ipv4Addr::LOCALHOST);
    let offset = match config.addresses {
        AddressPlan::Ports { .. } if port != 0 => u16::try_from(index).unwrap_or(u16::MAX),
        AddressPlan::Ports { .. } | AddressPlan::Loopback { .. } => 0,
    };
    SocketAddrV4::new(address, port.saturating_add(offset))
}

/// Listens at an address.
pub(crate) fn listener(address: SocketAddrV4) -> Result<TcpListener, Error> {
    let listen = || {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address.into())?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| Error::Bind { address, source })
}

/// The port that a listener got.
pub(crate) fn local_port(listener: &TcpListener) -> Result<u16, Error> {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    listener
        .local_addr()
        .map(|local| local.port())
        .map_err(|source| Error::Bind { address, source })
}

/// Accepts connections until `stop`. Without `bmc` the local address of each connection tells which BMC it is for.
pub(crate) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    bmc: Option<usize>,
    side: Protocol,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let bmc = bmc.or_else(|| local_bmc(&shared.fleet, &stream));
                if let Some(bmc) = bmc.filter(|_| peer.ip().is_loopback()) {
                    admit(&shared, stream, bmc, side);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection; raise the limit of open files if this goes on");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn local_bmc(fleet: &Fleet, stream: &TcpStream) -> Option<usize> {
    match stream.local_addr() {
        Ok(SocketAddr::V4(local)) => fleet.by_address(*local.ip()),
        Ok(SocketAddr::V6(local)) => match local.ip().to_canonical() {
            IpAddr::V4(address) => fleet.by_address(address),
            IpAddr::V6(_) => None,
        },
        Err(_) => None,
    }
}

/// Starts serving a connection, unless its BMC is away or the process has too many.
fn admit(shared: &Arc<Shared>, stream: TcpStream, index: usize, side: Protocol) {
    let fleet = &shared.fleet;
    let Some(bmc) = fleet.bmcs.get(index) else { return };
    let open = OpenConnection::count(shared);
    if open.shared.fleet.open_connections.load(Ordering::Relaxed) > fleet.config.max_connections {
        return refuse(&stream);
    }
    let now = fleet.now();
    let silent = match (bmc.is_away(now), fleet.faults.unreachable(side, index, now)) {
        (true, _) | (false, Some(false)) => return refuse(&stream),
        (false, Some(true)) => true,
        (false, None) => false,
    };
    bmc.counters.connection();
    shared.tasks.spawn(async move {
        let Some(bmc) = open.shared.fleet.bmcs.get(index) else {
            return;
        };
        let conversation = async {
            if silent {
                swallow(stream).await;
            } else {
                converse(&open.shared.fleet, bmc, stream, side).await;
            }
        };
        tokio::select! {
            () = open.shared.stop.cancelled() => {}
            () = bmc.kicked.notified() => {}
            () = conversation => {}
        }
    });
}

/// Resets a connection, which is as near as an accepted one comes to being refused.
fn refuse(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "cannot reset a connection");
    }
}

/// Reads and says nothing until the peer gives up.
async fn swallow(mut stream: TcpStream) {
    if let Err(error) = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await {
        tracing::debug!(%error, "peer of a silent BMC went away");
    }
}

async fn converse(fleet: &Fleet, bmc: &Bmc, stream: TcpStream, side: Protocol) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let Some(authority) = &fleet.authority else {
        return talk_http(fleet, bmc, stream, side).await;
    };
    let identity = match authority.identity(bmc.index) {
        Ok(identity) => identity,
        Err(error) => return tracing::error!(bmc = bmc.index, %error, "no certificate for a BMC"),
    };
    let handshake = TlsAcceptor::from(Arc::clone(&identity.config)).accept(stream);
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => {
            bmc.counters.tls_handshake();
            talk_http(fleet, bmc, stream, side).await;
        }
        Ok(Err(error)) => tracing::debug!(bmc = bmc.index, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(bmc = bmc.index, "TLS handshake took too long"),
    }
}

async fn talk_http(fleet: &Fleet, bmc: &Bmc, stream: impl AsyncRead + AsyncWrite + Unpin, side: Protocol) {
    let once = bmc.profile().make.manners.closes_silently;
    let used = &AtomicBool::new(false);
    let service = service_fn(async |request| match side {
        _ if once && used.swap(true, Ordering::AcqRel) => {
            bmc.counters.cut();
            Err(redfish::Cut)
        }
        Protocol::Amt => amt::serve(fleet, bmc, request).await,
        Protocol::Redfish | Protocol::Ipmi => redfish::serve(fleet, bmc, request).await,
    });
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(bmc = bmc.index, %error, "connection ended early");
    }
}

/// Counts an open connection until it is dropped.
struct OpenConnection {
    shared: Arc<Shared>,
}

impl OpenConnection {
    fn count(shared: &Arc<Shared>) -> Self {
        shared.fleet.open_connections.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: Arc::clone(shared),
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let counter: &AtomicUsize = &self.shared.fleet.open_connections;
        counter.fetch_sub(1, Ordering::Relaxed);
    }
}
