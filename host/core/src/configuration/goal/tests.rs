use super::*;

fn watts(watts: f64) -> Watts {
    Watts::new(watts).unwrap()
}

fn limit(id: &str, name: &str, now: Option<f64>) -> PowerLimit {
    PowerLimit {
        id: id.to_owned(),
        name: name.to_owned(),
        watts: now.map(watts),
        min: Some(watts(350.0)),
        max: Some(watts(900.0)),
        mode: if now.is_some() {
            LimitMode::Automatic
        } else {
            LimitMode::Disabled
        },
        writable: true,
        facts: Vec::new(),
    }
}

fn wants(limits: &[(Option<&str>, Option<f64>)]) -> Goal {
    Goal::Limits {
        limits: limits
            .iter()
            .map(|(name, value)| LimitGoal {
                limit: name.map(str::to_owned),
                watts: value.map(watts),
            })
            .collect(),
        skip_invalid: false,
    }
}

fn against(goal: &Goal, offered: &[PowerLimit]) -> Comparison {
    goal.compare(&Values::Limits(offered.to_vec()))
}

/// What is said of a goal that cannot be.
fn objection(goal: &Goal, offered: &[PowerLimit]) -> String {
    let comparison = against(goal, offered);
    assert!(!comparison.possible && comparison.change.is_none() && !comparison.is_met());
    comparison.objections[0].to_string()
}

#[test]
fn limits_are_found_by_id_name_and_as_the_only_one() {
    let two = [
        limit("0", "Node Power Limit", None),
        limit("1", "Accelerator0", None),
    ];
    for name in ["1", "Accelerator0", "accelerator0"] {
        let change = against(&wants(&[(Some(name), Some(400.0))]), &two).change;
        let wanted = WantedLimit {
            id: "1".to_owned(),
            watts: Some(watts(400.0)),
        };
        assert_eq!(change, Some(Change::Limits(vec![wanted])), "{name}");
    }
    let only = against(&wants(&[(None, Some(400.0))]), &two[..1]);
    assert!(only.change.is_some());
    let ambiguous = objection(&wants(&[(None, Some(400.0))]), &two);
    assert_eq!(
        ambiguous,
        "there are several limits, name one: Node Power Limit, Accelerator0"
    );
    let unknown = objection(&wants(&[(Some("Banana"), None)]), &two);
    assert_eq!(
        unknown,
        "there is no limit \"Banana\"; there are Node Power Limit, Accelerator0"
    );
    assert!(objection(&wants(&[(None, None)]), &[]).contains("no power limit"));
    let twice = wants(&[(Some("1"), Some(400.0)), (Some("Accelerator0"), None)]);
    assert_eq!(objection(&twice, &two), "Accelerator0 is named twice");
}

#[test]
fn a_value_outside_its_range_names_the_range() {
    let offered = [limit("0", "Node Power Limit", None)];
    assert_eq!(
        objection(&wants(&[(None, Some(349.9))]), &offered),
        "349.9 W is less than the minimum of Node Power Limit, 350 W"
    );
    assert_eq!(
        objection(&wants(&[(None, Some(5000.0))]), &offered),
        "5000 W is more than the maximum of Node Power Limit, 900 W"
    );
    for edge in [350.0, 900.0] {
        assert!(against(&wants(&[(None, Some(edge))]), &offered).change.is_some());
    }
    let mut free = offered;
    (free[0].min, free[0].max) = (None, None);
    assert!(against(&wants(&[(None, Some(5000.0))]), &free).change.is_some());
}

#[test]
fn what_is_so_already_is_not_sent() {
    let set = [limit("0", "Node Power Limit", Some(500.0))];
    for near in [500.0, 500.4, 499.6] {
        assert!(against(&wants(&[(None, Some(near))]), &set).is_met(), "{near}");
    }
    assert!(!against(&wants(&[(None, Some(501.0))]), &set).is_met());
    assert!(!against(&wants(&[(None, None)]), &set).is_met());
    assert!(against(&wants(&[(None, None)]), &[limit("0", "N", None)]).is_met());
    let mut disabled = set.clone();
    disabled[0].mode = LimitMode::Disabled;
    assert!(against(&wants(&[(None, None)]), &disabled).is_met());
    let mut locked = set;
    locked[0].writable = false;
    assert!(against(&wants(&[(None, Some(500.0))]), &locked).is_met());
    locked[0].facts = vec![Fact {
        name: WHY_NOT_WRITABLE.to_owned(),
        value: "the node is off".to_owned(),
    }];
    assert_eq!(
        objection(&wants(&[(None, Some(600.0))]), &locked),
        "Node Power Limit cannot be set at the moment: the node is off"
    );
}

#[test]
fn what_cannot_be_set_may_be_left_out() {
    let offered = [limit("0", "Node Power Limit", None)];
    let both = [
        LimitGoal {
            limit: Some("Banana".to_owned()),
            watts: Some(watts(400.0)),
        },
        LimitGoal {
            limit: Some("Node Power Limit".to_owned()),
            watts: Some(watts(400.0)),
        },
    ];
    let goal = |limits: &[LimitGoal], skip_invalid| Goal::Limits {
        limits: limits.to_vec(),
        skip_invalid,
    };
    let strict = against(&goal(&both, false), &offered);
    assert_eq!((strict.possible, strict.change), (false, None));
    let lenient = against(&goal(&both, true), &offered);
    assert!(lenient.possible && lenient.change.is_some() && lenient.objections.len() == 1);
    assert!(!against(&goal(&both[..1], true), &offered).possible);
}

#[test]
fn an_override_is_compared_in_all_its_parts() {
    let found = BootOverride {
        source: BootSource::None,
        duration: BootDuration::Disabled,
        firmware: Firmware::Uefi,
        raw: "None".to_owned(),
        sources: vec![BootSource::None, BootSource::Pxe, BootSource::Disk],
        writable: true,
        facts: Vec::new(),
    };
    let wanted = |source, duration| WantedBoot {
        source,
        duration,
        firmware: Firmware::Unspecified,
    };
    let compare = |wanted, found: &BootOverride| Goal::Boot(wanted).compare(&Values::Boot(found.clone()));
    let pxe = wanted(BootSource::Pxe, BootDuration::Once);
    assert_eq!(compare(pxe, &found).change, Some(Change::Boot(pxe)));
    assert!(compare(wanted(BootSource::None, BootDuration::Disabled), &found).is_met());
    let cd = compare(wanted(BootSource::Cd, BootDuration::Once), &found);
    assert_eq!(
        cd.objections[0].to_string(),
        "it does not boot from cd, but from none, pxe, disk"
    );
    let set = BootOverride {
        source: BootSource::Pxe,
        duration: BootDuration::Once,
        ..found.clone()
    };
    assert!(compare(pxe, &set).is_met());
    assert!(!compare(wanted(BootSource::Pxe, BootDuration::Continuous), &set).is_met());
    let legacy = WantedBoot {
        firmware: Firmware::Legacy,
        ..pxe
    };
    assert!(!compare(legacy, &set).is_met());
    assert!(!compare(wanted(BootSource::None, BootDuration::Disabled), &set).is_met());
    let locked = BootOverride {
        writable: false,
        ..found
    };
    assert_eq!(compare(pxe, &locked).objections[0].code(), "setting.not-writable");
}

#[test]
fn a_light_is_one_of_those_offered() {
    let found = Values::Indicator(Indicator {
        light: Light::Off,
        raw: "Off".to_owned(),
        lights: vec![Light::Off, Light::Lit],
        facts: Vec::new(),
    });
    assert!(Goal::Indicator(Light::Off).compare(&found).is_met());
    let lit = Goal::Indicator(Light::Lit).compare(&found);
    assert_eq!(lit.change, Some(Change::Indicator(Light::Lit)));
    let blinking = Goal::Indicator(Light::Blinking).compare(&found);
    assert_eq!(
        blinking.objections[0].to_string(),
        "the indicator cannot be blinking, but off, lit"
    );
    assert!(!Goal::Snapshot.compare(&found).possible);
}

#[test]
fn names_and_tracks_go_both_ways() {
    for track in Track::ALL {
        assert_eq!(Track::from_name(track.name()), Some(track));
    }
    let goal = wants(&[(None, Some(500.0)), (Some("a"), None)]);
    let text = serde_json::to_string(&goal).unwrap();
    assert_eq!(serde_json::from_str::<Goal>(&text).unwrap(), goal, "{text}");
}
