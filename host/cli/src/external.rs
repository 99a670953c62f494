//! Verbs of others: an unknown verb `foo` is the program `switchyard-foo` of `PATH`.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments;
use crate::configuration::{Configuration, Flags};
use crate::error::Error;

/// What the name of such a program begins with.
const PREFIX: &str = "switchyard-";
/// The most programs that are listed.
const LISTED_MAX: usize = 100;
/// The least likeness, from 0 to 1, with which a verb is proposed for another.
const LIKENESS_MIN: f64 = 0.8;

/// Becomes the program of the verb. It comes back only when there is none, or when it does not start.
///
/// The program finds its connection in the environment, as this command would; the flags of the command line are in it.
pub(crate) fn run(words: &[OsString], flags: Flags<'_>) -> Result<std::convert::Infallible, Error> {
    let verb = words
        .first()
        .map(|word| word.to_string_lossy().into_owned())
        .unwrap_or_default();
    let program = find(&verb).ok_or_else(|| Error::UnknownVerb {
        nearest: nearest(&verb),
        verb,
    })?;
    let configuration = Configuration::find(flags)?;
    let mut command = Command::new(&program);
    command.args(words.iter().skip(1));
    for (name, value) in configuration.environment() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Err(Error::Program {
        source: command.exec(),
        program,
    })
}

/// The verbs of others that are found, in order.
pub(crate) fn verbs() -> Vec<String> {
    let mut found = BTreeSet::new();
    for folder in folders() {
        let Ok(entries) = folder.read_dir() else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(verb) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            if is_verb(verb) && !is_own(verb) && is_program(&entry.path()) {
                found.insert(verb.to_owned());
            }
        }
    }
    found.into_iter().take(LISTED_MAX).collect()
}

/// The program of a verb.
fn find(verb: &str) -> Option<PathBuf> {
    if !is_verb(verb) {
        return None;
    }
    let mut candidates = folders().map(|folder| folder.join(format!("{PREFIX}{verb}")));
    candidates.find(|path| is_program(path))
}

/// The folders of `PATH`. One that is empty or relative would mean the folder in which somebody happens to stand.
fn folders() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    folders.into_iter()
}

/// A verb is one word: no path, no option.
fn is_verb(verb: &str) -> bool {
    !verb.is_empty()
        && !verb.starts_with('-')
        && verb
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_own(verb: &str) -> bool {
    arguments::verbs().iter().any(|own| own == verb)
}

fn is_program(path: &Path) -> bool {
    let executable = |found: std::fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
    path.metadata().is_ok_and(executable)
}

/// The verb that was probably meant.
fn nearest(verb: &str) -> Option<String> {
    let all = arguments::verbs().into_iter().chain(verbs());
    let likeness = |known: String| (strsim::jaro_winkler(&known, verb), known);
    let best = all
        .map(likeness)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .map(|(_, known)| known)
}
