//! `POST /v2/discoveries/{id}/accept`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use http::StatusCode;
use serde_json::json;
use switchyard_core::ControllerId;
use switchyard_store::audit::action;
use switchyard_transport::Fingerprint;
use switchyard_wire::v2::{AcceptRequest, Discovery};

use super::{id, not_found, show, stopping};
use crate::api::ApiState;
use crate::api::audit;
use crate::api::caller::Caller;
use crate::api::v2::body::{self, Body};
use crate::api::v2::problem::Problem;
use crate::discovery::{Acceptance, AcceptanceError, Names};
use crate::inventory::{DEFAULT_CREDENTIAL, NamedDriver};

/// Accepts hosts that were found
///
/// Pins their certificates, speaks to each once with its credential, and writes those that let the service in into the inventory. What
/// became of each host stands in the discovery. Nothing is sent when anything about the request is not clear.
#[utoipa::path(
    post,
    path = "/discoveries/{id}/accept",
    operation_id = "acceptDiscovered",
    tag = "endpoints",
    params(("id" = String, Path, description = "The id of the discovery.")),
    request_body(content = AcceptRequest, example = json!({"hosts": ["10.4.7.[1-8]"], "names": "x1000c0s[0-7]b0"})),
    responses(
        (status = 202, description = "It has begun.", body = Discovery),
        (status = 400, description = "request.malformed"),
        (status = 404, description = "discovery.not-found"),
        (status = 409, description = "discovery.conflict, discovery.wrong-fingerprint"),
        (status = 422, description = "discovery.not-clear, discovery.insecure, request.out-of-range"),
        (status = 503, description = "service.stopping"),
    ),
)]
pub(in crate::api) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Path(text): Path<String>,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let id = id(&text)?;
    let body: AcceptRequest = body::read(body)?;
    let caller = body::with_reason(caller, body.reason.as_deref())?;
    let detail = json!({
        "hosts": body.hosts, "names": body.names, "mapping": body.mapping, "credential": body.credential,
        "driver": body.driver, "insecure": body.insecure,
    });
    let acceptance = acceptance(body)?;
    // What sends credentials is written down before it does.
    let now = state.engine.clock().now();
    let entry = audit::entry(&caller, now, action::DISCOVERY_ACCEPT, id.to_string(), detail);
    state.engine.store().audit(entry).await?;
    let accepted = state.discoveries.accept(id, acceptance);
    let discovery = accepted.map_err(|error| refusal(&error, &text))?;
    Ok((StatusCode::ACCEPTED, Json(show(discovery))))
}

fn acceptance(body: AcceptRequest) -> Result<Acceptance, Problem> {
    let names = match (body.names, body.mapping) {
        (Some(names), mapping) if mapping.is_empty() => Names::Pattern {
            hosts: body.hosts,
            names,
        },
        (None, mapping) if !mapping.is_empty() && body.hosts.is_empty() => Names::Map(mapping),
        _ => {
            return Err(not_clear(
                "give hosts and names, or a mapping from addresses to names".to_owned(),
            ));
        }
    };
    let name = |what: &str, text: String| match ControllerId::parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(not_clear(format!("bad {what}: {error}"))),
    };
    let driver = body.driver.map(|id| name("driver", id)).transpose()?;
    let fingerprints: Result<BTreeMap<_, _>, _> = body
        .fingerprints
        .into_iter()
        .map(|(address, text)| match text.parse::<Fingerprint>() {
            Ok(fingerprint) => Ok((address, fingerprint)),
            Err(error) => Err(not_clear(format!("{address}: {error}"))),
        })
        .collect();
    Ok(Acceptance {
        names,
        credential: name(
            "credential",
            body.credential.unwrap_or_else(|| DEFAULT_CREDENTIAL.to_owned()),
        )?,
        driver: driver.map(|id| NamedDriver { id, version: None }),
        fingerprints: fingerprints?,
        insecure: body.insecure,
    })
}

fn not_clear(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "discovery.not-clear", detail)
}

fn refusal(error: &AcceptanceError, id: &str) -> Problem {
    let text = error.to_string();
    let conflict = |code| Problem::new(StatusCode::CONFLICT, code, text.clone());
    match error {
        AcceptanceError::NotFound(_) => not_found(id),
        AcceptanceError::Naming(_) => not_clear(text),
        AcceptanceError::Insecure(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "discovery.insecure", text)
        }
        AcceptanceError::Fingerprint { .. } => conflict("discovery.wrong-fingerprint")
            .hint("find out who has the other certificate before any password is sent"),
        AcceptanceError::Taken(_)
        | AcceptanceError::Known { .. }
        | AcceptanceError::Busy(_)
        | AcceptanceError::Promised(_) => conflict("discovery.conflict"),
        AcceptanceError::Stopping => stopping(),
    }
}
