//! Telling selectors from limits.

use switchyard_wire::v2::WantedLimit;

use crate::error::Error;

/// The words for no limit.
const LIFTED: [&str; 2] = ["off", "none"];

/// The selectors, and the limits at the end: a number of watts, or `NAME=WATTS`.
pub(super) fn split(words: &[String]) -> Result<(&[String], Vec<WantedLimit>), Error> {
    let is_limit = |word: &&String| word.contains('=') || watts(word).is_some();
    let limits = words.iter().rev().take_while(is_limit).count();
    let (selectors, limits) = words.split_at(words.len() - limits);
    let last = words.last().cloned().unwrap_or_default();
    if limits.is_empty() {
        return Err(Error::Limit { text: last });
    }
    let limits = limits.iter().map(|word| limit(word)).collect::<Result<_, _>>()?;
    Ok((selectors, limits))
}

fn limit(word: &str) -> Result<WantedLimit, Error> {
    let (name, value) = match word.rsplit_once('=') {
        Some((name, value)) if !name.is_empty() => (Some(name.to_owned()), value),
        Some(_) => {
            return Err(Error::Limit {
                text: word.to_owned(),
            });
        }
        None => (None, word),
    };
    let watts = watts(value).ok_or_else(|| Error::Limit {
        text: word.to_owned(),
    })?;
    Ok(WantedLimit { name, watts })
}

/// How many watts a word says; none within for no limit.
#[expect(
    clippy::option_option,
    reason = "no number, no limit, and a limit are three things"
)]
fn watts(word: &str) -> Option<Option<f64>> {
    if LIFTED.contains(&word) {
        return Some(None);
    }
    let number = word.strip_suffix(['W', 'w']).unwrap_or(word);
    let begins = number.starts_with(|c: char| c.is_ascii_digit());
    let watts: f64 = number.parse().ok().filter(|_| begins)?;
    watts.is_finite().then_some(Some(watts))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many selectors there are, and the limits as JSON.
    fn told(words: &[&str]) -> Option<(usize, String)> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let (selectors, limits) = split(&words).ok()?;
        Some((selectors.len(), serde_json::to_string(&limits).unwrap()))
    }

    #[test]
    fn limits_stand_behind_the_components() {
        let read = |words: &[&str]| told(words).unwrap_or_default();
        assert_eq!(
            read(&["x0c0s0b0n0", "1785"]),
            (1, r#"[{"watts":1785.0}]"#.to_owned())
        );
        assert_eq!(
            read(&["x0", "@gpu", "off"]),
            (2, r#"[{"watts":null}]"#.to_owned())
        );
        let both = r#"[{"name":"Node Power Limit","watts":1785.5},{"name":"Accelerator0","watts":null}]"#;
        assert_eq!(
            read(&["x0", "Node Power Limit=1785.5W", "Accelerator0=off"]),
            (1, both.to_owned())
        );
        for bad in [
            &["x0", "x1"][..],
            &["x0", "Node=much"],
            &["x0", "=5"],
            &["x0", "-5"],
            &["x0", "inf"],
        ] {
            assert_eq!(told(bad), None, "{bad:?}");
        }
    }
}
