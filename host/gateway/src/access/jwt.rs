//! Who presents a token that an identity provider has signed (RFC 7519).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::denied::Denied;
use super::identity::{How, Identity, Role};
use super::jws::Signed;
use super::keys::Keys;
use super::scope::Scope;
use super::tokens::is_subject;

/// How far the clocks of the provider and of this machine may be apart.
const LEEWAY: Duration = Duration::from_secs(30);

/// What a signed token has to say, and what follows from it.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who may have issued it; empty: anybody whose key is known.
    pub issuers: Vec<String>,
    /// For whom it may be meant; empty: for anybody.
    pub audiences: Vec<String>,
    /// Whether it must have an end.
    pub require_expiry: bool,
    /// The claim with the roles; dots lead into objects.
    pub role_claim: String,
    /// The role that each value of that claim stands for; empty: the values are the roles of this service.
    pub role_map: Vec<(String, Role)>,
    /// The role of those whose token has no such claim.
    pub default_role: Option<Role>,
    /// The claim with the components that operators may change; empty: they may change all.
    pub scope_claim: String,
    /// The set expression that each value of that claim stands for; empty: the values are expressions.
    pub scope_map: Vec<(String, String)>,
}

/// Checks signed tokens.
#[derive(Debug)]
pub(super) struct Verifier {
    keys: Arc<Keys>,
    rules: Rules,
}

/// What a token says when it holds.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) identity: Identity,
    /// The second since 1970 at which it ends.
    pub(super) ends_at: Option<i64>,
}

impl Verifier {
    pub(super) fn new(keys: Keys, rules: Rules) -> Self {
        Self {
            keys: Arc::new(keys),
            rules,
        }
    }

    pub(super) fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Who presents this token. `now` is in seconds since 1970.
    pub(super) async fn check(&self, text: &str, now: i64) -> Result<Verified, Denied> {
        let signed = Signed::read(text)?;
        let key_id = signed.key_id.clone();
        let keys = self.keys.for_token(key_id.as_deref()).await?;
        let claims = signed.verify(keys.named(key_id.as_deref()))?;
        let claims: Map<String, Value> = serde_json::from_slice(&claims).map_err(|_| Denied::Malformed)?;
        self.rules.judge(&claims, now)
    }
}

impl Rules {
    /// Judges claims whose signature was checked.
    fn judge(&self, claims: &Map<String, Value>, now: i64) -> Result<Verified, Denied> {
        let ends_at = self.times(claims, now)?;
        let subject = text(claims, "sub")?;
        let issuer = text(claims, "iss")?;
        let audiences = words(claims.get("aud").ok_or(Denied::MissingClaim("aud"))?);
        if audiences.is_empty() {
            return Err(Denied::MissingClaim("aud"));
        }
        if !self.issuers.is_empty() && !self.issuers.iter().any(|known| known == issuer) {
            return Err(Denied::Issuer);
        }
        if !self.audiences.is_empty() && !audiences.iter().any(|name| self.audiences.contains(name)) {
            return Err(Denied::Audience);
        }
        if !is_subject(subject) {
            return Err(Denied::Malformed);
        }
        let role = self.role(claims)?;
        let identity = Identity {
            subject: subject.to_owned(),
            role,
            scope: self.scope(claims, role),
            how: How::Jwt,
        };
        Ok(Verified { identity, ends_at })
    }

    /// Checks `exp` and `nbf`, and gives the end.
    fn times(&self, claims: &Map<String, Value>, now: i64) -> Result<Option<i64>, Denied> {
        let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or_default();
        let ends_at = seconds(claims, "exp")?;
        if ends_at.is_none() && self.require_expiry {
            return Err(Denied::MissingClaim("exp"));
        }
        let latest = ends_at.map(|at| at.saturating_add(leeway));
        if latest.is_some_and(|at| at <= now) {
            return Err(Denied::Expired);
        }
        if seconds(claims, "nbf")?.is_some_and(|at| at > now.saturating_add(leeway)) {
            return Err(Denied::NotYet);
        }
        Ok(latest)
    }

    /// The strongest role that the token gives.
    fn role(&self, claims: &Map<String, Value>) -> Result<Role, Denied> {
        let Some(claim) = find(claims, &self.role_claim) else {
            return self.default_role.ok_or(Denied::NoRole);
        };
        let values = words(claim);
        let roles = values.iter().flat_map(|value| {
            let mapped = self.role_map.iter().filter(move |(known, _)| known == value);
            let own = self.role_map.is_empty().then(|| value.parse().ok()).flatten();
            mapped.map(|(_, role)| *role).chain(own)
        });
        roles.max().ok_or(Denied::NoRole)
    }

    /// The components that somebody may change. Where scopes are set up, an operator whose token has none may change nothing.
    fn scope(&self, claims: &Map<String, Value>, role: Role) -> Scope {
        if self.scope_claim.is_empty() || role != Role::Operator {
            return Scope::All;
        }
        let values = find(claims, &self.scope_claim).map(words).unwrap_or_default();
        let expressions: Vec<String> = if self.scope_map.is_empty() {
            values
        } else {
            let mapped = self.scope_map.iter().filter(|(value, _)| values.contains(value));
            mapped.map(|(_, expression)| expression.clone()).collect()
        };
        Scope::only(expressions).unwrap_or_else(|error| {
            tracing::warn!(%error, "the scope in a signed token cannot be read; its holder may change nothing");
            Scope::Only([].into())
        })
    }
}

/// A text that must be there and must not be empty.
fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Denied> {
    match claims.get(name) {
        None => Err(Denied::MissingClaim(name)),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(Denied::Malformed),
    }
}

/// A time in seconds since 1970, which may have a fraction. Anything else under this name is no time that was left out.
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, Denied> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    if let Some(whole) = value.as_i64() {
        return Ok(Some(whole));
    }
    let whole = value.as_f64().map(|at| at.floor().to_string());
    match whole.and_then(|digits| digits.parse().ok()) {
        Some(whole) => Ok(Some(whole)),
        None => Err(Denied::Malformed),
    }
}

/// The claim of this name; a name that is not there leads into objects by its dots.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        find(claims.get(first)?.as_object()?, rest)
    })
}

/// The words of a claim: a list of texts, or one text with spaces between them.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn rules() -> Rules {
        Rules {
            require_expiry: true,
            role_claim: "realm_access.roles".to_owned(),
            ..Rules::default()
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a test says its claims in place")]
    fn judge(rules: &Rules, more: Value) -> Result<Identity, Denied> {
        let mut claims = json!({"sub": "anna", "iss": "https://id", "aud": ["power"], "exp": NOW + 60});
        let object = claims.as_object_mut().unwrap();
        for (name, value) in more.as_object().unwrap() {
            if value.is_null() {
                object.remove(name);
            } else {
                object.insert(name.clone(), value.clone());
            }
        }
        rules.judge(object, NOW).map(|verified| verified.identity)
    }

    #[test]
    fn a_token_without_roles_has_the_default_role_or_none() {
        assert_eq!(judge(&rules(), json!({})), Err(Denied::NoRole));
        let lenient = Rules {
            default_role: Some(Role::Viewer),
            ..rules()
        };
        assert_eq!(judge(&lenient, json!({})).unwrap().role, Role::Viewer);
        // A claim that gives nothing known is no claim that was left out.
        let strange = json!({"realm_access": {"roles": ["boss"]}});
        assert_eq!(judge(&lenient, strange), Err(Denied::NoRole));
    }

    #[test]
    fn the_strongest_role_counts_and_values_are_mapped() {
        let roles = json!({"realm_access": {"roles": ["viewer", "operator"]}});
        assert_eq!(judge(&rules(), roles.clone()).unwrap().role, Role::Operator);
        let mapped = Rules {
            role_map: vec![("hpc".to_owned(), Role::Admin)],
            ..rules()
        };
        assert_eq!(
            judge(&mapped, roles),
            Err(Denied::NoRole),
            "with a map, only the map counts"
        );
        let hpc = json!({"realm_access": {"roles": "users hpc"}});
        assert_eq!(judge(&mapped, hpc).unwrap().role, Role::Admin);
    }

    #[test]
    fn claims_must_be_there_and_be_what_they_should() {
        let rules = Rules {
            default_role: Some(Role::Viewer),
            issuers: vec!["https://id".to_owned()],
            audiences: vec!["power".to_owned()],
            ..rules()
        };
        for (more, expected) in [
            (json!({"sub": null}), Denied::MissingClaim("sub")),
            (json!({"iss": null}), Denied::MissingClaim("iss")),
            (json!({"aud": null}), Denied::MissingClaim("aud")),
            (json!({"aud": []}), Denied::MissingClaim("aud")),
            (json!({"exp": null}), Denied::MissingClaim("exp")),
            (json!({"exp": (NOW + 60).to_string()}), Denied::Malformed),
            (json!({"nbf": "soon"}), Denied::Malformed),
            (json!({"exp": NOW - 30}), Denied::Expired),
            (json!({"nbf": NOW + 31}), Denied::NotYet),
            (json!({"iss": "https://other"}), Denied::Issuer),
            (json!({"aud": "elsewhere"}), Denied::Audience),
            (json!({"sub": "a\nb"}), Denied::Malformed),
        ] {
            assert_eq!(judge(&rules, more.clone()), Err(expected), "{more}");
        }
        for more in [
            json!({}),
            json!({"exp": NOW - 29}),
            json!({"exp": 1_800_000_000.5}),
            json!({"nbf": NOW + 30}),
            json!({"aud": "power other"}),
        ] {
            assert!(judge(&rules, more.clone()).is_ok(), "{more}");
        }
    }

    #[test]
    fn operators_without_a_scope_change_nothing_where_scopes_are_set_up() {
        let scoped = Rules {
            default_role: Some(Role::Operator),
            scope_claim: "racks".to_owned(),
            ..rules()
        };
        let scope = |rules: &Rules, more| judge(rules, more).unwrap().scope;
        assert_eq!(scope(&scoped, json!({})), Scope::Only([].into()));
        assert_eq!(
            scope(&scoped, json!({"racks": ["x0c0s[0-3]b0n0"]})),
            Scope::Only(["x0c0s[0-3]b0n0".to_owned()].into())
        );
        assert_eq!(
            scope(&scoped, json!({"racks": ["x0c0["]})),
            Scope::Only([].into())
        );
        let mapped = Rules {
            scope_map: vec![("bio".to_owned(), "@bio".to_owned())],
            ..scoped
        };
        assert_eq!(
            scope(&mapped, json!({"racks": "bio x0c0s0b0n0"})),
            Scope::Only(["@bio".to_owned()].into())
        );
        let viewer = Rules {
            default_role: Some(Role::Viewer),
            ..mapped
        };
        assert_eq!(scope(&viewer, json!({})), Scope::All);
    }
}
