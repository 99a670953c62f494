//! What it means when a dependency is away. docs/continuity.md says the same at length.

use super::Dependency;

/// What it means when a dependency is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impact {
    /// What stops.
    pub stops: &'static str,
    /// What goes on.
    pub goes_on: &'static str,
    /// How long that lasts, and what ends it.
    pub lasts: &'static str,
}

impl Dependency {
    /// What it means when it is away.
    pub const fn impact(self) -> Impact {
        match self {
            Self::Smd => Impact {
                stops: "News of the inventory; new tasks of components that need a reservation.",
                goes_on: "Everything that needs no reservation, on the inventory that was last read; emergency-off; reading.",
                lasts: "A task waits until its start limit and then ends unsent; the last known inventory serves without end.",
            },
            Self::SecretStore => Impact {
                stops: "Calls to controllers whose login is not in the cache: their tasks wait, nothing is sent without a login.",
                goes_on: "Calls to every other controller, with logins of the cache for as long as credentials.vault.stale_max_s allows; the API.",
                lasts: "A task waits until its start limit and then ends unsent; it goes on by itself once the store answers.",
            },
            Self::Jwks => Impact {
                stops: "Callers with tokens of keys that are not known, once the last key set is too old.",
                goes_on: "Callers with the service's own tokens; accepted work; reading BMCs.",
                lasts: "Known keys hold until their longest age; then tokens are refused until the keys can be read.",
            },
            Self::Database => Impact {
                stops: "Every change: nothing is accepted, and nothing is sent that was not stored first.",
                goes_on: "Answers from memory; requests already in flight at BMCs end, and their outcome is stored as soon as that works.",
                lasts: "Until the database answers; systemd's watchdog restarts a service whose database stays stuck.",
            },
            Self::Disk => Impact {
                stops: "New requests for changes, which are refused with store.disk-full while the disk has less room than store.free_min_mib.",
                goes_on: "Accepted tasks to their end, cancelling, emergency-off, reading.",
                lasts: "Until there is room again; it is looked every few seconds.",
            },
            Self::Bmcs => Impact {
                stops: "Tasks of the controllers that are left alone: they wait.",
                goes_on: "Every other controller; force-off and emergency-off try all the same.",
                lasts: "A task waits until its start limit; a controller is tried again after 15 s at first, 5 min at most.",
            },
        }
    }
}
