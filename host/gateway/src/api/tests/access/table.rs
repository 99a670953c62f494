//! The one table of routes and roles.

use super::*;

#[test]
fn every_route_is_in_the_table_and_no_other() {
    let mut rows = BTreeSet::new();
    for (method, path) in operations() {
        assert!(
            row(&method, &path).is_some(),
            "{method} {path} is not in the table of access"
        );
        rows.insert((
            method.to_string(),
            path.strip_prefix("/v1").unwrap_or(&path).to_owned(),
        ));
    }
    for (method, route, _) in TABLE {
        let path = route.replace("{*", "{");
        assert!(
            rows.contains(&(method.to_string(), path)),
            "{method} {route} is no route"
        );
    }
}

/// The rule that the table follows, said once more: looking is for viewers, and changing for operators.
#[test]
fn the_table_follows_the_rule() {
    let public = ["/health", "/liveness", "/readiness", "/ui", "/ui/", "/ui/{*name}"];
    let for_admins = [
        "/v2/backup",
        "/v2/components/{id}/bmc/{*path}",
        "/v2/emergency-off",
        "/v2/endpoints/{id}/probe",
        "/v2/endpoints/{id}/try",
        "/v2/tokens",
        "/v2/tokens/{id}",
        "/v2/webhooks/{name}/enable",
    ];
    let administers = ["/v2/credentials", "/v2/configuration/", "/v2/reload"];
    for (method, route, need) in TABLE {
        let changes_drivers = route.starts_with("/v2/drivers") && method != Method::GET;
        let admin = for_admins.contains(route)
            || changes_drivers
            || administers.iter().any(|area| route.starts_with(area))
            || (["/v2/endpoints", "/v2/discoveries"]
                .iter()
                .any(|area| route.starts_with(area))
                && method != Method::GET);
        let expected = match (method, *route) {
            (_, route) if public.contains(&route) => Need::Nobody,
            (&Method::POST, "/v2/session" | "/v2/smd/notifications/{token}") => Need::Nobody,
            (&Method::DELETE, "/v2/session") | (&Method::POST, "/power-status") => Need::Role(Role::Viewer),
            _ if admin => Need::Role(Role::Admin),
            (&Method::GET, _) => Need::Role(Role::Viewer),
            _ => Need::Role(Role::Operator),
        };
        assert_eq!(*need, expected, "{method} {route}");
    }
}

#[tokio::test]
async fn every_route_takes_its_role() {
    let yard = Yard::start().await;
    let mut callers = Vec::new();
    for role in Role::ALL {
        callers.push((format!("token {role}"), role, yard.token(role, &[]).await.1));
        let claims = json!({"roles": [role.name()], "racks": [OWN]});
        callers.push((format!("jwt {role}"), role, yard.signer.sign(&claims)));
    }
    for (method, path) in operations() {
        let need = row(&method, &path).unwrap();
        for (who, role, token) in &callers {
            let answer = yard.ask(&method, &filled(&path), Some(token), None).await;
            let allowed = match need {
                Need::Nobody => true,
                Need::Role(needed) => *role >= needed,
            };
            let open_session = path == "/v2/session" && method == Method::POST;
            assert!(
                answer.status != StatusCode::UNAUTHORIZED || open_session,
                "{who}: {method} {path}: {}",
                answer.text()
            );
            assert_eq!(
                answer.status != StatusCode::FORBIDDEN,
                allowed,
                "{who}: {method} {path}: {}",
                answer.status
            );
        }
    }
}
