//! An independent BMC: `OpenIPMI`'s `ipmi_sim`, which speaks cipher suite 3 and leaves the power to a program.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use switchyard_e2e::peer::{Peer, run_program};
use switchyard_e2e::{Installation, eventually, free_address};

use super::{WITHIN, impatient, switch, task};

const USER: &str = "root";
const PASSWORD: &str = "simulated";
const NODE: &str = "x3000c0s1b0n0";

/// Where it listens, one user, and the program that switches.
fn lan_config(address: SocketAddr, program: &Path) -> String {
    let methods: String = ["callback", "user", "operator", "admin"]
        .map(|level| format!("    allowed_auths_{level} none md2 md5 straight\n"))
        .concat();
    format!(
        "name \"ipmisim\"\nset_working_mc 0x20\n  startlan 1\n    addr {} {}\n    priv_limit admin\n{methods}    \
         guid a123456789abcdefa123456789abcdef\n  endlan\n  chassis_control \"{} 0x20\"\n  \
         user 2 true \"{USER}\" \"{PASSWORD}\" admin 10 none md2 md5 straight\n",
        address.ip(),
        address.port(),
        program.display()
    )
}

const CONTROLLER: &str = "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\n\
                          sel_enable 0x20 1000 0x0a\nmc_enable 0x20\n";

/// The program that `ipmi_sim` asks for the power and tells what to do; every command is a line of `commands`.
fn chassis_program(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "#!/bin/sh\nshift\ncase \"$1 $2\" in\n  \"get power\") echo \"power:$(cat {folder}/power)\"; exit ;;\n  \
         \"set power\") echo \"$3\" > {folder}/power ;;\n  \"set shutdown\") echo 0 > {folder}/power ;;\nesac\n\
         [ \"$1\" = set ] && echo \"$2 $3\" >> {folder}/commands\nexit 0\n"
    )
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn power(folder: &Path) -> String {
    fs::read_to_string(folder.join("power"))
        .unwrap()
        .trim()
        .to_owned()
}

/// What it was told since it was asked last.
fn commands(folder: &Path) -> Vec<String> {
    let path = folder.join("commands");
    let text = fs::read_to_string(&path).unwrap_or_default();
    drop(fs::remove_file(path));
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn its_machine_goes_off_and_on_and_is_reset_once() {
    let files = tempfile::tempdir().unwrap();
    let folder = files.path();
    let address = free_address();
    let program = folder.join("chassis");
    write(&program, &chassis_program(folder));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    write(&folder.join("lan.conf"), &lan_config(address, &program));
    write(&folder.join("emu"), CONTROLLER);
    write(&folder.join("power"), "1\n");
    let state = folder.join("state");
    fs::create_dir(&state).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (lan, emu) = (path("lan.conf"), path("emu"));
    let arguments = ["-c", &lan, "-f", &emu, "-s", &state.display().to_string(), "-n"];
    let _peer = Peer::program("ipmi_sim", &arguments, folder);
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let ipmitool = [
        "-I", "lanplus", "-C", "3", "-N", "1", "-R", "1", "-H", &host, "-p", &port,
    ];
    let ipmitool = [&ipmitool[..], &["-U", USER, "-P", PASSWORD, "power", "status"]].concat();
    eventually("ipmi_sim answers", WITHIN, || async {
        let said = run_program("ipmitool", &ipmitool, WITHIN).await;
        said.text.contains("Power is on").then_some(())
    })
    .await;
    commands(folder);

    let inventory = format!(
        "[[controller]]\nid = \"x3000c0s1b0\"\naddress = \"ipmi://{address}\"\ndriver = \"ipmi\"\n[[component]]\nid = \"{NODE}\"\n"
    );
    let installation = Installation::new(&inventory, USER, PASSWORD, impatient());
    let service = installation.start().await;
    let client = service.client();
    for (operation, told, state) in [
        ("soft-off", vec!["shutdown 1"], "0"),
        ("on", vec!["power 1"], "1"),
        ("force-off", vec!["power 0"], "0"),
        ("on", vec!["power 1"], "1"),
        ("hard-restart", vec!["shutdown 1", "power 1"], "1"),
    ] {
        let body = switch(client, operation, &[NODE.to_owned()]).await;
        assert_eq!(
            body["taskCounts"]["succeeded"],
            1,
            "{operation}: {body:#}\n{}",
            installation.log()
        );
        assert_eq!(commands(folder), told, "{operation}");
        assert_eq!(power(folder), state, "{operation}");
    }
    // It tells neither why the machine started nor when, so that a reset can be sent and not be proven.
    let body = switch(client, "reset", &[NODE.to_owned()]).await;
    assert_eq!(
        task(client, &body, NODE).await["outcome"]["name"],
        "unproven",
        "{body:#}"
    );
    assert_eq!(commands(folder), ["reset 1"]);
    // A cycle has the machine off for a while.
    let body = switch(client, "power-cycle", &[NODE.to_owned()]).await;
    assert_eq!(commands(folder), ["power 0", "power 1"]);
    assert_eq!(
        task(client, &body, NODE).await["outcome"]["name"],
        "verified",
        "{body:#}"
    );
    // The interrupt is not in it.
    let body = switch(client, "nmi", &[NODE.to_owned()]).await;
    assert_eq!(body["taskCounts"]["failed"], 1, "{body:#}");
    assert!(commands(folder).is_empty());
}
