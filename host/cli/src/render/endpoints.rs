//! Controllers, hosts that were found, and certificates.

use switchyard_wire::v2::{DiscoveredHost, Discovery, Endpoint, EndpointPin};

use super::text::{Paint, plain};

/// A line for each controller.
pub(crate) fn endpoints(endpoints: &[Endpoint], paint: Paint) -> String {
    let id = width(endpoints.iter().map(|endpoint| endpoint.id.as_str()), 10);
    let address = width(endpoints.iter().map(|endpoint| endpoint.address.as_str()), 7);
    let driver = |endpoint: &Endpoint| plain(endpoint.driver.as_deref().unwrap_or("-"));
    let head = format!(
        "{:<id$}  {:<address$}  {:<16}  {:<9}  COMPONENTS",
        "CONTROLLER", "ADDRESS", "DRIVER", "BREAKER"
    );
    let mut lines = vec![paint.dim(&head)];
    for endpoint in endpoints {
        let breaker = format!("{:<9}", plain(&endpoint.breaker.state));
        lines.push(format!(
            "{:<id$}  {:<address$}  {:<16}  {}  {}",
            plain(&endpoint.id),
            plain(&endpoint.address),
            driver(endpoint),
            if endpoint.breaker.state == "closed" {
                paint.good(&breaker)
            } else {
                paint.bad(&breaker)
            },
            plain(&endpoint.components),
        ));
    }
    lines.join("\n")
}

/// Who answers, with the fingerprints that have to be compared before anything is accepted.
pub(crate) fn discovery(discovery: &Discovery, paint: Paint) -> String {
    let mut lines = vec![format!(
        "discovery {}: {} of {} asked, {} answer{}",
        plain(&discovery.id),
        discovery.asked,
        discovery.total,
        discovery.hosts.len(),
        if discovery.cancelled { "; cancelled" } else { "" }
    )];
    let address = width(discovery.hosts.iter().map(|host| host.address.as_str()), 7);
    for host in &discovery.hosts {
        let state = format!("{:<9}", plain(&host.state));
        let state = match host.state.as_str() {
            "accepted" => paint.good(&state),
            "refused" => paint.bad(&state),
            _ => paint.dim(&state),
        };
        lines.push(format!(
            "{:<address$}  {state}  {}",
            plain(&host.address),
            says(host)
        ));
        if let Some(certificate) = &host.certificate {
            let expires = certificate.expires_at.as_deref().unwrap_or("-");
            let subject = certificate.subject.as_deref().unwrap_or("-");
            lines.push(format!("    {}", plain(&certificate.sha256)));
            lines.push(paint.dim(&format!("    {}, until {}", plain(subject), plain(expires))));
        }
        if !host.components.is_empty() {
            let components: Vec<String> = host.components.iter().map(|id| plain(id)).collect();
            lines.push(format!("    {}", components.join(", ")));
        }
        if let Some(detail) = &host.detail {
            lines.push(format!("    {}", paint.bad(&plain(detail))));
        }
    }
    lines.join("\n")
}

/// What a host says of itself.
fn says(host: &DiscoveredHost) -> String {
    let words = [
        host.controller.as_deref(),
        host.vendor.as_deref(),
        host.product.as_deref(),
        host.uuid.as_deref(),
    ];
    let words: Vec<String> = words.into_iter().flatten().map(plain).collect();
    match (words.is_empty(), &host.redfish, host.status) {
        (false, _, _) => words.join(", "),
        (true, Some(version), _) => format!("Redfish {}", plain(version)),
        (true, None, Some(status)) => format!("no Redfish service, HTTP {status}"),
        (true, None, None) => "IPMI".to_owned(),
    }
}

/// What controllers are pinned to, and what they show.
pub(crate) fn pins(pins: &[EndpointPin], paint: Paint) -> String {
    let mut lines = Vec::new();
    for pin in pins {
        let standing = match (&pin.problem, pin.differs) {
            (Some(problem), _) => paint.bad(&plain(problem)),
            (None, true) => paint.bad("shows another certificate"),
            (None, false) => paint.good("shows what it is pinned to"),
        };
        lines.push(format!(
            "{} at {}: {standing}",
            plain(&pin.id),
            plain(&pin.address)
        ));
        if pin.differs {
            let shown = pin.presented.as_ref().map_or("-", |shown| shown.sha256.as_str());
            lines.push(format!(
                "    pinned  {}",
                plain(pin.pinned.as_deref().unwrap_or("-"))
            ));
            lines.push(format!("    shown   {}", plain(shown)));
        }
    }
    lines.join("\n")
}

fn width<'a>(texts: impl Iterator<Item = &'a str>, least: usize) -> usize {
    texts
        .map(|text| text.chars().count())
        .max()
        .unwrap_or(0)
        .max(least)
}
