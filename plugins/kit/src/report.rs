//! What the suite found.

use std::fmt;

use serde::Serialize;

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// The driver does what the contract says.
    Passed,
    /// The driver does not offer what the case is about.
    NotApplicable {
        /// What it does not offer.
        reason: String,
    },
    /// It does not.
    Failed {
        /// What was expected and what came.
        reason: String,
    },
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// Its name.
    pub case: &'static str,
    /// The rule that it checks.
    pub rule: &'static str,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The conformance report of one driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The driver, and how it ran.
    pub driver: String,
    /// The cases.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// Whether no case failed.
    pub fn is_ok(&self) -> bool {
        !self
            .cases
            .iter()
            .any(|case| matches!(case.verdict, Verdict::Failed { .. }))
    }

    /// The case of this name.
    pub fn case(&self, name: &str) -> Option<&CaseReport> {
        self.cases.iter().find(|case| case.case == name)
    }

    fn count(&self, fits: impl Fn(&Verdict) -> bool) -> usize {
        self.cases.iter().filter(|case| fits(&case.verdict)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_ok() {
            "conforms"
        } else {
            "DOES NOT CONFORM"
        };
        writeln!(f, "{}: {verdict}", self.driver)?;
        for case in &self.cases {
            match &case.verdict {
                Verdict::Passed => writeln!(f, "  ok       {:<28} {}", case.case, case.rule)?,
                Verdict::NotApplicable { reason } => {
                    writeln!(f, "  n/a      {:<28} {reason}", case.case)?;
                }
                Verdict::Failed { reason } => {
                    writeln!(f, "  FAILED   {:<28} {}", case.case, case.rule)?;
                    writeln!(f, "           {reason}")?;
                }
            }
        }
        let passed = self.count(|verdict| *verdict == Verdict::Passed);
        let failed = self.count(|verdict| matches!(verdict, Verdict::Failed { .. }));
        let rest = self.cases.len() - passed - failed;
        writeln!(f, "  {passed} passed; {failed} failed; {rest} not applicable")
    }
}
