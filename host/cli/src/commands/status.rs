//! `status`.

mod watch;

use serde::Serialize;
use switchyard_wire::v2::Component;
use switchyard_xname::{Name, NameSet};

use super::Context;
use crate::arguments::{Form, Selection, Status};
use crate::error::Error;
use crate::exit::Exit;
use crate::selector::{Found, Whole};
use crate::{output, render, selector, server};

/// Up to how many components are asked for one by one; beyond, the whole fleet is.
const ONE_BY_ONE_MAX: usize = 32;

/// `status -o json`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// The components as the API shows them.
    components: Vec<&'a Component>,
    /// Names that the service does not know.
    missing: Vec<&'a str>,
}

/// Shows the power of components.
pub(super) async fn run(context: &Context, status: &Status) -> Result<Exit, Error> {
    let wanted = wanted(context, &status.selection).await?;
    let Found {
        components: found,
        unknown: missing,
    } = read(context, &status.selection, wanted.as_ref()).await?;
    let shown: Vec<&Component> = found.iter().collect();
    tell(context, status, &shown, &missing)?;
    let exit = match (shown.is_empty() && wanted.is_some(), missing.is_empty()) {
        (true, _) => Exit::Nothing,
        (false, false) => Exit::Partial,
        (false, true) => Exit::Success,
    };
    if status.watch && exit != Exit::Nothing {
        return watch::run(context, status, &found, wanted.is_some()).await;
    }
    Ok(exit)
}

/// The names that are meant; none for everything, and for what the service picks by a filter.
async fn wanted(context: &Context, selection: &Selection) -> Result<Option<NameSet>, Error> {
    if selection.is_absent() {
        return Ok(None);
    }
    let names = selector::names(
        &context.server,
        &selection.selectors,
        &selection.narrow,
        Whole::Everything,
    )
    .await?;
    Ok(Some(names))
}

fn tell(context: &Context, status: &Status, shown: &[&Component], missing: &NameSet) -> Result<(), Error> {
    let paint = context.output.data;
    let form = if status.json { Form::Json } else { status.output };
    match form {
        _ if status.pm => output::data(&render::powerman(shown))?,
        Form::Fold => return output::data(&render::status(shown, missing, paint)),
        Form::Json => {
            let missing = missing.iter().map(Name::as_str).collect();
            let components = shown.to_vec();
            let document = Document { components, missing };
            // What follows comes line by line.
            return if status.watch {
                output::json_line(&document).map(|_| ())
            } else {
                output::json(&document)
            };
        }
        Form::Wide => output::data(&render::wide(shown, paint))?,
        Form::Name => output::data(&render::names(shown))?,
    }
    if missing.is_empty() {
        return Ok(());
    }
    output::note(&format!("no such component: {}", missing.fold()))
}

async fn read(
    context: &Context,
    selection: &Selection,
    wanted: Option<&NameSet>,
) -> Result<Found, server::Error> {
    let server = &context.server;
    let Some(names) = wanted else {
        return Ok(Found {
            components: server.components().await?,
            unknown: NameSet::new(),
        });
    };
    if names.len() > ONE_BY_ONE_MAX || selection.narrow.filter.is_some() {
        let fleet = server.components().await?;
        let others = names.difference(&selector::ids(&fleet));
        // What is no id may be another name of a component.
        let looked_up = selector::look_up(server, &others).await?;
        let meant = names.union(&selector::ids(&looked_up.components));
        let is_meant =
            |component: &Component| Name::parse(&component.id).is_ok_and(|name| meant.contains(&name));
        return Ok(Found {
            components: fleet.into_iter().filter(is_meant).collect(),
            unknown: looked_up.unknown,
        });
    }
    // One that is asked for goes by its other names too.
    let mut found = Found::default();
    for name in names {
        match server.component(name.as_str()).await? {
            Some(component) if found.components.iter().any(|known| known.id == component.id) => {}
            Some(component) => found.components.push(component),
            None => {
                found.unknown.insert(name.clone());
            }
        }
    }
    Ok(found)
}
