//! From what was typed to what is sent.

use std::collections::HashSet;

use switchyard_wire::v2::Component;
use switchyard_xname::{Name, NameSet};

use super::error::Error;
use super::{STDIN, has_groups, read, stdin};
use crate::arguments::Narrow;
use crate::error;
use crate::server::{self, Server};

/// The longest set expression that goes into an address; longer ones are compared here.
const SELECT_MAX_BYTES: usize = 4_000;
/// The names that are looked up by one question.
const NAMES_PER_QUESTION: usize = 128;

/// Components as a request names them: what only the service knows is left to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Set expressions; none stand for the whole fleet.
    pub(crate) components: Vec<String>,
    /// What narrows them when the request comes.
    pub(crate) filter: Option<String>,
}

/// What was typed, read as far as it can be read here.
struct Terms {
    names: NameSet,
    /// Expressions with groups.
    groups: Vec<String>,
}

impl Terms {
    fn read(selectors: &[String]) -> Result<Self, Error> {
        let mut terms = Self {
            names: NameSet::new(),
            groups: Vec::new(),
        };
        for selector in selectors {
            if selector == STDIN {
                for word in stdin::read(std::io::stdin().lock())? {
                    terms.add(&word)?;
                }
            } else {
                terms.add(selector)?;
            }
        }
        if terms.names.is_empty() && terms.groups.is_empty() && !selectors.is_empty() {
            let selector = selectors.join(" ");
            return Err(Error::Empty { selector });
        }
        Ok(terms)
    }

    fn add(&mut self, selector: &str) -> Result<(), Error> {
        if has_groups(selector) {
            self.groups.push(selector.to_owned());
        } else {
            self.names = self.names.union(&read(selector)?);
        }
        Ok(())
    }

    /// As expressions for the service.
    fn expressions(self) -> Vec<String> {
        let names = Some(self.names.fold()).filter(|names| !names.is_empty());
        names.into_iter().chain(self.groups).collect()
    }

    /// As names; the service says who is in a group.
    async fn expand(self, server: &Server) -> Result<NameSet, error::Error> {
        let mut names = self.names;
        for group in &self.groups {
            names = names.union(&ids(&server.components_where(Some(group), None).await?));
        }
        Ok(names)
    }
}

/// The components of a request. Groups and filters are left to the service where nothing has to be taken out.
pub(crate) async fn choose(
    server: &Server,
    selectors: &[String],
    narrow: &Narrow,
) -> Result<Chosen, error::Error> {
    if selectors.is_empty() && narrow.filter.is_none() {
        return Err(Error::Missing.into());
    }
    let terms = Terms::read(selectors)?;
    if narrow.exclude.is_empty() {
        return Ok(Chosen {
            components: terms.expressions(),
            filter: narrow.filter.clone(),
        });
    }
    let (all, filter) = if selectors.is_empty() {
        let mut found = server.components_where(None, narrow.filter.as_deref()).await?;
        if !narrow.asks_for_kinds() {
            found.retain(is_switched);
        }
        (ids(&found), None)
    } else {
        (terms.expand(server).await?, narrow.filter.clone())
    };
    let left = without(server, all, narrow).await?;
    Ok(Chosen {
        components: vec![some(left, selectors)?.fold()],
        filter,
    })
}

/// What a filter is about where no components are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// What is switched; BMCs only when the filter asks for kinds.
    Switched,
    /// Everything.
    Everything,
}

/// The names that are meant, now.
pub(crate) async fn names(
    server: &Server,
    selectors: &[String],
    narrow: &Narrow,
    whole: Whole,
) -> Result<NameSet, error::Error> {
    if selectors.is_empty() && narrow.filter.is_none() {
        return Err(Error::Missing.into());
    }
    let terms = Terms::read(selectors)?;
    let all = match narrow.filter.as_deref() {
        None => terms.expand(server).await?,
        Some(filter) if selectors.is_empty() => {
            let mut found = server.components_where(None, Some(filter)).await?;
            if whole == Whole::Switched && !narrow.asks_for_kinds() {
                found.retain(is_switched);
            }
            ids(&found)
        }
        Some(filter) => {
            let named = terms.expand(server).await?;
            let folded = named.fold();
            let select = Some(folded.as_str()).filter(|folded| folded.len() <= SELECT_MAX_BYTES);
            let held = ids(&server.components_where(select, Some(filter)).await?);
            match select {
                Some(_) => held,
                None => held.intersection(&resolve(server, named).await?),
            }
        }
    };
    let left = without(server, all, narrow).await?;
    Ok(some(left, selectors)?)
}

/// What a filter is about as the service means it where it is left to it: what is switched, and no BMC.
fn is_switched(component: &Component) -> bool {
    component.kind != "controller" && component.controller.is_some()
}

/// Names without those that are excluded, and without what stands below those. Both are compared by id, for a component has several names:
/// what is excluded and is no id of these, nor above one, is looked up, and refused where it stands for nothing.
async fn without(server: &Server, names: NameSet, narrow: &Narrow) -> Result<NameSet, error::Error> {
    if narrow.exclude.is_empty() {
        return Ok(names);
    }
    let names = resolve(server, names).await?;
    let reached: HashSet<Name> = names.iter().flat_map(with_ancestors).collect();
    let excluded = Terms::read(&narrow.exclude)?.expand(server).await?;
    let excluded = some(excluded, &narrow.exclude)?;
    let (known, others): (Vec<Name>, Vec<Name>) =
        excluded.iter().cloned().partition(|name| reached.contains(name));
    let others = resolve(server, others.into_iter().collect()).await?;
    let excluded = others.union(&known.into_iter().collect());
    let stays = |name: &&Name| !with_ancestors(name).iter().any(|name| excluded.contains(name));
    Ok(names.iter().filter(stays).cloned().collect())
}

/// A name and, where it tells of a place, those of what stands above.
fn with_ancestors(name: &Name) -> Vec<Name> {
    let above = name
        .xname()
        .into_iter()
        .flat_map(|xname| xname.ancestors().collect::<Vec<_>>());
    let above = above.filter_map(|xname| Name::parse(xname.as_str()).ok());
    std::iter::once(name.clone()).chain(above).collect()
}

/// The ids of what these names mean.
async fn resolve(server: &Server, names: NameSet) -> Result<NameSet, error::Error> {
    let names: Vec<Name> = names.iter().cloned().collect();
    let mut ids = NameSet::new();
    for piece in names.chunks(NAMES_PER_QUESTION) {
        let piece: NameSet = piece.iter().cloned().collect();
        let found = server.components_where(Some(&piece.fold()), None).await?;
        ids = ids.union(&self::ids(&found));
    }
    Ok(ids)
}

/// What names mean.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The components.
    pub(crate) components: Vec<Component>,
    /// The names that the service does not know.
    pub(crate) unknown: NameSet,
}

/// Looks names up, each of which may be an id or another name of a component. Those that mean nothing are no error here.
pub(crate) async fn look_up(server: &Server, names: &NameSet) -> Result<Found, server::Error> {
    let names: Vec<Name> = names.iter().cloned().collect();
    let mut found = Found::default();
    for piece in names.chunks(NAMES_PER_QUESTION) {
        let mut asked: NameSet = piece.iter().cloned().collect();
        let mut answer = server.components_where(Some(&asked.fold()), None).await;
        // One unknown name has the whole question refused; the others are asked for once more.
        if let Some(unknown) = answer.as_ref().err().and_then(server::Error::unknown_names) {
            asked = asked.difference(&unknown);
            found.unknown = found.unknown.union(&unknown);
            if asked.is_empty() {
                continue;
            }
            answer = server.components_where(Some(&asked.fold()), None).await;
        }
        found.components.extend(answer?);
    }
    Ok(found)
}

/// The ids of components.
pub(crate) fn ids(components: &[Component]) -> NameSet {
    components
        .iter()
        .filter_map(|component| Name::parse(&component.id).ok())
        .collect()
}

/// The names, unless there are none.
fn some(names: NameSet, selectors: &[String]) -> Result<NameSet, Error> {
    if names.is_empty() {
        let selector = selectors.join(" ");
        return Err(Error::Empty { selector });
    }
    Ok(names)
}
