//! Properties of set expressions over random sets and random texts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use switchyard_xname::set::NAMES_MAX;
use switchyard_xname::{Name, NameSet, Xname, natural_cmp};

/// Names of few shapes and small numbers, so that sets overlap and fold.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "x10[0-2]{2}c[0-7]s[0-3]b[0-1]n[0-1]",
        2 => "n(0{0,2}[0-9]|0?[0-9]{2}|[0-9]{3})",
        1 => "n0{0,2}[0-9]-0{0,1}[0-9]{1,2}",
        1 => "[0-9]{1,3}",
        1 => "a[0-9]{17,20}",
        1 => "[a-z_.:-]{1,3}[0-9]{0,2}[A-Za-z]?",
        1 => "d[0-1]e[0-1]f[0-1]g[0-1]h[0-1]i[0-1]j[0-1]k[0-1]",
    ]
}

fn names() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(name(), 0..60)
}

fn set(names: &BTreeSet<String>) -> NameSet {
    NameSet::from_texts(names).unwrap()
}

fn texts(set: &NameSet) -> BTreeSet<String> {
    set.iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_folded_set_reads_back(names in names()) {
        let set = set(&names);
        let folded = set.fold();
        prop_assert_eq!(&NameSet::parse_names(&folded).unwrap(), &set, "{}", folded);
    }

    #[test]
    fn folding_does_not_depend_on_the_order_of_arrival(names in names()) {
        let backwards: NameSet = names.iter().rev().map(|name| Name::parse(name).unwrap()).collect();
        prop_assert_eq!(backwards.fold(), set(&names).fold());
    }

    #[test]
    fn algebra_is_that_of_sets(terms in vec((0_usize..4, names()), 1..5)) {
        let mut expression = String::new();
        let mut model: BTreeSet<String> = BTreeSet::new();
        let mut methods = NameSet::new();
        for (operator, names) in terms.iter().filter(|(_, names)| !names.is_empty()) {
            // A group keeps the operand together, as parentheses would.
            let first = expression.is_empty();
            let sign = if first { "" } else { [",", "!", "&", "^"][*operator] };
            expression.push_str(sign);
            let group = terms.iter().position(|(_, known)| known == names).unwrap();
            expression.push_str("@g");
            expression.push_str(&group.to_string());
            let operand = set(names);
            (model, methods) = match sign {
                "!" => (&model - names, methods.difference(&operand)),
                "&" => (&model & names, methods.intersection(&operand)),
                "^" => (&model ^ names, methods.symmetric_difference(&operand)),
                _ => (&model | names, methods.union(&operand)),
            };
        }
        let parsed = NameSet::parse(&expression, |group| {
            terms.get(group[1..].parse::<usize>().unwrap()).map(|(_, names)| set(names))
        }).unwrap();
        prop_assert_eq!(texts(&parsed), model);
        prop_assert_eq!(parsed, methods);
    }

    #[test]
    fn operators_between_single_names_match_the_model(
        terms in vec((0_usize..4, "[ab][0-3]"), 1..40),
    ) {
        let mut expression = String::new();
        let mut model: BTreeSet<String> = BTreeSet::new();
        for (operator, name) in terms {
            let sign = if expression.is_empty() { "" } else { [",", "!", "&", "^"][operator] };
            expression.push_str(sign);
            expression.push_str(&name);
            let operand = BTreeSet::from([name]);
            model = match sign {
                "!" => &model - &operand,
                "&" => &model & &operand,
                "^" => &model ^ &operand,
                _ => &model | &operand,
            };
        }
        prop_assert_eq!(texts(&NameSet::parse_names(&expression).unwrap()), model);
    }

    #[test]
    fn names_come_in_natural_order_once(names in names()) {
        let order: Vec<String> = set(&names).iter().map(ToString::to_string).collect();
        prop_assert!(order.windows(2).all(|pair| natural_cmp(&pair[0], &pair[1]).is_lt()));
        prop_assert_eq!(order.len(), names.len());
    }

    #[test]
    fn natural_order_is_transitive(a in name(), b in name(), c in name()) {
        let mut names = [a, b, c];
        names.sort_by(|x, y| natural_cmp(x, y));
        prop_assert!(natural_cmp(&names[0], &names[2]).is_le());
        prop_assert_eq!(natural_cmp(&names[0], &names[1]), natural_cmp(&names[1], &names[0]).reverse());
    }

    #[test]
    fn any_text_is_answered_within_the_limit(text in ".{0,60}") {
        if let Ok(set) = NameSet::parse_names(&text) {
            prop_assert!(set.len() <= NAMES_MAX);
        }
        if let Ok(xname) = Xname::parse(&text) {
            prop_assert_eq!(xname.as_str(), text);
        }
    }

    #[test]
    fn any_text_of_the_grammar_is_answered_within_the_limit(text in r"([nx0-9\[\],!&^@ -]|\[[0-9]{1,4}-[0-9]{1,9}\]){0,24}") {
        let groups = |_: &str| Some(NameSet::parse_names("n[0-9]").unwrap());
        if let Ok(set) = NameSet::parse(&text, groups) {
            prop_assert!(set.len() <= NAMES_MAX);
            prop_assert_eq!(NameSet::parse_names(&set.fold()).unwrap(), set);
        }
    }

    #[test]
    fn an_xname_contains_what_it_is_ancestor_of(
        text in "x[0-9]{1,3}(c[0-7](s[0-9]{1,2}(b[0-9]{1,2}(n[0-9]{1,2}(p[0-3]|g[0-9](k[0-9])?)?)?)?)?)?",
    ) {
        let xname = Xname::parse(&text).unwrap();
        for ancestor in xname.ancestors() {
            prop_assert!(ancestor.is_ancestor_of(&xname));
            prop_assert!(ancestor < xname);
        }
    }
}
