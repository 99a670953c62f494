//! Which components a verb is about.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Sets, what is taken out of them, and a filter that the service applies.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Selection {
    /// The components, such as x1000c[0-7]s[0-7]b0n0 or @rack; `-` reads them from standard input
    #[arg(value_name = "SELECTOR")]
    pub(crate) selectors: Vec<String>,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
}

/// What makes a set smaller.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Narrow {
    /// Without these, and without what stands below them; may be repeated
    #[arg(long, short = 'x', value_name = "SET", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) exclude: Vec<String>,
    /// Only those for which this filter holds now, such as 'power:off group:gpu'; without a selector, of the whole fleet
    #[arg(long = "where", value_name = "FILTER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) filter: Option<String>,
}

impl Selection {
    /// Whether standard input is read for names, so that nobody can answer there.
    pub(crate) fn reads_stdin(&self) -> bool {
        let mut sets = self.selectors.iter().chain(&self.narrow.exclude);
        sets.any(|set| set == crate::selector::STDIN)
    }

    /// Whether nothing was said, which some verbs take for everything.
    pub(crate) fn is_absent(&self) -> bool {
        self.selectors.is_empty() && self.narrow.is_absent()
    }
}

impl Narrow {
    /// Whether the filter says itself which kinds of component are meant.
    pub(crate) fn asks_for_kinds(&self) -> bool {
        let mut words = self.filter.iter().flat_map(|filter| filter.split_whitespace());
        words.any(|word| word.starts_with("kind:"))
    }

    /// Whether nothing was said.
    pub(crate) fn is_absent(&self) -> bool {
        self.exclude.is_empty() && self.filter.is_none()
    }
}
