//! Pages of a list: `limit` bounds a page, `cursor` is the `next` of the page before.

use http::StatusCode;

use super::problem::Problem;
use crate::api::pcs::query;

/// Things on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 1_000;
/// The most things on one page.
const LIMIT_MAX: usize = 10_000;

/// Which page of a list is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The most things on it.
    pub(super) limit: usize,
    /// The id of the last thing on the page before.
    pub(super) after: Option<String>,
}

impl Page {
    /// Reads the parameters of a list that takes no others.
    pub(super) fn parse(query: &str) -> Result<Self, Problem> {
        let mut page = Self {
            limit: LIMIT_DEFAULT,
            after: None,
        };
        for (name, value) in query::pairs(query) {
            match name.as_str() {
                "limit" => page.limit = limit(&value)?,
                "cursor" => page.after = Some(value),
                _ => {
                    let detail = format!("there is no parameter {name:?}; known are limit and cursor");
                    return Err(invalid(detail));
                }
            }
        }
        Ok(page)
    }

    /// Cuts a list to the page, given one thing more than it holds if there is one. Gives the cursor of the next page.
    pub(super) fn cut<T>(&self, things: &mut Vec<T>, id: impl Fn(&T) -> &str) -> Option<String> {
        let more = things.len() > self.limit;
        things.truncate(self.limit);
        things.last().filter(|_| more).map(|last| id(last).to_owned())
    }
}

fn limit(value: &str) -> Result<usize, Problem> {
    value
        .parse()
        .ok()
        .filter(|limit| (1..=LIMIT_MAX).contains(limit))
        .ok_or_else(|| invalid(format!("limit is a number from 1 to {LIMIT_MAX}, not {value:?}")))
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "request.invalid-query", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded() {
        let default = Page {
            limit: LIMIT_DEFAULT,
            after: None,
        };
        assert_eq!(Page::parse(""), Ok(default));
        let second = Page {
            limit: 2,
            after: Some("x0c0s0b0".to_owned()),
        };
        assert_eq!(Page::parse("limit=2&cursor=x0c0s0b0").as_ref(), Ok(&second));
        for bad in ["limit=0", "limit=10001", "limit=many", "limt=2"] {
            assert!(Page::parse(bad).is_err(), "{bad}");
        }
        let cut = |mut ids: Vec<&str>| (second.cut(&mut ids, |id| id), ids.len());
        assert_eq!(cut(vec!["a", "b"]), (None, 2));
        assert_eq!(cut(vec!["a", "b", "c"]), (Some("b".to_owned()), 2));
    }
}
