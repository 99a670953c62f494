//! Colour, cleaning and clipping.

use owo_colors::OwoColorize;

/// Whether to use colours. A colour never says anything that the words do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// With ANSI colours.
    pub(crate) const COLOURED: Self = Self(true);
    /// Without.
    pub(crate) const PLAIN: Self = Self(false);

    /// Well.
    pub(crate) fn good(self, text: &str) -> String {
        if self.0 {
            text.green().to_string()
        } else {
            text.to_owned()
        }
    }

    /// Wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        if self.0 {
            text.red().bold().to_string()
        } else {
            text.to_owned()
        }
    }

    /// Worth a look.
    pub(crate) fn odd(self, text: &str) -> String {
        if self.0 {
            text.yellow().to_string()
        } else {
            text.to_owned()
        }
    }

    /// Under way.
    pub(crate) fn busy(self, text: &str) -> String {
        if self.0 {
            text.cyan().to_string()
        } else {
            text.to_owned()
        }
    }

    /// Of less weight.
    pub(crate) fn dim(self, text: &str) -> String {
        if self.0 {
            text.dimmed().to_string()
        } else {
            text.to_owned()
        }
    }
}

/// One of the colours of [`Paint`].
pub(super) type Colour = fn(Paint, &str) -> String;

/// Foreign text on one line, without control characters: none of it may steer the terminal.
pub(crate) fn plain(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c })
        .collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that turn the direction of writing round or hide what follows.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// At most `width` columns of a line, which may hold colours.
pub(crate) fn clip(line: &str, width: usize) -> String {
    console::truncate_str(line, width, "…").into_owned()
}
