//! Groups and partitions.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::{bad_request, decode, no_such_xname, ok, problem, values};
use crate::{App, Site};

/// The members of a group or partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// The xnames.
    #[serde(default)]
    pub ids: Vec<String>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SMD's")]
pub struct Group {
    /// Its name.
    pub label: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Free words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Of the groups with the same word here, a component can be in one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_group: Option<String>,
    /// What is in it.
    #[serde(default)]
    pub members: Members,
}

impl Group {
    /// A group of these components.
    pub fn new(label: &str, ids: Vec<String>) -> Self {
        Self {
            label: label.to_owned(),
            description: String::new(),
            tags: Vec::new(),
            exclusive_group: None,
            members: Members { ids },
        }
    }
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Free words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What is in it.
    #[serde(default)]
    pub members: Members,
}

/// The routes of groups, partitions and memberships below `/hsm/v2`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/groups", get(groups).post(create_group))
        .route("/groups/{label}", get(group).delete(delete_group))
        .route("/groups/{label}/members", get(members))
        .route("/partitions", get(partitions).post(create_partition))
        .route("/partitions/{name}", get(partition))
        .route("/memberships", get(memberships))
        .route("/memberships/{id}", get(membership))
}

async fn groups(State(app): State<App>) -> Response {
    ok(json!(app.site().groups.values().collect::<Vec<_>>()))
}

async fn group(State(app): State<App>, Path(label): Path<String>) -> Response {
    match app.site().groups.get(&label) {
        Some(group) => ok(json!(group)),
        None => no_such_group(&label),
    }
}

async fn members(State(app): State<App>, Path(label): Path<String>) -> Response {
    match app.site().groups.get(&label) {
        Some(group) => ok(json!(group.members)),
        None => no_such_group(&label),
    }
}

async fn delete_group(State(app): State<App>, Path(label): Path<String>) -> Response {
    match app.site().groups.remove(&label) {
        Some(_) => crate::answer::deleted(),
        None => no_such_group(&label),
    }
}

fn no_such_group(label: &str) -> Response {
    problem(StatusCode::NOT_FOUND, format!("No such group: {label}"))
}

async fn create_group(State(app): State<App>, body: Bytes) -> Response {
    let group: Group = match decode(&body) {
        Ok(group) => group,
        Err(answer) => return answer,
    };
    let mut site = app.site();
    if site.groups.contains_key(&group.label) {
        return problem(
            StatusCode::CONFLICT,
            "operation would conflict with an existing group that has the same label or duplicate ids found in request.",
        );
    }
    if is_taken_exclusively(&site, &group) {
        return problem(
            StatusCode::CONFLICT,
            "operation would conflict with an existing member in another exclusive group.",
        );
    }
    let uri = format!("/hsm/v2/groups/{}", group.label);
    site.groups.insert(group.label.clone(), group);
    created(&uri)
}

fn is_taken_exclusively(site: &Site, group: &Group) -> bool {
    group.exclusive_group.is_some()
        && site
            .groups
            .values()
            .filter(|other| other.exclusive_group == group.exclusive_group)
            .any(|other| other.members.ids.iter().any(|id| group.members.ids.contains(id)))
}

async fn partitions(State(app): State<App>) -> Response {
    ok(json!(app.site().partitions.values().collect::<Vec<_>>()))
}

async fn partition(State(app): State<App>, Path(name): Path<String>) -> Response {
    match app.site().partitions.get(&name) {
        Some(partition) => ok(json!(partition)),
        None => problem(StatusCode::NOT_FOUND, format!("No such partition: {name}")),
    }
}

async fn create_partition(State(app): State<App>, body: Bytes) -> Response {
    let partition: Partition = match decode(&body) {
        Ok(partition) => partition,
        Err(answer) => return answer,
    };
    if partition.name.is_empty() {
        return bad_request("partition name is required");
    }
    let uri = format!("/hsm/v2/partitions/{}", partition.name);
    app.site().partitions.insert(partition.name.clone(), partition);
    created(&uri)
}

fn created(uri: &str) -> Response {
    (StatusCode::CREATED, axum::Json(json!([{ "URI": uri }]))).into_response()
}

async fn memberships(State(app): State<App>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let ids = values(&query, "id");
    let site = app.site();
    let shown: Vec<_> = site
        .components
        .keys()
        .filter(|id| ids.is_empty() || ids.contains(&id.as_str()))
        .map(|id| shown(&site, id))
        .collect();
    ok(json!(shown))
}

async fn membership(State(app): State<App>, Path(id): Path<String>) -> Response {
    let site = app.site();
    if site.components.contains_key(&id) {
        ok(shown(&site, &id))
    } else {
        no_such_xname()
    }
}

fn shown(site: &Site, id: &str) -> Value {
    let labels: Vec<&str> = site.groups_of(id).collect();
    json!({
        "id": id,
        "groupLabels": labels,
        "partitionName": site.partition_of(id).unwrap_or_default(),
    })
}
