//! Connections with their handshake done. A handshake has a deadline and holds up no other.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::certificate::Certificate;

/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Handshakes at once. Who comes when there are as many waits in the backlog of the socket.
const HANDSHAKES_MAX: usize = 256;
/// Connections that wait to be served.
const READY_MAX: usize = 64;

/// A connection with whom it leads to.
type Accepted = (TlsStream<TcpStream>, SocketAddr);

/// Accepts connections over TLS.
#[derive(Debug)]
pub struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<Accepted>,
}

impl TlsListener {
    /// Begins to accept from this socket, until `stop`.
    pub fn start(
        listener: TcpListener,
        certificate: Certificate,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (done, ready) = mpsc::channel(READY_MAX);
        let accepting = accept(listener, certificate, done, tasks.clone(), stop.clone());
        tasks.spawn(async move {
            stop.run_until_cancelled(accepting).await;
        });
        Ok(Self { address, ready })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Accepted {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The service stops; who serves hears of it elsewhere.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept(
    mut listener: TcpListener,
    certificate: Certificate,
    done: mpsc::Sender<Accepted>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        // Waits a little when the system has no descriptors left.
        let (stream, from) = Listener::accept(&mut listener).await;
        let acceptor = TlsAcceptor::from(certificate.config());
        let (done, stop) = (done.clone(), stop.clone());
        tasks.spawn(async move {
            let shaking = tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream));
            match stop.run_until_cancelled(shaking).await {
                Some(Ok(Ok(stream))) => drop(done.send((stream, from)).await),
                Some(Ok(Err(error))) => tracing::debug!(%from, %error, "a TLS handshake failed"),
                Some(Err(_)) => tracing::debug!(%from, "a TLS handshake took too long"),
                None => {}
            }
            drop(place);
        });
    }
}
