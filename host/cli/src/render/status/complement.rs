//! Nearly everything, written as everything but a few.

use switchyard_wire::v2::Component;

use super::super::fold::fold;

/// From which length on it is worth looking for a shorter way, in characters.
const LONG: usize = 100;

/// The members as a set expression: as they are, or as all that are shown without the rest where that is shorter.
pub(super) fn shorter(members: &[&str], shown: &[&Component]) -> String {
    let plain = fold(members.iter().copied());
    if plain.len() <= LONG || members.len() * 2 <= shown.len() {
        return plain;
    }
    let inside: std::collections::HashSet<&str> = members.iter().copied().collect();
    let all = fold(shown.iter().map(|component| component.id.as_str()));
    let rest = shown.iter().map(|component| component.id.as_str());
    let rest = fold(rest.filter(|id| !inside.contains(id)));
    let but = format!("{all}!{}", between_terms(&rest));
    if but.len() < plain.len() { but } else { plain }
}

/// The terms of an expression, each of which is to be taken away.
fn between_terms(expression: &str) -> String {
    let mut depth = 0_usize;
    expression
        .chars()
        .map(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if c == ',' && depth == 0 { '!' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use switchyard_xname::NameSet;

    use super::*;

    #[test]
    fn every_term_is_taken_away() {
        assert_eq!(
            between_terms("x0c0s[1,3]b0n0,x0c1s0b0n0"),
            "x0c0s[1,3]b0n0!x0c1s0b0n0"
        );
        let all = NameSet::parse_names("x[0-9]!x[1,3]!x5").unwrap();
        assert_eq!(all.fold(), "x[0,2,4,6-9]");
    }
}
