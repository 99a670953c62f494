//! UDP sockets that many sessions share: few descriptors and few tasks, however many BMCs there are.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use switchyard_rmcp::DATAGRAM_MAX_BYTES;
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

/// Sockets for each of IPv4 and IPv6. A datagram of a BMC stays in the kernel's buffer of its socket until it is taken; with one
/// request in flight per BMC and a thousand or two at once, sixteen of them leave every buffer mostly empty.
const PORTS: usize = 16;
/// Datagrams of one BMC that wait to be looked at; further ones are dropped, as a network would.
const INBOX: usize = 8;
/// The pause after a socket failed to receive.
const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// All sockets, bound when they are needed first.
#[derive(Debug, Default)]
pub(super) struct Ports {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    v4: Vec<Arc<Port>>,
    v6: Vec<Arc<Port>>,
    next: usize,
}

impl Ports {
    /// A way to `peer` and back, over a socket that nobody else uses to talk to it.
    pub(super) fn link(&self, peer: SocketAddr) -> io::Result<Link> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let start = state.next;
        state.next = (start + 1) % PORTS;
        let ports = if peer.is_ipv4() {
            &mut state.v4
        } else {
            &mut state.v6
        };
        for turn in 0..PORTS {
            if ports.len() < PORTS {
                ports.push(Arc::new(Port::bind(peer.is_ipv4())?));
            }
            let place = (start + turn) % ports.len();
            if let Some(port) = ports.get(place)
                && let Some(inbox) = port.peers.add(peer)
            {
                let port = Arc::clone(port);
                return Ok(Link { port, peer, inbox });
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("{PORTS} sessions with this address are open already: list it as one controller"),
        ))
    }
}

#[derive(Debug)]
struct Port {
    socket: Arc<UdpSocket>,
    peers: Arc<Peers>,
    _task: AbortOnDropHandle<()>,
}

impl Port {
    fn bind(v4: bool) -> io::Result<Self> {
        let any: SocketAddr = if v4 {
            (Ipv4Addr::UNSPECIFIED, 0).into()
        } else {
            (Ipv6Addr::UNSPECIFIED, 0).into()
        };
        let socket = std::net::UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let peers = Arc::new(Peers::default());
        let task = tokio::spawn(receive(Arc::clone(&socket), Arc::clone(&peers)));
        Ok(Self {
            socket,
            peers,
            _task: AbortOnDropHandle::new(task),
        })
    }
}

/// Hands every datagram to whoever talks to its sender; what nobody waits for is dropped.
async fn receive(socket: Arc<UdpSocket>, peers: Arc<Peers>) {
    // One byte more than is looked at tells a datagram that is too long from one that is not.
    let mut buffer = vec![0; DATAGRAM_MAX_BYTES + 1];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, from)) => {
                if let Some(datagram) = buffer.get(..length).filter(|_| length <= DATAGRAM_MAX_BYTES) {
                    peers.deliver(from, datagram);
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "an IPMI socket cannot receive");
                tokio::time::sleep(RECEIVE_PAUSE).await;
            }
        }
    }
}

/// Who talks to whom over one socket.
#[derive(Debug, Default)]
struct Peers(Mutex<HashMap<SocketAddr, Arc<Inbox>>>);

impl Peers {
    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, Arc<Inbox>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, peer: SocketAddr) -> Option<Arc<Inbox>> {
        let mut peers = self.lock();
        if peers.contains_key(&peer) {
            return None;
        }
        let inbox = Arc::new(Inbox::default());
        peers.insert(peer, Arc::clone(&inbox));
        Some(inbox)
    }

    fn deliver(&self, from: SocketAddr, datagram: &[u8]) {
        let inbox = self.lock().get(&from).cloned();
        if let Some(inbox) = inbox {
            inbox.put(datagram);
        }
    }
}

#[derive(Default)]
struct Inbox {
    datagrams: Mutex<VecDeque<Box<[u8]>>>,
    came: Notify,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Box<[u8]>>> {
        self.datagrams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, datagram: &[u8]) {
        let mut datagrams = self.lock();
        if datagrams.len() < INBOX {
            datagrams.push_back(datagram.into());
            drop(datagrams);
            self.came.notify_one();
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("datagrams", &self.lock().len())
            .finish_non_exhaustive()
    }
}

/// The way to one BMC and back. Dropped, it hears nothing more.
#[derive(Debug)]
pub(super) struct Link {
    port: Arc<Port>,
    peer: SocketAddr,
    inbox: Arc<Inbox>,
}

impl Link {
    /// Sends a datagram. After an error, and when this is dropped before it ends, nothing has left.
    pub(super) async fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.port.socket.send_to(datagram, self.peer).await.map(|_| ())
    }

    /// Sends a datagram if that is possible at once.
    pub(super) fn try_send(&self, datagram: &[u8]) -> io::Result<()> {
        self.port.socket.try_send_to(datagram, self.peer).map(|_| ())
    }

    /// The next datagram.
    pub(super) async fn receive(&self) -> Box<[u8]> {
        loop {
            let came = self.inbox.came.notified();
            let datagram = self.inbox.lock().pop_front();
            match datagram {
                Some(datagram) => return datagram,
                None => came.await,
            }
        }
    }

    /// Drops what came too late for an earlier request.
    pub(super) fn clear(&self) {
        self.inbox.lock().clear();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.port.peers.lock().remove(&self.peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn within<T>(future: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(5), future)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn each_link_hears_its_own_peer_only() {
        let ports = Ports::default();
        let (one, two) = (
            UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            UdpSocket::bind("127.0.0.2:0").await.unwrap(),
        );
        let mut buffer = [0; 16];
        for (peer, expected) in [(&one, &b"of one"[..]), (&two, b"of two")] {
            let link = ports.link(peer.local_addr().unwrap()).unwrap();
            link.send(b"question").await.unwrap();
            let (_, from) = within(peer.recv_from(&mut buffer)).await.unwrap();
            two.send_to(b"of two", from).await.unwrap();
            one.send_to(b"of one", from).await.unwrap();
            assert_eq!(&*within(link.receive()).await, expected);
        }
    }

    #[tokio::test]
    async fn many_links_share_few_sockets() {
        let ports = Ports::default();
        let links: Vec<Link> = (1..=200)
            .map(|host| ports.link((Ipv4Addr::new(127, 0, 1, host), 623).into()).unwrap())
            .collect();
        assert_eq!(ports.state.lock().unwrap().v4.len(), PORTS);
        drop(links);
        let peers = |port: &Arc<Port>| port.peers.lock().len();
        assert_eq!(ports.state.lock().unwrap().v4.iter().map(peers).sum::<usize>(), 0);
    }

    #[tokio::test]
    async fn an_inbox_is_bounded_and_a_dropped_link_makes_room() {
        let ports = Ports::default();
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = peer.local_addr().unwrap();
        let mut links: Vec<Link> = (0..PORTS).map(|_| ports.link(address).unwrap()).collect();
        assert_eq!(ports.link(address).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let link = links.pop().unwrap();
        for _ in 0..2 * INBOX {
            link.inbox.put(b"datagram");
        }
        assert_eq!(link.inbox.lock().len(), INBOX);
        link.clear();
        assert_eq!(link.inbox.lock().len(), 0);
        drop(link);
        ports.link(address).unwrap();
    }
}
