//! Patterns of ids: `*` stands for anything, `[0-3,7]` for a whole number in these ranges: `s[0-3]*` is not about `s12`.

/// A pattern of a whole id, in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Anything,
    /// The first and the last number of each range.
    Number(Vec<(u64, u64)>),
}

impl Pattern {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match first {
                '*' => {
                    if parts.last() != Some(&Part::Anything) {
                        parts.push(Part::Anything);
                    }
                    rest = rest.get(1..).unwrap_or_default();
                }
                '[' => {
                    let (inside, after) = rest
                        .get(1..)
                        .and_then(|inside| inside.split_once(']'))
                        .ok_or_else(|| format!("{text}: [ is not closed"))?;
                    parts.push(Part::Number(ranges(text, inside)?));
                    rest = after;
                }
                ']' => return Err(format!("{text}: ] closes nothing")),
                _ => {
                    let end = rest.find(['*', '[', ']']).unwrap_or(rest.len());
                    let (plain, after) = rest.split_at(end);
                    parts.push(Part::Text(plain.to_owned()));
                    rest = after;
                }
            }
        }
        Ok(Self { parts })
    }

    /// Whether the whole id is of this pattern. Every part is tried at every place that the parts before it lead to, so that the work is
    /// bounded whatever the pattern is.
    pub(super) fn matches(&self, id: &str) -> bool {
        let id = id.as_bytes();
        let mut places = vec![false; id.len() + 1];
        if let Some(begin) = places.first_mut() {
            *begin = true;
        }
        let mut after_anything = false;
        for part in &self.parts {
            let mut next = vec![false; places.len()];
            for (place, _) in places.iter().enumerate().filter(|(_, reached)| **reached) {
                // Behind anything a number begins where its digits do.
                let inside = after_anything && is_inside_number(id, place);
                if !(inside && matches!(part, Part::Number(_))) {
                    part.reach(id, place, &mut next);
                }
                if *part == Part::Anything {
                    // It has reached all places behind the first one.
                    break;
                }
            }
            places = next;
            after_anything = *part == Part::Anything;
        }
        places.last() == Some(&true)
    }
}

impl Part {
    /// Marks the places at which it can end when it begins at `place`.
    fn reach(&self, id: &[u8], place: usize, ends: &mut [bool]) {
        let mut mark = |end: usize| {
            if let Some(end) = ends.get_mut(end) {
                *end = true;
            }
        };
        let rest = id.get(place..).unwrap_or_default();
        match self {
            Self::Anything => (place..=id.len()).for_each(mark),
            Self::Text(text) if rest.starts_with(text.as_bytes()) => mark(place + text.len()),
            Self::Text(_) => {}
            Self::Number(ranges) => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
                let length = digits.clone().count();
                let value = digits
                    .map(|digit| u64::from(digit - b'0'))
                    .try_fold(0, |value: u64, digit| value.checked_mul(10)?.checked_add(digit));
                let is_in = |value| {
                    let mut ranges = ranges.iter();
                    ranges.any(|(first, last)| (*first..=*last).contains(&value))
                };
                if length > 0 && value.is_some_and(is_in) {
                    mark(place + length);
                }
            }
        }
    }
}

/// Whether the digits on both sides of a place are of one number.
fn is_inside_number(id: &[u8], place: usize) -> bool {
    let is_digit = |at: usize| id.get(at).is_some_and(u8::is_ascii_digit);
    place.checked_sub(1).is_some_and(is_digit) && is_digit(place)
}

fn ranges(text: &str, inside: &str) -> Result<Vec<(u64, u64)>, String> {
    let wrong = || format!("{text}: [{inside}] is no list of numbers such as [0-3,7]");
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| is_plain).ok_or_else(wrong)
    };
    inside
        .split(',')
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("{text}: {first}-{last} runs backwards"));
            }
            Ok((first, last))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page reads the same table: `web-ui/src/fleet/pattern.test.ts`.
    #[test]
    fn a_number_is_a_whole_number() {
        for line in include_str!("pattern/cases.txt").lines() {
            let [pattern, id, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let matches = Pattern::read(pattern).unwrap().matches(id);
            assert_eq!(matches, expected == "yes", "{line}");
        }
    }
}
