//! `drivers`: list, show, install, upgrade, promote, rollback, remove and probe.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use reqwest::header::HeaderValue;
use switchyard_wire::v2;

use super::{Context, reason};
use crate::arguments::Drivers;
use crate::error::Error;
use crate::exit::Exit;
use crate::server::DriverFiles;
use crate::{output, render, selector};

pub(super) async fn run(context: &Context, command: &Drivers) -> Result<Exit, Error> {
    match command {
        Drivers::List { json } => list(context, *json).await,
        Drivers::Show { id, json } => show(context, id, *json).await,
        Drivers::Install { folder, reason } => install(context, folder, reason.as_deref()).await,
        Drivers::Upgrade {
            id,
            version,
            on,
            controllers,
            reason,
        } => {
            let request = v2::UpgradeRequest {
                version: version.clone(),
                components: checked(on.as_ref())?,
                controllers: checked(controllers.as_ref())?,
                reason: reason.clone(),
            };
            let driver = context.server.upgrade_driver(id, &request).await?;
            tell(context, &driver)
        }
        Drivers::Promote { id, version, reason } => {
            let request = v2::PromoteRequest {
                version: version.clone(),
                reason: reason.clone(),
            };
            let driver = context.server.promote_driver(id, &request).await?;
            tell(context, &driver)
        }
        Drivers::Rollback { id, reason } => {
            let request = v2::RollbackRequest {
                reason: reason.clone(),
            };
            let driver = context.server.roll_back_driver(id, &request).await?;
            tell(context, &driver)
        }
        Drivers::Remove { id, version, reason } => {
            remove(context, id, version.as_deref(), reason.as_deref()).await
        }
        Drivers::Probe { controller, json } => probe(context, controller, *json).await,
    }
}

/// A selector as it is, once it is known to name something.
fn checked(text: Option<&String>) -> Result<Vec<String>, Error> {
    let Some(text) = text else { return Ok(Vec::new()) };
    // What a group stands for the service knows.
    if !selector::has_groups(text) {
        selector::parse(text)?;
    }
    Ok(vec![text.clone()])
}

fn tell(context: &Context, driver: &v2::Driver) -> Result<Exit, Error> {
    output::data(&render::driver_lineup(driver, context.output.data))?;
    Ok(Exit::Success)
}

async fn list(context: &Context, json: bool) -> Result<Exit, Error> {
    let list = context.server.drivers().await?;
    if json {
        output::json(&list)?;
        return Ok(Exit::Success);
    }
    output::data(&render::drivers(&list.drivers, context.output.data))?;
    for refused in &list.refused {
        output::note(&render::refused_driver(refused, context.output.progress))?;
    }
    Ok(Exit::Success)
}

async fn show(context: &Context, id: &str, json: bool) -> Result<Exit, Error> {
    let driver = context.server.driver(id).await?;
    if json {
        output::json(&driver)?;
    } else {
        output::data(&render::driver(&driver, context.output.data))?;
    }
    Ok(Exit::Success)
}

async fn install(context: &Context, folder: &Path, reason: Option<&str>) -> Result<Exit, Error> {
    let files = read(folder)?;
    let reason = reason_of(reason)?;
    let driver = context.server.install_driver(&files, reason.as_ref()).await?;
    output::data(&render::driver_lineup(&driver, context.output.data))?;
    let idle = driver.versions.iter().rfind(|version| version.role == "idle");
    if let Some(idle) = idle {
        let next = context.configuration.command(&format!(
            "drivers upgrade {} {} --on SELECTOR",
            render::plain(&driver.id),
            render::plain(&idle.version)
        ));
        output::note(&format!(
            "a new version is used by nobody yet; let some try it with: {next}"
        ))?;
    }
    Ok(Exit::Success)
}

async fn remove(
    context: &Context,
    id: &str,
    version: Option<&str>,
    reason: Option<&str>,
) -> Result<Exit, Error> {
    let reason = reason_of(reason)?;
    context.server.remove_driver(id, version, reason.as_ref()).await?;
    let name = version.map_or_else(|| id.to_owned(), |version| format!("{id}@{version}"));
    output::data(&format!("removed {}", render::plain(&name)))?;
    Ok(Exit::Success)
}

async fn probe(context: &Context, controller: &str, json: bool) -> Result<Exit, Error> {
    let endpoint = context.server.probe(controller).await?;
    if json {
        output::json(&endpoint)?;
    } else {
        output::data(&render::selection(&endpoint, context.output.data))?;
    }
    Ok(Exit::Success)
}

fn reason_of(reason: Option<&str>) -> Result<Option<HeaderValue>, Error> {
    reason.map(reason::header).transpose()
}

/// The files of a driver, as its folder has them.
fn read(folder: &Path) -> Result<DriverFiles, Error> {
    let file = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(|source| Error::File { path, source })
    };
    let signature = match file("driver.sig") {
        Err(Error::File { source, .. }) if source.kind() == ErrorKind::NotFound => None,
        read => Some(read?),
    };
    Ok(DriverFiles {
        manifest: file("driver.toml")?,
        component: file("driver.wasm")?,
        signature,
    })
}
