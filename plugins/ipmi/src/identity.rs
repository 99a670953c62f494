//! Who the BMC is, and what is behind it.

use switchyard_driver_sdk::{
    Ability, Fact, Failure, Findings, Host, Kind, Member, Pace, Primitive, Replay, Subject, command, fact,
};

use crate::completion::read_data;

/// Get Device ID (section 20.1).
const APP: u8 = 0x06;
const GET_DEVICE_ID: u8 = 0x01;
/// Bytes of its answer that every BMC gives.
const DEVICE_ID_BYTES: usize = 11;

/// Makers by their IANA enterprise number, those that are met in machine rooms.
const MAKERS: [(u32, &str); 20] = [
    (2, "IBM"),
    (11, "HP"),
    (42, "Oracle"),
    (343, "Intel"),
    (674, "Dell"),
    (2_011, "Huawei"),
    (2_623, "ASUS"),
    (5_703, "NVIDIA"),
    (5_771, "Cisco"),
    (6_653, "Tyan"),
    (7_244, "Quanta"),
    (10_368, "Fujitsu"),
    (10_876, "Supermicro"),
    (15_370, "Gigabyte"),
    (19_046, "Lenovo"),
    (20_301, "IBM"),
    (20_974, "AMI"),
    (37_945, "Inspur"),
    (47_196, "HPE"),
    (49_622, "ASRock Rack"),
];

/// What the machine can be asked for: primitive, replay class, usual and longest time in milliseconds.
const OF_THE_MACHINE: [(Primitive, Replay, u32, u32); 6] = [
    (Primitive::On, Replay::Safe, 5_000, 120_000),
    (Primitive::ForceOff, Replay::Safe, 5_000, 60_000),
    (Primitive::GracefulShutdown, Replay::IfUnchanged, 60_000, 300_000),
    (Primitive::PowerCycle, Replay::Never, 30_000, 180_000),
    (Primitive::ForceRestart, Replay::Never, 30_000, 180_000),
    (Primitive::Nmi, Replay::Never, 5_000, 60_000),
];
/// What the BMC can be asked for: Cold Reset, after which it is away for minutes.
const OF_THE_CONTROLLER: [(Primitive, Replay, u32, u32); 1] =
    [(Primitive::ForceRestart, Replay::Never, 120_000, 600_000)];

/// The facts of Get Device ID.
pub(crate) fn probe(host: &dyn Host) -> Result<Vec<Fact>, Failure> {
    let message = command(APP, GET_DEVICE_ID, &[]);
    let data = read_data(host, "Get Device ID", &message, DEVICE_ID_BYTES)?;
    let mut facts = vec![fact("protocol", "ipmi")];
    if let [_, _, major, minor, version, _, m0, m1, m2, p0, p1, ..] = *data.as_slice() {
        let maker = u32::from_le_bytes([m0, m1, m2 & 0x0f, 0]);
        facts.push(fact("manufacturer-id", maker.to_string()));
        if let Some((_, name)) = MAKERS.iter().find(|(id, _)| *id == maker) {
            facts.push(fact("manufacturer", *name));
        }
        facts.push(fact("product-id", u16::from_le_bytes([p0, p1]).to_string()));
        // The minor revision is written in two decimal digits, one in each half of the byte.
        facts.push(fact("firmware", format!("{}.{minor:02x}", major & 0x7f)));
        facts.push(fact(
            "ipmi-version",
            format!("{}.{}", version & 0x0f, version >> 4),
        ));
    }
    Ok(facts)
}

/// The machine and the BMC.
pub(crate) fn survey(host: &dyn Host) -> Result<Findings, Failure> {
    let identity = probe(host)?;
    Ok(Findings {
        members: vec![
            member(Kind::Node, "node", &OF_THE_MACHINE, Vec::new()),
            member(Kind::Controller, "bmc", &OF_THE_CONTROLLER, identity.clone()),
        ],
        identity,
        // The host knows how many sessions and commands this BMC takes.
        pace: Pace {
            parallel: 1,
            gap_ms: 0,
            settle_ms: 0,
            poll_ms: 0,
        },
    })
}

fn member(kind: Kind, name: &str, offers: &[(Primitive, Replay, u32, u32)], facts: Vec<Fact>) -> Member {
    let ability = |(what, replay, usual_ms, limit_ms): &(Primitive, Replay, u32, u32)| Ability {
        what: *what,
        replay: *replay,
        // IPMI has no way to tell what a BMC offers.
        advertised: false,
        usual_ms: *usual_ms,
        limit_ms: *limit_ms,
    };
    Member {
        subject: Subject {
            kind,
            id: String::new(),
        },
        name: name.to_owned(),
        parent: None,
        abilities: offers.iter().map(ability).collect(),
        facts,
    }
}
