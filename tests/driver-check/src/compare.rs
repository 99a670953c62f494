//! What a driver said beside what the files say.

use std::collections::BTreeSet;

use switchyard_core::{BootDuration, Kind, Light, PowerState, Primitive};

use crate::oracle::{Expectation, Expected, ExpectedLimit, Listed, same};
use crate::report::{LimitReport, MemberReport, Report};

/// What a driver must offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Everything that the files show: the embedded drivers.
    Everything,
    /// What it says it offers, which must be right: everyone else's.
    What,
}

/// Every difference, in words.
pub(crate) fn compare(report: &Report, expected: &Expectation, offer: Offer) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(driver) = expected.driver.filter(|_| offer == Offer::Everything)
        && report.driver.split('@').next() != Some(driver)
    {
        found.push(format!(
            "the marks in the tree ask for {driver}, and {} was chosen",
            report.driver
        ));
    }
    for member in &expected.members {
        match report.members.iter().find(|found| same(&found.id, &member.path)) {
            Some(seen) => {
                let mut tell = |what: String| found.push(format!("{}: {what}", member.path));
                abilities(seen, member, &mut tell);
                state(seen, member, &mut tell);
                // What the driver holds for no component of its own is not asked for more.
                let offer = if seen.kind == Kind::Other {
                    Offer::What
                } else {
                    offer
                };
                limits(seen, member, offer, &mut tell);
                boot(seen, member, offer, &mut tell);
                light(seen, member, offer, &mut tell);
                draws(seen, member, offer, &mut tell);
            }
            // Others need not list everything, and their ids are their own.
            None if offer == Offer::Everything => {
                found.push(format!("{} is in the tree and was not found", member.path));
            }
            None => {}
        }
    }
    for seen in &report.members {
        let known = expected.members.iter().any(|member| same(&member.path, &seen.id));
        if !known && offer == Offer::Everything {
            found.push(format!("{} was found and is not in the tree", seen.id));
        }
    }
    found
}

fn abilities(seen: &MemberReport, expected: &Expected, tell: &mut impl FnMut(String)) {
    let offered: BTreeSet<Primitive> = seen.abilities.iter().map(|ability| ability.what).collect();
    // What is left out on purpose comes with the reason.
    let advised = seen.facts.iter().any(|fact| fact.name == "advice");
    let missing: Vec<&Primitive> = expected
        .abilities
        .difference(&offered)
        .filter(|_| !advised)
        .collect();
    let surplus: Vec<&Primitive> = offered
        .difference(&expected.abilities)
        .filter(|what| !expected.own.contains(what))
        .collect();
    if !missing.is_empty() {
        tell(format!(
            "lacks {missing:?}, which the tree lists ({:?})",
            expected.listed
        ));
    }
    if !surplus.is_empty() {
        tell(format!(
            "offers {surplus:?}, which the tree does not list ({:?})",
            expected.listed
        ));
    }
    let listed = matches!(expected.listed, Listed::Inline | Listed::ActionInfo);
    let wrong = |what: &Primitive, advertised: bool| {
        expected.abilities.contains(what) && !expected.own.contains(what) && advertised != listed
    };
    for ability in &seen.abilities {
        if wrong(&ability.what, ability.advertised) {
            let word = if ability.advertised {
                "advertised"
            } else {
                "assumed"
            };
            tell(format!(
                "{:?} counts as {word} ({:?})",
                ability.what, expected.listed
            ));
        }
    }
}

fn state(seen: &MemberReport, expected: &Expected, tell: &mut impl FnMut(String)) {
    match &seen.reading {
        Some(reading) if reading.state != expected.state => {
            tell(format!(
                "reads {:?}, the tree says {:?}",
                reading.state, expected.state
            ));
        }
        None if expected.state != PowerState::Unknown => {
            tell(format!("has no reading, the tree says {:?}", expected.state));
        }
        _ => {}
    }
}

fn limits(seen: &MemberReport, expected: &Expected, offer: Offer, tell: &mut impl FnMut(String)) {
    let Some(expected) = &expected.limits else { return };
    let Some(seen) = &seen.limits else {
        if offer == Offer::Everything && !expected.is_empty() {
            tell(format!("tells no power limits, the tree has {}", expected.len()));
        }
        return;
    };
    let mut left: Vec<&LimitReport> = seen.iter().collect();
    for limit in expected {
        let at = left.iter().position(|seen| is(seen, limit));
        match at {
            Some(at) => drop(left.remove(at)),
            None => tell(format!("lacks the power limit {limit}")),
        }
    }
    for limit in left {
        // A limit that only says why there is none now stands for no file.
        if limit.writable || limit.watts.is_some() {
            tell(format!(
                "tells the power limit {limit}, which the tree does not have"
            ));
        }
    }
}

fn is(seen: &LimitReport, expected: &ExpectedLimit) -> bool {
    (seen.watts, seen.min, seen.max) == (expected.watts, expected.min, expected.max)
}

fn boot(seen: &MemberReport, expected: &Expected, offer: Offer, tell: &mut impl FnMut(String)) {
    match (&seen.boot, &expected.boot) {
        (Some(seen), Some((target, enabled))) => {
            let duration = match enabled.as_str() {
                "Once" => BootDuration::Once,
                "Continuous" => BootDuration::Continuous,
                _ => BootDuration::Disabled,
            };
            if seen.raw != *target || seen.duration != duration {
                tell(format!(
                    "boots from {:?} ({:?}), the tree says {target:?} ({enabled:?})",
                    seen.raw, seen.duration
                ));
            }
        }
        (None, Some((target, _))) if offer == Offer::Everything => {
            tell(format!("tells no boot override, the tree has {target:?}"));
        }
        (Some(seen), None) => tell(format!(
            "tells the boot override {:?}, the tree has none",
            seen.raw
        )),
        _ => {}
    }
}

fn light(seen: &MemberReport, expected: &Expected, offer: Offer, tell: &mut impl FnMut(String)) {
    match (seen.light, expected.dark) {
        (Some(light), Some(dark)) if (light == Light::Off) != dark => {
            tell(format!(
                "shows a light that is {light:?}, the tree says it is dark: {dark}"
            ));
        }
        (None, Some(_)) if offer == Offer::Everything => {
            tell("tells no light, the tree has one".to_owned());
        }
        _ => {}
    }
}

fn draws(seen: &MemberReport, expected: &Expected, offer: Offer, tell: &mut impl FnMut(String)) {
    let missing = expected.draws.iter().filter(|watts| !seen.draws.contains(watts));
    let missing: Vec<&f64> = missing.collect();
    if offer == Offer::Everything && !missing.is_empty() {
        tell(format!("does not read {missing:?} W, which the tree has"));
    }
}

#[cfg(test)]
mod tests {
    use switchyard_core::Replay;

    use super::*;
    use crate::report::{AbilityReport, BootReport, Reading};

    const NODE: &str = "/redfish/v1/Systems/1";

    fn seen() -> Report {
        let ability = |what| AbilityReport {
            what,
            replay: Replay::Never,
            advertised: true,
        };
        Report {
            driver: "redfish-dell@0.1.0".to_owned(),
            members: vec![MemberReport {
                kind: Kind::Node,
                id: format!("{NODE}/"),
                parent: None,
                facts: Vec::new(),
                abilities: vec![ability(Primitive::On), ability(Primitive::ForceOff)],
                reading: Some(Reading {
                    state: PowerState::On,
                    raw: "On".to_owned(),
                    evidence: Vec::new(),
                }),
                limits: Some(vec![LimitReport {
                    id: "x".to_owned(),
                    name: "x".to_owned(),
                    watts: Some(500.0),
                    min: None,
                    max: Some(900.0),
                    writable: true,
                    facts: Vec::new(),
                }]),
                boot: Some(BootReport {
                    raw: "Pxe".to_owned(),
                    duration: BootDuration::Once,
                    sources: Vec::new(),
                }),
                light: Some(Light::Blinking),
                draws: vec![97.0],
            }],
            ..Report::default()
        }
    }

    fn expected() -> Expectation {
        Expectation {
            driver: Some("redfish-dell"),
            members: vec![Expected {
                path: NODE.to_owned(),
                abilities: BTreeSet::from([Primitive::On, Primitive::ForceOff]),
                listed: Listed::Inline,
                own: BTreeSet::new(),
                state: PowerState::On,
                limits: Some(vec![ExpectedLimit::of(NODE, Some(500.0), None, Some(900.0))]),
                boot: Some(("Pxe".to_owned(), "Once".to_owned())),
                dark: Some(false),
                draws: vec![97.0],
            }],
        }
    }

    #[test]
    fn what_is_the_same_shows_no_difference() {
        assert!(compare(&seen(), &expected(), Offer::Everything).is_empty());
    }

    #[test]
    fn every_kind_of_difference_is_told() {
        type Spoil = fn(&mut Report);
        let cases: [(Spoil, &str); 10] = [
            (
                |r| r.driver = "redfish-hpe@0.1.0".to_owned(),
                "ask for redfish-dell",
            ),
            (|r| r.members.clear(), "was not found"),
            (|r| r.members[0].abilities.truncate(1), "lacks [ForceOff]"),
            (
                |r| r.members[0].abilities[0].what = Primitive::Nmi,
                "offers [Nmi]",
            ),
            (|r| r.members[0].abilities[0].advertised = false, "assumed"),
            (|r| r.members[0].reading = None, "has no reading"),
            (
                |r| r.members[0].limits.as_mut().unwrap()[0].max = Some(901.0),
                "lacks the power limit",
            ),
            (
                |r| r.members[0].boot.as_mut().unwrap().duration = BootDuration::Disabled,
                "boots from",
            ),
            (|r| r.members[0].light = Some(Light::Off), "light"),
            (|r| r.members[0].draws.clear(), "97"),
        ];
        for (spoil, word) in cases {
            let mut report = seen();
            spoil(&mut report);
            let found = compare(&report, &expected(), Offer::Everything);
            assert!(found.iter().any(|text| text.contains(word)), "{word}: {found:?}");
        }
    }

    #[test]
    fn a_driver_of_others_need_not_offer_everything() {
        let mut report = seen();
        let member = &mut report.members[0];
        (member.limits, member.boot, member.light) = (None, None, None);
        member.draws.clear();
        assert!(compare(&report, &expected(), Offer::What).is_empty());
        assert_eq!(compare(&report, &expected(), Offer::Everything).len(), 4);
        report.members[0].abilities.truncate(1);
        assert_eq!(
            compare(&report, &expected(), Offer::What).len(),
            1,
            "what it lists must be right"
        );
        report.members.clear();
        assert!(compare(&report, &expected(), Offer::What).is_empty());
    }
}
