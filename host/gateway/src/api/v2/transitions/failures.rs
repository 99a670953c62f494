//! `GET /v2/transitions/{id}/failures`.

use std::collections::{BTreeMap, HashSet};

use axum::Json;
use axum::extract::{Path, State};
use switchyard_core::ComponentId;
use switchyard_store::{MemberRecord, Part, TaskRecord, TransitionView};
use switchyard_wire::v2::codes::FAILURE_CODES;
use switchyard_wire::v2::{FailureGroup, FailureGroups};

use super::{find, parse_id};
use crate::api::ApiState;
use crate::api::pcs::transitions::member;
use crate::api::v2::fingerprint::{fingerprint, normalise};
use crate::api::v2::problem::Problem;
use crate::api::v2::selection::{count, fold};
use crate::api::v2::{again, obstacles, tasks};

/// What went wrong, alike with alike
///
/// Components that are still tried again count too, as long as what they met last still matters.
#[utoipa::path(
    get,
    path = "/transitions/{id}/failures",
    operation_id = "listFailures",
    tag = "transitions",
    params(("id" = String, Path, description = "The id of the transition.")),
    responses(
        (status = 200, description = "The groups, largest first.", body = FailureGroups),
        (status = 400, description = "request.invalid-id"),
        (status = 404, description = "transition.not-found"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<FailureGroups>, Problem> {
    let view = find(&state, parse_id(&id)?).await?;
    let mut groups: Vec<FailureGroup> = groups(&view).into_iter().map(Group::show).collect();
    groups.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    Ok(Json(FailureGroups { groups }))
}

/// The components with tasks, or of refused names, in the group of this fingerprint.
pub(super) fn components_in(view: &TransitionView, group: &str) -> HashSet<ComponentId> {
    let members = view.members.iter();
    members
        .filter(|(record, task)| {
            met(view, record, task.as_ref()).is_some_and(|met| met.fingerprint() == group)
        })
        .filter_map(|(record, task)| match task {
            Some(task) => Some(task.component.clone()),
            None => ComponentId::parse(&record.name).ok(),
        })
        .collect()
}

/// What one component met.
struct Met {
    code: String,
    text: String,
    words: String,
    ended: bool,
}

impl Met {
    fn fingerprint(&self) -> String {
        fingerprint(&self.code, &self.text)
    }
}

struct Group<'a> {
    met: Met,
    names: Vec<&'a str>,
    ended: u32,
    retryable: u32,
}

impl Group<'_> {
    fn show(self) -> FailureGroup {
        let remedy = FAILURE_CODES.iter().find(|row| row.code == self.met.code);
        FailureGroup {
            fingerprint: self.met.fingerprint(),
            hint: remedy.map_or("read its words", |row| row.remedy).to_owned(),
            code: self.met.code,
            text: self.met.text,
            example: self.met.words,
            count: count(&self.names),
            components: fold(&self.names),
            ended: self.ended,
            retryable: self.retryable,
        }
    }
}

fn groups(view: &TransitionView) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(String, String), Group<'_>> = BTreeMap::new();
    for (record, task) in &view.members {
        let Some(met) = met(view, record, task.as_ref()) else {
            continue;
        };
        let (ended, retryable) = (met.ended, again::verdict(record, task.as_ref()).is_ok());
        let name = task
            .as_ref()
            .map_or(record.name.as_str(), |task| task.component.as_str());
        let group = groups
            .entry((met.code.clone(), met.text.clone()))
            .or_insert_with(|| Group {
                met,
                names: Vec::new(),
                ended: 0,
                retryable: 0,
            });
        group.names.push(name);
        group.ended += u32::from(ended);
        group.retryable += u32::from(retryable);
    }
    groups.into_values().collect()
}

/// What a component met, if anything.
fn met(view: &TransitionView, record: &MemberRecord, task: Option<&TaskRecord>) -> Option<Met> {
    let (code, words, ended) = match (task, &record.part) {
        (Some(task), _) => {
            let machine = member::machine(record, task);
            let text = member::text(view.transition.operation, record, Some(task), None);
            let failure =
                tasks::last_failure(&machine).or_else(|| tasks::own_failure(&machine, text.error))?;
            (failure.code, failure.text, machine.outcome().is_some())
        }
        (None, Part::Refused { refusal }) => {
            let (code, text, _) = obstacles::explain(refusal);
            (code.to_owned(), text, true)
        }
        (None, Part::Task { .. }) => return None,
    };
    Some(Met {
        text: normalise(&words),
        code,
        words,
        ended,
    })
}
