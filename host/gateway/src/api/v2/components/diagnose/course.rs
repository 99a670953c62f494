//! The steps of a diagnosis, in order.

use std::time::Duration;

use switchyard_core::Failure;
use switchyard_wire::v2::codes::FAILURE_CODES;
use switchyard_wire::v2::{DiagnosisStep, StepOutcome};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Course {
    steps: Vec<DiagnosisStep>,
}

/// A step that was added last, to say more of it.
pub(super) struct Added<'a>(Option<&'a mut DiagnosisStep>);

impl Course {
    pub(super) fn add(
        &mut self,
        step: &'static str,
        outcome: StepOutcome,
        text: impl Into<String>,
    ) -> Added<'_> {
        self.steps.push(DiagnosisStep {
            step: step.to_owned(),
            outcome,
            text: text.into(),
            took_ms: None,
            code: None,
            hint: None,
        });
        Added(self.steps.last_mut())
    }

    pub(super) fn skip(&mut self, step: &'static str, why: impl Into<String>) {
        self.add(step, StepOutcome::Skipped, why);
    }

    /// Adds a step that failed, with the remedy that belongs to its code.
    pub(super) fn fail(&mut self, step: &'static str, failure: &Failure) -> Added<'_> {
        let code = failure.cause.code();
        let known = FAILURE_CODES.iter().find(|known| known.code == code);
        let added = self
            .add(step, StepOutcome::Failed, failure.to_string())
            .code(code);
        match known {
            Some(known) => added.hint(known.remedy),
            None => added,
        }
    }

    /// Whether nothing failed.
    pub(super) fn is_sound(&self) -> bool {
        self.steps.iter().all(|step| step.outcome != StepOutcome::Failed)
    }

    /// The name of the step that failed.
    pub(super) fn failed(&self) -> String {
        let failed = self.steps.iter().find(|step| step.outcome == StepOutcome::Failed);
        failed.map(|step| step.step.clone()).unwrap_or_default()
    }

    pub(super) fn into_steps(self) -> Vec<DiagnosisStep> {
        self.steps
    }
}

impl Added<'_> {
    pub(super) fn took(mut self, took: Duration) -> Self {
        if let Some(step) = &mut self.0 {
            step.took_ms = Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        }
        self
    }

    pub(super) fn code(mut self, code: &str) -> Self {
        if let Some(step) = &mut self.0 {
            step.code = Some(code.to_owned());
        }
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(step) = &mut self.0 {
            step.hint = Some(hint.into());
        }
        self
    }
}
