//! What every verb does that follows a transition.

use switchyard_wire::v2::Transition;

use super::Context;
use crate::account::{Group, verdict};
use crate::arguments::{Follow as Options, OnInterrupt, Report};
use crate::error::Error;
use crate::exit::Exit;
use crate::follow::{Ending, Follow};
use crate::interrupt::Interrupts;
use crate::{output, render};

/// How a transition is followed and told.
#[derive(Debug)]
pub(super) struct Course {
    /// How it is followed.
    pub(super) follow: Options,
    /// For programs.
    pub(super) report: Report,
    /// What was asked for and is no part of it.
    pub(super) left_out: Vec<Group>,
}

impl Context {
    /// Says that a transition was accepted, and what Ctrl-C does now.
    pub(super) fn tell_accepted(&self, id: &str, options: Options) -> Result<(), Error> {
        let id = render::plain(id);
        let interrupt = match options.on_interrupt {
            OnInterrupt::Detach => format!(
                "Ctrl-C stops following, not the work; to cancel it: {}",
                self.configuration.command(&format!("cancel {id}"))
            ),
            OnInterrupt::Cancel => "Ctrl-C cancels the rest of it, and once more leaves it".to_owned(),
        };
        output::note(&format!("transition {id} accepted; {interrupt}"))
    }

    /// Follows a transition and tells how it ended.
    pub(super) async fn follow(
        &self,
        id: &str,
        course: &Course,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Error> {
        let follow = Follow {
            server: &self.server,
            id,
            watch: self.watch(id),
            patience: course.follow.patience(),
            at_most: course.follow.at_most(),
            on_interrupt: course.follow.on_interrupt,
            events: course.report.jsonl,
            output: self.output,
        };
        let ending = follow.run(interrupts).await?;
        self.conclude(id, ending, course)
    }

    /// Tells how following ended.
    fn conclude(&self, id: &str, ending: Ending, course: &Course) -> Result<Exit, Error> {
        match ending {
            Ending::Finished(transition) => {
                self.tell_result(&transition, course)?;
                let verdict = verdict(&transition);
                if verdict == Exit::Failed {
                    output::note(&format!(
                        "to try the failed ones again: {}",
                        self.configuration
                            .command(&format!("retry {}", render::plain(id)))
                    ))?;
                }
                Ok(match verdict {
                    Exit::Success if !course.left_out.is_empty() => Exit::Partial,
                    exit => exit,
                })
            }
            Ending::Detached(seen) => {
                if let Some(transition) = seen.filter(|_| course.report.json) {
                    output::json(&transition)?;
                }
                output::note(&format!(
                    "detached, the work goes on; follow it with: {}",
                    self.watch(id)
                ))?;
                Ok(Exit::Detached)
            }
        }
    }

    /// The result as text, or as one document with the text beside it.
    fn tell_result(&self, transition: &Transition, course: &Course) -> Result<(), Error> {
        let Report { json, jsonl } = course.report;
        let paint = if json || jsonl {
            self.output.progress
        } else {
            self.output.data
        };
        let text = render::result(transition, &course.left_out, paint);
        if !json && !jsonl {
            return output::data(&text);
        }
        output::note(&text)?;
        if json {
            output::json(transition)?;
        }
        Ok(())
    }
}
