//! Prefixes that gateways put before the paths of PCS.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Uri;
use http::uri::PathAndQuery;

use crate::config::Prefix;

/// The URI as it was asked for, with its prefix.
#[derive(Debug, Clone)]
pub(super) struct AskedUri(pub(super) Uri);

/// Takes the first prefix that fits off the path, so that a request means the same as without it.
pub(super) async fn strip(
    State(prefixes): State<Arc<[Prefix]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let bare = prefixes.iter().find_map(|prefix| without(request.uri(), prefix));
    if let Some(bare) = bare {
        let asked = std::mem::replace(request.uri_mut(), bare);
        request.extensions_mut().insert(AskedUri(asked));
    }
    next.run(request).await
}

fn without(uri: &Uri, prefix: &Prefix) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix.as_str())?;
    let rest = match rest.bytes().next() {
        None => "/".to_owned(),
        Some(b'/') => rest.to_owned(),
        Some(b'?') => format!("/{rest}"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(rest).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_segments_are_a_prefix() {
        let prefix: Prefix = "/apis/power-control".parse().unwrap();
        let bare = |uri: &str| without(&uri.parse().unwrap(), &prefix).map(|uri| uri.to_string());
        assert_eq!(
            bare("/apis/power-control/v1/power-status?xname=a").as_deref(),
            Some("/v1/power-status?xname=a")
        );
        assert_eq!(bare("/apis/power-control").as_deref(), Some("/"));
        assert_eq!(bare("/apis/power-control?a=b").as_deref(), Some("/?a=b"));
        assert_eq!(bare("/apis/power-controller/v1"), None);
        assert_eq!(bare("/v1/apis/power-control"), None);
    }
}
