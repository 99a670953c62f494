//! One question to one address, without credentials.

use std::net::SocketAddr;

use reqwest::tls::TlsInfo;
use serde::Deserialize;
use switchyard_transport::{Address, Scheme};

use super::{Certificate, ClientError, HOST_TIMEOUT, Host, Protocol, Says, Standing, Target, ipmi};
use crate::tls::presented;

/// The service root (DSP0266, "Redfish service root"): it takes no login.
const ROOT: &str = "/redfish/v1/";
/// The longest answer that is read.
const BODY_MAX_BYTES: usize = 64 << 10;
/// The longest word of a host that is kept.
const WORD_MAX_BYTES: usize = 256;

/// A client that trusts nobody and tells who was there. No credentials ever go through it.
pub(super) fn client() -> Result<reqwest::Client, ClientError> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(presented::anyone()?)
        .tls_info(true)
        .user_agent(concat!("switchyard/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .timeout(HOST_TIMEOUT)
        .pool_max_idle_per_host(0)
        .build()?)
}

/// What answers, if anything does.
pub(super) async fn ask(http: &reqwest::Client, target: Target) -> Option<Host> {
    let address = address(target.protocol.scheme(), target.socket);
    let host = |says, certificate| Host {
        address: address.clone(),
        socket: target.socket,
        says,
        certificate,
        known_as: None,
        standing: Standing::Found,
    };
    if target.protocol == Protocol::Ipmi {
        return ipmi::answers(target.socket)
            .await
            .then(|| host(Says::default(), None));
    }
    let (says, certificate) = look(http, &address).await.ok()?;
    Some(host(says, certificate))
}

/// The certificate that an address shows now.
pub(super) async fn certificate(http: &reqwest::Client, address: &Address) -> Result<Certificate, String> {
    let looked = tokio::time::timeout(HOST_TIMEOUT, look(http, address)).await;
    let (_, certificate) = looked
        .map_err(|_| format!("no answer within {} s", HOST_TIMEOUT.as_secs()))?
        .map_err(|error| crate::telemetry::Chain(&error.without_url()).to_string())?;
    certificate.ok_or_else(|| "it shows no certificate".to_owned())
}

async fn look(
    http: &reqwest::Client,
    address: &Address,
) -> Result<(Says, Option<Certificate>), reqwest::Error> {
    let mut answer = http.get(format!("{address}{ROOT}")).send().await?;
    let certificate = answer
        .extensions()
        .get::<TlsInfo>()
        .and_then(TlsInfo::peer_certificate)
        .map(Certificate::of);
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    // What a host says badly is as if it said nothing: it is there.
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_MAX_BYTES {
            break;
        }
    }
    Ok((says(status, &body), certificate))
}

/// The part of a service root that tells who it is (DSP2046, `ServiceRoot`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Root {
    #[serde(rename = "@odata.type")]
    odata_type: Option<String>,
    redfish_version: Option<String>,
    vendor: Option<String>,
    product: Option<String>,
    #[serde(rename = "UUID")]
    uuid: Option<String>,
}

fn says(status: u16, body: &[u8]) -> Says {
    let root: Option<Root> = serde_json::from_slice(body).ok();
    let is_root = |root: &Root| {
        let named = root.odata_type.as_deref().unwrap_or_default();
        root.redfish_version.is_some() || named.contains("ServiceRoot")
    };
    let Some(root) = root.filter(|root| status == 200 && is_root(root)) else {
        return Says {
            status: Some(status),
            ..Says::default()
        };
    };
    Says {
        redfish: Some(word(root.redfish_version).unwrap_or_default()),
        vendor: word(root.vendor),
        product: word(root.product),
        uuid: word(root.uuid),
        status: Some(status),
    }
}

/// A word of a host, which may say anything.
fn word(text: Option<String>) -> Option<String> {
    let text = text?;
    let fits = !text.is_empty() && text.len() <= WORD_MAX_BYTES && !text.chars().any(char::is_control);
    fits.then_some(text)
}

fn address(scheme: Scheme, socket: SocketAddr) -> Address {
    Address {
        scheme,
        host: socket.ip().to_string(),
        port: socket.port(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_root_says_who_it_is() {
        let root = br##"{"@odata.type":"#ServiceRoot.v1_5_0.ServiceRoot","RedfishVersion":"1.6.0","Vendor":"Acme","UUID":"u-1"}"##;
        let told = says(200, root);
        assert_eq!(
            (told.redfish.as_deref(), told.vendor.as_deref()),
            (Some("1.6.0"), Some("Acme"))
        );
        assert_eq!((told.uuid.as_deref(), told.product), (Some("u-1"), None));
        assert_eq!(says(401, root).redfish, None);
        assert_eq!(says(200, br#"{"Vendor":"Acme"}"#).vendor, None);
        assert_eq!(says(200, b"<html>").status, Some(200));
        let long = format!(r#"{{"RedfishVersion":"1.6.0","Vendor":"{}"}}"#, "x".repeat(300));
        assert_eq!(says(200, long.as_bytes()).vendor, None);
    }
}
