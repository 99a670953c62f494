//! Counting tests over all test binaries and the dashboard, from what libtest and Vitest print.

use std::fmt;

/// Sums over the `test result:` lines seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// A binary has said `running N tests` and has not yet given its result.
    running: bool,
}

impl Tally {
    /// Takes one line of output into account.
    pub(crate) fn see(&mut self, line: &str) {
        if line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")) {
            self.count_the_unfinished();
            self.running = true;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.running = false;
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
            self.skipped += count(result, "ignored");
        }
    }

    /// Takes one line of what Vitest prints into account, such as `Tests  1 failed | 75 passed (76)`. Tests
    /// that `--only` leaves out are skipped ones to Vitest, and not counted.
    pub(crate) fn see_vitest(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("Tests  ") else {
            return;
        };
        let result = result.replace(" | ", ";");
        let result = result.split('(').next().unwrap_or_default();
        self.passed += count(result, "passed");
        self.failed += count(result, "failed");
    }

    /// The totals of a finished run. A binary that died before its result counts as one failure, and so does
    /// a run that failed without naming a test (it did not compile, say).
    pub(crate) fn concluded(mut self, succeeded: bool) -> Self {
        self.count_the_unfinished();
        if !succeeded && self.failed == 0 {
            self.failed = 1;
        }
        self
    }

    pub(crate) fn is_clean(self) -> bool {
        self.failed == 0
    }

    /// No test ran at all.
    pub(crate) fn is_empty(self) -> bool {
        self.passed + self.failed + self.skipped == 0
    }

    fn count_the_unfinished(&mut self) {
        self.failed += usize::from(std::mem::take(&mut self.running));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// The number in front of a word, in `ok. 3 passed; 0 failed; 1 ignored; ...`.
fn count(result: &str, word: &str) -> usize {
    result
        .split(['.', ';'])
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn tally(lines: &[&str], succeeded: bool) -> String {
        let mut tally = Tally::default();
        for line in lines {
            tally.see(line);
        }
        tally.concluded(succeeded).to_string()
    }

    #[test]
    fn all_binaries_are_added_up() {
        let lines = [
            "running 4 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "running 1 test",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.50s",
        ];
        assert_eq!(tally(&lines, false), "3 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn the_tests_of_vitest_count_as_well() {
        let mut tally = Tally::default();
        for line in [
            " Test Files  1 failed | 9 passed (10)",
            "      Tests  1 failed | 75 passed | 2 skipped (78)",
            "   Duration  2.29s (tests 330ms)",
        ] {
            tally.see_vitest(line);
        }
        assert_eq!(tally.to_string(), "75 passed, 1 failed");
    }

    #[test]
    fn a_clean_run_names_two_numbers_only() {
        let lines = [
            "running 2 tests",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        assert_eq!(tally(&lines, true), "2 passed, 0 failed");
    }

    #[test]
    fn a_binary_that_died_is_a_failure() {
        let lines = [
            "running 2 tests",
            "running 1 test",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured",
        ];
        assert_eq!(tally(&lines, false), "1 passed, 1 failed");
        assert_eq!(tally(&["running 2 tests"], false), "0 passed, 1 failed");
    }

    #[test]
    fn a_run_that_did_not_compile_is_a_failure() {
        assert_eq!(tally(&[], false), "0 passed, 1 failed");
    }
}
