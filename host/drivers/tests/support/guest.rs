//! Builds the components of the tests once per test program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static HOSTILE: LazyLock<Vec<u8>> = LazyLock::new(|| build("switchyard-hostile-driver"));
static ELDER: LazyLock<Vec<u8>> = LazyLock::new(|| build("switchyard-driver-of-0-1-0"));

/// The bytes of the misbehaving component.
pub(crate) fn hostile() -> Vec<u8> {
    HOSTILE.clone()
}

/// The bytes of a component that knows the contract as 0.1.0 had it.
pub(crate) fn elder() -> Vec<u8> {
    ELDER.clone()
}

fn build(package: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the workspace");
    // The folder in which plugins/builtin builds the embedded drivers, so that the two share dependencies.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target folder")
        .join("drivers");
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let kept = [
            "CARGO_HOME",
            "CARGO_NET_",
            "CARGO_HTTP_",
            "CARGO_REGISTR",
            "CARGO_SOURCE_",
        ];
        let of_cargo = name.starts_with("CARGO")
            || name.starts_with("RUSTC")
            || name.starts_with("RUSTDOC")
            || name == "RUSTFLAGS";
        if of_cargo && !kept.iter().any(|prefix| name.starts_with(prefix)) {
            cargo.env_remove(name.as_ref());
        }
    }
    let output = cargo
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--profile",
            "driver",
            "--target",
            "wasm32-wasip2",
            "--lib",
        ])
        .args(["--package", package, "--target-dir"])
        .arg(&target)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{package} does not build (is the target there? rustup target add wasm32-wasip2):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let name = format!("{}.wasm", package.replace('-', "_"));
    let file: PathBuf = target.join("wasm32-wasip2/driver").join(name);
    std::fs::read(file).expect("the component")
}
