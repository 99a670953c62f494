//! `on`, `off` and the like: ask for a transition and follow it.

use std::io;

use reqwest::header::HeaderValue;
use switchyard_wire::pcs::{Location, TransitionCreated, TransitionRequest};
use switchyard_wire::v2;
use switchyard_xname::NameSet;

use super::confirm::{ASK_ABOVE, confirm};
use super::{Context, reason};
use crate::arguments::{Include, Power};
use crate::error::Error;
use crate::exit::Exit;
use crate::follow::Follow;
use crate::interrupt::Interrupts;
use crate::{output, render, selector, server};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    On,
    Off,
    SoftOff,
    ForceOff,
    SoftRestart,
    HardRestart,
    Init,
    Reset,
    PowerCycle,
    FullPowerCycle,
    Nmi,
}

impl Operation {
    /// The word for it on the command line and in requests.
    const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::SoftOff => "soft-off",
            Self::ForceOff => "force-off",
            Self::SoftRestart => "soft-restart",
            Self::HardRestart => "hard-restart",
            Self::Init => "init",
            Self::Reset => "reset",
            Self::PowerCycle => "power-cycle",
            Self::FullPowerCycle => "full-power-cycle",
            Self::Nmi => "nmi",
        }
    }

    /// Whether PCS has it.
    const fn is_of_pcs(self) -> bool {
        !matches!(
            self,
            Self::Reset | Self::PowerCycle | Self::FullPowerCycle | Self::Nmi
        )
    }

    /// What it does to running machines, if it ends their work.
    const fn disrupts(self) -> Option<&'static str> {
        match self {
            Self::On => None,
            Self::Off => Some("off shuts down, and forces what is still on at the deadline, on"),
            Self::SoftOff => Some("soft-off shuts down the operating systems of"),
            Self::ForceOff => Some("force-off cuts the power, without warning, of"),
            Self::SoftRestart => Some("soft-restart restarts the operating systems of"),
            Self::HardRestart => Some("hard-restart restarts, without warning,"),
            Self::Init => Some("init powers off and on"),
            Self::Reset => Some("reset restarts at once"),
            Self::PowerCycle => Some("power-cycle cuts the power, without warning, of"),
            Self::FullPowerCycle => Some("full-power-cycle cuts the mains, and may take the BMCs away, of"),
            Self::Nmi => Some("nmi interrupts, and most operating systems then crash, on"),
        }
    }
}

/// Asks for the operation, and follows it unless the operator does not want to.
pub(super) async fn run(context: &Context, operation: Operation, power: &Power) -> Result<Exit, Error> {
    let names = selector::resolve(&context.server, &power.selector).await?;
    let header = power.reason.as_deref().map(reason::header).transpose()?;
    if let Some(what) = operation
        .disrupts()
        .filter(|_| names.len() > ASK_ABOVE || power.include.is_some())
        .filter(|_| !power.yes && context.output.asks)
    {
        confirm(what, names.len(), io::stdin().lock(), &mut io::stderr().lock())?;
    }
    let mut interrupts = Interrupts::listen()?;
    let request = Request::new(operation, &names, power, header);
    let Accepted { created, included } = submit(context, &request, &mut interrupts).await?;
    let count = names.len();
    output::note(&format!(
        "{operation} {count} component{s}: {folded}",
        operation = operation.as_str(),
        s = if count == 1 { "" } else { "s" },
        folded = names.fold(),
    ))?;
    if let Some(included) = included {
        output::note(&format!("with {}", render::plain(&included)))?;
    }
    if power.no_wait {
        return leave(context, &created, power.json);
    }
    let id = created.id.as_str();
    output::note(&format!(
        "transition {} accepted; Ctrl-C stops following, not the work; to cancel it: {}",
        render::plain(id),
        context
            .configuration
            .command(&format!("transition cancel {}", render::plain(id))),
    ))?;
    let follow = Follow {
        server: &context.server,
        id,
        watch: context.watch(id),
        patience: power.follow.patience(),
        output: context.output,
    };
    let ending = follow.run(&mut interrupts).await?;
    context.conclude(id, ending, power.json)
}

/// What the service has accepted.
struct Accepted {
    created: TransitionCreated,
    /// The components that nobody named, folded, if there are any.
    included: Option<String>,
}

/// What is asked of the service: in the words of PCS, which every version of it knows, where PCS has the operation.
enum Request {
    Pcs {
        body: TransitionRequest,
        reason: Option<HeaderValue>,
    },
    Further(v2::TransitionRequest),
}

impl Request {
    fn new(operation: Operation, names: &NameSet, power: &Power, reason: Option<HeaderValue>) -> Self {
        let deadline_minutes = power.deadline_minutes;
        if !operation.is_of_pcs() || power.include.is_some() {
            return Self::Further(v2::TransitionRequest {
                operation: Some(operation.as_str().to_owned()),
                components: names.iter().map(ToString::to_string).collect(),
                deadline_minutes,
                on_refused: v2::OnRefused::Skip,
                include: included(power.include),
                reason: power.reason.clone(),
                confirm: true,
                ..v2::TransitionRequest::default()
            });
        }
        let location = names.iter().map(|name| Location {
            xname: name.to_string(),
            deputy_key: None,
        });
        Self::Pcs {
            body: TransitionRequest {
                operation: operation.as_str().to_owned(),
                task_deadline_minutes: deadline_minutes,
                location: location.collect(),
            },
            reason,
        }
    }

    async fn send(&self, context: &Context) -> Result<Accepted, server::Error> {
        match self {
            Self::Pcs { body, reason } => Ok(Accepted {
                created: context.server.submit(body, reason.as_ref()).await?,
                included: None,
            }),
            Self::Further(body) => {
                let transition = context.server.submit_further(body).await?;
                Ok(Accepted {
                    included: not_named(&transition),
                    created: TransitionCreated {
                        id: transition.id,
                        operation: transition.operation,
                    },
                })
            }
        }
    }
}

/// The components that nobody named, folded.
fn not_named(transition: &v2::Transition) -> Option<String> {
    let included = transition.members.iter().filter(|member| member.included);
    let names: Vec<&str> = included.map(|member| member.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    Some(NameSet::from_texts(&names).map_or_else(|_| names.join(","), |set| set.fold()))
}

/// What is to be switched besides, in the words of the API.
fn included(include: Option<Include>) -> v2::Include {
    match include {
        None => v2::Include::None,
        Some(Include::Parents) => v2::Include::Parents,
        Some(Include::Children) => v2::Include::Children,
    }
}

/// Sends the request. The first Ctrl-C meanwhile is kept for the follower; the second gives up.
async fn submit(
    context: &Context,
    request: &Request,
    interrupts: &mut Interrupts,
) -> Result<Accepted, Error> {
    let answer = request.send(context);
    tokio::pin!(answer);
    tokio::select! {
        biased;
        created = &mut answer => return Ok(created?),
        () = interrupts.next() => {}
    }
    output::note("waiting for the service to accept it; Ctrl-C again gives up")?;
    let created = tokio::select! {
        biased;
        created = &mut answer => created?,
        () = interrupts.next() => return Err(context.server.given_up().into()),
    };
    interrupts.keep();
    Ok(created)
}

/// Ends without following: the id alone goes to standard output.
fn leave(context: &Context, created: &TransitionCreated, json: bool) -> Result<Exit, Error> {
    if json {
        output::json(created)?;
    } else {
        output::data(&render::plain(&created.id))?;
    }
    output::note(&format!(
        "accepted; follow it with: {}",
        context.watch(&created.id)
    ))?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_ends_work_asks() {
        assert_eq!(Operation::On.disrupts(), None);
        let others = [
            Operation::Off,
            Operation::SoftOff,
            Operation::ForceOff,
            Operation::SoftRestart,
        ];
        assert!(
            others
                .iter()
                .chain(&[Operation::HardRestart, Operation::Init, Operation::Reset])
                .chain(&[Operation::PowerCycle, Operation::FullPowerCycle, Operation::Nmi])
                .all(|o| o.disrupts().is_some())
        );
    }
}
