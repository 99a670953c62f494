//! How one component of a transition stands.

use switchyard_wire::Standing;
use switchyard_wire::v2::Member;

/// Where a component's part of a transition is, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// Nothing was sent yet.
    Waiting,
    /// Being worked on.
    InProgress,
    /// A reading after the send shows it.
    Verified,
    /// It was so before.
    Already,
    /// Accepted; nothing can show it.
    Unproven,
    /// A success of a kind that this version has no word for.
    Succeeded,
    /// Not done, and not because somebody wanted it so.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
    /// A contrary request took its place.
    Superseded,
}

/// The fate of a member. Outcomes that may come later count by their standing.
pub(crate) fn fate(member: &Member) -> Fate {
    let outcome = member.outcome.as_deref().unwrap_or_default();
    match member.standing {
        Standing::New => Fate::Waiting,
        Standing::InProgress => Fate::InProgress,
        Standing::Succeeded => match outcome {
            "verified" => Fate::Verified,
            "already" => Fate::Already,
            "unproven" => Fate::Unproven,
            _ => Fate::Succeeded,
        },
        Standing::Failed | Standing::Unsupported => match outcome {
            "cancelled" | "cancelled-after-send" => Fate::Cancelled,
            "superseded" => Fate::Superseded,
            _ => Fate::Failed,
        },
    }
}
