//! What can go wrong between the command and the service.

use std::error::Error as _;
use std::io;

use switchyard_wire::v2::Obstacle;
use switchyard_xname::NameSet;

use crate::exit::Exit;

/// Why the service did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No HTTP client can be made.
    #[error("cannot prepare HTTP")]
    Client(#[source] reqwest::Error),
    /// No TLS can be made.
    #[error("cannot prepare TLS")]
    Tls(#[source] rustls::Error),
    /// The certificate authorities cannot be used.
    #[error("{}: {why}", .path.display())]
    Authorities {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system gives no randomness for request ids.
    #[error("cannot make a request id")]
    Random(#[source] getrandom::Error),
    /// No connection, or one that broke.
    #[error("cannot reach {server}: {}", reason(.error))]
    Unreachable {
        /// The address of the service.
        server: String,
        /// What happened. Its innermost cause is in the text, so it is no source.
        error: Box<reqwest::Error>,
    },
    /// A changing request that was sent, and got no answer.
    #[error("no answer from {server}: {why}")]
    Unanswered {
        /// The address of the service.
        server: String,
        /// What happened instead.
        why: String,
        /// The key under which it may be sent again without being carried out twice.
        key: Option<String>,
    },
    /// A stream on which nothing comes any more.
    #[error("no news from {server} for {seconds} s")]
    Silent {
        /// The address of the service.
        server: String,
        /// For how long.
        seconds: u64,
    },
    /// An answer that is no success.
    #[error("{}: {detail}", verdict(*.status, .code.as_deref()))]
    Status {
        /// The HTTP status.
        status: u16,
        /// What the service says is wrong.
        detail: String,
        /// The stable code of that.
        code: Option<Box<str>>,
        /// What the service says to do next.
        hint: Option<String>,
        /// Everything that stands in the way.
        problems: Box<[Obstacle]>,
        /// The id under which the service's log has the request.
        request_id: Option<String>,
    },
    /// An answer that is not what the API says.
    #[error("{server} gave an answer that cannot be read")]
    Body {
        /// The address of the service.
        server: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An answer without end.
    #[error("{server} gave an answer of more than {max} bytes")]
    TooLong {
        /// The address of the service.
        server: String,
        /// The longest answer that is read.
        max: usize,
    },
}

impl Error {
    /// Whether the same question may be answered in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Status { status, code, .. } => is_away(*status, code.as_deref()),
            _ => false,
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Unanswered { .. } | Self::Silent { .. } => Exit::Unreachable,
            Self::Status { code, problems, .. } if codes(code.as_deref(), problems).any(is_misspelt) => {
                Exit::Usage
            }
            Self::Status { code, problems, .. }
                if codes(code.as_deref(), problems).all(|code| code == EMPTY) =>
            {
                Exit::Nothing
            }
            Self::Status {
                status: 401 | 403, ..
            } => Exit::Denied,
            Self::Status { status: 404, .. } => Exit::Nothing,
            Self::Status { status, code, .. } if is_away(*status, code.as_deref()) => Exit::Unreachable,
            Self::Status {
                status: 400..=499, ..
            } => Exit::Refused,
            Self::Authorities { .. } => Exit::Usage,
            Self::Client(_)
            | Self::Tls(_)
            | Self::Random(_)
            | Self::Status { .. }
            | Self::Body { .. }
            | Self::TooLong { .. } => Exit::Internal,
        }
    }

    /// What to do next.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("start the service, or name its address with --server or SWITCHYARD_SERVER".to_owned())
            }
            Self::Unanswered { key: None, .. } => Some(
                "it may have been accepted: look with `switchyard transition list` before you repeat it"
                    .to_owned(),
            ),
            Self::Unanswered { key: Some(key), .. } => Some(format!(
                "it may have been accepted: look with `switchyard transition list`, or repeat the same command with \
                 --idempotency-key {key}, which carries it out once"
            )),
            Self::Status { hint: Some(hint), .. } => Some(hint.clone()),
            Self::Status {
                status: 500..,
                request_id: Some(id),
                ..
            } => Some(format!("the log of the service has it as request {id}")),
            Self::Body { .. } | Self::TooLong { .. } => {
                Some("is this address a Switchyard service?".to_owned())
            }
            Self::Authorities { .. } => Some("name a file of certificates in PEM form".to_owned()),
            Self::Client(_) | Self::Tls(_) | Self::Random(_) | Self::Silent { .. } | Self::Status { .. } => {
                None
            }
        }
    }
}

impl Error {
    /// Everything that stands in the way, where there is more than the text says.
    pub(crate) fn problems(&self) -> &[Obstacle] {
        match self {
            Self::Status { problems, .. }
                if problems.len() > 1 || problems.iter().any(|problem| problem.components.is_some()) =>
            {
                problems
            }
            _ => &[],
        }
    }

    /// The names that the service does not know, where nothing else is wrong.
    pub(crate) fn unknown_names(&self) -> Option<NameSet> {
        let Self::Status { problems, .. } = self else {
            return None;
        };
        let mut unknown = NameSet::new();
        for problem in problems {
            let components = problem
                .components
                .as_deref()
                .filter(|_| problem.code == UNKNOWN)?;
            unknown = unknown.union(&NameSet::parse_names(components).ok()?);
        }
        Some(unknown).filter(|unknown| !unknown.is_empty())
    }

    /// The same error, with the key under which the request may be sent again.
    pub(crate) fn repeatable(self, repeat: &str) -> Self {
        match self {
            Self::Unanswered { server, why, .. } => Self::Unanswered {
                server,
                why,
                key: Some(repeat.to_owned()),
            },
            other => other,
        }
    }
}

/// The code of a set that stands for nothing.
const EMPTY: &str = "selection.empty";

/// The code of a read that the service passed on, and the BMC refused.
const FAILED_AT_BMC: &str = "resource.failed";

/// The code of names that the inventory does not hold.
const UNKNOWN: &str = "component.not-found";

/// Whether a code says that a selector, a filter or an id cannot be read.
fn is_misspelt(code: &str) -> bool {
    matches!(
        code,
        "selection.invalid" | "filter.invalid" | "group.not-found" | "request.invalid-id"
    )
}

/// The codes of a refusal: those of what stands in the way, or else its own.
fn codes<'a>(code: Option<&'a str>, problems: &'a [Obstacle]) -> impl Iterator<Item = &'a str> {
    let own = problems.is_empty().then(|| code.unwrap_or_default());
    own.into_iter()
        .chain(problems.iter().map(|problem| problem.code.as_str()))
}

/// Whether the status says that the service cannot serve at the moment.
fn is_away(status: u16, code: Option<&str>) -> bool {
    matches!(status, 429 | 502 | 503 | 504) && code != Some(FAILED_AT_BMC)
}

fn verdict(status: u16, code: Option<&str>) -> String {
    match status {
        _ if code == Some(FAILED_AT_BMC) => format!("the BMC did not give it ({status})"),
        401 | 403 => format!("denied ({status})"),
        404 => "not found".to_owned(),
        status if is_away(status, code) => format!("the service cannot serve at the moment ({status})"),
        400..=499 => format!("the service refused the request ({status})"),
        500.. => format!("the service failed ({status})"),
        _ => format!("unexpected answer ({status})"),
    }
}

/// The innermost cause of a failed request, which is the one that says something.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let is_system = cause.downcast_ref::<io::Error>().is_some();
    if error.is_timeout() && !is_system {
        return "no answer in time".to_owned();
    }
    if error.source().is_none() {
        "the connection failed".to_owned()
    } else {
        cause.to_string()
    }
}
