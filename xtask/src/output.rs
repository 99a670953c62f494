//! Errors on the terminal.

use std::error::Error;

/// Prints an error and its chain of sources in one line.
pub(crate) fn print_error(error: &dyn Error) {
    eprintln!("error: {}", chain(error));
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_chain_names_every_source_once() {
        let missing = crate::error::read(std::path::Path::new("/nonexistent/file")).unwrap_err();
        assert_eq!(
            super::chain(&missing),
            "/nonexistent/file cannot be used: No such file or directory (os error 2)"
        );
    }
}
