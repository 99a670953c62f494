//! `completions` and `man`: what the command writes about itself.

use std::path::Path;

use clap::{Command, CommandFactory as _};

use crate::arguments::{Arguments, Completions, Man};
use crate::complete::script;
use crate::error::Error;
use crate::exit::Exit;
use crate::output;

/// Prints the script of a shell.
pub(super) fn completions(completions: &Completions) -> Result<Exit, Error> {
    output::data(script(completions.shell))?;
    Ok(Exit::Success)
}

/// Prints a manual page, or writes all.
pub(super) fn man(man: &Man) -> Result<Exit, Error> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    if let Some(folder) = &man.all {
        write_all(&command, folder)?;
        return Ok(Exit::Success);
    }
    let mut found = &command;
    for word in &man.verb {
        let inner = found.find_subcommand(word);
        found = inner.ok_or_else(|| Error::UnknownVerb {
            verb: man.verb.join(" "),
            nearest: None,
        })?;
    }
    let page = page(found).map_err(Error::Terminal)?;
    output::data(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Success)
}

fn write_all(command: &Command, folder: &Path) -> Result<(), Error> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    let written = page(command).and_then(|page| std::fs::write(&path, page));
    written.map_err(|source| Error::Page { path, source })?;
    let mut verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    verbs.try_for_each(|verb| write_all(verb, folder))
}

/// The page of a verb. It bears no date, so that it changes only with what it tells.
fn page(command: &Command) -> Result<Vec<u8>, std::io::Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .source(concat!("switchyard ", env!("CARGO_PKG_VERSION")))
        .manual("Switchyard")
        .render(&mut page)?;
    Ok(page)
}
