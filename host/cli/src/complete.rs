//! Completion of words in a shell: verbs and options from the command line itself, names from the service.
//!
//! The scripts of `script` call `switchyard __complete INDEX WORD...`. The answer is a line `space` or `nospace`, which says
//! whether a word ends where it is completed, and a line for each candidate, with its meaning behind a tab. Whatever goes wrong
//! is silent: nobody who presses Tab wants to read an error.

mod filter;
mod live;
mod names;
mod script;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, SubcommandCandidates, complete};

use self::live::Live;
pub(crate) use self::script::script;
use crate::arguments::Arguments;
use crate::configuration::Configuration;
use crate::exit::Exit;
use crate::render::plain;
use crate::{external, output};

/// The verb that the scripts call. It is no verb for people.
pub(crate) const VERB: &str = "__complete";
/// The most candidates that are answered.
const CANDIDATES_MAX: usize = 200;
/// The tag of a candidate behind which the word goes on.
const GOES_ON: &str = "goes on";

/// What stands for a word of the command line that only the service knows.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// Set expressions of components.
    Selector,
    /// One component.
    Component,
    /// Set expressions of controllers.
    Controllers,
    Transition,
    /// A transition, or with `--components` and the like set expressions of components.
    TransitionOrSelector,
    /// A hold, or set expressions of components.
    HoldOrSelector,
    /// A group of a transition's failures.
    Failures,
    /// A service of the configuration file.
    Service,
    Driver,
    Filter,
    Verb,
}

/// Answers a script.
pub(crate) fn run(words: &[OsString]) -> ExitCode {
    let (Some(index), Some(line)) = (words.first().and_then(number), words.get(1..)) else {
        return Exit::Usage.into();
    };
    let live = Arc::new(Live::new(line));
    let mut command = attach(Arguments::command(), "", &live);
    let here: Option<PathBuf> = std::env::current_dir().ok();
    let mut found = complete(&mut command, line.to_vec(), index, here.as_deref()).unwrap_or_default();
    if line.get(index).is_none_or(|word| word.is_empty()) && !found.iter().all(is_option) {
        found.retain(|candidate| !is_option(candidate));
    }
    let goes_on = found.iter().any(|candidate| {
        let value = candidate.get_value().to_string_lossy();
        candidate.get_tag().is_some_and(|tag| tag.to_string() == GOES_ON) || value.ends_with(['/', '='])
    });
    let mut lines = vec![if goes_on { "nospace" } else { "space" }.to_owned()];
    lines.extend(found.iter().take(CANDIDATES_MAX).map(line_of));
    drop(output::data(&lines.join("\n")));
    Exit::Success.into()
}

fn number(word: &OsString) -> Option<usize> {
    word.to_str()?.parse().ok()
}

/// Options are many, so they are shown to whoever begins one, or where there is nothing else.
fn is_option(candidate: &CompletionCandidate) -> bool {
    candidate.get_value().to_string_lossy().starts_with('-')
}

fn line_of(candidate: &CompletionCandidate) -> String {
    let value = plain(&candidate.get_value().to_string_lossy());
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let help = plain(help.lines().next().unwrap_or_default());
    if help.is_empty() {
        value
    } else {
        format!("{value}\t{help}")
    }
}

/// Attaches the names of the service to every argument that takes them, by the name of the argument and the path of its verb.
fn attach(command: Command, path: &str, live: &Arc<Live>) -> Command {
    let (outer, inside) = (path.to_owned(), Arc::clone(live));
    let command = command.mut_subcommands(move |verb| {
        let path = format!("{outer} {}", verb.get_name());
        attach(verb, path.trim(), &inside)
    });
    let command = command.mut_args(|argument| match source(path, argument.get_id().as_str()) {
        Some(source) if !has_values(&argument) => {
            let live = Arc::clone(live);
            argument.add(ArgValueCompleter::new(move |word: &OsStr| {
                candidates(source, word, &live)
            }))
        }
        Some(_) | None => argument,
    });
    if path.is_empty() {
        return command.add(SubcommandCandidates::new(|| {
            let found = external::verbs().into_iter();
            found
                .map(|verb| candidate(&verb, "a program of this machine"))
                .collect()
        }));
    }
    command
}

fn has_values(argument: &Arg) -> bool {
    !argument.get_possible_values().is_empty()
}

/// What an argument takes. The names are those of the fields in `arguments`.
fn source(path: &str, argument: &str) -> Option<Source> {
    let (family, verb) = path.split_once(' ').unwrap_or(("", path));
    match (family, verb, argument) {
        (_, _, "selector" | "selectors" | "exclude" | "components" | "scope" | "set")
        | ("cap" | "", "set" | "resolve", "words")
        | ("drivers", "upgrade", "on") => Some(Source::Selector),
        ("", "release", "targets") => Some(Source::HoldOrSelector),
        ("", "cancel", "targets") => Some(Source::TransitionOrSelector),
        ("", _, "group") => Some(Source::Failures),
        ("", "", "at") => Some(Source::Service),
        (_, _, "component" | "node") => Some(Source::Component),
        (_, _, "controller" | "controllers") => Some(Source::Controllers),
        (_, _, "where" | "filter") => Some(Source::Filter),
        (_, _, "transition")
        | ("transition", _, "id")
        | ("", "retry" | "cancel" | "pause" | "resume", "id") => Some(Source::Transition),
        (_, _, "driver") | ("drivers", _, "id") => Some(Source::Driver),
        ("", "man", "verb") | ("", "plan", "verb" | "operation") => Some(Source::Verb),
        _ => None,
    }
}

fn candidates(source: Source, word: &OsStr, live: &Live) -> Vec<CompletionCandidate> {
    let Some(word) = word.to_str() else {
        return Vec::new();
    };
    // A quote that is still open belongs to the shell.
    let word = word.strip_prefix(['\'', '"']).unwrap_or(word);
    match source {
        Source::Selector => names::selector(word, live),
        Source::Component => names::one(word, |word| live.components(word)),
        Source::Controllers => names::set(word, |_| live.controllers()),
        Source::Transition => live.transitions(word),
        Source::TransitionOrSelector => {
            let mut found = Vec::new();
            if !live.is_about_components() {
                found = live.transitions(word);
            }
            if found.is_empty() {
                found = names::selector(word, live);
            }
            found
        }
        Source::HoldOrSelector => {
            let mut found = live.holds(word);
            found.extend(names::selector(word, live));
            found
        }
        Source::Failures => live.failures(word),
        Source::Service => {
            let names = Configuration::names().into_iter();
            let names = names.filter(|name| name.starts_with(word));
            names.map(|name| candidate(&name, "")).collect()
        }
        Source::Driver => live.drivers(word),
        Source::Filter => filter::words(word, live),
        Source::Verb => {
            let verbs = Arguments::command();
            let names = verbs.get_subcommands().map(Command::get_name);
            names
                .filter(|name| name.starts_with(word))
                .map(|name| candidate(name, ""))
                .collect()
        }
    }
}

/// A whole word.
fn candidate(value: &str, help: &str) -> CompletionCandidate {
    let help = (!help.is_empty()).then(|| StyledStr::from(help.to_owned()));
    CompletionCandidate::new(value).help(help)
}

/// A word that goes on.
fn beginning(value: &str, help: &str) -> CompletionCandidate {
    candidate(value, help).tag(Some(StyledStr::from(GOES_ON)))
}

#[cfg(test)]
mod tests;
