use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use switchyard_core::{ComponentId, Kind, Pace};
use switchyard_transport::{Authentication, LegacyTrust, Timeouts, TlsPolicy};

use super::{Component, Controller, Inventory, Merged, Source, reader};
use crate::document::{Document, Error, Language};

fn parse(language: Language, text: &str) -> Result<Inventory, String> {
    let document =
        Document::parse("inventory.toml", text.to_owned(), language).map_err(|report| report.to_string())?;
    let part =
        reader::part(&document, Path::new("."), Timeouts::default()).map_err(|report| report.to_string())?;
    let Merged { inventory, notes } = Inventory::merged([(Source::File, &part)]);
    assert_eq!(notes, [], "what the reader takes contradicts nothing");
    Ok(inventory)
}

fn toml(text: &str) -> Inventory {
    parse(Language::Toml, text).unwrap()
}

fn complaints(text: &str) -> String {
    parse(Language::Toml, text).unwrap_err()
}

const BLADE: &str = r#"
[[controller]]
id = "x1000c0b0"
address = "https://10.0.0.1"
tls = { verify = "none" }

[[controller]]
id = "x1000c0s0b0"
address = "https://10.0.0.2:8443"
driver = "cray-ex"
credential = "lab"
tls = { pin = "sha256:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00112233445566778899aabbccddeeff" }
parallel = 2
gap_ms = 50
settle_ms = 2000
verify_gap_ms = 500

[[component]]
id = "x1000c0"
controller = "x1000c0b0"
path = "/redfish/v1/Chassis/Enclosure"

[[component]]
id = "x1000c0s0"
controller = "x1000c0b0"
path = "/redfish/v1/Chassis/Blade0"

[[component]]
id = "x1000c0s0b0"

[[component]]
id = "x1000c0s0b0n0"
path = "/redfish/v1/Systems/Node0"
role = "Compute"
nid = 1
aliases = ["nid000001"]

[[component]]
id = "x1000c0s0b0n1"
path = "/redfish/v1/Systems/Node1"

[[component]]
id = "login"
kind = "node"
parents = ["x1000c0", "x1000c0s0"]
"#;

fn component<'a>(inventory: &'a Inventory, id: &str) -> &'a Component {
    inventory
        .components()
        .find(|component| component.id.as_str() == id)
        .unwrap()
}

fn controller<'a>(inventory: &'a Inventory, id: &str) -> &'a Controller {
    inventory
        .controllers()
        .find(|controller| controller.endpoint.id.as_str() == id)
        .unwrap()
}

#[test]
fn a_blade_is_read() {
    let inventory = toml(BLADE);
    let node = component(&inventory, "x1000c0s0b0n0");
    assert_eq!(node.kind, Kind::Node);
    assert_eq!(node.controller.as_ref().unwrap().as_str(), "x1000c0s0b0");
    assert_eq!(node.facts.nid, Some(1));
    assert_eq!(node.facts.aliases, [ComponentId::parse("nid000001").unwrap()]);

    let blade = controller(&inventory, "x1000c0s0b0");
    assert_eq!(
        (
            blade.driver.as_ref().unwrap().to_string().as_str(),
            blade.endpoint.credential.as_str()
        ),
        ("cray-ex", "lab")
    );
    assert_eq!(
        blade.endpoint.pace,
        Pace {
            parallel: 2,
            gap: Duration::from_millis(50),
            settle: Duration::from_secs(2),
            poll: Duration::from_millis(500),
        }
    );
    assert!(matches!(blade.endpoint.tls, TlsPolicy::Pin { sha256 } if sha256[1] == 0x11));
    let other = controller(&inventory, "x1000c0b0");
    assert_eq!(
        (other.driver.as_ref(), other.endpoint.credential.as_str()),
        (None, "default")
    );
    assert_eq!(other.endpoint.tls, TlsPolicy::Unverified);
}

#[test]
fn parents_follow_the_xname_past_the_bmc() {
    let inventory = toml(BLADE);
    let parents = |id: &str| -> Vec<String> {
        component(&inventory, id)
            .parents
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(parents("x1000c0s0b0n0"), ["x1000c0s0"]);
    assert_eq!(parents("x1000c0s0"), ["x1000c0"]);
    assert_eq!(parents("login"), ["x1000c0", "x1000c0s0"]);
    assert_eq!(component(&inventory, "login").controller, None);
    assert_eq!(component(&inventory, "x1000c0s0b0").kind, Kind::Controller);
}

#[test]
fn json_says_the_same() {
    let text = r#"{"controller": [{"id": "b", "address": "http://[::1]:8000"}],
        "component": [{"id": "n", "kind": "node", "controller": "b"}]}"#;
    let inventory = parse(Language::Json, text).unwrap();
    assert_eq!(
        controller(&inventory, "b").endpoint.address.to_string(),
        "http://[::1]:8000"
    );
    let wrong = text.replace("kind", "knid").replace("::1", "::x");
    insta::assert_snapshot!(parse(Language::Json, &wrong).unwrap_err(), @r#"
    inventory.toml:1:40: the address "http://[::x]:8000" has no valid host: give a name, an IPv4 address or an IPv6 address in brackets
    inventory.toml:2:30: the component `n` needs a `kind`, for its name is no xname: one of node, chassis, module, router, controller, outlet, network-switch, other
    inventory.toml:2:35: unknown key `knid`; did you mean `kind`?
    "#);
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let text = r#"
[[controller]]
id = "b1"
adress = "https://10.0.0.1"

[[controller]]
id = "b1"
address = "https://user:hunter2@10.0.0.1"
parallel = 0
gap_ms = "fast"

[[controller]]
id = "b2"
address = "http://10.0.0.2"
credential = "a b"
tls = { pin = "sha256:12", ca = "ca.pem" }

[[controller]]
id = "b3"
address = "http://10.0.0.2"

[[controller]]
id = "b4"
address = "https://10.0.0.4/redfish"
tls = { pin = "sha256:12" }

[[controller]]
id = "b5"
address = "https://10.0.0.5"
tls = { ca = "no-such-file.pem" }

[[component]]
id = "plain"

[[component]]
id = "x1c0s0b0n0"
parents = ["x1c0s0", "b 1"]

[[component]]
id = "n1"
kind = "nodes"

[[component]]
id = "n2"
kind = "node"
controller = "b22"
path = ""
nid = -1

[[component]]
kind = "node"

[nodes]
"#;
    let complaints = complaints(text);
    assert!(!complaints.contains("hunter2"));
    insta::assert_snapshot!(complaints, @r#"
    inventory.toml:2:1: the controller has no `address`
    inventory.toml:4:1: unknown key `adress`; did you mean `address`?
    inventory.toml:7:6: the controller `b1` is already defined in line 3
    inventory.toml:8:11: the address must not name a user or password: keep them as a credential
    inventory.toml:9:12: `parallel` must be from 1 to 16, not 0
    inventory.toml:10:10: `gap_ms` must be an integer, not a text
    inventory.toml:15:14: bad `credential`: the name "a b" holds a character other than letters, digits, '.', '_', ':' and '-'
    inventory.toml:16:7: `tls` has a meaning for an https:// address only
    inventory.toml:16:7: `tls` takes exactly one of `pin`, `ca` and `verify`
    inventory.toml:20:11: the address http://10.0.0.2:80 is already that of the controller `b2`: list both sets of components under one controller
    inventory.toml:24:11: the address "https://10.0.0.4/redfish" must end after the port: drivers know the paths
    inventory.toml:25:15: a SHA-256 fingerprint has 64 hexadecimal digits, with or without colons
    inventory.toml:30:14: ./no-such-file.pem cannot be read: No such file or directory (os error 2)
    inventory.toml:33:6: the component `plain` needs a `kind`, for its name is no xname: one of node, chassis, module, router, controller, outlet, network-switch, other
    inventory.toml:36:6: the component `x1c0s0b0n0` belongs to the controller `x1c0s0b0`, which is not defined: define it, or name another with `controller`
    inventory.toml:37:12: the parent `x1c0s0` is not in the inventory
    inventory.toml:37:22: bad parent: the name "b 1" holds a character other than letters, digits, '.', '_', ':' and '-'
    inventory.toml:41:8: unknown kind `nodes`; known are node, chassis, module, router, controller, outlet, network-switch, other
    inventory.toml:46:14: unknown controller `b22`; did you mean `b2`?
    inventory.toml:47:8: `path` must have 1 to 1024 bytes and no control characters
    inventory.toml:48:7: `nid` must be from 0 to 9223372036854775807, not -1
    inventory.toml:50:1: the component has no `id`
    inventory.toml:53:2: unknown key `nodes`; known are `controller`, `component`, `group`
    "#);
}

#[test]
fn two_components_cannot_be_one_resource() {
    let text = r#"
controller = [{ id = "b", address = "http://b" }]
component = [
  { id = "n1", kind = "node", controller = "b", path = "/Systems/1" },
  { id = "n2", kind = "node", controller = "b", path = "/Systems/1" },
  { id = "n3", kind = "node", controller = "b", aliases = ["n1", "x"] },
  { id = "c", kind = "chassis", controller = "b", aliases = ["x"] },
  { id = "c", kind = "chassis" },
]
"#;
    insta::assert_snapshot!(complaints(text), @r#"
    inventory.toml:5:10: the component `n2` is the same resource as `n1`: /Systems/1 of `b`
    inventory.toml:6:10: the component `n3` needs a `path`: the controller `b` has 3 components of kind node
    inventory.toml:6:60: the alias `n1` is the id of a component
    inventory.toml:7:62: the alias `x` is already one of `n3`
    inventory.toml:8:10: the component `c` is already defined in line 7
    "#);
}

#[test]
fn circles_are_found_once() {
    let text = r#"
component = [
  { id = "a", kind = "other", parents = ["b"] },
  { id = "b", kind = "other", parents = ["c", "d"] },
  { id = "c", kind = "other", parents = ["a", "d"] },
  { id = "d", kind = "other" },
  { id = "e", kind = "other", parents = ["e"] },
  { id = "f", kind = "other", parents = ["a"] },
]
"#;
    insta::assert_snapshot!(complaints(text), @r#"
    inventory.toml:3:10: the parents go in a circle: a -> b -> c -> a
    inventory.toml:7:10: the parents go in a circle: e -> e
    "#);
}

#[test]
fn the_scheme_of_a_login_is_named_or_usual_at_the_port() {
    let text = r#"
controller = [
  { id = "a", address = "https://a" },
  { id = "b", address = "http://b:16992" },
  { id = "c", address = "https://c:16993", auth = "basic" },
  { id = "d", address = "https://d", auth = "digest" },
]
"#;
    let inventory = toml(text);
    let schemes = ["a", "b", "c", "d"].map(|id| controller(&inventory, id).endpoint.authentication);
    let (basic, digest) = (Authentication::Basic, Authentication::Digest);
    assert_eq!(schemes, [basic, digest, basic, digest]);
    let wrong = "controller = [{ id = \"a\", address = \"https://a\", auth = \"ntlm\" }]";
    insta::assert_snapshot!(
        complaints(wrong),
        @r#"inventory.toml:1:57: `auth` is "basic" or "digest", not "ntlm""#
    );
}

#[test]
fn a_legacy_controller_is_pinned() {
    let pin = "ab".repeat(32);
    let with =
        |tls: &str| format!("controller = [{{ id = \"a\", address = \"https://a\", tls = {{ {tls} }} }}]");
    let sha256 = [0xab; 32];
    for (tls, policy) in [
        (
            format!("legacy = true, pin = \"sha256:{pin}\""),
            TlsPolicy::Legacy(LegacyTrust::Pin { sha256 }),
        ),
        (
            format!("legacy = false, pin = \"sha256:{pin}\""),
            TlsPolicy::Pin { sha256 },
        ),
        (
            "legacy = true, verify = \"none\"".to_owned(),
            TlsPolicy::Legacy(LegacyTrust::Unverified),
        ),
    ] {
        assert_eq!(controller(&toml(&with(&tls)), "a").endpoint.tls, policy, "{tls}");
    }
    assert!(complaints(&with("legacy = true")).contains("exactly one of"));
    assert!(complaints(&with("legacy = true, ca = \"x.pem\"")).contains("is pinned"));
}

#[test]
fn a_certificate_file_stands_beside_the_inventory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inventory.toml");
    std::fs::write(folder.path().join("ca.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    let text = "[[controller]]\nid = \"b\"\naddress = \"https://b\"\ntls = { ca = \"ca.pem\" }\n";
    std::fs::write(&file, text).unwrap();
    let inventory = Inventory::read(&file, Timeouts::default()).unwrap();
    assert!(
        matches!(&controller(&inventory, "b").endpoint.tls, TlsPolicy::Authority { pem } if pem.len() == 28)
    );
}

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| Inventory::read(&folder.path().join(name), Timeouts::default()).unwrap_err();
    assert!(read("none.toml").is_not_found());
    assert!(matches!(read("inventory.yaml"), Error::Extension { .. }));
    std::fs::write(folder.path().join("binary.json"), [0xff, 0xfe]).unwrap();
    assert!(matches!(read("binary.json"), Error::Read { .. }));
}

#[test]
fn ten_thousand_controllers_are_read() {
    let mut text = String::new();
    for n in 0..10_000 {
        let (cabinet, chassis, slot) = (1000 + n / 512, n / 64 % 8, n % 64);
        let bmc = format!("x{cabinet}c{chassis}s{slot}b0");
        write!(
            text,
            "[[controller]]\nid = \"{bmc}\"\naddress = \"https://{bmc}\"\n"
        )
        .unwrap();
        write!(text, "[[component]]\nid = \"{bmc}n0\"\nrole = \"Compute\"\n").unwrap();
    }
    let inventory = toml(&text);
    assert_eq!(
        (inventory.controllers().len(), inventory.components().len()),
        (10_000, 10_000)
    );
}

#[test]
fn a_controller_may_pin_its_driver_and_tell_it_settings() {
    let with = |keys: &str| format!("[[controller]]\nid = \"a\"\naddress = \"http://127.0.0.1:1\"\n{keys}\n");
    let inventory = toml(&with(
        "driver = \"acme@1.2.0\"\nsettings = { word = \"said\", retries = 3, quirk = true }",
    ));
    let found = controller(&inventory, "a");
    assert_eq!(found.driver.as_ref().unwrap().to_string(), "acme@1.2.0");
    let settings: Vec<_> = found
        .settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(settings, ["quirk=true", "retries=3", "word=said"]);
    for (keys, word) in [
        ("driver = \"acme@1.2\"", "no version"),
        ("driver = \"ac me\"", "bad `driver`"),
        ("settings = 1", "must be a table"),
        ("settings = { a = [1] }", "a setting is a text"),
    ] {
        let complaint = complaints(&with(keys));
        assert!(complaint.contains(word), "{keys}: {complaint}");
    }
}

#[test]
fn ipmi_controllers_have_settings_of_their_own() {
    use switchyard_transport::ipmi::{CipherSuite, Privilege, Settings, Suites, Workaround};

    let inventory = toml(
        r#"
[[controller]]
id = "usual"
address = "ipmi://10.0.1.1"

[[controller]]
id = "old"
address = "ipmi://10.0.1.2:6230"
driver = "ipmi"
ipmi = { suites = [3], privilege = "administrator", workarounds = ["nochecksumcheck", "authcap"], session_gap_ms = 5000, retry_ms = 250 }

[[controller]]
id = "both"
address = "ipmi://10.0.1.3"
ipmi = { suites = [3, 17] }
"#,
    );
    let endpoint = |id: &str| {
        let found = inventory
            .controllers()
            .find(|entry| entry.endpoint.id.as_str() == id);
        found.unwrap().endpoint.clone()
    };
    assert_eq!(endpoint("usual").ipmi, Settings::default());
    assert_eq!(endpoint("usual").address.port, 623);
    let old = endpoint("old").ipmi;
    assert_eq!(old.suites, Suites::only(CipherSuite::Three));
    assert_eq!(old.privilege, Privilege::Administrator);
    assert!(old.workarounds.contains(Workaround::Nochecksumcheck));
    assert!(old.workarounds.contains(Workaround::Authcap));
    assert!(!old.workarounds.contains(Workaround::Idzero));
    assert_eq!(old.session_gap, Duration::from_secs(5));
    assert_eq!(old.retry, Duration::from_millis(250));
    let both = Suites::either(CipherSuite::Three, CipherSuite::Seventeen);
    assert_eq!(endpoint("both").ipmi.suites, both);
}

#[test]
fn mistakes_about_ipmi_are_found() {
    let text = r#"
[[controller]]
id = "a"
address = "https://10.0.1.1"
ipmi = { privilege = "operator" }

[[controller]]
id = "b"
address = "ipmi://10.0.1.2"
tls = { verify = "none" }
ipmi = { suites = [17, 17], privilege = "root", workarounds = ["opensesspriv", "nochecksums"], retry_ms = 1, suits = [] }

[[controller]]
id = "c"
address = "ipmi://10.0.1.3"
ipmi = { suites = [0] }

[[controller]]
id = "d"
address = "ipmi://10.0.1.4"
ipmi = { suites = [] }
"#;
    insta::assert_snapshot!(complaints(text), @r#"
    inventory.toml:5:8: `ipmi` has a meaning for an ipmi:// address only
    inventory.toml:10:7: `tls` has a meaning for an https:// address only
    inventory.toml:11:20: `suites` lists cipher suites, the preferred one first: [17, 3], [3, 17], [17] or [3]
    inventory.toml:11:41: `privilege` is "user", "operator" or "administrator"
    inventory.toml:11:64: the workaround `opensesspriv` is not needed: sessions are always opened that way
    inventory.toml:11:80: unknown workaround `nochecksums`; did you mean `nochecksumcheck`?
    inventory.toml:11:107: `retry_ms` must be from 50 to 10000, not 1
    inventory.toml:11:110: unknown key `suits`; did you mean `suites`?
    inventory.toml:16:20: `suites` lists cipher suites, the preferred one first: [17, 3], [3, 17], [17] or [3]
    inventory.toml:21:8: `suites` lists cipher suites, the preferred one first: [17, 3], [3, 17], [17] or [3]
    "#);
}
