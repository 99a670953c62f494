//! What the audit keeps of a request.

use serde_json::Value;
use switchyard_core::Timestamp;
use switchyard_store::NewAudit;
use switchyard_xname::NameSet;

use super::caller::Caller;

/// The longest target that is kept, in bytes: what is longer ends with the number of names.
const TARGET_MAX_BYTES: usize = 8 << 10;

/// An entry for what the caller does. Its reason is the caller's.
pub(super) fn entry(
    caller: &Caller,
    at: Timestamp,
    action: &'static str,
    target: String,
    detail: Value,
) -> NewAudit {
    NewAudit {
        at,
        who: caller.name.clone(),
        action: action.to_owned(),
        target,
        reason: caller.reason.clone(),
        origin: caller.from.map(|address| address.to_string()),
        request_id: caller.request_id.clone(),
        detail,
    }
}

/// Names as a target: folded, or as they are when some of them are no names at all.
pub(super) fn target<T: AsRef<str>>(names: &[T]) -> String {
    let folded = NameSet::from_texts(names).map(|set| set.fold());
    let text = folded.unwrap_or_else(|_| names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(","));
    if text.len() <= TARGET_MAX_BYTES {
        return text;
    }
    let cut = (0..=TARGET_MAX_BYTES).rev().find(|at| text.is_char_boundary(*at));
    let (kept, _) = text.split_at(cut.unwrap_or(0));
    format!("{kept}… ({} names)", names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_folded_and_bounded() {
        assert_eq!(target(&["x0c0s1b0n0", "x0c0s0b0n0"]), "x0c0s[0-1]b0n0");
        assert_eq!(target(&["no name", "x0c0s0b0n0"]), "no name,x0c0s0b0n0");
        let long = "ä ".repeat(TARGET_MAX_BYTES);
        let cut = target(&[long]);
        assert!(
            cut.len() < TARGET_MAX_BYTES + 32 && cut.ends_with("(1 names)"),
            "{}",
            cut.len()
        );
    }
}
