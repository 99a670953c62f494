//! Texts that differ in numbers alone, such as addresses and ports.

/// Stands for numbers that differ.
const ELLIPSIS: char = '…';

/// What such texts have in common: texts of the same shape are told as one.
pub(crate) fn shape(text: &str) -> String {
    runs(text)
        .into_iter()
        .map(|(is_number, run)| if is_number { "0" } else { run })
        .collect()
}

/// Two texts of the same shape as one, with `…` for the numbers that differ.
pub(crate) fn merged(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let (one, other) = (runs(one), runs(other));
    let both = one.into_iter().zip(other);
    both.map(|((_, one), (_, other))| {
        if one == other {
            one.to_owned()
        } else {
            ELLIPSIS.to_string()
        }
    })
    .collect()
}

/// A text in turn as numbers and as what stands between them.
fn runs(text: &str) -> Vec<(bool, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == ELLIPSIS;
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = is_number(first);
        let end = rest.find(|c| is_number(c) != kind).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        runs.push((kind, run));
        rest = after;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_differ_are_left_out() {
        let one = "no connection to https://10.0.0.7:443: refused (111)";
        let other = "no connection to https://10.0.0.12:443: refused (111)";
        assert_eq!(shape(one), shape(other));
        let both = merged(one, other);
        assert_eq!(both, "no connection to https://10.0.0.…:443: refused (111)");
        let third = "no connection to https://10.0.1.7:8443: refused (111)";
        assert_eq!(shape(&both), shape(third));
        assert_eq!(
            merged(&both, third),
            "no connection to https://10.0.….…:…: refused (111)"
        );
        assert_ne!(shape("2 fans"), shape("2 fans are slow"));
        assert_eq!(merged("a", "a"), "a");
    }
}
