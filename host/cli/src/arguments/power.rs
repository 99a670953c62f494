//! The power verbs, and `plan`.

use clap::{Args, ValueEnum};

use super::follow::{Follow, Report};
use super::selection::Selection;

/// Asks for a power operation.
#[derive(Debug, Args)]
pub(crate) struct Power {
    #[command(flatten)]
    pub(crate) order: Order,
    /// Only tell what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Print the id of the transition and do not follow it
    #[arg(long, conflicts_with_all = ["wait", "jsonl"])]
    pub(crate) no_wait: bool,
    /// The key under which the service carries this out once, however often it is sent [default: a fresh one]
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) follow: Follow,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// What is to be done, to what, and how.
#[derive(Debug, Args)]
pub(crate) struct Order {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Why, for whoever looks later
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Go on only if exactly so many components are switched
    #[arg(long, value_name = "N")]
    pub(crate) expect: Option<u32>,
    /// Also switch what stands above or below the components; not together with -x, which it would bring back
    #[arg(long, value_name = "WHAT", conflicts_with = "exclude")]
    pub(crate) include: Option<Include>,
    /// What to do where there is work in line [default: queue]
    #[arg(long, value_name = "WHAT")]
    pub(crate) if_busy: Option<IfBusy>,
    /// Go on without the components that are refused, held or unable
    #[arg(long)]
    pub(crate) skip_refused: bool,
    /// Protected components are meant as well
    #[arg(long)]
    pub(crate) force: bool,
    /// Cancel the rest when more than so many have failed: 5 or 5%
    #[arg(long, value_name = "N|N%", value_parser = bound)]
    pub(crate) max_failures: Option<String>,
    /// How long each step may take from its first send: 0 skips the confirmation, negative waits without end
    /// [default: the service's, 5]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) deadline_minutes: Option<i64>,
    /// How long a component may wait for its turn, such as 90s or 10m [default: the service's, 15m]
    #[arg(long, value_name = "TIME")]
    pub(crate) start_within: Option<String>,
    /// A URL that the service tells when all has ended
    #[arg(long, value_name = "URL")]
    pub(crate) callback: Option<String>,
}

/// `plan VERB SELECTOR`.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// What would be done
    #[arg(value_name = "VERB")]
    pub(crate) operation: Operation,
    #[command(flatten)]
    pub(crate) order: Order,
    /// Print the plan as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    On,
    Off,
    SoftOff,
    ForceOff,
    SoftRestart,
    HardRestart,
    Init,
    Reset,
    PowerCycle,
    FullPowerCycle,
    Nmi,
}

/// What is switched besides the components that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Include {
    /// What feeds them.
    Parents,
    /// What they feed.
    Children,
}

/// What is wanted where there is work in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IfBusy {
    /// Get in line.
    Queue,
    /// Refuse, unless the work in line is what is asked for.
    Reject,
    /// Take the place of everything that waits; active work is never touched.
    Replace,
}

/// A number or a share of failures, as the service reads it.
fn bound(text: &str) -> Result<String, String> {
    let (number, max) = match text.strip_suffix('%') {
        Some(share) => (share, 100),
        None => (text, u32::MAX),
    };
    match number.parse::<u32>() {
        Ok(number) if number <= max => Ok(text.to_owned()),
        _ => Err("write a number such as 5, or a share such as 5%".to_owned()),
    }
}
