//! Why the store could not do what was asked.

/// An error of an engine.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine failed at a named step; trying again may help.
    #[error("the database failed to {step}")]
    Engine {
        /// What was being done.
        step: &'static str,
        /// The engine's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was to be written contradicts what is stored, such as a second active task of a component. Trying again does not help.
    #[error("the database refused to {step}, because it contradicts what is stored")]
    Conflict {
        /// What was being done.
        step: &'static str,
        /// The engine's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored row does not make sense.
    #[error("the database holds a {what} that cannot be understood: {which}")]
    Inconsistent {
        /// The kind of row.
        what: &'static str,
        /// Its id.
        which: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has the database.
    #[error("the database {path} is in use by another process; stop it, or give this one a file of its own")]
    InUse {
        /// The file.
        path: String,
    },
    /// The database was made by a newer version.
    #[error("the database has schema {found}, this version knows up to {known}; start the newer version")]
    TooNew {
        /// The schema found.
        found: i64,
        /// The newest schema known.
        known: i64,
    },
    /// The store is shutting down.
    #[error("the store is shutting down")]
    Closed,
    /// Too much is waiting to be stored.
    #[error("too much is waiting to be stored; try again later")]
    Overloaded,
}

impl StoreError {
    /// Whether the same call, made again a little later, may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Engine { .. } | Self::Overloaded => true,
            Self::Conflict { .. }
            | Self::Inconsistent { .. }
            | Self::InUse { .. }
            | Self::TooNew { .. }
            | Self::Closed => false,
        }
    }
}
