//! `cap`: power limits, shown and set.

mod follow;
mod words;

use switchyard_wire::v2::{Configuration, ConfigurationRequest, OnRefused, SettingOptions};

use self::words::split;
use super::{Context, accepting, reason};
use crate::arguments::{Cap, CapSet, Selection};
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::selector::Whole;
use crate::{output, render, selector};

pub(super) async fn run(context: &Context, command: &Cap) -> Result<Exit, Error> {
    match command {
        Cap::Show { selection, json } => show(context, selection, *json).await,
        Cap::Set(set) => self::set(context, set).await,
        Cap::Watch { id, json } => {
            let seen = context.server.configuration(id).await?;
            finish(context, seen, &mut Interrupts::listen()?, *json).await
        }
    }
}

/// Shows limits: of one component at once, of many by a request that the service works through.
async fn show(context: &Context, selection: &Selection, json: bool) -> Result<Exit, Error> {
    let names = selector::names(
        &context.server,
        &selection.selectors,
        &selection.narrow,
        Whole::Switched,
    )
    .await?;
    if let (Some(name), 1) = (names.iter().next(), names.len()) {
        let limits = context.server.limits(name.as_str()).await?;
        if json {
            output::json(&limits)?;
        } else {
            output::data(&render::limits(&limits, context.output.data))?;
        }
        return Ok(Exit::Success);
    }
    let request = ConfigurationRequest {
        components: vec![names.fold()],
        read: Some("limits".to_owned()),
        on_refused: OnRefused::Skip,
        confirm: true,
        ..ConfigurationRequest::default()
    };
    let mut interrupts = Interrupts::listen()?;
    let key = context.fresh_key()?;
    let answer = context.server.configure(&request, &key);
    let accepted = accepting::accepted(context, answer, &mut interrupts).await?;
    finish(context, accepted, &mut interrupts, json).await
}

/// Sets limits, and follows that unless the operator does not want to.
async fn set(context: &Context, set: &CapSet) -> Result<Exit, Error> {
    let (selectors, limits) = split(&set.words)?;
    let reason = set.reason.as_deref().map(reason::checked).transpose()?;
    let names = selector::names(&context.server, selectors, &set.narrow, Whole::Switched).await?;
    let request = ConfigurationRequest {
        components: vec![names.fold()],
        limits: Some(limits),
        on_refused: if set.skip_refused {
            OnRefused::Skip
        } else {
            OnRefused::Reject
        },
        options: SettingOptions {
            reason,
            force: set.force,
            ..SettingOptions::default()
        },
        dry_run: set.dry_run,
        confirm: true,
        ..ConfigurationRequest::default()
    };
    if set.dry_run {
        let preview = context.server.configure_dry(&request).await?;
        if set.json {
            output::json(&preview)?;
        } else {
            output::data(&render::members(&preview.members, context.output.data))?;
        }
        return Ok(follow::verdict(&preview.members));
    }
    let mut interrupts = Interrupts::listen()?;
    let key = context.fresh_key()?;
    let answer = context.server.configure(&request, &key);
    let accepted = accepting::accepted(context, answer, &mut interrupts).await?;
    if set.no_wait {
        if set.json {
            output::json(&accepted)?;
        } else {
            output::data(&render::plain(&accepted.summary.id))?;
        }
        let watch = follow::watch(context, &accepted.summary.id);
        output::note(&format!("accepted; follow it with: {watch}"))?;
        return Ok(Exit::Success);
    }
    finish(context, accepted, &mut interrupts, set.json).await
}

/// Follows to the end, and tells how that was.
async fn finish(
    context: &Context,
    seen: Configuration,
    interrupts: &mut Interrupts,
    json: bool,
) -> Result<Exit, Error> {
    match follow::to_the_end(context, seen, interrupts).await? {
        Some(ended) => tell(context, &ended, json),
        None => Ok(Exit::Detached),
    }
}

fn tell(context: &Context, ended: &Configuration, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(ended)?;
    } else {
        output::data(&render::members(&ended.members, context.output.data))?;
    }
    Ok(follow::verdict(&ended.members))
}
