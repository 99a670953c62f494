//! Whether somebody speaks IPMI at an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

/// How long an answer is waited for before the question is sent again: datagrams get lost.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// The longest datagram that is looked at.
const DATAGRAM_MAX_BYTES: usize = 512;

/// Get Channel Authentication Capabilities (IPMI 2.0, section 22.13) for the present channel, extended data asked for, administrator level,
/// outside of any session (section 13.6): it takes no login and changes nothing.
const CAPABILITIES: [u8; 23] = [
    0x06, 0x00, 0xFF, 0x07, // RMCP 1.0, no acknowledgement, class IPMI
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // no authentication, no session
    0x09, // length
    0x20, 0x18, 0xC8, // to the BMC, network function App, checksum
    0x81, 0x00, 0x38, 0x8E, 0x04, 0xB5, // from remote software, command, channel, level, checksum
];

/// Whether the address answers as a BMC does. Ends when it does; the caller bounds the time.
pub(super) async fn answers(socket: SocketAddr) -> bool {
    let local: IpAddr = match socket {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let Ok(own) = UdpSocket::bind(SocketAddr::new(local, 0)).await else {
        return false;
    };
    if own.connect(socket).await.is_err() {
        return false;
    }
    let mut datagram = [0; DATAGRAM_MAX_BYTES];
    loop {
        if own.send(&CAPABILITIES).await.is_err() {
            return false;
        }
        match tokio::time::timeout(ASK_AGAIN, own.recv(&mut datagram)).await {
            Ok(Ok(length)) => return datagram.get(..length).is_some_and(is_reply),
            // Nobody listens at the port.
            Ok(Err(_)) => return false,
            Err(_) => {}
        }
    }
}

/// Whether a datagram is an IPMI message over RMCP, in the format of 1.5 or 2.0.
fn is_reply(datagram: &[u8]) -> bool {
    matches!(datagram, [0x06, _, _, 0x07, 0x00 | 0x06, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_adds_up() {
        let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        assert_eq!(sum(&CAPABILITIES[14..17]), 0);
        assert_eq!(sum(&CAPABILITIES[17..23]), 0);
        assert_eq!(usize::from(CAPABILITIES[13]), CAPABILITIES[14..].len());
    }

    #[tokio::test]
    async fn who_answers_otherwise_is_no_bmc() {
        let echo = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = echo.local_addr().unwrap();
        let answering = tokio::spawn(async move {
            let mut datagram = [0; 64];
            let (length, from) = echo.recv_from(&mut datagram).await.unwrap();
            assert_eq!(datagram[..length], CAPABILITIES);
            echo.send_to(b"hello", from).await.unwrap();
        });
        assert!(!answers(address).await);
        answering.await.unwrap();
    }
}
