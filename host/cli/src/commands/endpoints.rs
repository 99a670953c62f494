//! `endpoints`: list, discover, show, accept, pin and remove.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use switchyard_wire::v2;

use super::confirm::confirm;
use super::{Context, reason};
use crate::arguments::Endpoints;
use crate::error::Error;
use crate::exit::Exit;
use crate::{output, render};

/// How often a discovery is looked at.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(context: &Context, command: &Endpoints) -> Result<Exit, Error> {
    match command {
        Endpoints::List { json } => list(context, *json).await,
        Endpoints::Discover {
            ranges,
            protocol,
            reason,
            json,
        } => {
            let request = v2::DiscoveryRequest {
                ranges: ranges.clone(),
                protocols: protocol.clone(),
                reason: reason.clone(),
            };
            let discovery = context.server.discover(&request).await?;
            follow(context, discovery, |seen| seen.ended_at.is_some(), *json).await
        }
        Endpoints::Show { discovery, json } => {
            let discovery = context.server.discovery(discovery).await?;
            tell(context, &discovery, *json)
        }
        Endpoints::Accept {
            discovery,
            hosts,
            names,
            credential,
            driver,
            fingerprint,
            insecure,
            reason,
            json,
        } => {
            let request = v2::AcceptRequest {
                hosts: vec![hosts.clone()],
                names: Some(names.clone()),
                credential: credential.clone(),
                driver: driver.clone(),
                fingerprints: fingerprint.iter().cloned().collect(),
                insecure: *insecure,
                reason: reason.clone(),
                ..v2::AcceptRequest::default()
            };
            let accepting = context.server.accept(discovery, &request).await?;
            let is_over = |seen: &v2::Discovery| seen.hosts.iter().all(|host| host.state != "accepting");
            follow(context, accepting, is_over, *json).await
        }
        Endpoints::Cancel {
            discovery,
            reason,
            json,
        } => {
            let reason = reason.as_deref().map(reason::header).transpose()?;
            let discovery = context
                .server
                .cancel_discovery(discovery, reason.as_ref())
                .await?;
            tell(context, &discovery, *json)
        }
        Endpoints::Pin {
            controllers,
            yes,
            reason,
            json,
        } => pin(context, controllers, *yes, reason.as_ref(), *json).await,
        Endpoints::Remove { controller, reason } => {
            let reason = reason.as_deref().map(reason::header).transpose()?;
            context
                .server
                .remove_endpoint(controller, reason.as_ref())
                .await?;
            output::data(&format!("removed {}", render::plain(controller)))?;
            Ok(Exit::Success)
        }
    }
}

async fn list(context: &Context, json: bool) -> Result<Exit, Error> {
    let endpoints = context.server.endpoints().await?;
    if json {
        output::json(&endpoints)?;
    } else {
        output::data(&render::endpoints(&endpoints, context.output.data))?;
    }
    Ok(Exit::Success)
}

/// Waits until a discovery is as wanted, and shows it.
async fn follow(
    context: &Context,
    mut discovery: v2::Discovery,
    is_over: impl Fn(&v2::Discovery) -> bool,
    json: bool,
) -> Result<Exit, Error> {
    while !is_over(&discovery) {
        tokio::time::sleep(LOOK).await;
        discovery = context.server.discovery(&discovery.id).await?;
    }
    tell(context, &discovery, json)
}

fn tell(context: &Context, discovery: &v2::Discovery, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(discovery)?;
    } else {
        output::data(&render::discovery(discovery, context.output.data))?;
    }
    let refused = discovery.hosts.iter().any(|host| host.state == "refused");
    Ok(match (discovery.hosts.is_empty(), refused) {
        (true, _) => Exit::Nothing,
        (false, true) => Exit::Partial,
        (false, false) => Exit::Success,
    })
}

/// Shows the certificates that differ, and pins them when the operator agrees.
async fn pin(
    context: &Context,
    controllers: &str,
    yes: bool,
    reason: Option<&String>,
    json: bool,
) -> Result<Exit, Error> {
    let mut request = v2::PinRequest {
        controllers: vec![controllers.to_owned()],
        confirm: BTreeMap::new(),
        reason: reason.cloned(),
    };
    let shown = context.server.pin(&request).await?;
    let new = shown.pins.iter().filter(|pin| pin.differs);
    request.confirm = new
        .filter_map(|pin| Some((pin.id.clone(), pin.presented.as_ref()?.sha256.clone())))
        .collect();
    if json && !yes {
        output::json(&shown)?;
        return Ok(Exit::Success);
    }
    output::note(&render::pins(&shown.pins, context.output.progress))?;
    if request.confirm.is_empty() {
        return Ok(Exit::Success);
    }
    if !yes {
        if !context.output.asks {
            output::note("nothing was pinned; add --yes once the fingerprints are compared")?;
            return Ok(Exit::Partial);
        }
        let what = "Compare the fingerprints over a path that you trust. This pins the certificates of";
        confirm(
            what,
            request.confirm.len(),
            io::stdin().lock(),
            &mut io::stderr().lock(),
        )?;
    }
    let pinned = context.server.pin(&request).await?;
    if json {
        output::json(&pinned)?;
    } else {
        output::data(&format!("pinned {}", pinned.stored))?;
    }
    Ok(Exit::Success)
}
