//! Writes the table of the dashboard's files, which `src/web_ui.rs` includes.
//!
//! Cargo never builds the dashboard: the table holds what `npm run build` left in `web-ui/dist`, and is empty when that is absent.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The dashboard's own folder, from here.
const WEB_UI: &str = "../../web-ui";
/// What is appended to the name of a file that is stored compressed: Brotli and gzip.
const COMPRESSED: [&str; 2] = [".br", ".gz"];

fn main() -> Result<(), Box<dyn Error>> {
    let web_ui = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(WEB_UI);
    let dist = web_ui.join("dist");
    println!("cargo::rerun-if-changed=build.rs");
    // Without a build the folder around it is watched, which a build changes; with one that would be every tool in it as well.
    for folder in [&dist, &web_ui] {
        if folder.is_dir() {
            println!("cargo::rerun-if-changed={}", folder.display());
            break;
        }
    }
    let mut names = BTreeSet::new();
    if dist.is_dir() {
        collect(&dist, &dist, &mut names)?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let kept = out.join("web_ui");
    keep(&dist, &names, &kept)?;
    fs::write(out.join("web_ui.rs"), table(&names, &kept)?)?;
    Ok(())
}

/// The names of all files of a folder and those below, relative to `root`.
fn collect(root: &Path, folder: &Path, names: &mut BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, names)?;
        } else {
            names.insert(path.strip_prefix(root)?.display().to_string());
        }
    }
    Ok(())
}

/// Copies the files, so that a build of the dashboard that runs meanwhile does not take them away.
fn keep(dist: &Path, names: &BTreeSet<String>, kept: &Path) -> Result<(), Box<dyn Error>> {
    if kept.is_dir() {
        fs::remove_dir_all(kept)?;
    }
    for name in names {
        let to = kept.join(name);
        fs::create_dir_all(to.parent().unwrap_or(kept))?;
        fs::copy(dist.join(name), to)?;
    }
    Ok(())
}

fn table(names: &BTreeSet<String>, kept: &Path) -> Result<String, Box<dyn Error>> {
    let include = |name: &str| {
        let path = kept.join(name).display().to_string();
        format!("include_bytes!({path:?})")
    };
    let is_compressed = |name: &&String| COMPRESSED.iter().any(|ending| name.ends_with(ending));
    let mut text = String::from("const EMBEDDED: &[Asset] = &[\n");
    for name in names.iter().filter(|name| !is_compressed(name)) {
        let mut hash = DefaultHasher::new();
        fs::read(kept.join(name))?.hash(&mut hash);
        let [brotli, gzip] = COMPRESSED.map(|ending| {
            let name = format!("{name}{ending}");
            let there = names.contains(&name).then(|| include(&name));
            there.map_or_else(|| "None".to_owned(), |bytes| format!("Some({bytes})"))
        });
        writeln!(
            text,
            "Asset {{ name: {name:?}, hash: \"{:016x}\", plain: {}, brotli: {brotli}, gzip: {gzip} }},",
            hash.finish(),
            include(name),
        )?;
    }
    text.push_str("];\n");
    Ok(text)
}
