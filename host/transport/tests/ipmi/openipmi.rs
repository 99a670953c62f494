//! `OpenIPMI`'s simulator of a BMC, which speaks cipher suite 3. Its chassis is a script that keeps the state in a file.

use std::fs::{File, Permissions};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bmc_sim::{DEFAULT_PASSWORD, DEFAULT_USER};
use switchyard_core::Delivery;
use switchyard_transport::ipmi::{CipherSuite, Settings, Suites};
use switchyard_transport::{Endpoint, Reason};
use tokio::process::{Child, Command};

use crate::fixture::{
    CYCLE, OFF, ON, RESET, SOFT, control, endpoint, eventually, is_on, message, permit, scope, settings,
    transport,
};

/// The state of the chassis, and every command that it got.
const CHASSIS: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
shift
case "$1 $2" in
  "get power") echo "power:$(cat power)" ;;
  "set power") echo "power $3" >>commands; echo "$3" >power ;;
  "set reset") echo "reset" >>commands ;;
  "set shutdown") echo "shutdown" >>commands; echo 0 >power ;;
  *) echo "$*" >>commands ;;
esac
"#;

const EMULATION: &str = "mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
";

struct OpenIpmi {
    folder: tempfile::TempDir,
    address: SocketAddr,
    _child: Child,
}

impl OpenIpmi {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let free = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        std::fs::create_dir(path.join("state")).unwrap();
        std::fs::write(path.join("power"), "0").unwrap();
        std::fs::write(path.join("chassis"), CHASSIS).unwrap();
        std::fs::set_permissions(path.join("chassis"), Permissions::from_mode(0o700)).unwrap();
        std::fs::write(path.join("emulation"), EMULATION).unwrap();
        std::fs::write(path.join("lan.conf"), lan(path, address)).unwrap();
        let log = File::create(path.join("log")).unwrap();
        let child = Command::new("ipmi_sim")
            .args(["-n", "-c"])
            .args([path.join("lan.conf"), "-f".into(), path.join("emulation")])
            .args(["-s".into(), path.join("state")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("ipmi_sim starts; `cargo xtask test` installs openipmi");
        Self {
            folder,
            address,
            _child: child,
        }
    }

    fn commands(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("commands")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn lan(folder: &Path, address: SocketAddr) -> String {
    let auths = "none md2 md5 straight";
    let levels = ["callback", "user", "operator", "admin"];
    let allowed = levels
        .map(|level| format!("allowed_auths_{level} {auths}\n"))
        .concat();
    format!(
        "name \"bmc\"\nset_working_mc 0x20\nstartlan 1\naddr {} {}\npriv_limit admin\n{allowed}\
         guid a123456789abcdefa123456789abcdef\nendlan\nchassis_control \"{} 0x20\"\n\
         user 1 true \"\" \"test\" user 10 {auths}\n\
         user 2 true \"{DEFAULT_USER}\" \"{DEFAULT_PASSWORD}\" admin 10 {auths}\n",
        address.ip(),
        address.port(),
        folder.join("chassis").display(),
    )
}

#[tokio::test]
async fn its_chassis_is_switched_in_every_way() {
    let bmc = OpenIpmi::start();
    let controller = transport().controller(Endpoint {
        ipmi: Settings {
            // It is asked until it has started.
            retry: Duration::from_millis(500),
            ..settings()
        },
        ..endpoint(bmc.address)
    });
    controller
        .connect(&scope())
        .await
        .expect("suite 17 is refused, 3 is taken");
    assert!(!is_on(&controller).await);
    for (what, on, command) in [
        (ON, true, "power 1"),
        (RESET, true, "reset"),
        (CYCLE, false, "power 0"),
        (ON, true, "power 1"),
        (SOFT, false, "shutdown"),
        (ON, true, "power 1"),
        (OFF, false, "power 0"),
    ] {
        let seen = bmc.commands().len();
        let permit = permit();
        let reply = controller
            .ipmi_change(control(what), Arc::clone(&permit), &scope())
            .await
            .unwrap();
        assert_eq!(reply.completion, 0, "{what}");
        assert_eq!(permit.settled().await, Delivery::of_ipmi_completion(0));
        eventually("the chassis was told", || bmc.commands().len() > seen).await;
        assert_eq!(bmc.commands().get(seen).map(String::as_str), Some(command));
        if what != CYCLE {
            assert_eq!(is_on(&controller).await, on, "{what}");
        }
    }
    let cause = controller
        .ipmi_read(message(0x00, 0x07, &[]), &scope())
        .await
        .unwrap();
    assert_eq!(cause.completion, 0xC1, "it has no restart cause");
}

#[tokio::test]
async fn it_is_refused_where_only_suite_17_is_allowed() {
    let bmc = OpenIpmi::start();
    let controller = transport().controller(Endpoint {
        ipmi: Settings {
            suites: Suites::only(CipherSuite::Seventeen),
            retry: Duration::from_millis(500),
            ..settings()
        },
        ..endpoint(bmc.address)
    });
    let fault = controller.connect(&scope()).await.unwrap_err();
    assert_eq!(fault.reason, Reason::Tls, "{}", fault.text);
    assert!(fault.text.contains("04h"), "{}", fault.text);
}
