//! A small server that plays a controller: it answers each request as a test says, in bytes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

/// A request as the server read it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The number of the connection, from 0.
    pub(crate) connection: usize,
    /// The request line, "GET /x".
    pub(crate) line: String,
    /// The whole head.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the server does with a request.
pub(crate) enum Act {
    /// Sends these bytes and keeps the connection.
    Send(Vec<u8>),
    /// Sends these bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Waits for a permit of the semaphore first.
    SendWhen(Arc<Semaphore>, Vec<u8>),
    /// Reads on and never answers.
    Hang,
}

pub(crate) fn reply(status: u16, body: &str) -> Act {
    Act::Send(answer(status, "", body))
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} Word\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

type Script = Arc<dyn Fn(&Seen) -> Act + Send + Sync>;

/// How connections begin.
#[derive(Clone)]
pub(crate) enum Door {
    Plain,
    Tls(TlsAcceptor),
    /// Closes as soon as a byte has arrived, without reading it.
    Slam,
    /// Never reads.
    Deaf,
}

#[derive(Default)]
struct Record {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    busy: AtomicUsize,
    most_busy: AtomicUsize,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    record: Arc<Record>,
    _task: AbortOnDropHandle<()>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        Self::behind(Door::Plain, script).await
    }

    pub(crate) async fn behind(door: Door, script: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let record = Arc::new(Record::default());
        let task = tokio::spawn(accept(listener, door, Arc::new(script), Arc::clone(&record)));
        Self {
            address,
            record,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.record.seen.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.record.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were in the server's hands at once.
    pub(crate) fn most_busy(&self) -> usize {
        self.record.most_busy.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, door: Door, script: Script, record: Arc<Record>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let number = record.connections.fetch_add(1, Ordering::SeqCst);
        let (door, script, record) = (door.clone(), Arc::clone(&script), Arc::clone(&record));
        connections.spawn(async move {
            match door {
                Door::Plain => serve(tcp, number, script, record).await,
                Door::Tls(acceptor) => {
                    if let Ok(tls) = acceptor.accept(tcp).await {
                        serve(tls, number, script, record).await;
                    }
                }
                Door::Slam => slam(tcp).await,
                Door::Deaf => {
                    let _open = tcp;
                    std::future::pending::<()>().await;
                }
            }
        });
    }
}

async fn slam(tcp: TcpStream) {
    tcp.peek(&mut [0]).await.unwrap();
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    number: usize,
    script: Script,
    record: Arc<Record>,
) {
    let mut buffer = Vec::new();
    while let Some(seen) = read_request(&mut stream, &mut buffer, number).await {
        let busy = record.busy.fetch_add(1, Ordering::SeqCst) + 1;
        record.most_busy.fetch_max(busy, Ordering::SeqCst);
        let act = script(&seen);
        record.seen.lock().unwrap().push(seen);
        let (bytes, close) = match act {
            Act::Send(bytes) => (bytes, false),
            Act::SendAndClose(bytes) => (bytes, true),
            Act::SendWhen(gate, bytes) => {
                gate.acquire().await.unwrap().forget();
                (bytes, false)
            }
            Act::Hang => std::future::pending().await,
        };
        record.busy.fetch_sub(1, Ordering::SeqCst);
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() || close {
            return;
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    connection: usize,
) -> Option<Seen> {
    loop {
        if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let line = head
                .lines()
                .next()
                .unwrap()
                .trim_end_matches(" HTTP/1.1")
                .to_owned();
            let mut seen = Seen {
                connection,
                line,
                head,
                body: String::new(),
            };
            let length: usize = seen
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                seen.body = String::from_utf8(buffer[end + 4..end + 4 + length].to_vec()).unwrap();
                buffer.drain(..end + 4 + length);
                return Some(seen);
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Waits for a condition.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(10), wait).await.is_ok(),
        "never came true: {what}"
    );
}
