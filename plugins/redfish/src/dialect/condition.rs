//! The condition that a change carries (RFC 9110, section 13.1.1, `If-Match`).

/// What `If-Match` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// No such header.
    Nothing,
    /// The tag as the BMC gave it.
    Tag,
    /// The tag as a strong one, in quotes and without `W/`: some BMCs give weak or bare tags and take neither back.
    Strong,
    /// `*`.
    Any,
}

impl Match {
    /// The value of the header; nothing when the header is not sent, or when there is no tag to send.
    pub fn value(self, tag: Option<&str>) -> Option<String> {
        let tag = tag.map(str::trim).filter(|tag| !tag.is_empty() && *tag != "\"\"");
        match self {
            Self::Nothing => None,
            Self::Tag => tag.map(str::to_owned),
            Self::Strong => tag.map(|tag| format!("\"{}\"", tag.trim_start_matches("W/").trim_matches('"'))),
            Self::Any => Some("*".to_owned()),
        }
    }

    /// The distinct headers to try, in order. A condition on a tag is left out where there is none.
    pub fn ladder(matches: &[Self], tag: Option<&str>) -> Vec<Option<String>> {
        let mut tries: Vec<Option<String>> = Vec::new();
        for condition in matches {
            let value = condition.value(tag);
            let untagged = matches!(condition, Self::Tag | Self::Strong) && value.is_none();
            if !untagged && !tries.contains(&value) {
                tries.push(value);
            }
        }
        if tries.is_empty() {
            tries.push(None);
        }
        tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_is_tried_once() {
        let all = [Match::Tag, Match::Strong, Match::Nothing, Match::Any];
        let text = |tries: Vec<Option<String>>| -> Vec<String> {
            tries
                .into_iter()
                .map(|t| t.unwrap_or_else(|| "-".to_owned()))
                .collect()
        };
        assert_eq!(
            text(Match::ladder(&all, Some("W/\"7\""))),
            ["W/\"7\"", "\"7\"", "-", "*"]
        );
        assert_eq!(text(Match::ladder(&all, Some("\"7\""))), ["\"7\"", "-", "*"]);
        assert_eq!(text(Match::ladder(&all, Some("7"))), ["7", "\"7\"", "-", "*"]);
        assert_eq!(text(Match::ladder(&all, Some("\"\""))), ["-", "*"]);
        assert_eq!(text(Match::ladder(&[Match::Tag], None)), ["-"]);
    }
}
