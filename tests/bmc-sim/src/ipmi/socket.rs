//! Sockets: one for each BMC, so that each has a buffer of its own and none is crowded out by the others.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;

use super::serve::{Admitted, admit, execute};
use crate::config::{AddressPlan, SimConfig};
use crate::sim::{Error, Shared};

/// The longest datagram that is read; requests are shorter.
const MAX_REQUEST: usize = 1024;
/// How often a set of addresses is tried with another free port when one of them has the port taken.
const PORT_TRIES: usize = 16;

/// Sockets in the order of the BMCs, at the port of the configuration.
pub(crate) async fn bind(config: &SimConfig) -> Result<Vec<UdpSocket>, Error> {
    let Some(port) = config.ipmi_port else {
        return Ok(Vec::new());
    };
    let mut result = bind_all(config, port).await;
    for _ in 1..PORT_TRIES {
        match &result {
            Err(Error::Bind { source, .. }) if port == 0 && source.kind() == io::ErrorKind::AddrInUse => {
                result = bind_all(config, port).await;
            }
            _ => break,
        }
    }
    result
}

/// All at the same port, which the first one picks when it is 0; with a port per BMC each has the next one.
async fn bind_all(config: &SimConfig, mut port: u16) -> Result<Vec<UdpSocket>, Error> {
    let mut sockets = Vec::with_capacity(config.count);
    for index in 0..config.count {
        let ip = config.addresses.address(index).unwrap_or(Ipv4Addr::LOCALHOST);
        let address = SocketAddrV4::new(ip, port);
        let bound = UdpSocket::bind(address).await;
        let socket = bound.map_err(|source| Error::Bind { address, source })?;
        port = match config.addresses {
            AddressPlan::Loopback { .. } => local_port(&socket)?,
            AddressPlan::Ports { .. } if port == 0 => 0,
            AddressPlan::Ports { .. } => port.saturating_add(1),
        };
        sockets.push(socket);
    }
    Ok(sockets)
}

/// The port that a socket got.
pub(crate) fn local_port(socket: &UdpSocket) -> Result<u16, Error> {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    let local = socket.local_addr();
    local
        .map(|local| local.port())
        .map_err(|source| Error::Bind { address, source })
}

/// Answers the datagrams of one BMC until the simulator stops.
pub(crate) async fn serve(shared: Arc<Shared>, socket: UdpSocket, index: usize) {
    let socket = Arc::new(socket);
    loop {
        let readable = tokio::select! {
            () = shared.stop.cancelled() => return,
            readable = socket.readable() => readable,
        };
        if let Err(error) = readable {
            return tracing::error!(bmc = index, %error, "the socket of a BMC cannot be read");
        }
        let mut buffer = [0; MAX_REQUEST];
        match socket.try_recv_from(&mut buffer) {
            Ok((length, peer)) if peer.ip().is_loopback() => {
                let bytes = buffer.get(..length).unwrap_or_default();
                let admitted = shared.fleet.bmcs.get(index);
                if let Some(admitted) = admitted.and_then(|bmc| admit(&shared.fleet, bmc, peer, bytes)) {
                    carry_out(&shared, &socket, index, admitted).await;
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => tracing::debug!(bmc = index, %error, "cannot receive"),
        }
    }
}

/// Executes at once, or when the delay of the plan is over; others are not held up by that.
async fn carry_out(shared: &Arc<Shared>, socket: &Arc<UdpSocket>, index: usize, admitted: Admitted) {
    if admitted.plan.slow_ms == 0 {
        return answer(shared, socket, index, admitted).await;
    }
    let delay = Duration::from_millis(admitted.plan.slow_ms);
    let (shared_here, socket) = (Arc::clone(shared), Arc::clone(socket));
    shared.tasks.spawn(async move {
        tokio::select! {
            () = shared_here.stop.cancelled() => {}
            () = tokio::time::sleep(delay) => answer(&shared_here, &socket, index, admitted).await,
        }
    });
}

async fn answer(shared: &Shared, socket: &UdpSocket, index: usize, admitted: Admitted) {
    let Some(bmc) = shared.fleet.bmcs.get(index) else {
        return;
    };
    for (peer, datagram) in execute(&shared.fleet, bmc, admitted) {
        if let Err(error) = socket.send_to(&datagram, peer).await {
            tracing::debug!(bmc = index, %error, "cannot send");
        }
    }
}
