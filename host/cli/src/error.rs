//! Why the command could not do what it was asked for, in one line.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use switchyard_wire::v2::Obstacle;

use crate::exit::Exit;
use crate::{configuration, render, selector, server};

/// What ends the command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The selector cannot be used.
    #[error(transparent)]
    Selector(#[from] selector::Error),
    /// The settings make no sense.
    #[error(transparent)]
    Configuration(#[from] configuration::Error),
    /// The service did not do it.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// The service went away while a transition was followed.
    #[error("lost the service for {}", render::duration(*.lasted))]
    LostContact {
        /// For how long it was tried again.
        lasted: Duration,
        /// The command that goes on following.
        watch: String,
        /// What the last try met.
        #[source]
        source: Box<server::Error>,
    },
    /// The service went away while the operator looked on.
    #[error("no news from the service for {}", render::duration(*.lasted))]
    NoNews {
        /// For how long it was tried again.
        lasted: Duration,
    },
    /// A document of the service that cannot be read.
    #[error("the service sent something that cannot be read; is this command as new as the service?")]
    Foreign(#[source] serde_json::Error),
    /// The operator did not confirm.
    #[error("not confirmed: {typed:?} is not {expected}")]
    NotConfirmed {
        /// What had to be typed.
        expected: usize,
        /// What was typed.
        typed: String,
    },
    /// Not as many components as the caller thinks.
    #[error("{found} components would be switched, and --expect says {expected}")]
    Expected {
        /// What was said.
        expected: u32,
        /// What there is.
        found: u32,
    },
    /// A plan with components that are refused.
    #[error("{refused} of {all} components are refused, and nothing was sent")]
    PlanRefuses {
        /// How many.
        refused: u32,
        /// Of how many.
        all: u32,
    },
    /// A hold on more than what is to be released.
    #[error("hold {id} is also on {others}, and nothing was released")]
    HeldByMore {
        /// The hold.
        id: String,
        /// What else it is on, folded.
        others: String,
    },
    /// Not one group of failures with a code.
    #[error("transition {id} has {found} groups of failures with the code {code}")]
    WhichGroup {
        /// The code.
        code: String,
        /// How many.
        found: usize,
        /// The transition.
        id: String,
    },
    /// A power limit that cannot be read.
    #[error("{text:?} is no power limit")]
    Limit {
        /// What was given.
        text: String,
    },
    /// Neither done nor not done.
    #[error("{text:?} is no verdict")]
    Verdict {
        /// What was given.
        text: String,
    },
    /// A key that no header can carry.
    #[error("--idempotency-key: 1 to 255 visible ASCII characters without spaces")]
    Key,
    /// A verb that needs to know what it is about.
    #[error("neither a transition nor components are named")]
    NoTarget,
    /// A transition where components are meant.
    #[error("{id} is a transition, and --components, --where and -x are about components of any transition")]
    TransitionAmongComponents {
        /// The transition.
        id: String,
    },
    /// A reason that no header can carry.
    #[error("--reason: at most {max} characters on one line, without control characters")]
    Reason {
        /// The longest reason.
        max: usize,
    },
    /// A path that leads elsewhere, or nowhere.
    #[error("{path:?} is no path at a BMC")]
    Path {
        /// The path.
        path: String,
    },
    /// A span of time that cannot be read.
    #[error("{span:?} is no span of time")]
    Span {
        /// What was given.
        span: String,
    },
    /// A file that was named cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A verb that is neither the command's nor that of a program.
    #[error("there is no verb {verb:?}, and no program switchyard-{verb} in PATH")]
    UnknownVerb {
        /// The verb.
        verb: String,
        /// One that is there and looks alike.
        nearest: Option<String>,
    },
    /// The program of a verb does not start.
    #[error("{} does not start", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A manual page cannot be written.
    #[error("{} cannot be written", path.display())]
    Page {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Standard input, output or error failed.
    #[error("cannot use the terminal")]
    Terminal(#[source] io::Error),
    /// A document that cannot be written as JSON.
    #[error("cannot write JSON")]
    Json(#[source] serde_json::Error),
    /// The system gives no event loop.
    #[error("cannot start")]
    Runtime(#[source] io::Error),
    /// The system gives no signals.
    #[error("cannot listen to Ctrl-C")]
    Interrupt(#[source] io::Error),
}

impl Error {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Selector(selector::Error::Empty { .. }) | Self::WhichGroup { found: 0, .. } => {
                Exit::Nothing
            }
            Self::Selector(_)
            | Self::Configuration(_)
            | Self::Limit { .. }
            | Self::Verdict { .. }
            | Self::WhichGroup { .. }
            | Self::Key
            | Self::NoTarget
            | Self::TransitionAmongComponents { .. }
            | Self::Reason { .. }
            | Self::Path { .. }
            | Self::Span { .. }
            | Self::File { .. }
            | Self::UnknownVerb { .. }
            | Self::Page { .. } => Exit::Usage,
            Self::Server(error) => error.exit(),
            Self::LostContact { .. } | Self::NoNews { .. } => Exit::Unreachable,
            Self::NotConfirmed { .. }
            | Self::Expected { .. }
            | Self::PlanRefuses { .. }
            | Self::HeldByMore { .. } => Exit::Refused,
            Self::Program { .. }
            | Self::Terminal(_)
            | Self::Json(_)
            | Self::Foreign(_)
            | Self::Runtime(_)
            | Self::Interrupt(_) => Exit::Internal,
        }
    }

    /// Everything that stands in the way, where there is more than the text says.
    pub(crate) fn problems(&self) -> &[Obstacle] {
        match self {
            Self::Server(error) => error.problems(),
            _ => &[],
        }
    }

    /// What to do next.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Selector(error) => error.advice().map(str::to_owned),
            Self::Configuration(error) => Some(error.advice()),
            Self::Server(error) => error.advice(),
            Self::LostContact { watch, .. } => Some(format!(
                "what was accepted goes on when the service does; go on following with: {watch}"
            )),
            Self::NoNews { .. } => Some("start the service, or look at the network".to_owned()),
            Self::NotConfirmed { .. } => Some("nothing was sent; -y goes without the question".to_owned()),
            Self::Expected { .. } => Some("nothing was sent; look at the plan again".to_owned()),
            Self::PlanRefuses { refused, all } if refused == all => None,
            Self::PlanRefuses { .. } => Some("--skip-refused goes on with the others".to_owned()),
            Self::HeldByMore { id, .. } => Some(format!("`switchyard release {id}` ends it for all of them")),
            Self::WhichGroup { id, .. } => Some(format!(
                "`switchyard transition failures {id}` lists them with their names"
            )),
            Self::Limit { .. } => {
                Some("write it like 1785, 'Node Power Limit=1785', or off to lift it".to_owned())
            }
            Self::Verdict { .. } => Some("end with done or not-done".to_owned()),
            Self::Key => Some("leave it out for a fresh one".to_owned()),
            Self::NoTarget => Some("give the id of a transition, or --components SELECTOR".to_owned()),
            Self::TransitionAmongComponents { id } => {
                Some(format!("`switchyard cancel {id} SELECTOR` cancels a part of it"))
            }
            Self::Reason { .. } => Some("shorten it".to_owned()),
            Self::Path { .. } => Some("give one that begins with /redfish, without `..`".to_owned()),
            Self::Span { .. } => Some("write it like 90s, 12h or 90d".to_owned()),
            Self::File { .. } => {
                Some("name the folder that holds driver.toml, driver.wasm and driver.sig".to_owned())
            }
            Self::UnknownVerb { nearest, .. } => Some(match nearest {
                Some(nearest) => {
                    format!("perhaps `switchyard {nearest}` is meant; `switchyard help` lists all")
                }
                None => "`switchyard help` lists all".to_owned(),
            }),
            Self::Program { .. } => Some("see whether it runs by itself".to_owned()),
            Self::Page { .. } => Some("name a folder that may be written".to_owned()),
            Self::Terminal(_) | Self::Json(_) | Self::Foreign(_) | Self::Runtime(_) | Self::Interrupt(_) => {
                None
            }
        }
    }
}
