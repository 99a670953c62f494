//! `GET /v2/components`.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{RawQuery, State};
use switchyard_core::ComponentId;
use switchyard_wire::v2::{Component, ComponentList};

use super::{show, stored};
use crate::api::ApiState;
use crate::api::v2::filter::Filter;
use crate::api::v2::obstacles::Obstacles;
use crate::api::v2::parameters::{Parameters, cut, invalid};
use crate::api::v2::problem::Problem;
use crate::api::v2::selection;

/// Components on one page, when the caller does not say.
const LIMIT_DEFAULT: usize = 1_000;
/// The most components on one page.
const LIMIT_MAX: usize = 10_000;
const KNOWN: [&str; 6] = ["select", "filter", "state", "flag", "limit", "cursor"];
const STATES: [&str; 7] = [
    "on",
    "off",
    "powering-on",
    "powering-off",
    "paused",
    "asleep",
    "unknown",
];
const FLAGS: [&str; 5] = ["drift", "held", "uncertain", "flip-flop", "unavailable"];

/// Components in order of id
#[utoipa::path(
    get,
    path = "/components",
    operation_id = "listComponents",
    tag = "components",
    params(
        ("select" = Option<String>, Query, description = "Only those of this set expression.", example = "x1000c[0-7]s0b0n0"),
        ("filter" = Option<String>, Query, description = "Only those that this filter holds for.", example = "power:off -is:busy", max_length = 4_096),
        ("state" = Option<String>, Query, description = "Only those in this state."),
        ("flag" = Option<String>, Query, description = "Only those of which this holds: drift, held, uncertain, flip-flop or unavailable."),
        ("limit" = Option<usize>, Query, description = "The most components on the page; 1,000 unless given.", minimum = 1, maximum = 10_000),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
    ),
    responses(
        (status = 200, description = "One page, without the queues.", body = ComponentList),
        (status = 400, description = "request.invalid-query"),
        (status = 422, description = "request.refused"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
) -> Result<Json<ComponentList>, Problem> {
    let parameters = Parameters::read(query.as_deref(), &KNOWN)?;
    let limit = parameters.limit(LIMIT_DEFAULT, LIMIT_MAX)?;
    let wanted = Wanted::read(&state, &parameters)?;
    let engine = &state.engine;
    let stored = stored(engine).await?;
    let after = parameters.text("cursor");
    let mut components: Vec<_> = engine
        .fleet()
        .rows()
        .skip_while(|row| after.is_some_and(|after| row.component.id.as_str() <= after))
        .filter(|row| wanted.selects(&row.component.id))
        .map(|row| {
            show(
                &state,
                row,
                stored.get(&row.component.id).copied().unwrap_or_default(),
            )
        })
        .filter(|component| wanted.takes(component))
        .take(limit.saturating_add(1))
        .collect();
    let next = cut(&mut components, limit, |last| last.id.clone());
    Ok(Json(ComponentList { components, next }))
}

/// Which components are wanted.
struct Wanted {
    only: Option<HashSet<ComponentId>>,
    held: Option<HashSet<ComponentId>>,
    state: Option<String>,
    flag: Option<String>,
}

impl Wanted {
    fn read(state: &ApiState, parameters: &Parameters) -> Result<Self, Problem> {
        let only = parameters.text("select").map(|expression| {
            let mut obstacles = Obstacles::default();
            let names = selection::names(&[expression.to_owned()], &state.engine.fleet(), &mut obstacles);
            let ids = selection::known(&names, &state.engine.fleet(), &mut obstacles);
            obstacles.into_result().map(|()| ids.into_iter().collect())
        });
        let held = parameters.text("filter").map(|text| held(state, text));
        Ok(Self {
            only: only.transpose()?,
            held: held.transpose()?,
            state: one_of(parameters, "state", &STATES)?,
            flag: one_of(parameters, "flag", &FLAGS)?,
        })
    }

    fn selects(&self, id: &ComponentId) -> bool {
        let is_in = |set: &Option<HashSet<_>>| set.as_ref().is_none_or(|set| set.contains(id));
        is_in(&self.only) && is_in(&self.held)
    }

    fn takes(&self, component: &Component) -> bool {
        let state = self.state.as_ref().is_none_or(|state| *state == component.state);
        let flag = self.flag.as_deref().is_none_or(|flag| match flag {
            "drift" => component.drift,
            "held" => component.hold.is_some(),
            "uncertain" => component.uncertain.is_some(),
            "flip-flop" => component.flip_flop.is_some(),
            _ => !component.available,
        });
        state && flag
    }
}

/// The components that a filter holds for.
fn held(state: &ApiState, text: &str) -> Result<HashSet<ComponentId>, Problem> {
    let filter = Filter::read(text, state.engine.fleet().inventory()).map_err(|detail| {
        let mut obstacles = Obstacles::default();
        obstacles.add("filter.invalid", detail);
        obstacles.into_problem()
    })?;
    Ok(filter.select(&state.engine))
}

fn one_of(parameters: &Parameters, name: &str, known: &[&str]) -> Result<Option<String>, Problem> {
    match parameters.text(name) {
        Some(text) if !known.contains(&text) => Err(invalid(format!(
            "{name} is one of {}, not {text:?}",
            known.join(", ")
        ))),
        text => Ok(text.map(str::to_owned)),
    }
}
