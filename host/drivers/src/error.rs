//! Why the runtime could not start or a driver could not be loaded.

use std::path::PathBuf;

use crate::contract::Contract;
use crate::digest::ComponentDigest;
use crate::driver::DriverName;
use crate::gate::GateError;
use crate::manifest::ManifestError;
use crate::signature::SignatureError;

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
        "the component of driver {driver} has the SHA-256 {found}, and its manifest says another: the two do not belong together, so get both again"
    )]
    Digest {
        /// The driver.
        driver: String,
        /// The digest of the bytes.
        found: ComponentDigest,
    },
    /// The component is not the one that the operator pins.
    #[error(
        "the component of driver {driver} has the SHA-256 {found}, and the configuration pins {pinned}: change `sha256` of its [[driver]] if the new one is meant"
    )]
    Pinned {
        /// The driver.
        driver: String,
        /// The digest of the bytes.
        found: ComponentDigest,
        /// The digest in the configuration.
        pinned: ComponentDigest,
    },
    /// Nobody has signed the driver.
    #[error(
        "driver {driver} bears no signature: get its driver.sig from its maker, sign it with `switchyardd drivers sign`, or set drivers.allow_unsigned in a laboratory"
    )]
    Unsigned {
        /// The driver.
        driver: String,
    },
    /// The signature is not taken.
    #[error("driver {driver} is refused")]
    Signature {
        /// The driver.
        driver: String,
        /// Why.
        #[source]
        source: SignatureError,
    },
    /// Manifest and component name different contracts.
    #[error(
        "the manifest of driver {driver} names version {named} of the contract, and its component is built for {built}: correct `wit` in driver.toml"
    )]
    Contract {
        /// The driver.
        driver: String,
        /// What the manifest says.
        named: Contract,
        /// What the component exports.
        built: Contract,
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
    #[error("the component of driver {driver} does not compile, so report it to its maker")]
    Compile {
        /// The driver.
        driver: String,
        /// Why.
        #[source]
        source: Source,
    },
    /// The component does not fit the contract.
    #[error("the component of driver {driver} does not fit the contract, so build it anew against wit/")]
    Link {
        /// The driver.
        driver: String,
        /// Why.
        #[source]
        source: Source,
    },
    /// This version is loaded already.
    #[error("{0} is loaded already: give one of the two another id or version")]
    Duplicate(DriverName),
    /// The task that compiled the driver ended early.
    #[error("loading was interrupted, since the service is stopping")]
    Interrupted,
}

impl LoadError {
    /// The error with what lies below it, in one sentence.
    pub fn sentence(&self) -> String {
        sentence(self)
    }
}

/// An error with all its causes on one line.
pub(crate) fn sentence(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        sentence.push_str(": ");
        sentence.push_str(cause.to_string().trim_end());
        source = cause.source();
    }
    sentence.replace('\n', " ")
}
