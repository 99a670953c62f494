//! Every stable code of v2 with what it means and what to do: the one list from which the OpenAPI document and docs/api/errors.md
//! are written. A code is never given another meaning; new ones may come.

mod access;
mod driver;
mod failure;
mod fleet;
mod request;
mod transition;

pub use failure::FAILURE_CODES;

/// The code of a refused request, as in [`super::Problem::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemCode {
    /// The code.
    pub code: &'static str,
    /// The HTTP status that it comes with.
    pub status: u16,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// The code of something that went wrong with one component, as in [`super::Failure::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCode {
    /// The code.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn problem(
    status: u16,
    code: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> ProblemCode {
    ProblemCode {
        code,
        status,
        meaning,
        remedy,
    }
}

const fn failure(code: &'static str, meaning: &'static str, remedy: &'static str) -> FailureCode {
    FailureCode {
        code,
        meaning,
        remedy,
    }
}

/// The codes of refused requests, by what they are about.
const PROBLEM_CODES: &[&[ProblemCode]] = &[
    access::CODES,
    driver::CODES,
    fleet::CODES,
    request::CODES,
    transition::CODES,
];

/// Every code of a refused request.
pub fn problem_codes() -> impl Iterator<Item = &'static ProblemCode> {
    PROBLEM_CODES.iter().copied().flatten()
}

/// The row of a problem's code.
pub fn problem_code(code: &str) -> Option<&'static ProblemCode> {
    problem_codes().find(|row| row.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_stand_in_order_and_once() {
        assert!(
            PROBLEM_CODES
                .iter()
                .all(|of| of.is_sorted_by(|a, b| a.code < b.code))
        );
        assert!(FAILURE_CODES.is_sorted_by(|a, b| a.code < b.code));
        let all: HashSet<_> = problem_codes().map(|row| row.code).collect();
        assert_eq!(all.len(), problem_codes().count());
    }

    #[test]
    fn a_problem_is_a_client_or_a_server_error() {
        assert!(problem_codes().all(|row| (400..600).contains(&row.status)));
    }
}
