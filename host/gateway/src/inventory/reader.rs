//! From a document to an inventory.

use std::path::Path;

use switchyard_transport::Timeouts;

use super::component::Components;
use super::controller::Controllers;
use super::{Inventory, hierarchy};
use crate::document::{Document, Fields, Report};

/// Reads the whole document. Files that it names are relative to `folder`.
pub(super) fn inventory(document: &Document, folder: &Path, timeouts: Timeouts) -> Result<Inventory, Report> {
    let mut problems = document.problems();
    let mut controllers = Controllers::new(folder, timeouts);
    let mut components = Components::default();
    if let Some(mut fields) = Fields::of(&document.root, "the inventory", &mut problems) {
        for node in fields.list("controller", &mut problems).unwrap_or_default() {
            controllers.add(node, &mut problems);
        }
        for node in fields.list("component", &mut problems).unwrap_or_default() {
            components.add(node, &mut problems);
        }
        fields.finish(&mut problems);
    }
    components.check_aliases(&mut problems);
    components.find_controllers(&controllers, &mut problems);
    hierarchy::settle(&mut components, &mut problems);
    problems.into_result(Inventory::new(controllers.finish(), components.finish()))
}
