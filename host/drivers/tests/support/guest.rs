//! Builds the misbehaving component once per test program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

static HOSTILE: LazyLock<Vec<u8>> = LazyLock::new(build);

/// The bytes of the misbehaving component.
pub(crate) fn hostile() -> Vec<u8> {
    HOSTILE.clone()
}

fn build() -> Vec<u8> {
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
        .args(["--package", "switchyard-hostile-driver", "--target-dir"])
        .arg(&target)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "the hostile driver does not build (is the target there? rustup target add wasm32-wasip2):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let file: PathBuf = target.join("wasm32-wasip2/driver/switchyard_hostile_driver.wasm");
    std::fs::read(file).expect("the component")
}
