//! Set expressions: answers of `ClusterShell` 1.9.1, limits and errors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use switchyard_xname::set::{EXPRESSION_MAX_BYTES, Error};
use switchyard_xname::{Name, NameSet};

fn set(expression: &str) -> NameSet {
    NameSet::parse_names(expression).unwrap()
}

fn refusal(expression: &str) -> Error {
    NameSet::parse_names(expression).unwrap_err()
}

fn folded(names: &[&str]) -> String {
    NameSet::from_texts(names).unwrap().fold()
}

#[test]
fn names_fold_in_all_dimensions() {
    let cases: &[(&[&str], &str)] = &[
        (
            &[
                "x1000c0s0b0n0",
                "x1000c0s0b0n1",
                "x1000c0s1b0n0",
                "x1000c0s1b0n1",
                "x1000c0s2b0n0",
            ],
            "x1000c0s[0-1]b0n[0-1],x1000c0s2b0n0",
        ),
        (&["n1", "n2", "n4", "m5", "m6", "a"], "a,m[5-6],n[1-2,4]"),
        (
            &["x1c0s0", "x1c0s1", "x1c0", "x1c1", "x2c0s0"],
            "x1c[0-1],x1c0s[0-1],x2c0s0",
        ),
        (&["n1-ib0", "n2-ib0"], "n[1-2]-ib0"),
        (&["n001", "n100"], "n[001,100]"),
        (&["n9", "n09", "n10"], "n[9,09-10]"),
        (&["n98", "n099", "n100"], "n[98,099-100]"),
        (&["n099", "n100", "n101"], "n[099-101]"),
        (&["n99", "n100"], "n[99-100]"),
        (&["n09", "n10", "n99", "n100"], "n[09-10,99-100]"),
        (&["n0", "n1", "n00", "n01"], "n[0-1,00-01]"),
        (&["login"], "login"),
        (&["n12345678901234567890123", "n1"], "n1,n12345678901234567890123"),
        (&[], ""),
    ];
    for (names, expected) in cases {
        assert_eq!(folded(names), *expected);
        assert_eq!(set(&folded(names)), NameSet::from_texts(*names).unwrap());
    }
}

#[test]
fn expressions_fold_back_to_themselves() {
    for expression in [
        "x1000c[0-7]s[0-7]b0n[0-1],x3000c0s[1,3,5-9]b0n0",
        "x[1000-1007]c[0-7]s[0-7]b[0-1]n[0-1]",
        "node[001-100]",
        "n[01-99,100]",
        "10.4.[0-3].[1-254]",
    ] {
        assert_eq!(set(expression).to_string(), expression);
    }
    assert_eq!(set("x[1000-1007]c[0-7]s[0-7]b[0-1]n[0-1]").len(), 2048);
    assert_eq!(set("x1000c[0-7]s[0-7]b0n[0-1],x3000c0s[1,3,5-9]b0n0").len(), 135);
}

#[test]
fn operators_work_from_left_to_right() {
    for (expression, expected) in [
        ("n[1-100]!n[5-8]", "n[1-4,9-100]"),
        ("n[1-10]&n[5-20]", "n[5-10]"),
        ("n[1-10]^n[5-20]", "n[1-4,11-20]"),
        ("a,b!a,a", "a,b"),
        ("n[1-10]!n[2-3],n2&n[1-3]", "n[1-2]"),
        ("n[1,1,1]^n[1-2,2]", "n2"),
        ("n1 , n2\n!\tn1 ", "n2"),
        ("n[5-5]", "n5"),
        ("n1[0-2]", "n[10-12]"),
        ("n[1-2][3-4]", "n[13-14,23-24]"),
        ("", ""),
        ("  \n", ""),
    ] {
        assert_eq!(set(expression).fold(), expected, "{expression}");
    }
}

#[test]
fn iteration_is_in_natural_order() {
    let names: Vec<String> = set("s[8-11],a,s010").iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "s8", "s9", "s010", "s10", "s11"]);
    let node = Name::parse("s9").unwrap();
    assert!(set("s[8-11]").contains(&node) && !set("s[8-11]!s9").contains(&node));
}

#[test]
fn groups_come_from_the_resolver() {
    let groups = |name: &str| match name {
        "gpu" => Some(set("n[1-4]")),
        "rack1" | "rack2" => Some(set(&name.replace("rack", "r[0-1]c"))),
        _ => None,
    };
    let parse = |expression: &str| NameSet::parse(expression, groups);
    assert_eq!(
        parse("@gpu!n2,@rack[1-2]").unwrap().fold(),
        "n[1,3-4],r[0-1]c[1-2]"
    );
    assert_eq!(
        parse("n1,@cpu"),
        Err(Error::UnknownGroup {
            position: 4,
            group: "cpu".into()
        })
    );
    assert_eq!(parse("@"), Err(Error::MissingName { position: 2 }));
    assert_eq!(parse("@gpu[1-257]"), Err(Error::TooManyGroups { position: 1 }));
    let often = vec!["@gpu"; 257].join(",");
    assert_eq!(parse(&often), Err(Error::TooManyGroups { position: 1281 }));
}

#[test]
fn errors_name_the_place() {
    for (expression, expected) in [
        ("a,,b", Error::MissingName { position: 3 }),
        (",a", Error::MissingName { position: 1 }),
        ("a!", Error::MissingName { position: 3 }),
        (
            "a b",
            Error::UnexpectedCharacter {
                position: 3,
                found: 'b',
            },
        ),
        (
            "a,n\u{fc}",
            Error::UnexpectedCharacter {
                position: 4,
                found: '\u{fc}',
            },
        ),
        (
            "a,%b",
            Error::UnexpectedCharacter {
                position: 3,
                found: '%',
            },
        ),
        (
            "n]",
            Error::UnexpectedCharacter {
                position: 2,
                found: ']',
            },
        ),
        ("n[1-3", Error::UnclosedBracket { position: 2 }),
        ("n[", Error::UnclosedBracket { position: 2 }),
        ("n[1!n2", Error::UnclosedBracket { position: 2 }),
        (
            "n[1;2]",
            Error::UnexpectedCharacter {
                position: 4,
                found: ';',
            },
        ),
        ("n[]", Error::BadNumber { position: 3 }),
        ("n[1,,2]", Error::BadNumber { position: 5 }),
        ("n[1--100000000]", Error::BadNumber { position: 5 }),
        ("n[a]", Error::BadNumber { position: 3 }),
        ("n[1234567890123456789]", Error::BadNumber { position: 3 }),
        (
            "n[1,5-3]",
            Error::Descending {
                position: 5,
                range: "5-3".into(),
            },
        ),
        (
            "n[08-100]",
            Error::MixedWidths {
                position: 3,
                range: "08-100".into(),
            },
        ),
        (
            "n[9-010]",
            Error::MixedWidths {
                position: 3,
                range: "9-010".into(),
            },
        ),
        (
            "a,b[1][1][1][1][1][1][1]",
            Error::TooManyDimensions { position: 3 },
        ),
    ] {
        assert_eq!(refusal(expression), expected, "{expression}");
    }
    assert_eq!(
        refusal("n[1,5-3]").to_string(),
        "the range 5-3 at character 5 does not ascend; write the smaller number first"
    );
}

#[test]
fn limits_hold_before_anything_is_expanded() {
    assert_eq!(set("n[1-100000]").len(), 100_000);
    for expression in [
        "n[0-100000]",
        "n[0-999999999999999999]",
        "a[0-999999999]b[0-999999999]c[0-999999999]d[0-999999999]",
        "n[1-60000,1-60000]",
    ] {
        assert_eq!(
            refusal(expression),
            Error::TooManyNames { position: 1 },
            "{expression}"
        );
    }
    assert_eq!(
        refusal("n[1-60000]!n[1-60000]"),
        Error::TooManyNames { position: 12 }
    );
    let many_numbers = format!("n[{}1]", "1,".repeat(100_000));
    assert_eq!(refusal(&many_numbers), Error::TooManyNames { position: 2 });
    let long_name = "n".repeat(129);
    assert_eq!(
        refusal(&format!("a,{long_name}")),
        Error::NameTooLong { position: 3 }
    );
    let bytes = EXPRESSION_MAX_BYTES + 1;
    assert_eq!(refusal(&"n".repeat(bytes)), Error::ExpressionTooLong { bytes });
}

#[test]
fn no_more_ranges_are_written_than_are_read() {
    let drives = "x[0-1]c[0-1]s[0-1]b[0-1]n[0-1]g[0-1]";
    let all = set(&format!("{drives}k0,{drives}k1"));
    assert_eq!(all.len(), 128);
    assert_eq!(set(&all.fold()), all);
    assert_eq!(all.fold().split(',').count(), 2);
}
