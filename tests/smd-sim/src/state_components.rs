//! `State/Components`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, patch, post};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{bad_request, decode, deleted, no_such_xname, nothing, ok, problem, values};
use crate::{App, Component, Site};

/// The fields of a query that are lists.
const LISTS: [&str; 7] = ["type", "state", "role", "enabled", "group", "partition", "nid"];
const STATES: [&str; 9] = [
    "Unknown",
    "Empty",
    "Populated",
    "Off",
    "On",
    "Standby",
    "Halt",
    "Ready",
    "Paused",
];
const TYPES: [&str; 20] = [
    "Node",
    "NodeBMC",
    "NodeEnclosure",
    "ComputeModule",
    "RouterModule",
    "RouterBMC",
    "Chassis",
    "ChassisBMC",
    "Cabinet",
    "CabinetPDU",
    "CabinetPDUController",
    "CabinetPDUOutlet",
    "CabinetPDUPowerConnector",
    "MgmtSwitch",
    "MgmtHLSwitch",
    "CDUMgmtSwitch",
    "CDU",
    "CEC",
    "HSNBoard",
    "Processor",
];

/// The routes below `/hsm/v2/State/Components`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(list).post(create))
        .route("/Query", post(query))
        .route("/Query/{id}", get(subtree))
        .route("/BulkStateData", patch(bulk_state))
        .route("/{id}", get(one).delete(delete))
        .route("/{id}/StateData", patch(state))
        .route("/{id}/Enabled", patch(enabled))
}

/// What a request filters by. Every field is a list: a text in its place is answered with 500.
#[derive(Debug, Default, Deserialize)]
struct Filter {
    #[serde(rename = "ComponentIDs", default)]
    ids: Vec<String>,
    #[serde(rename = "type", default)]
    kinds: Vec<String>,
    #[serde(default)]
    state: Vec<String>,
    #[serde(default)]
    role: Vec<String>,
    #[serde(default)]
    enabled: Vec<String>,
    #[serde(default)]
    group: Vec<String>,
    #[serde(default)]
    partition: Vec<String>,
    #[serde(default)]
    nid: Vec<String>,
    #[serde(rename = "stateonly", default)]
    state_only: bool,
}

impl Filter {
    fn of(query: &[(String, String)]) -> Self {
        let texts = |key| values(query, key).into_iter().map(str::to_owned).collect();
        Self {
            ids: texts("id"),
            kinds: texts("type"),
            state: texts("state"),
            role: texts("role"),
            enabled: texts("enabled"),
            group: texts("group"),
            partition: texts("partition"),
            nid: texts("nid"),
            state_only: values(query, "stateonly") == ["true"],
        }
    }

    fn complaint(&self) -> Option<Response> {
        let unknown = |known: &[&str], given: &[String]| {
            given
                .iter()
                .any(|word| !known.iter().any(|known| known.eq_ignore_ascii_case(word)))
        };
        if unknown(&TYPES, &self.kinds) {
            return Some(bad_request("bad query param: Argument was not a valid HMS Type"));
        }
        unknown(&STATES, &self.state)
            .then(|| bad_request("bad query param: Argument was not a valid HMS State"))
    }

    fn passes(&self, site: &Site, component: &Component) -> bool {
        let any = |given: &[String], value: &str| {
            given.is_empty() || given.iter().any(|word| word.eq_ignore_ascii_case(value))
        };
        let listed = |id: &String| id == "all" || *id == component.id;
        let enabled = component.enabled.to_string();
        let nid = component.nid.map(|nid| nid.to_string()).unwrap_or_default();
        (self.ids.is_empty() || self.ids.iter().any(listed))
            && any(&self.kinds, &component.kind)
            && any(&self.state, &component.state)
            && any(&self.role, component.role.as_deref().unwrap_or_default())
            && any(&self.enabled, &enabled)
            && any(&self.nid, &nid)
            && (self.group.is_empty()
                || site
                    .groups_of(&component.id)
                    .any(|label| self.group.iter().any(|group| group == label)))
            && any(
                &self.partition,
                site.partition_of(&component.id).unwrap_or_default(),
            )
    }

    fn answer(&self, site: &Site) -> Response {
        if let Some(complaint) = self.complaint() {
            return complaint;
        }
        let shown: Vec<Value> = site
            .components
            .values()
            .filter(|component| self.passes(site, component))
            .map(|component| self.shown(site, component))
            .collect();
        ok(json!({ "Components": shown }))
    }

    fn shown(&self, site: &Site, component: &Component) -> Value {
        if self.state_only {
            return json!({
                "ID": component.id,
                "Type": component.kind,
                "State": component.state,
                "Flag": component.flag,
            });
        }
        whole(site, component)
    }
}

/// A component with its lock, which is left out where there is none.
fn whole(site: &Site, component: &Component) -> Value {
    let mut shown = json!(component);
    if site.locks.is_locked(&component.id) {
        shown["Locked"] = json!(true);
    }
    if site.locks.is_disabled(&component.id) {
        shown["ReservationDisabled"] = json!(true);
    }
    shown
}

async fn list(State(app): State<App>, Query(query): Query<Vec<(String, String)>>) -> Response {
    Filter::of(&query).answer(&app.site())
}

async fn query(State(app): State<App>, body: Bytes) -> Response {
    let asked: Value = match decode(&body) {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    if let Some(field) = LISTS.into_iter().find(|field| asked[*field].is_string()) {
        let words = "json: cannot unmarshal string into Go struct field";
        return problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("error decoding JSON {words} ComponentFilter.{field} of type []string"),
        );
    }
    let filter: Filter = match decode(&body) {
        Ok(filter) => filter,
        Err(answer) => return answer,
    };
    if filter.ids.is_empty() {
        return bad_request("Missing IDs");
    }
    filter.answer(&app.site())
}

/// A running SMD finds nothing below an xname that is no component itself.
async fn subtree(State(app): State<App>, Path(id): Path<String>) -> Response {
    let site = app.site();
    let below = |component: &&Component| site.components.contains_key(&id) && component.id.starts_with(&id);
    let shown: Vec<_> = site.components.values().filter(below).collect();
    ok(json!({ "Components": shown }))
}

async fn one(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.site().components.get(&id) {
        Some(component) => ok(json!(component)),
        None => no_such_xname(),
    }
}

async fn delete(State(app): State<App>, Path(id): Path<String>) -> Response {
    match app.site().components.remove(&id) {
        Some(_) => deleted(),
        None => no_such_xname(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    components: Vec<NewComponent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewComponent {
    #[serde(rename = "ID")]
    id: String,
    state: String,
}

async fn create(State(app): State<App>, body: Bytes) -> Response {
    let Created { components } = match decode(&body) {
        Ok(created) => created,
        Err(answer) => return answer,
    };
    let mut site = app.site();
    for new in components {
        let kind = if new.id.contains('n') { "Node" } else { "NodeBMC" };
        let known = site.components.get(&new.id).cloned();
        let component = known.unwrap_or_else(|| Component::new(&new.id, kind));
        site.add(Component {
            state: new.state,
            ..component
        });
    }
    nothing()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StateData {
    #[serde(rename = "ComponentIDs", default)]
    ids: Vec<String>,
    state: String,
}

async fn state(State(app): State<App>, Path(id): Path<String>, body: Bytes) -> Response {
    let data: StateData = match decode(&body) {
        Ok(data) => data,
        Err(answer) => return answer,
    };
    let mut site = app.site();
    if !site.components.contains_key(&id) {
        return no_such_xname();
    }
    match known_state(&data.state) {
        Some(state) => site.set_state(&id, state),
        None => return bad_request("Argument was not a valid HMS State"),
    }
    nothing()
}

async fn bulk_state(State(app): State<App>, body: Bytes) -> Response {
    let data: StateData = match decode(&body) {
        Ok(data) => data,
        Err(answer) => return answer,
    };
    if data.ids.is_empty() {
        return bad_request("Missing IDs");
    }
    let Some(state) = known_state(&data.state) else {
        return bad_request("Argument was not a valid HMS State");
    };
    let mut site = app.site();
    if data.ids.iter().any(|id| site.stateless.contains(id)) {
        return bad_request("Argument was not a valid HMS State");
    }
    for id in &data.ids {
        site.set_state(id, state);
    }
    nothing()
}

fn known_state(given: &str) -> Option<&'static str> {
    STATES.into_iter().find(|state| state.eq_ignore_ascii_case(given))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Enabled {
    enabled: bool,
}

async fn enabled(State(app): State<App>, Path(id): Path<String>, body: Bytes) -> Response {
    let data: Enabled = match decode(&body) {
        Ok(data) => data,
        Err(answer) => return answer,
    };
    match app.site().components.get_mut(&id) {
        Some(component) => component.enabled = data.enabled,
        None => return no_such_xname(),
    }
    nothing()
}
