//! `status`.

use serde::Serialize;
use switchyard_wire::v2::Component;
use switchyard_xname::{Name, NameSet};

use super::Context;
use crate::arguments::Status;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render, selector, server};

/// Up to how many components are asked for one by one; beyond, the whole fleet is.
const ONE_BY_ONE_MAX: usize = 32;

/// `status --json`.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// The components as the API shows them.
    components: Vec<&'a Component>,
    /// Names that the service does not know.
    missing: Vec<&'a str>,
}

/// Shows the power of components.
pub(super) async fn run(context: &Context, status: &Status) -> Result<Exit, Error> {
    let wanted = status.selector.as_deref().map(selector::parse).transpose()?;
    let found = read(&context.server, wanted.as_ref()).await?;
    let shown: Vec<&Component> = match &wanted {
        None => found.iter().collect(),
        Some(names) => found
            .iter()
            .filter(|component| names_component(names, component))
            .collect(),
    };
    let missing = match &wanted {
        None => NameSet::new(),
        Some(names) => names.difference(
            &shown
                .iter()
                .filter_map(|component| Name::parse(&component.id).ok())
                .collect(),
        ),
    };
    if status.json {
        let missing = missing.iter().map(Name::as_str).collect();
        output::json(&Document {
            components: shown.clone(),
            missing,
        })?;
    } else {
        output::data(&render::status(&shown, &missing, context.output.data))?;
    }
    Ok(match (shown.is_empty() && wanted.is_some(), missing.is_empty()) {
        (true, _) => Exit::Nothing,
        (false, false) => Exit::Partial,
        (false, true) => Exit::Success,
    })
}

async fn read(server: &server::Server, wanted: Option<&NameSet>) -> Result<Vec<Component>, server::Error> {
    let Some(names) = wanted.filter(|names| names.len() <= ONE_BY_ONE_MAX) else {
        return server.components().await;
    };
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        found.extend(server.component(name.as_str()).await?);
    }
    Ok(found)
}

fn names_component(names: &NameSet, component: &Component) -> bool {
    Name::parse(&component.id).is_ok_and(|name| names.contains(&name))
}
