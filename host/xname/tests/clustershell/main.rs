//! Thousands of random sets, read, counted, combined and folded by this crate and by `ClusterShell`.
//!
//! `ClusterShell` differs on purpose in what the expressions of this test do not hold:
//! - `[0-8/2]`, a range with steps, and `n*`, a wildcard: only `ClusterShell` has them;
//! - `n[1-2][3-4]`, two ranges with nothing or only digits between them, is refused by `ClusterShell`;
//! - `n0[8-11]`, digits that run into a range, is one number of five digits to `ClusterShell`, which then refuses the
//!   widths; here it is `n08`, `n09`, `n010` and `n011`;
//! - a space inside a term is part of a name to `ClusterShell` and an error here;
//! - numbers of more than 18 digits fold only in `ClusterShell`.
//!
//! The order of the terms and of the names is not compared: `ClusterShell` sorts by shape first, this crate as people
//! count. How a set folds is not compared either, for both only look for a short form; each must read what the other
//! wrote.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod oracle;
mod random;

use switchyard_xname::NameSet;

use self::oracle::{Names, Oracle, Told};
use self::random::Chance;

/// How many random pairs of sets are compared.
const PAIRS: u64 = 2_000;
/// How many are with `--long`.
const PAIRS_LONG: u64 = 50_000;

fn names(set: &NameSet) -> Names {
    set.iter().map(ToString::to_string).collect()
}

fn read(expression: &str) -> NameSet {
    NameSet::parse_names(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// The first seed: every pair has its own, the next number.
fn seed() -> u64 {
    let given = std::env::var("SWITCHYARD_SEED").ok();
    given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(1, |time| time.as_secs())
    })
}

#[test]
fn random_sets_are_what_clustershell_makes_of_them() {
    let long = std::env::var_os("SWITCHYARD_LONG").is_some_and(|value| value == "1");
    let first = seed();
    let mut oracle = Oracle::start();
    for seed in (first..).take(usize::try_from(if long { PAIRS_LONG } else { PAIRS }).unwrap()) {
        let [left, right] = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)).pair();
        let (a, b) = (read(&left), read(&right));
        let ours = [
            a.clone(),
            b.clone(),
            a.union(&b),
            a.difference(&b),
            a.intersection(&b),
            a.symmetric_difference(&b),
        ];
        let context = || format!("SWITCHYARD_SEED={seed}: {left}  and  {right}");
        let told = oracle
            .compare([&left, &right], &ours.each_ref().map(NameSet::fold))
            .unwrap_or_else(|why| panic!("ClusterShell refuses: {why}\n{}", context()));
        assert_eq!(told.len(), ours.len(), "{}", context());
        for (what, (ours, theirs)) in WHAT.iter().zip(ours.iter().zip(&told)) {
            assert_same(ours, theirs, &format!("{what} of {}", context()));
        }
    }
}

const WHAT: [&str; 6] = [
    "the first",
    "the second",
    "the union",
    "the difference",
    "the intersection",
    "the symmetric difference",
];

fn assert_same(ours: &NameSet, theirs: &Told, context: &str) {
    assert_eq!(names(ours), theirs.names, "the names of {context}");
    assert_eq!(ours.len(), theirs.count, "the number of {context}");
    assert_eq!(
        theirs.read,
        theirs.names,
        "ClusterShell reads {} as another set: {context}",
        ours.fold()
    );
    assert_eq!(
        &read(&theirs.folded),
        ours,
        "{} of ClusterShell is read as another set: {context}",
        theirs.folded
    );
}

/// What is said above, so that a later `ClusterShell` that changes its mind is noticed.
#[test]
fn the_differences_are_those_that_are_known() {
    let mut oracle = Oracle::start();
    for (expression, ours, theirs) in [
        ("n[0-8/4]", None, Some("n0 n4 n8")),
        ("n[1-2][3-4]", Some("n13 n14 n23 n24"), None),
        ("n[1-2]0[3-4]", Some("n103 n104 n203 n204"), None),
        ("n0[8-11]", Some("n08 n09 n010 n011"), None),
        ("n[08-100]", None, None),
        ("n[3-1]", None, None),
        ("n1!", None, None),
        ("n[1-", None, None),
    ] {
        let wanted =
            |text: Option<&str>| text.map(|text| text.split(' ').map(str::to_owned).collect::<Names>());
        let read = NameSet::parse_names(expression).ok().map(|set| names(&set));
        assert_eq!(read, wanted(ours), "{expression}");
        assert_eq!(
            oracle.read(expression).ok(),
            wanted(theirs),
            "{expression} to ClusterShell"
        );
    }
}
