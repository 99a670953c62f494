//! The bodies of the fuzz targets. `cargo fuzz` needs a nightly toolchain; the tests of this crate run the same bodies over random
//! input with the project's own.

#![expect(clippy::unwrap_used, reason = "what goes wrong here is to be seen")]

mod challenge;
mod rmcp;

pub use challenge::challenge;
pub use rmcp::rmcp;

pub(crate) const USER: &str = "operator1";
pub(crate) const PASSWORD: &[u8] = b"correct horse";
