//! Where the programs under test lie.

use std::path::PathBuf;

/// The path of a program of this workspace, built in the same profile as this test.
///
/// # Panics
/// When it is not built; the message says how to build it.
pub fn path(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    let found = here
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("the program {name} is not built; run `cargo build --workspace --bins`, or `cargo xtask test`, which does")
    })
}
