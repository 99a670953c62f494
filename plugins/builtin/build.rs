//! Builds the embedded drivers as components, in a target folder of their own, and writes the table that `src/lib.rs` includes.
//!
//! Without the target `wasm32-wasip2` nothing is embedded and the service says how to get it. A driver that does not compile ends
//! the build.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The drivers to embed: package, folder under `plugins/`, and file name of the component.
const DRIVERS: &[(&str, &str, &str)] = &[
    (
        "switchyard-redfish-standard",
        "redfish-standard",
        "switchyard_redfish_standard.wasm",
    ),
    ("switchyard-amt", "amt", "switchyard_amt.wasm"),
    ("switchyard-ipmi", "ipmi", "switchyard_ipmi.wasm"),
    (
        "switchyard-redfish-ami",
        "redfish-ami",
        "switchyard_redfish_ami.wasm",
    ),
    (
        "switchyard-redfish-cray",
        "redfish-cray",
        "switchyard_redfish_cray.wasm",
    ),
    (
        "switchyard-redfish-dell",
        "redfish-dell",
        "switchyard_redfish_dell.wasm",
    ),
    (
        "switchyard-redfish-hpe",
        "redfish-hpe",
        "switchyard_redfish_hpe.wasm",
    ),
    (
        "switchyard-redfish-intel",
        "redfish-intel",
        "switchyard_redfish_intel.wasm",
    ),
    (
        "switchyard-redfish-lenovo",
        "redfish-lenovo",
        "switchyard_redfish_lenovo.wasm",
    ),
    (
        "switchyard-redfish-nvidia",
        "redfish-nvidia",
        "switchyard_redfish_nvidia.wasm",
    ),
    (
        "switchyard-redfish-openbmc",
        "redfish-openbmc",
        "switchyard_redfish_openbmc.wasm",
    ),
    (
        "switchyard-redfish-servertech",
        "redfish-servertech",
        "switchyard_redfish_servertech.wasm",
    ),
    (
        "switchyard-redfish-supermicro",
        "redfish-supermicro",
        "switchyard_redfish_supermicro.wasm",
    ),
];
/// The target that the drivers are built for.
const TARGET: &str = "wasm32-wasip2";
/// What is said when the target is missing.
const MISSING: &str = "this build holds no drivers, because the compiler lacks the target wasm32-wasip2: \
    run `rustup target add wasm32-wasip2` and build again, or load drivers from a folder";
/// Variables of the outer cargo that the inner one keeps: where things are kept and how the network is reached.
const KEPT: [&str; 6] = [
    "CARGO_HOME",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
];

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?)
        .parent()
        .ok_or("plugins folder")?
        .to_path_buf();
    let root = plugins.parent().ok_or("workspace folder")?.to_path_buf();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for path in [
        "wit",
        "plugins/sdk",
        "plugins/redfish",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    for (_, folder, _) in DRIVERS {
        println!("cargo::rerun-if-changed={}", plugins.join(folder).display());
    }
    println!("cargo::rerun-if-changed=build.rs");

    let table = if target_is_installed() {
        let target = target_folder(&out);
        build(&root, &target)?;
        table(&plugins, &target.join(TARGET).join("driver"))?
    } else {
        println!("cargo::warning={MISSING}");
        format!("const DRIVERS: &[BuiltinDriver] = &[];\nconst MISSING: Option<&str> = Some({MISSING:?});\n")
    };
    fs::write(out.join("embedded.rs"), table)?;
    Ok(())
}

/// Whether the compiler has the target's standard library.
fn target_is_installed() -> bool {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    output.is_ok_and(|o| o.status.success() && Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_dir())
}

/// A folder in the outer build's target folder, which every profile shares: `OUT_DIR` is `TARGET/PROFILE/build/PACKAGE/out`.
fn target_folder(out: &Path) -> PathBuf {
    let build = out.ancestors().find(|folder| folder.ends_with("build"));
    let shared = build.and_then(Path::parent).and_then(Path::parent);
    shared.unwrap_or(out).join("drivers")
}

fn build(root: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(env::var("CARGO")?);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let of_cargo =
            (name.starts_with("CARGO") || name.starts_with("RUSTC") || name.starts_with("RUSTDOC"))
                && !KEPT.iter().any(|kept| name.starts_with(kept));
        if of_cargo || name == "RUSTFLAGS" {
            cargo.env_remove(name.as_ref());
        }
    }
    cargo
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--profile",
            "driver",
            "--target",
            TARGET,
            "--lib",
            "--target-dir",
        ])
        .arg(target);
    for (package, _, _) in DRIVERS {
        cargo.args(["--package", package]);
    }
    let output = cargo.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "the drivers do not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

fn table(plugins: &Path, built: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("const DRIVERS: &[BuiltinDriver] = &[\n");
    for (_, folder, file) in DRIVERS {
        let manifest = plugins.join(folder).join("driver.toml").display().to_string();
        let component = built.join(file).display().to_string();
        writeln!(
            text,
            "    BuiltinDriver {{ manifest: include_str!({manifest:?}), component: include_bytes!({component:?}) }},"
        )?;
    }
    text.push_str("];\nconst MISSING: Option<&str> = None;\n");
    Ok(text)
}
