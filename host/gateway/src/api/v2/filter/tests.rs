use proptest::prelude::*;
use switchyard_core::power::Level;
use switchyard_core::{Operation, PowerState, Timestamp, TransitionId};

use super::*;
use crate::engine::Front;
use crate::inventory::{Facts, Group, Part, Source};

fn id(text: &str) -> ComponentId {
    ComponentId::parse(text).unwrap()
}

fn component(name: &str, role: Option<&str>) -> Component {
    Component {
        id: id(name),
        kind: Kind::Node,
        component_type: None,
        controller: None,
        path: None,
        fallback: None,
        parents: Vec::new(),
        parents_named: true,
        facts: Facts {
            role: role.map(str::to_owned),
            ..Facts::default()
        },
    }
}

fn inventory() -> Inventory {
    let part = Part {
        components: vec![component("x1c0s1b0n0", None), component("x1c0s2b0n0", None)],
        groups: vec![Group {
            name: "gpu".to_owned(),
            members: vec![id("x1c0s1b0n0")],
        }],
        ..Part::default()
    };
    Inventory::merged([(Source::File, &part)]).inventory
}

fn glance(name: &str) -> Glance {
    Glance {
        id: id(name),
        state: PowerState::Off,
        available: true,
        desired: Some(Level::On),
        front: None,
        observed_at: Some(Timestamp::from_millis(0)),
        flags: vec![Flag::Drift],
    }
}

fn busy(name: &str) -> Glance {
    Glance {
        front: Some(Front {
            operation: Operation::SoftOff,
            phase: "verifying",
            transition: TransitionId(uuid::Uuid::nil()),
            by: "alice".to_owned(),
            waiting: 1,
        }),
        available: false,
        flags: Vec::new(),
        ..glance(name)
    }
}

fn holds(text: &str, glance: &Glance) -> bool {
    let filter = Filter::read(text, &inventory()).unwrap();
    filter.holds(glance, &component(glance.id.as_str(), Some("Compute")))
}

#[test]
fn words_hold_together_as_on_the_page() {
    let (idle, busy) = (glance("x1c0s1b0n0"), busy("x1c0s12b0n0"));
    for (text, of_idle, of_busy) in [
        ("c0S1", true, true),
        ("x1c0s1b0n0", true, false),
        ("-c0s12", true, false),
        ("x1c0s[1-3]b*", true, false),
        ("x1c0s[0-9,12]*", true, true),
        ("x*n0", true, true),
        ("c0s[1]b0", false, false),
        ("power:off,unknown", true, true),
        ("-power:off", false, false),
        ("desired:on op:none", true, false),
        ("op:soft-off phase:verifying by:alice", false, true),
        ("by:Alice", false, false),
        ("transition:00000000-0000-0000-0000-000000000000", false, true),
        ("is:busy", false, true),
        ("is:idle", true, false),
        ("is:waiting,unavailable", false, true),
        ("flag:drift,held", true, false),
        ("-flag:drift", false, true),
        ("group:gpu", true, false),
        ("group:none", false, true),
        ("group:gpu,none", true, true),
        ("-group:gpu", false, true),
        ("kind:node role:compute", true, true),
        ("kind:chassis,controller", false, false),
        ("class:none", true, true),
        ("power:off -is:busy group:gpu", true, false),
    ] {
        assert_eq!(holds(text, &idle), of_idle, "{text} of an idle one");
        assert_eq!(holds(text, &busy), of_busy, "{text} of a busy one");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let inventory = inventory();
    let long = "x".repeat(CHARS_MAX + 1);
    let many = "x ".repeat(WORDS_MAX + 1);
    for (text, said) in [
        ("", "the filter is empty"),
        (" \t", "the filter is empty"),
        ("-", "- stands alone"),
        ("pwer:on", "did you mean power:?"),
        ("quux:on", "there are power, desired"),
        ("power:", "has an empty value"),
        ("power:on,", "has an empty value"),
        ("power:On", "power: knows on, off"),
        ("is:bussy", "is: knows busy, idle"),
        ("flag:red", "flip-flop, endpoint-open, failed; not red"),
        ("phase:done", "not done"),
        ("op:explode", "not explode"),
        ("kind:server", "kind: knows node"),
        ("group:gpus", "did you mean gpu?"),
        ("@gpu", "group:gpu"),
        ("x[1-", "[ is not closed"),
        ("x1]", "] closes nothing"),
        ("x[3-1]", "runs backwards"),
        ("x[a]", "no list of numbers"),
        ("x[+1]", "no list of numbers"),
        (&long, "at most 4096 characters"),
        (&many, "at most 64 words"),
    ] {
        let error = Filter::read(text, &inventory).expect_err(text);
        assert!(error.contains(said), "{text}: {error}");
    }
}

fn word() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "power",
        "desired",
        "phase",
        "op",
        "by",
        "transition",
        "is",
        "flag",
        "group",
        "kind",
        "role",
    ]);
    let value = prop::sample::select(vec!["on", "off", "none", "busy", "drift", "gpu", "node", "x", ""]);
    prop_oneof![
        3 => "-?[x0-9c\\[\\],*-]{0,24}",
        3 => (field, prop::collection::vec(value, 1..4)).prop_map(|(field, values)| format!("{field}:{}", values.join(","))),
        1 => "\\PC{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_it_and_a_negation_is_the_contrary(
        words in prop::collection::vec(word(), 1..6),
        name in "x[0-9]{1,4}c[0-9]{1,22}s[0-9]b0n0",
    ) {
        let inventory = inventory();
        let (glance, component) = (busy(&name), component(&name, None));
        let read = |text: &str| Filter::read(text, &inventory);
        let Ok(all) = read(&words.join(" ")) else { return Ok(()) };
        let each = |text: &str| read(text).is_ok_and(|filter| filter.holds(&glance, &component));
        let parts: Vec<&str> = words.iter().flat_map(|word| word.split_whitespace()).collect();
        prop_assert_eq!(all.holds(&glance, &component), parts.iter().all(|part| each(part)));
        for part in parts.iter().filter(|part| !part.starts_with('-')) {
            prop_assert_ne!(each(part), each(&format!("-{part}")));
        }
    }

    #[test]
    fn a_pattern_without_marks_is_the_id_itself(id in "[a-z0-9]{1,30}", other in "[a-z0-9]{1,30}") {
        let pattern = Pattern::read(&id).unwrap();
        prop_assert_eq!(pattern.matches(&other), id == other);
        let (begins, longer) = (format!("{id}*"), format!("{id}{other}"));
        prop_assert!(Pattern::read(&begins).unwrap().matches(&longer));
    }
}
