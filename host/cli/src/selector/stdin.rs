//! Names from standard input.

use std::io::Read;

use super::error::Error;

/// The most that is read: a hundred thousand names of more than a hundred characters.
const MAX_BYTES: u64 = 16 << 20;

/// The sets that standard input holds, with white space between them. What follows a `#` on a line is for people.
pub(super) fn read(input: impl Read) -> Result<Vec<String>, Error> {
    let mut text = String::new();
    input
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(Error::Stdin)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::StdinTooLong { max: MAX_BYTES });
    }
    Ok(text
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sets_and_comments_are_none() {
        let text = "x0c0s0b0n0 x0c0s[1-2]b0n0\n# the broken ones\n\n  @gpu # all\n";
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            ["x0c0s0b0n0", "x0c0s[1-2]b0n0", "@gpu"]
        );
        let endless = std::io::repeat(b'x');
        assert!(matches!(read(endless), Err(Error::StdinTooLong { .. })));
    }
}
