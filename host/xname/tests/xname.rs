//! Xnames against the examples and counter-examples of the HMS recognition table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use switchyard_xname::{ComponentType, Error, Xname};

/// One name of every type, with the name around it.
const KNOWN: &[(&str, &str, Option<&str>)] = &[
    ("d1", "CDU", None),
    ("d0w0", "CDUMgmtSwitch", Some("d0")),
    ("x0d0", "CabinetCDU", Some("x0")),
    ("x0m1p0", "CabinetPDU", Some("x0m1")),
    ("x2000m3", "CabinetPDUController", Some("x2000")),
    ("x0m0i1", "CabinetPDUNic", Some("x0m0")),
    ("x0m1p3j1", "CabinetPDUOutlet", Some("x0m1p3")),
    ("x0m1p3v1", "CabinetPDUPowerConnector", Some("x0m1p3")),
    ("x0", "Cabinet", None),
    ("x0b0", "CabinetBMC", Some("x0")),
    ("x0c0", "Chassis", Some("x0")),
    ("x0c0b0", "ChassisBMC", Some("x0c0")),
    ("x0c0b0i1", "ChassisBMCNic", Some("x0c0b0")),
    ("x0c0t9", "CMMRectifier", Some("x0c0")),
    ("x0c0f0", "CMMFpga", Some("x0c0")),
    ("x0e0", "CEC", Some("x0")),
    ("x0c0s0", "ComputeModule", Some("x0c0")),
    ("x0c0r0", "RouterModule", Some("x0c0")),
    ("x0c0s0b0", "NodeBMC", Some("x0c0s0")),
    ("x0c0s0b999", "NodeBMC", Some("x0c0s0")),
    ("x0c0s0b0i3", "NodeBMCNic", Some("x0c0s0b0")),
    ("x0c0s0e0", "NodeEnclosure", Some("x0c0s0")),
    ("x0c0s0e0t0", "NodeEnclosurePowerSupply", Some("x0c0s0e0")),
    ("x0c0s0j1", "NodePowerConnector", Some("x0c0s0")),
    ("x0c0s0v1", "NodePowerConnector", Some("x0c0s0")),
    ("x0c0s0b0n0", "Node", Some("x0c0s0b0")),
    ("x0c0s0b0n0v0", "VirtualNode", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0p0", "Processor", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0g0k0", "Drive", Some("x0c0s0b0n0g0")),
    ("x0c0s0b0n0g0", "StorageGroup", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0i1", "NodeNic", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0h1", "NodeHsnNic", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0d0", "Memory", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0a0", "NodeAccel", Some("x0c0s0b0n0")),
    ("x0c0s0b0n0r0", "NodeAccelRiser", Some("x0c0s0b0n0")),
    ("x0c0s0b0f0", "NodeFpga", Some("x0c0s0b0")),
    ("x0c0r16e0", "HSNBoard", Some("x0c0r16")),
    ("x0c0r0a0", "HSNAsic", Some("x0c0r0")),
    ("x0c0r0f0", "RouterFpga", Some("x0c0r0")),
    ("x0c0r0t3", "RouterTOR", Some("x0c0r0")),
    ("x0c0r0t0f0", "RouterTORFpga", Some("x0c0r0t0")),
    ("x0c0r0b0", "RouterBMC", Some("x0c0r0")),
    ("x0c0r0b0i1", "RouterBMCNic", Some("x0c0r0b0")),
    ("x0c0r0v1", "RouterPowerConnector", Some("x0c0r0")),
    ("x0c0r0a0l0", "HSNLink", Some("x0c0r0a0")),
    ("x0c0r0j1", "HSNConnector", Some("x0c0r0")),
    ("x0c0r0j1p1", "HSNConnectorPort", Some("x0c0r0j1")),
    ("x0c0w1", "MgmtSwitch", Some("x0c0")),
    ("x0c0w1j1", "MgmtSwitchConnector", Some("x0c0w1")),
    ("x0c0h1", "MgmtHLSwitchEnclosure", Some("x0c0")),
    ("x0c0h1s2", "MgmtHLSwitch", Some("x0c0h1")),
    ("sms1", "SMSBox", None),
    ("p0", "Partition", None),
    ("p12.3", "Partition", None),
    ("s0", "System", None),
    ("all", "All", None),
    ("all_comp", "AllComp", None),
    ("all_svc", "AllSvc", None),
];

fn xname(text: &str) -> Xname {
    Xname::parse(text).unwrap()
}

#[test]
fn every_type_is_recognised_with_its_parent() {
    let mut seen = HashSet::new();
    for (text, hms_type, parent) in KNOWN {
        let x = xname(text);
        assert_eq!(x.to_string(), *text);
        assert_eq!(x.component_type().as_str(), *hms_type, "{text}");
        assert_eq!(x.parent().as_ref().map(Xname::as_str), *parent, "{text}");
        assert_eq!(hms_type.to_lowercase().parse(), Ok(x.component_type()));
        seen.insert(x.component_type());
    }
    assert_eq!(seen.len(), ComponentType::ALL.len());
}

#[test]
fn near_misses_are_refused_with_their_place() {
    let refused = [
        ("", 1),
        ("x", 1),
        ("xray", 1),
        ("down", 1),
        ("X1000", 1),
        ("c0s0", 1),
        (" x1000", 1),
        ("s1", 1),
        ("sms", 1),
        ("p", 1),
        ("p1.", 1),
        ("INVALID", 1),
        ("x10000", 1),
        ("x1000 ", 6),
        ("x1000\n", 6),
        ("x1000c8", 6),
        ("x1000c00", 6),
        ("x1000c0S0", 8),
        ("x1000c0s", 8),
        ("x1c0w0", 5),
        ("x1c0h1s0", 7),
        ("x0c0s4j4", 7),
        ("x0m0p0j0", 7),
        ("x0c0r0t0f2", 9),
        ("x1000c0s0b0n0x1", 14),
        ("x1000c0s0b0n\u{660}", 12),
        ("d0wW", 3),
    ];
    for (text, position) in refused {
        assert_eq!(
            Xname::parse(text),
            Err(Error::Unrecognised {
                text: text.to_owned(),
                position
            })
        );
    }
    assert_eq!(
        Xname::parse(&format!("d{}", "1".repeat(128))),
        Err(Error::TooLong { bytes: 129 })
    );
    assert_eq!(
        Xname::parse("x1000c8").unwrap_err().to_string(),
        "\"x1000c8\" is not an xname: no component is named so from character 6 on"
    );
}

#[test]
fn leading_zeros_are_kept() {
    let padded = xname("x0c0s4b1n1v01");
    assert_eq!(padded.as_str(), "x0c0s4b1n1v01");
    assert_ne!(padded, xname("x0c0s4b1n1v1"));
    assert_eq!(xname("x0100").component_type(), ComponentType::Cabinet);
}

#[test]
fn ancestors_go_out_to_the_cabinet() {
    let node = xname("x1000c0s0b0n0");
    let around: Vec<String> = node.ancestors().map(|x| x.to_string()).collect();
    assert_eq!(around, ["x1000c0s0b0", "x1000c0s0", "x1000c0", "x1000"]);
    for ancestor in node.ancestors() {
        assert!(ancestor.is_ancestor_of(&node) && !node.is_ancestor_of(&ancestor));
    }
    assert!(!node.is_ancestor_of(&node));
    assert!(!xname("x1000c0s1").is_ancestor_of(&xname("x1000c0s10b0")));
    assert!(!xname("x100").is_ancestor_of(&node));
    assert!(!xname("p0").is_ancestor_of(&xname("p0.1")));
    assert!(!xname("all").is_ancestor_of(&xname("all_comp")));
}

#[test]
fn the_nearest_controller_is_found() {
    let controllers = [
        ("x1000c0s0b0n1", Some("x1000c0s0b0")),
        ("x1000c0s0b0n1a2", Some("x1000c0s0b0")),
        ("x1000c0s0b0", Some("x1000c0s0b0")),
        ("x1000c0b0", Some("x1000c0b0")),
        ("x1000c0r3b0", Some("x1000c0r3b0")),
        ("x3000m0p0v12", Some("x3000m0")),
        ("x1000c0", None),
        ("x1000c0s0", None),
        ("x1000c0r0", None),
        ("x3000c0w1", None),
        ("d0w1", None),
        ("s0", None),
    ];
    for (text, controller) in controllers {
        assert_eq!(
            xname(text).controller().as_ref().map(Xname::as_str),
            controller,
            "{text}"
        );
    }
}

#[test]
fn power_control_is_for_eleven_types() {
    let switched: Vec<&str> = ComponentType::ALL
        .iter()
        .filter(|component_type| component_type.has_power_control())
        .map(|component_type| component_type.as_str())
        .collect();
    assert_eq!(
        switched,
        [
            "CDUMgmtSwitch",
            "CabinetPDUPowerConnector",
            "Chassis",
            "ChassisBMC",
            "ComputeModule",
            "RouterModule",
            "NodeBMC",
            "Node",
            "RouterBMC",
            "MgmtSwitch",
            "MgmtHLSwitch"
        ]
    );
}

#[test]
fn order_is_natural() {
    let mut names = ["x1000c0s10", "x1000c0s9b0", "x1000c0s9", "x999", "d5"].map(xname);
    names.sort();
    assert_eq!(
        names.map(|x| x.to_string()),
        ["d5", "x999", "x1000c0s9", "x1000c0s9b0", "x1000c0s10"]
    );
}
