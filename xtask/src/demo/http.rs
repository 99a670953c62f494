//! Plain HTTP to a program on this machine: enough to ask how it is, and to tell it something.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(5);
/// The most that is read of an answer: the power states of 10,000 nodes are about 1.5 MB.
const BODY_LIMIT: u64 = 32 * 1024 * 1024;

/// Status and body of the answer to a GET, or nothing when there was none.
pub(super) fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    exchange(
        address,
        &format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nAccept: application/json\r\n\r\n"),
    )
}

/// Status and body of the answer to a POST of JSON, or nothing when there was none.
pub(super) fn post(address: SocketAddr, path: &str, body: &Value) -> Option<(u16, String)> {
    let body = body.to_string();
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

/// HTTP/1.0, because its answers come in one piece and end with the connection.
fn exchange(address: SocketAddr, request: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(TIMEOUT)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.take(BODY_LIMIT).read_to_end(&mut answer).ok()?;
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn answers_are_split_into_status_and_body() {
        assert_eq!(
            parse("HTTP/1.0 204 No Content\r\ndate: x\r\n\r\n"),
            Some((204, String::new()))
        );
        assert_eq!(
            parse("HTTP/1.0 200 OK\r\na: b\r\n\r\n{}"),
            Some((200, "{}".to_owned()))
        );
        assert_eq!(parse("not http"), None);
    }
}
