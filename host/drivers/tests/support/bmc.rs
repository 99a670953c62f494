//! A BMC over plain HTTP that answers every path and counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running BMC; it ends when dropped.
pub(crate) struct Bmc {
    port: u16,
    requests: Arc<Mutex<BTreeMap<String, usize>>>,
    task: JoinHandle<()>,
}

impl Bmc {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(BTreeMap::new()));
        let counts = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&counts)));
            }
        });
        Self { port, requests, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How often "METHOD PATH" was asked.
    pub(crate) fn asked(&self, line: &str) -> usize {
        self.requests.lock().unwrap().get(line).copied().unwrap_or(0)
    }
}

impl Drop for Bmc {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `/STATUS` answers with that status, `/slow` after 20 ms, `/cut` not at all, `/echo` with all that was sent, `/elsewhere` with a
/// redirect to another host, everything else with 204.
async fn serve(stream: TcpStream, counts: Arc<Mutex<BTreeMap<String, usize>>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        stream.read_line(&mut first).await.ok().filter(|n| *n > 0)?;
        let mut length = 0;
        let mut sent = String::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
            sent.push_str(&line);
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        let request = first.rsplit_once(' ')?.0.to_owned();
        let path = request.split_once(' ')?.1.to_owned();
        *counts.lock().unwrap().entry(request).or_insert(0) += 1;
        if path == "/slow" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if path == "/cut" {
            return None;
        }
        if path == "/echo" {
            let token = "x-auth-token: session-secret\r\nset-cookie: session=session-secret";
            let answer = format!(
                "HTTP/1.1 200 X\r\n{token}\r\ncontent-length: {}\r\n\r\n{sent}",
                sent.len()
            );
            stream.write_all(answer.as_bytes()).await.ok()?;
            continue;
        }
        if path == "/elsewhere" {
            let answer =
                "HTTP/1.1 302 X\r\nlocation: http://127.0.0.2/redfish/v1\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.ok()?;
            continue;
        }
        let status = path.trim_start_matches('/').parse::<u16>().unwrap_or(204);
        let length = if status == 204 {
            ""
        } else {
            "content-length: 0\r\n"
        };
        stream
            .write_all(format!("HTTP/1.1 {status} X\r\n{length}\r\n").as_bytes())
            .await
            .ok()?;
    }
}
