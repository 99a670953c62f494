//! Parameters of a query.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use http::StatusCode;

use super::problem::Problem;
use crate::api::pcs::query;

/// The parameters that came, each at most once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads a query. Parameters that are not known are refused.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut found = BTreeMap::new();
        for (name, value) in query::pairs(query.unwrap_or_default()) {
            if !known.contains(&name.as_str()) {
                let detail = format!("there is no parameter {name:?}; known are {}", known.join(", "));
                return Err(invalid(detail));
            }
            if found.insert(name.clone(), value).is_some() {
                return Err(invalid(format!("the parameter {name} came twice")));
            }
        }
        Ok(Self(found))
    }

    /// The text of a parameter, if it came.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a parameter, if it came.
    pub(super) fn value<T>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T: FromStr,
        T::Err: Display,
    {
        let read = |text: &str| {
            text.parse()
                .map_err(|error| invalid(format!("{name}={text:?} cannot be taken: {error}")))
        };
        self.text(name).map(read).transpose()
    }

    /// The most things on a page.
    pub(super) fn limit(&self, default: usize, max: usize) -> Result<usize, Problem> {
        self.text("limit").map_or(Ok(default), |text| limit(text, max))
    }
}

/// Reads the most things on a page.
pub(super) fn limit(text: &str, max: usize) -> Result<usize, Problem> {
    text.parse()
        .ok()
        .filter(|limit| (1..=max).contains(limit))
        .ok_or_else(|| invalid(format!("limit is a number from 1 to {max}, not {text:?}")))
}

/// A parameter that cannot be taken.
pub(super) fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "request.invalid-query", detail)
}

/// Cuts a list to the page, given one thing more than it holds if there is one. Gives the cursor of the next page.
pub(super) fn cut<T>(things: &mut Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Option<String> {
    let more = things.len() > limit;
    things.truncate(limit);
    things.last().filter(|_| more).map(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_or_out_of_bounds_is_refused() {
        let read = |query| Parameters::read(Some(query), &["limit", "state"]);
        assert_eq!(read("limit=2&state=on").unwrap().limit(5, 10), Ok(2));
        assert_eq!(read("").unwrap().limit(5, 10), Ok(5));
        for bad in ["limt=2", "state=on&state=off"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for bad in ["limit=0", "limit=11", "limit=many"] {
            assert!(read(bad).unwrap().limit(5, 10).is_err(), "{bad}");
        }
        let mut page = vec![1, 2, 3];
        assert_eq!(cut(&mut page, 2, ToString::to_string), Some("2".to_owned()));
        assert_eq!((cut(&mut page, 2, ToString::to_string), page.len()), (None, 2));
    }
}
