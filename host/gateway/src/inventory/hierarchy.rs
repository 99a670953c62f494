//! What stands above what.

use switchyard_core::{ComponentId, Kind};

use super::component::{Components, Draft};
use crate::document::{Problems, nearest};

/// Gives every component its parents, and notes unknown ones and circles.
pub(super) fn settle(components: &mut Components, problems: &mut Problems<'_>) {
    let parents: Vec<Vec<usize>> = components
        .drafts
        .iter()
        .map(|draft| parents_of(draft, components, problems))
        .collect();
    note_circles(components, &parents, problems);
    let ids: Vec<ComponentId> = components
        .drafts
        .iter()
        .map(|draft| draft.component.id.clone())
        .collect();
    for (draft, parents) in components.drafts.iter_mut().zip(parents) {
        draft.component.parents_named = draft.parents.is_some();
        draft.component.parents = parents
            .iter()
            .filter_map(|index| ids.get(*index).cloned())
            .collect();
    }
}

fn parents_of(draft: &Draft, components: &Components, problems: &mut Problems<'_>) -> Vec<usize> {
    let Some(named) = &draft.parents else {
        return xname_parent(draft, components).into_iter().collect();
    };
    let mut parents = Vec::with_capacity(named.len());
    for (at, id) in named {
        if let Some(index) = components.index.get(id) {
            parents.push(*index);
        } else {
            let complaint = unknown_parent(id, draft, components, problems);
            problems.add(*at, complaint);
        }
    }
    parents
}

/// The nearest component around an xname. Controllers are passed over: a node does not lose power with its BMC.
fn xname_parent(draft: &Draft, components: &Components) -> Option<usize> {
    draft.xname.as_ref()?.ancestors().find_map(|ancestor| {
        let index = *components.index.get(ancestor.as_str())?;
        let kind = components.drafts.get(index)?.component.kind;
        (kind != Kind::Controller).then_some(index)
    })
}

fn unknown_parent(
    id: &ComponentId,
    draft: &Draft,
    components: &Components,
    problems: &Problems<'_>,
) -> String {
    let others = components
        .index
        .keys()
        .filter(|known| **known != draft.component.id);
    let known: Vec<&str> = others.map(ComponentId::as_str).collect();
    let hint = if problems.is_full() {
        None
    } else {
        nearest(id.as_str(), &known)
    };
    match hint {
        Some(near) => format!("the parent `{id}` is not in the inventory; did you mean `{near}`?"),
        None => format!("the parent `{id}` is not in the inventory"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Walks upwards from every component without recursion; an open component met again closes a circle.
fn note_circles(components: &Components, parents: &[Vec<usize>], problems: &mut Problems<'_>) {
    let mut marks = vec![Mark::New; parents.len()];
    for start in 0..parents.len() {
        // The path from `start` upwards, with the next parent to look at.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((index, next)) = path.last_mut() {
            let index = *index;
            if *next == 0 && marks.get(index) == Some(&Mark::Done) {
                path.pop();
                continue;
            }
            set(&mut marks, index, Mark::Open);
            let parent = parents.get(index).and_then(|parents| parents.get(*next)).copied();
            *next += 1;
            match parent {
                None => {
                    set(&mut marks, index, Mark::Done);
                    path.pop();
                }
                Some(parent) if marks.get(parent) == Some(&Mark::Open) => {
                    note_circle(components, &path, parent, problems);
                }
                Some(parent) => path.push((parent, 0)),
            }
        }
    }
}

fn set(marks: &mut [Mark], index: usize, mark: Mark) {
    if let Some(place) = marks.get_mut(index) {
        *place = mark;
    }
}

fn note_circle(
    components: &Components,
    path: &[(usize, usize)],
    closing: usize,
    problems: &mut Problems<'_>,
) {
    let circle = path
        .iter()
        .map(|(index, _)| *index)
        .skip_while(|index| *index != closing);
    let names: Vec<&str> = circle
        .chain(std::iter::once(closing))
        .filter_map(|index| components.drafts.get(index))
        .map(|draft| draft.component.id.as_str())
        .collect();
    if let Some(draft) = components.drafts.get(closing) {
        problems.add(
            draft.at,
            format!("the parents go in a circle: {}", names.join(" -> ")),
        );
    }
}
