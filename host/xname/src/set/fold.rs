//! Folding: the shortest way to write a set that a sweep over its dimensions finds.
//!
//! Names that differ in their numbers only share a *shape*. Each is a row of numbers, one for every
//! dimension; rows that agree in all dimensions but one become one row with a range there. Sweeps from the
//! last dimension to the first go on until nothing merges any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::DIMENSIONS_MAX;
use super::pattern::{NUMBER_MAX_DIGITS, is_padded};
use crate::natural::{natural_cmp, split_digits};

/// Stands for a dimension's number in a shape; no name holds it.
const SLOT: char = '%';

/// A number as it was written: `width` digits with leading zeros, or 0 without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Number {
    value: u64,
    width: usize,
}

impl Number {
    /// Reads digits; none if there are more than a range may hold.
    fn read(digits: &str) -> Option<Self> {
        let value = digits
            .parse()
            .ok()
            .filter(|_| digits.len() <= NUMBER_MAX_DIGITS)?;
        Some(Self {
            value,
            width: if is_padded(digits) { digits.len() } else { 0 },
        })
    }
}

/// Neighbours that differ in their last number only. Most names in natural order are such, and never
/// become rows of their own.
struct Draft<'a> {
    head: &'a str,
    last: Vec<Number>,
    tail: &'a str,
}

/// The folded form of distinct names, which fold fastest in natural order.
pub(super) fn fold<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut shapes: HashMap<String, (Values, Vec<Row>)> = HashMap::new();
    for draft in drafts(names) {
        let (mut shape, numbers) = split(draft.head);
        if !draft.last.is_empty() {
            shape.push(SLOT);
        }
        shape.push_str(draft.tail);
        let (values, rows) = shapes.entry(shape).or_default();
        rows.push(values.row(numbers, draft.last));
    }
    let mut terms: Vec<(String, String)> = Vec::new();
    for (shape, (mut values, rows)) in shapes {
        let rows = merge(rows, &mut values);
        terms.extend(rows.iter().map(|row| values.write(&shape, row)));
    }
    terms.sort_by(|(a, _), (b, _)| natural_cmp(a, b));
    terms
        .into_iter()
        .map(|(_, term)| term)
        .collect::<Vec<_>>()
        .join(",")
}

fn drafts<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for name in names {
        let Some((head, number, tail)) = split_last(name) else {
            drafts.push(Draft {
                head: name,
                last: Vec::new(),
                tail: "",
            });
            continue;
        };
        match drafts.last_mut() {
            Some(draft) if draft.head == head && draft.tail == tail && !draft.last.is_empty() => {
                draft.last.push(number);
            }
            _ => drafts.push(Draft {
                head,
                last: vec![number],
                tail,
            }),
        }
    }
    drafts
}

/// A name's last number with the texts around it; none if there is no number to fold by.
fn split_last(name: &str) -> Option<(&str, Number, &str)> {
    let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, tail) = name.split_at(end);
    let head = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = before.strip_prefix(head)?;
    Some((head, Number::read(digits)?, tail))
}

/// A name's shape and its numbers.
fn split(name: &str) -> (String, Vec<Number>) {
    let (mut shape, mut numbers) = (String::with_capacity(name.len()), Vec::new());
    let mut rest = name;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, after) = rest.split_at(start);
        let (digits, _) = split_digits(after.as_bytes());
        let (digits, tail) = after.split_at(digits.len());
        shape.push_str(text);
        match digits.parse() {
            Ok(value) if digits.len() <= NUMBER_MAX_DIGITS => {
                shape.push(SLOT);
                numbers.push(Number {
                    value,
                    width: if is_padded(digits) { digits.len() } else { 0 },
                });
            }
            _ => shape.push_str(digits),
        }
        rest = tail;
    }
    shape.push_str(rest);
    (shape, numbers)
}

/// One entry per dimension: the key of its numbers in [`Values`].
type Row = Vec<usize>;

/// Merges rows until no two of them differ in one dimension only.
fn merge(mut rows: Vec<Row>, values: &mut Values) -> Vec<Row> {
    let dimensions = rows.first().map_or(0, Vec::len);
    loop {
        let before = rows.len();
        for dimension in (0..dimensions).rev() {
            rows = merge_dimension(rows, dimension, values);
        }
        if rows.len() == before {
            return rows;
        }
    }
}

fn merge_dimension(rows: Vec<Row>, dimension: usize, values: &mut Values) -> Vec<Row> {
    let mut alike: HashMap<Row, Vec<usize>> = HashMap::with_capacity(rows.len());
    for mut row in rows {
        if let Some(own) = row.get_mut(dimension) {
            let own = std::mem::replace(own, usize::MAX);
            alike.entry(row).or_default().push(own);
        }
    }
    let mut merged = Vec::with_capacity(alike.len());
    for (rest, own) in alike {
        let ranges = rest.iter().filter(|key| values.is_range(**key)).count();
        let own = if own.len() > 1 && ranges < DIMENSIONS_MAX {
            vec![values.union(&own)]
        } else {
            own
        };
        for key in own {
            let mut row = rest.clone();
            if let Some(slot) = row.get_mut(dimension) {
                *slot = key;
            }
            merged.push(row);
        }
    }
    merged
}

/// The distinct sets of numbers in the dimensions of one shape, so that rows compare by small keys.
#[derive(Default)]
struct Values {
    keys: HashMap<Vec<Number>, usize>,
    sets: Vec<Vec<Number>>,
}

impl Values {
    /// A row of single numbers and, unless it is empty, a last set.
    fn row(&mut self, numbers: Vec<Number>, last: Vec<Number>) -> Row {
        let sets = numbers.into_iter().map(|number| vec![number]);
        sets.chain((!last.is_empty()).then_some(last))
            .map(|set| self.key(set))
            .collect()
    }

    fn key(&mut self, mut numbers: Vec<Number>) -> usize {
        numbers.sort_unstable();
        if let Some(known) = self.keys.get(&numbers) {
            return *known;
        }
        self.sets.push(numbers.clone());
        self.keys.insert(numbers, self.sets.len() - 1);
        self.sets.len() - 1
    }

    /// The key of the union of sets that have nothing in common.
    fn union(&mut self, keys: &[usize]) -> usize {
        self.key(keys.iter().flat_map(|key| self.get(*key)).copied().collect())
    }

    fn get(&self, key: usize) -> &[Number] {
        self.sets.get(key).map_or(&[], Vec::as_slice)
    }

    fn is_range(&self, key: usize) -> bool {
        self.get(key).len() > 1
    }

    /// The first name of a row, and the whole row as one term.
    fn write(&self, shape: &str, row: &[usize]) -> (String, String) {
        let (mut first, mut term) = (String::new(), String::new());
        let mut keys = row.iter();
        for (index, text) in shape.split(SLOT).enumerate() {
            if index > 0 {
                let numbers = keys.next().map_or(&[][..], |key| self.get(*key));
                write_numbers(numbers, &mut first, &mut term);
            }
            first.push_str(text);
            term.push_str(text);
        }
        (first, term)
    }
}

fn write_numbers(numbers: &[Number], first: &mut String, term: &mut String) {
    if let Some(number) = numbers.first() {
        first.push_str(&numeral(number.value, number.width));
    }
    let bracketed = numbers.len() > 1;
    term.push_str(if bracketed { "[" } else { "" });
    for (index, run) in runs(numbers).into_iter().enumerate() {
        term.push_str(if index > 0 { "," } else { "" });
        term.push_str(&numeral(run.first, run.width));
        if run.first < run.last {
            term.push('-');
            term.push_str(&numeral(run.last, run.width));
        }
    }
    term.push_str(if bracketed { "]" } else { "" });
}

fn numeral(value: u64, width: usize) -> String {
    format!("{value:0width$}")
}

/// Numbers that follow each other and are written alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    first: u64,
    width: usize,
    last: u64,
}

/// The runs of sorted numbers. `098`, `099` and `100` are one run although the last has no leading zero.
fn runs(numbers: &[Number]) -> Vec<Run> {
    let mut plain: BTreeSet<u64> = numbers.iter().filter(|n| n.width == 0).map(|n| n.value).collect();
    let mut padded: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for number in numbers.iter().filter(|n| n.width > 0) {
        padded.entry(number.width).or_default().push(number.value);
    }
    let mut runs = Vec::new();
    for (width, values) in padded {
        let smallest_plain = (1..width).fold(1_u64, |power, _| power.saturating_mul(10));
        for mut run in consecutive(values, width) {
            if run.last + 1 == smallest_plain {
                while run.last + 1 < smallest_plain.saturating_mul(10) && plain.remove(&(run.last + 1)) {
                    run.last += 1;
                }
            }
            runs.push(run);
        }
    }
    runs.extend(consecutive(plain, 0));
    runs.sort_unstable();
    runs
}

fn consecutive(values: impl IntoIterator<Item = u64>, width: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some(run) if run.last + 1 == value => run.last = value,
            _ => runs.push(Run {
                first: value,
                width,
                last: value,
            }),
        }
    }
    runs
}
