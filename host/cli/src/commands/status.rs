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
    let wanted = match status.selector.as_deref() {
        Some(selector) => Some(selector::resolve(&context.server, selector).await?),
        None => None,
    };
    let Read { found, missing } = read(&context.server, wanted.as_ref()).await?;
    let shown: Vec<&Component> = found.iter().collect();
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

/// What was read.
struct Read {
    found: Vec<Component>,
    /// Names that the service does not know.
    missing: NameSet,
}

async fn read(server: &server::Server, wanted: Option<&NameSet>) -> Result<Read, server::Error> {
    let Some(names) = wanted else {
        return Ok(Read {
            found: server.components().await?,
            missing: NameSet::new(),
        });
    };
    if names.len() > ONE_BY_ONE_MAX {
        let mut found = server.components().await?;
        found.retain(|component| Name::parse(&component.id).is_ok_and(|name| names.contains(&name)));
        let ids = found
            .iter()
            .filter_map(|component| Name::parse(&component.id).ok())
            .collect();
        return Ok(Read {
            missing: names.difference(&ids),
            found,
        });
    }
    // One that is asked for goes by its other names too.
    let (mut found, mut missing) = (Vec::with_capacity(names.len()), NameSet::new());
    for name in names {
        match server.component(name.as_str()).await? {
            Some(component) => found.push(component),
            None => {
                missing.insert(name.clone());
            }
        }
    }
    found.dedup_by(|one, other| one.id == other.id);
    Ok(Read { found, missing })
}
