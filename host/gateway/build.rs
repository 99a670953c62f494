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
const COMPRESSED: [&str; 2] = ["br", "gz"];

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
    let mut files = BTreeSet::new();
    if dist.is_dir() {
        collect(&dist, &mut files)?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("web_ui.rs");
    fs::write(out, table(&dist, &files)?)?;
    Ok(())
}

/// All files of a folder and those below.
fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.insert(path.canonicalize()?);
        }
    }
    Ok(())
}

fn table(dist: &Path, files: &BTreeSet<PathBuf>) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("const EMBEDDED: &[Asset] = &[\n");
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let name = file.strip_prefix(dist.canonicalize()?)?.display().to_string();
        let mut hash = DefaultHasher::new();
        fs::read(file)?.hash(&mut hash);
        let [brotli, gzip] = COMPRESSED.map(|ending| {
            let path = PathBuf::from(format!("{}.{ending}", file.display()));
            let there = files.contains(&path).then(|| include(&path));
            there.map_or_else(|| "None".to_owned(), |bytes| format!("Some({bytes})"))
        });
        writeln!(
            text,
            "Asset {{ name: {name:?}, hash: \"{:016x}\", plain: {}, brotli: {brotli}, gzip: {gzip} }},",
            hash.finish(),
            include(file),
        )?;
    }
    text.push_str("];\n");
    Ok(text)
}

fn is_compressed(file: &Path) -> bool {
    COMPRESSED
        .iter()
        .any(|ending| file.extension().is_some_and(|extension| extension == *ending))
}

/// The expression that embeds a file.
fn include(file: &Path) -> String {
    let path = file.display().to_string();
    format!("include_bytes!({path:?})")
}
