//! `doctor`: the way to the service, and through it to a component, step by step.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Context;
use crate::arguments::Doctor;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::{Check, Checked};
use crate::server::{self, Diagnosis, Step};
use crate::{output, render};

/// What was found so far, and what it makes the command end with.
#[derive(Debug)]
struct Findings {
    checks: Vec<Check>,
    exit: Exit,
    /// What the service said of the component, as it came.
    document: Option<Value>,
    diagnosis: Option<Diagnosis>,
}

/// Does what the command line says.
pub(super) async fn run(context: &Context, doctor: &Doctor) -> Result<Exit, Error> {
    let mut findings = Findings {
        checks: Vec::new(),
        exit: Exit::Success,
        document: None,
        diagnosis: None,
    };
    findings.service(context).await;
    findings.token(context).await;
    if let Some(component) = &doctor.component {
        findings.component(context, component).await;
    }
    if doctor.json {
        output::json(&findings.document(context))?;
    } else {
        output::data(&findings.text(context))?;
    }
    Ok(findings.exit)
}

impl Findings {
    /// Whether the service can be reached, and whether it takes requests.
    async fn service(&mut self, context: &Context) {
        let address = context.configuration.server_text();
        let began = Instant::now();
        let answer = context.server.ready().await;
        let took = began.elapsed();
        if let Err(error @ (server::Error::Unreachable { .. } | server::Error::Body { .. })) = &answer {
            self.failed("service", error, Some(took));
            self.skipped("ready", "the service does not answer");
            return;
        }
        self.add("service", Checked::Well, format!("{address} answers"), Some(took));
        match answer {
            Ok(None) => self.add("ready", Checked::Well, "it takes requests".to_owned(), None),
            Ok(Some(away)) => {
                let text = format!("it takes requests; away is: {away}");
                self.add("ready", Checked::Warning, text, None);
            }
            // The next step says what is wrong with the token.
            Err(server::Error::Status {
                status: 401 | 403, ..
            }) => {
                self.skipped("ready", "it does not say without a token that it knows");
            }
            Err(error) => self.failed("ready", &error, None),
        }
    }

    /// Whether the service knows who asks.
    async fn token(&mut self, context: &Context) {
        if self.exit == Exit::Unreachable {
            return self.skipped("token", "the service cannot be asked");
        }
        match context.server.session().await {
            Ok(session) => {
                let text = format!("{}, {}, known by {}", session.subject, session.role, session.how);
                self.add("token", Checked::Well, text, None);
            }
            Err(error) => self.failed("token", &error, None),
        }
    }

    /// What the service finds on its own way.
    async fn component(&mut self, context: &Context, component: &str) {
        if self.exit != Exit::Success {
            return self.skipped("component", "not before that is mended");
        }
        match context.server.diagnose(component).await {
            Ok((document, diagnosis)) => {
                self.checks.extend(diagnosis.steps.iter().map(check));
                if !diagnosis.ok {
                    self.exit = Exit::Failed;
                }
                self.document = Some(document);
                self.diagnosis = Some(diagnosis);
            }
            Err(error) => self.failed("component", &error, None),
        }
    }

    fn add(&mut self, step: &str, checked: Checked, text: String, took: Option<Duration>) {
        self.checks.push(Check {
            step: step.to_owned(),
            checked,
            text,
            code: None,
            took,
            hint: None,
        });
    }

    fn skipped(&mut self, step: &str, why: &str) {
        self.add(step, Checked::Skipped, why.to_owned(), None);
    }

    /// A step that failed; the first one says how the command ends.
    fn failed(&mut self, step: &str, error: &server::Error, took: Option<Duration>) {
        self.add(step, Checked::Failed, error.to_string(), took);
        if let Some(check) = self.checks.last_mut() {
            check.hint = error.advice();
        }
        if self.exit == Exit::Success {
            self.exit = error.exit();
        }
    }

    fn text(&self, context: &Context) -> String {
        let paint = context.output.data;
        let mut lines = vec![render::checklist(&self.checks, paint)];
        let count = |checked| {
            self.checks
                .iter()
                .filter(|check| check.checked == checked)
                .count()
        };
        let verdict = match (count(Checked::Failed), count(Checked::Warning)) {
            (0, 0) => paint.good("all well"),
            (0, warnings) => paint.odd(&format!("no step failed, {warnings} to look at")),
            (1, _) => paint.bad("1 step failed"),
            (many, _) => paint.bad(&format!("{many} steps failed")),
        };
        let subject = self.diagnosis.as_ref().map(|diagnosis| {
            let controller = diagnosis.controller.as_deref();
            let through = controller.filter(|controller| *controller != diagnosis.component);
            let through = through.map(|controller| format!(" through {}", render::plain(controller)));
            format!(
                "{}{}: ",
                render::plain(&diagnosis.component),
                through.unwrap_or_default()
            )
        });
        lines.push(format!("{}{verdict}", subject.unwrap_or_default()));
        lines.extend(self.diagnosis.as_ref().and_then(past));
        lines.join("\n")
    }

    /// The command's own checks, and what the service said as it came.
    fn document(&self, context: &Context) -> Value {
        let own = self.checks.len()
            - self
                .diagnosis
                .as_ref()
                .map_or(0, |diagnosis| diagnosis.steps.len());
        let checks = self.checks.iter().take(own).map(|check| {
            let mut step = json!({ "step": check.step, "outcome": check.checked.word(), "text": check.text });
            if let Some(took) = check.took {
                step["tookMs"] = json!(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            }
            if let Some(hint) = &check.hint {
                step["hint"] = json!(hint);
            }
            step
        });
        json!({
            "server": context.configuration.server_text(),
            "ok": self.exit == Exit::Success,
            "steps": checks.collect::<Vec<_>>(),
            "diagnosis": self.document,
        })
    }
}

fn check(step: &Step) -> Check {
    Check {
        step: step.name.clone(),
        checked: Checked::read(&step.outcome),
        text: step.text.clone(),
        code: step.code.clone(),
        took: step.took_ms.map(Duration::from_millis),
        hint: step.hint.clone(),
    }
}

/// What the component met last, if it met anything.
fn past(diagnosis: &Diagnosis) -> Option<String> {
    let failure = diagnosis.last_failure.as_ref()?;
    let at = diagnosis.last_failure_at.as_deref();
    Some(render::last_failure(&failure.code, &failure.text, at))
}
