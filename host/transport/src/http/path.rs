//! Paths that a driver may ask for, and where a redirect may lead.

use http::uri::PathAndQuery;

use crate::address::{Address, split_scheme};
use crate::fault::Fault;
use crate::limits::PATH_MAX_BYTES;

/// Checks a path with its query. It stays below the controller's own address, whoever reads it and however.
pub(crate) fn check(path: &str) -> Result<PathAndQuery, Fault> {
    if path.len() > PATH_MAX_BYTES {
        return Err(Fault::refused(format!(
            "the path is longer than {PATH_MAX_BYTES} bytes"
        )));
    }
    if path.contains("://") && !path.starts_with('/') {
        return Err(refused(
            path,
            "is an absolute URL: give the path only, the host adds the controller's address",
        ));
    }
    if !path.starts_with('/') {
        return Err(refused(path, "does not start with '/'"));
    }
    if path.starts_with("//") {
        return Err(refused(path, "starts with '//', which names another host"));
    }
    if let Some(wrong) = path
        .chars()
        .find(|c| !c.is_ascii_graphic() || matches!(c, '\\' | '#'))
    {
        return Err(refused(
            path,
            &format!("holds {wrong:?}: percent-encode it or leave it out"),
        ));
    }
    let only_path = path.split_once('?').map_or(path, |(path, _)| path);
    if only_path
        .trim_start_matches('/')
        .split('/')
        .next()
        .is_some_and(|first| first.contains('@'))
    {
        return Err(refused(
            path,
            "holds '@' in its first segment, where it could name another host",
        ));
    }
    if climbs(only_path) {
        return Err(refused(path, "holds a '..' segment"));
    }
    path.parse()
        .map_err(|_| refused(path, "is no valid path of a URL"))
}

fn refused(path: &str, why: &str) -> Fault {
    let shown: String = path.chars().take(128).collect();
    Fault::refused(format!("the path {shown:?} {why}"))
}

/// Whether a segment is `..` in any spelling that some server decodes.
fn climbs(path: &str) -> bool {
    let mut decoded = path.to_ascii_lowercase();
    // Twice, for servers that decode twice.
    for _ in 0..2 {
        decoded = decoded
            .replace("%25", "%")
            .replace("%2e", ".")
            .replace("%2f", "/")
            .replace("%5c", "/");
    }
    decoded.split(['/', ';']).any(|segment| segment == "..")
}

/// The path that a redirect leads to, when it stays at the controller's own origin.
pub(crate) fn redirect(origin: &Address, from: &str, location: &str) -> Result<String, Fault> {
    let location = location.split_once('#').map_or(location, |(target, _)| target);
    let path = if let Some((_, rest)) = split_scheme(location) {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = location.split_at(location.len() - rest.len() + end);
        let target: Address = authority.parse().map_err(|error| {
            Fault::refused(format!(
                "the controller redirects to an address that is none: {error}"
            ))
        })?;
        if target != *origin {
            return Err(Fault::refused(format!(
                "the controller redirects from {origin} to {target}: redirects to another scheme, host or port are not followed; correct \
                 the controller's address if it has moved"
            )));
        }
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        }
    } else if location.starts_with('/') {
        location.to_owned()
    } else if location
        .split('/')
        .next()
        .is_some_and(|first| first.contains(':'))
    {
        return Err(Fault::refused(
            "the controller redirects to an address that is neither http nor https",
        ));
    } else {
        let base = super::without_query(from);
        let folder = base
            .rfind('/')
            .map_or("", |end| base.get(..end).unwrap_or_default());
        format!("{folder}/{location}")
    };
    check(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_real_controllers_pass() {
        for path in [
            "/",
            "/redfish/v1/",
            "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
            "/redfish/v1/Systems?$expand=.($levels=1)&only",
            "/redfish/v1/Chassis/HGX_Chassis_0/Oem/@Vendor",
            "/redfish/v1/a..b/...",
            "/redfish/v1//Systems/%20x",
        ] {
            assert!(check(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for (path, why) in [
            ("", "start"),
            ("redfish/v1", "start"),
            ("http://10.0.0.1/redfish", "absolute URL"),
            ("HTTPS://10.0.0.1/redfish", "absolute URL"),
            ("//10.0.0.1/redfish", "another host"),
            ("/@10.0.0.1/redfish", "'@'"),
            ("/redfish\\..\\x", "'\\\\'"),
            ("/redfish v1", "' '"),
            ("/redfish\r\nX: y", "'\\r'"),
            ("/redfish\0", "'\\0'"),
            ("/redfish/\u{e4}", "percent-encode"),
            ("/redfish#x", "'#'"),
            ("/redfish/../x", "'..'"),
            ("/redfish/..", "'..'"),
            ("/redfish/%2e%2E/x", "'..'"),
            ("/redfish/.%2e/x", "'..'"),
            ("/redfish/%252e%252e/x", "'..'"),
            ("/redfish/..%2fx", "'..'"),
            ("/redfish/..%5Cx", "'..'"),
            ("/redfish/..;/x", "'..'"),
        ] {
            let fault = check(path).expect_err(path);
            assert!(fault.text.contains(why), "{path}: {}", fault.text);
        }
        assert!(check(&format!("/{}", "a".repeat(PATH_MAX_BYTES))).is_err());
    }

    #[test]
    fn redirects_stay_at_their_origin() {
        let origin: Address = "https://bmc:8443".parse().unwrap();
        let from = "/redfish/v1?x=1/2";
        for (location, path) in [
            ("/redfish/v1/", "/redfish/v1/"),
            ("/redfish/v1/#top", "/redfish/v1/"),
            ("https://BMC:8443/a?b=c", "/a?b=c"),
            ("https://bmc:8443", "/"),
            ("https://bmc:8443?x", "/?x"),
            ("v2", "/redfish/v2"),
        ] {
            assert_eq!(
                redirect(&origin, from, location).as_deref(),
                Ok(path),
                "{location}"
            );
        }
        for location in [
            "https://other:8443/",
            "http://bmc:8443/",
            "https://bmc/",
            "//other/",
            "https://bmc:8443@other/",
            "https://bmc:8443\\@other/",
            "../x",
            "javascript:alert(1)://",
        ] {
            assert!(redirect(&origin, from, location).is_err(), "{location}");
        }
    }
}
