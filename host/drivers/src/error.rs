//! Why the runtime could not start or a driver could not be loaded.

use std::path::PathBuf;

use crate::gate::GateError;
use crate::manifest::ManifestError;

/// An error of WebAssembly compilation or linking.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The compiler cannot be configured on this machine.
    #[error("the WebAssembly engine cannot be set up on this machine")]
    Engine(#[source] Source),
    /// The thread that counts CPU time cannot be started.
    #[error("the thread that counts the CPU time of drivers cannot be started")]
    Ticker(#[source] std::io::Error),
}

/// Why a driver could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest is not usable.
    #[error("the manifest of the driver is not usable")]
    Manifest(#[from] ManifestError),
    /// The component is not the one that the manifest names.
    #[error(
        "the component of driver {driver} has the SHA-256 {found}, its manifest says another: the two do not belong together"
    )]
    Digest {
        /// The driver.
        driver: String,
        /// The digest of the bytes, hexadecimal.
        found: String,
    },
    /// The gate refused the component.
    #[error("the component of driver {driver} is refused")]
    Gate {
        /// The driver.
        driver: String,
        /// Why.
        #[source]
        source: GateError,
    },
    /// The component does not compile.
    #[error("the component of driver {driver} does not compile")]
    Compile {
        /// The driver.
        driver: String,
        /// Why.
        #[source]
        source: Source,
    },
    /// The component does not fit the contract.
    #[error("the component of driver {driver} does not fit the contract")]
    Link {
        /// The driver.
        driver: String,
        /// Why.
        #[source]
        source: Source,
    },
    /// Another driver has this id already.
    #[error("a driver {0} is loaded already: give one of the two another id")]
    Duplicate(String),
    /// The task that compiled the driver ended early.
    #[error("loading was interrupted, since the service is stopping")]
    Interrupted,
}
