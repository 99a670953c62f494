//! From a document to a part of the inventory.

use std::path::Path;

use switchyard_transport::Timeouts;

use super::component::Components;
use super::controller::Controllers;
use super::group::Groups;
use super::{Part, hierarchy};
use crate::document::{Document, Fields, Report};

/// Reads the whole document. Files that it names are relative to `folder`.
pub(super) fn part(document: &Document, folder: &Path, timeouts: Timeouts) -> Result<Part, Report> {
    let mut problems = document.problems();
    let mut controllers = Controllers::new(folder, timeouts);
    let mut components = Components::default();
    let mut groups = Groups::default();
    if let Some(mut fields) = Fields::of(&document.root, "the inventory", &mut problems) {
        for node in fields.list("controller", &mut problems).unwrap_or_default() {
            controllers.add(node, &mut problems);
        }
        for node in fields.list("component", &mut problems).unwrap_or_default() {
            components.add(node, &mut problems);
        }
        for node in fields.list("group", &mut problems).unwrap_or_default() {
            groups.add(node, &mut problems);
        }
        fields.finish(&mut problems);
    }
    components.check_aliases(&mut problems);
    components.find_controllers(&controllers, &mut problems);
    hierarchy::settle(&mut components, &mut problems);
    problems.into_result(Part {
        controllers: controllers.finish(),
        components: components.finish(),
        groups: groups.finish(),
    })
}
