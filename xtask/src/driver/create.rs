//! `cargo xtask driver new`: the template under another name, outside the workspace.

use std::path::Path;

use crate::error::{Error, Result, read};
use crate::workspace::Workspace;

/// The files of the template that are taken over.
const FILES: [&str; 4] = ["driver.toml", "src/lib.rs", "src/bmc.rs", "tests/conformance.rs"];
/// The longest name of a driver.
const NAME_MAX: usize = 64;

/// Writes a driver of this name into a new folder.
pub(super) fn create(workspace: &Workspace, name: &str, folder: &Path) -> Result<()> {
    let is_name = name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.len() <= NAME_MAX
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
    if !is_name {
        return Err(Error::Usage(format!(
            "{name:?} is no name of a driver: lower-case letters, digits and dashes, such as acme-pdu"
        )));
    }
    if folder.exists() {
        return Err(Error::Usage(format!(
            "{} is there already: name a folder that is not",
            folder.display()
        )));
    }
    let template = workspace.root.join("plugins/template");
    for file in FILES {
        let text = read(&template.join(file))?;
        write(&folder.join(file), &renamed(&text, name))?;
    }
    write(&folder.join("Cargo.toml"), &cargo_toml(workspace, name))?;
    println!(
        "{} is a driver that works. Next:\n  cd {0} && cargo test            the conformance suite, natively\n  \
         cargo xtask driver check {0}   the same over the component, from the root of Switchyard\n\
         docs/write-a-driver.md goes on from here.",
        folder.display()
    );
    Ok(())
}

/// The template's words under another name.
fn renamed(text: &str, name: &str) -> String {
    let camel: String = name
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect();
    text.replace("TemplateDriver", &format!("{camel}Driver"))
        .replace(
            "switchyard_template_driver",
            &format!("{}_driver", name.replace('-', "_")),
        )
        .replace("\"template\"", &format!("\"{name}\""))
}

fn cargo_toml(workspace: &Workspace, name: &str) -> String {
    let plugins = workspace.root.join("plugins");
    let (sdk, kit) = (plugins.join("sdk"), plugins.join("kit"));
    let (sdk, kit) = (sdk.display(), kit.display());
    format!(
        r#"[package]
name = "{name}-driver"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
switchyard-driver-sdk = {{ path = "{sdk}" }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"

[dev-dependencies]
switchyard-driver-kit = {{ path = "{kit}" }}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}

[profile.release]
opt-level = "s"
lto = true
codegen-units = 1
panic = "abort"
strip = true

[workspace]
"#
    )
}

fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
    std::fs::write(file, text).map_err(Error::file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_takes_another_name() {
        assert_eq!(
            renamed(
                "TemplateDriver switchyard_template_driver id = \"template\"",
                "acme-pdu"
            ),
            "AcmePduDriver acme_pdu_driver id = \"acme-pdu\""
        );
    }
}
