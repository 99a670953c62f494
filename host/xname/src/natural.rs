//! The order in which people count: `s9` before `s10`.

use std::cmp::Ordering;

/// Compares two names with every run of digits taken as one number, of any length.
///
/// Names that differ in leading zeros only are ordered by their text, so that the order is total and
/// `Equal` means equal text.
pub fn natural_cmp(left: &str, right: &str) -> Ordering {
    let (mut l, mut r) = (left.as_bytes(), right.as_bytes());
    loop {
        let step = match (l, r) {
            ([], []) => return left.cmp(right),
            ([], _) => return Ordering::Less,
            (_, []) => return Ordering::Greater,
            ([a, ..], [b, ..]) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (number_l, rest_l) = split_digits(l);
                let (number_r, rest_r) = split_digits(r);
                (l, r) = (rest_l, rest_r);
                compare_numbers(number_l, number_r)
            }
            ([a, rest_l @ ..], [b, rest_r @ ..]) => {
                (l, r) = (rest_l, rest_r);
                a.cmp(b)
            }
        };
        if step != Ordering::Equal {
            return step;
        }
    }
}

/// The run of digits at the start, and what follows it.
pub(crate) fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn compare_numbers(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (significant(left), significant(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn significant(mut digits: &[u8]) -> &[u8] {
    while let [b'0', rest @ ..] = digits {
        digits = rest;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = [
            "s10",
            "s9",
            "x1c0s0",
            "x1",
            "s09",
            "a",
            "x1c0",
            "s",
            "s99999999999999999999999",
            "n01",
            "n1",
        ];
        names.sort_by(|a, b| natural_cmp(a, b));
        assert_eq!(
            names,
            [
                "a",
                "n01",
                "n1",
                "s",
                "s09",
                "s9",
                "s10",
                "s99999999999999999999999",
                "x1",
                "x1c0",
                "x1c0s0"
            ]
        );
    }
}
