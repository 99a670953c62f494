//! The question before something large is switched off.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd as _;

use crate::error::Error;
use crate::output::Output;

/// From how many components on the operator is asked.
pub(super) const ASK_ABOVE: u32 = 64;
/// The longest answer that is read, in bytes.
const ANSWER_MAX_BYTES: u64 = 64;

/// The terminal, also where standard input is something else.
const TERMINAL: &str = "/dev/tty";

/// Asks whoever sits at the terminal to type the number of components; without a terminal nobody is asked. Where standard
/// input held names, the answer comes from the terminal itself. Where standard error goes elsewhere, the plan that was shown
/// there and the question go to the terminal.
pub(super) fn ask(
    output: Output,
    stdin_is_taken: bool,
    shown: &str,
    what: &str,
    count: u32,
) -> Result<(), Error> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if output.typed && !output.draws {
        let mut terminal = terminal_with(shown)?;
        return confirm(what, count, io::stdin().lock(), &mut terminal);
    }
    let mut questions = io::stderr().lock();
    if output.asks {
        return confirm(what, count, io::stdin().lock(), &mut questions);
    }
    if !stdin_is_taken || !output.draws {
        return Ok(());
    }
    match File::open(TERMINAL) {
        Ok(terminal) => confirm(what, count, BufReader::new(terminal), &mut questions),
        Err(_) => Ok(()),
    }
}

/// The terminal that standard input comes from, with this text on it.
fn terminal_with(text: &str) -> Result<File, Error> {
    let read_from = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let by_name = || File::options().write(true).open(TERMINAL);
    // A terminal that was opened for reading alone is opened again.
    let show = |mut terminal: File| writeln!(terminal, "{text}").map(|()| terminal);
    read_from
        .and_then(show)
        .or_else(|_| by_name().and_then(show))
        .map_err(Error::Terminal)
}

/// Asks to type the number of components.
pub(super) fn confirm(
    what: &str,
    count: usize,
    answers: impl BufRead,
    questions: &mut impl Write,
) -> Result<(), Error> {
    write!(questions, "{what} {count} components. Type {count} to go on: ")
        .and_then(|()| questions.flush())
        .map_err(Error::Terminal)?;
    let mut typed = String::new();
    answers
        .take(ANSWER_MAX_BYTES)
        .read_line(&mut typed)
        .map_err(Error::Terminal)?;
    let typed = typed.trim();
    if typed == count.to_string() {
        Ok(())
    } else {
        Err(Error::NotConfirmed {
            expected: count,
            typed: typed.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(typed: &str) -> (Result<(), Error>, String) {
        let mut shown = Vec::new();
        let answer = confirm("force-off cuts the power of", 241, typed.as_bytes(), &mut shown);
        (answer, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn only_the_number_confirms() {
        let (answer, shown) = ask("241\n");
        assert!(answer.is_ok());
        assert_eq!(
            shown,
            "force-off cuts the power of 241 components. Type 241 to go on: "
        );
        for other in ["", "\n", "y\n", "yes\n", "24\n", "2410\n"] {
            assert!(
                matches!(ask(other).0, Err(Error::NotConfirmed { expected: 241, .. })),
                "{other:?}"
            );
        }
    }
}
