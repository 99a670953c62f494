//! A second address of a BMC, which can be shut while the BMC itself goes on.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A relay of TCP connections. It is shut when dropped.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    open: watch::Sender<bool>,
}

impl Door {
    /// Opens a loopback address that leads to another.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn open(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap_or_else(|error| panic!("no free port: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("no free port: {error}"));
        let (open, mut is_open) = watch::channel(true);
        tokio::spawn(async move {
            // The listener and every connection end with this task.
            let mut relays = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { return };
                        relays.spawn(relay(stream, to));
                    }
                    _ = is_open.wait_for(|open| !*open) => return,
                }
            }
        });
        Self { address, open }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection, and takes no other.
    pub fn shut(&self) {
        self.open.send_replace(false);
    }
}

async fn relay(mut from: TcpStream, to: SocketAddr) {
    if let Ok(mut to) = TcpStream::connect(to).await {
        // That one side closes is how a relay ends.
        let _ended = copy_bidirectional(&mut from, &mut to).await;
    }
}
