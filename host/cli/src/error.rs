//! Why the command could not do what it was asked for, in one line.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

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
        source: server::Error,
    },
    /// The operator did not confirm.
    #[error("not confirmed: {typed:?} is not {expected}")]
    NotConfirmed {
        /// What had to be typed.
        expected: usize,
        /// What was typed.
        typed: String,
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
            Self::Selector(selector::Error::Empty { .. }) => Exit::Nothing,
            Self::Selector(selector::Error::Syntax { .. })
            | Self::Configuration(_)
            | Self::Reason { .. }
            | Self::Path { .. }
            | Self::Span { .. }
            | Self::File { .. } => Exit::Usage,
            Self::Server(error) => error.exit(),
            Self::LostContact { .. } => Exit::Unreachable,
            Self::NotConfirmed { .. } => Exit::Refused,
            Self::Terminal(_) | Self::Json(_) | Self::Runtime(_) | Self::Interrupt(_) => Exit::Internal,
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
            Self::NotConfirmed { .. } => Some("nothing was sent; -y goes without the question".to_owned()),
            Self::Reason { .. } => Some("shorten it".to_owned()),
            Self::Path { .. } => Some("give one that begins with /redfish, without `..`".to_owned()),
            Self::Span { .. } => Some("write it like 12h or 90d".to_owned()),
            Self::File { .. } => {
                Some("name the folder that holds driver.toml, driver.wasm and driver.sig".to_owned())
            }
            Self::Terminal(_) | Self::Json(_) | Self::Runtime(_) | Self::Interrupt(_) => None,
        }
    }
}
