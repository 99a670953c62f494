//! Tokens: a table; and who one is.

use jiff::Timestamp;
use switchyard_wire::v2::{Session, Token};

use super::text::{Paint, plain};

/// A line for each token.
pub(crate) fn tokens(tokens: &[Token], now: Timestamp, paint: Paint) -> String {
    let width = tokens.iter().map(|token| token.name.chars().count()).max();
    let name = width.unwrap_or(0).max(4);
    let head = format!(
        "{:<16}  {:<name$}  {:<8}  {:<8}  {:<20}  {:<20}  SCOPE",
        "TOKEN", "NAME", "ROLE", "STATE", "EXPIRES", "LAST USED"
    );
    let mut lines = vec![paint.dim(&head)];
    for token in tokens {
        lines.push(format!(
            "{:<16}  {:<name$}  {:<8}  {}  {:<20}  {:<20}  {}",
            plain(&token.id),
            plain(&token.name),
            plain(&token.role),
            state(token, now, paint),
            time(token.expires_at.as_deref(), "never"),
            time(token.last_used_at.as_deref(), "-"),
            plain(
                &token
                    .scope
                    .as_ref()
                    .map_or_else(|| "all".to_owned(), |scope| scope.join(","))
            ),
        ));
    }
    lines.join("\n")
}

/// Whether it holds, in eight columns.
fn state(token: &Token, now: Timestamp, paint: Paint) -> String {
    let end = token
        .expires_at
        .as_deref()
        .and_then(|at| at.parse::<Timestamp>().ok());
    if token.revoked_at.is_some() {
        paint.dim("revoked ")
    } else if end.is_some_and(|at| at <= now) {
        paint.dim("expired ")
    } else {
        paint.good("holds   ")
    }
}

/// A time to the second.
fn time(at: Option<&str>, none: &str) -> String {
    let Some(at) = at else { return none.to_owned() };
    match at.parse::<Timestamp>() {
        Ok(at) => format!("{at:.0}"),
        Err(_) => plain(at),
    }
}

/// Who one is, and what one may do.
pub(crate) fn session(session: &Session) -> String {
    let scope = match (&session.scope, session.scope_count) {
        (Some(scope), Some(count)) => format!("{} ({count} components)", scope.join(",")),
        (Some(scope), None) => scope.join(","),
        (None, _) => "all".to_owned(),
    };
    [
        ("name", session.subject.as_str()),
        ("role", session.role.as_str()),
        ("scope", scope.as_str()),
        ("known by", session.how.as_str()),
        ("service asks", session.mode.as_str()),
    ]
    .map(|(label, value)| format!("{label:<14}{}", plain(value)))
    .join("\n")
}
