//! A BMC of pyghmi, which takes cipher suite 3 when asked for 17, and says nothing about it.

use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use bmc_sim::{DEFAULT_PASSWORD, DEFAULT_USER};
use switchyard_transport::ipmi::{CipherSuite, Settings, Suites};
use switchyard_transport::{Endpoint, FaultDelivery, Reason};
use tokio::process::{Child, Command};

use crate::fixture::{endpoint, is_on, scope, settings, transport};

const BMC: &str = "
import sys
from pyghmi.ipmi.bmc import Bmc

class Machine(Bmc):
    def get_power_state(self):
        return 'on'

Machine({sys.argv[1]: sys.argv[2]}, port=int(sys.argv[3]), address='127.0.0.1').listen()
";

fn start() -> (SocketAddr, Child) {
    let peers = std::env::var_os("SWITCHYARD_PEERS_VENV").map(PathBuf::from);
    let peers = peers.expect(
        "SWITCHYARD_PEERS_VENV names no folder of test peers; run `cargo xtask test`, which installs them",
    );
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let child = Command::new(peers.join("bin/python"))
        .args(["-c", BMC, DEFAULT_USER, DEFAULT_PASSWORD])
        .arg(address.port().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    (address, child)
}

fn with(address: SocketAddr, suites: Suites) -> Endpoint {
    Endpoint {
        ipmi: Settings {
            suites,
            // Python takes a while to start; it is asked meanwhile.
            retry: Duration::from_secs(2),
            ..settings()
        },
        timeouts: switchyard_transport::Timeouts {
            connect: Duration::from_secs(20),
            ..switchyard_transport::Timeouts::default()
        },
        ..endpoint(address)
    }
}

#[tokio::test]
async fn a_silent_downgrade_is_refused() {
    let (address, _child) = start();
    for suites in [
        Suites::either(CipherSuite::Seventeen, CipherSuite::Three),
        Suites::only(CipherSuite::Seventeen),
    ] {
        let controller = transport().controller(with(address, suites));
        let fault = controller.connect(&scope()).await.unwrap_err();
        assert_eq!(
            (fault.delivery, &fault.reason),
            (FaultDelivery::NotSent, &Reason::Tls),
            "{}",
            fault.text
        );
        assert!(
            fault
                .text
                .contains("asked for cipher suite 17 and took cipher suite 3"),
            "{}",
            fault.text
        );
    }
    let asked = Suites::only(CipherSuite::Three);
    let controller = transport().controller(with(address, asked));
    assert!(is_on(&controller).await, "who allows suite 3 alone gets it");
}
