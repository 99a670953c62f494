//! The words after `cargo xtask`.

use std::collections::VecDeque;
use std::str::FromStr;

use crate::error::{Error, Result};

/// What is left of the command line; every command takes its own words and then calls [`Arguments::finish`].
#[derive(Debug)]
pub(crate) struct Arguments {
    words: VecDeque<String>,
}

impl Arguments {
    pub(crate) fn from_command_line() -> Self {
        Self {
            words: std::env::args().skip(1).collect(),
        }
    }

    /// The first word left, whatever it is.
    pub(crate) fn next_word(&mut self) -> Option<String> {
        self.words.pop_front()
    }

    /// Whether the flag was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// The value of an option, given as `--name value` or `--name=value`.
    pub(crate) fn option<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>> {
        let Some(at) = self.words.iter().position(|word| is_option(word, name)) else {
            return Ok(None);
        };
        let word = self.words.remove(at).unwrap_or_default();
        let value = match word.split_once('=') {
            Some((_, value)) => Some(value.to_owned()),
            None => self.words.remove(at),
        };
        let value = value.ok_or(Error::OptionWithoutValue(name))?;
        value
            .parse()
            .map(Some)
            .map_err(|_| Error::OptionValue { name, value })
    }

    /// All words left, for a program that reads them itself.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        self.words.drain(..).collect()
    }

    /// Refuses whatever no command asked for.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.words
            .pop_front()
            .map_or(Ok(()), |word| Err(Error::UnexpectedWord(word)))
    }
}

fn is_option(word: &str, name: &str) -> bool {
    word.strip_prefix(name)
        .is_some_and(|tail| tail.is_empty() || tail.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments {
            words: line.split_whitespace().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn options_are_taken_in_both_spellings() {
        let mut given = arguments("--nodes 8 --listen=127.0.0.1:9 --faults");
        assert_eq!(given.option::<u32>("--nodes").unwrap(), Some(8));
        assert_eq!(
            given.option::<String>("--listen").unwrap().as_deref(),
            Some("127.0.0.1:9")
        );
        assert!(given.flag("--faults"));
        assert!(given.finish().is_ok());
    }

    #[test]
    fn a_leftover_word_is_refused_by_name() {
        let mut given = arguments("--node 8");
        assert_eq!(given.option::<u32>("--nodes").unwrap(), None);
        assert_eq!(
            given.finish().unwrap_err().to_string(),
            "unexpected argument `--node`; `cargo xtask help` lists what there is"
        );
    }

    #[test]
    fn a_value_that_does_not_parse_is_refused_with_the_option() {
        assert!(matches!(
            arguments("--nodes many").option::<u32>("--nodes"),
            Err(Error::OptionValue { name: "--nodes", .. })
        ));
        assert!(matches!(
            arguments("--nodes").option::<u32>("--nodes"),
            Err(Error::OptionWithoutValue("--nodes"))
        ));
    }
}
