//! `/v2/discoveries`.

pub(super) mod accept;
pub(super) mod cancel;
pub(super) mod create;
pub(super) mod get;
pub(super) mod list;

use http::StatusCode;
use switchyard_wire::v2;
use uuid::Uuid;

use super::problem::Problem;
use crate::api::time::rfc3339;
use crate::discovery::{Certificate, Discovery, Host, Standing};

fn show(discovery: Discovery) -> v2::Discovery {
    v2::Discovery {
        id: discovery.id.to_string(),
        ranges: discovery.ranges,
        by: discovery.by,
        started_at: rfc3339(discovery.started_at),
        ended_at: discovery.ended_at.map(rfc3339),
        cancelled: discovery.cancelled,
        total: discovery.total,
        asked: discovery.asked,
        hosts: discovery.hosts.into_iter().map(host).collect(),
    }
}

fn host(host: Host) -> v2::DiscoveredHost {
    let mut shown = v2::DiscoveredHost {
        address: host.address.to_string(),
        redfish: host.says.redfish,
        vendor: host.says.vendor,
        product: host.says.product,
        uuid: host.says.uuid,
        status: host.says.status,
        certificate: host.certificate.as_ref().map(certificate),
        controller: host.known_as.map(|id| id.to_string()),
        state: String::new(),
        components: Vec::new(),
        code: None,
        detail: None,
    };
    let state = match host.standing {
        Standing::Found => "found",
        Standing::Accepting => "accepting",
        Standing::Accepted { components, .. } => {
            shown.components = components;
            "accepted"
        }
        Standing::Refused { code, text } => {
            (shown.code, shown.detail) = (Some(code.to_owned()), Some(text));
            "refused"
        }
    };
    state.clone_into(&mut shown.state);
    shown
}

/// A certificate as it is shown.
pub(super) fn certificate(certificate: &Certificate) -> v2::Certificate {
    v2::Certificate {
        sha256: certificate.fingerprint.to_string(),
        subject: certificate.subject.clone(),
        expires_at: certificate.expires_at.map(rfc3339),
    }
}

fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| not_found(text))
}

fn not_found(id: &str) -> Problem {
    let detail = format!("there is no discovery {id:?}, or it has been forgotten");
    Problem::new(StatusCode::NOT_FOUND, "discovery.not-found", detail)
        .hint("GET /v2/discoveries lists those that are remembered")
}

fn stopping() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "service.stopping",
        "the service is stopping",
    )
}
