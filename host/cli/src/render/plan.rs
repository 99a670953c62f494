//! What a request would do.

use switchyard_wire::v2::{Notice, Plan, PlanGroup, PlanVerdict};

use super::fold::fold;
use super::text::{Colour, Paint, plain};

/// The width of labels, as wide as `unsupported` and a space.
const LABEL_WIDTH: usize = 12;

/// The plan: what acts, what does not and why, what is in line, and how long it takes.
pub(crate) fn plan(plan: &Plan, paint: Paint) -> String {
    let mut lines = vec![head(plan)];
    let several = plan.groups.len() > 1;
    let shown = plan
        .groups
        .iter()
        .filter(|group| several || group.verdict != PlanVerdict::Act || group.code.is_some());
    lines.extend(shown.map(|group| group_line(plan, group, paint)));
    let included: Vec<&str> = plan
        .members
        .iter()
        .filter(|member| member.included)
        .map(|member| member.name.as_str())
        .collect();
    if !included.is_empty() {
        lines.push(row(
            "with",
            &included.len(),
            &fold(included.iter().copied()),
            Paint::odd,
            paint,
        ));
    }
    for work in &plan.in_flight {
        let text = format!(
            "{}: {} of {}, transition {}",
            plain(&work.components),
            plain(&work.operation),
            plain(&work.requested_by),
            plain(&work.transition),
        );
        lines.push(row("in flight", &work.count, &text, Paint::busy, paint));
    }
    if plan.waves.len() > 1 {
        lines.push(format!(
            "  {:<LABEL_WIDTH$}one after the other in {} waves",
            "order",
            plan.waves.len()
        ));
    }
    lines.extend(plan.notices.iter().map(|notice| notice_line(notice, paint)));
    lines.join("\n")
}

fn head(plan: &Plan) -> String {
    let refused = |verdict| {
        matches!(
            verdict,
            PlanVerdict::Held | PlanVerdict::Unsupported | PlanVerdict::Refused
        )
    };
    let names = plan
        .members
        .iter()
        .filter(|member| !refused(member.verdict))
        .map(|member| member.name.as_str());
    let names = Some(fold(names)).filter(|names| !names.is_empty());
    format!(
        "{} {} component{}{}{}",
        plain(&plan.operation),
        plan.expect,
        if plan.expect == 1 { "" } else { "s" },
        names.map(|names| format!(": {names}")).unwrap_or_default(),
        if plan.expect == 0 {
            String::new()
        } else {
            format!("; {}", plain(&plan.estimate.text))
        },
    )
}

fn group_line(plan: &Plan, group: &PlanGroup, paint: Paint) -> String {
    let (label, colour): (&str, Colour) = match (group.verdict, group.code.as_deref()) {
        (PlanVerdict::Act, Some("endpoint.breaker-open")) => ("no answer", Paint::odd),
        (PlanVerdict::Act, _) => ("act", Paint::good),
        (PlanVerdict::Already, _) => ("already", Paint::dim),
        (PlanVerdict::Blocked, Some("driver.missing")) => ("no driver", Paint::odd),
        (PlanVerdict::Blocked, Some("endpoint.breaker-open")) => ("no login", Paint::odd),
        (PlanVerdict::Blocked, Some(code)) if code.starts_with("smd.") => ("locked", Paint::odd),
        (PlanVerdict::Blocked, _) => ("blocked", Paint::odd),
        (PlanVerdict::Held, _) => ("held", Paint::bad),
        (PlanVerdict::Unsupported, _) => ("unsupported", Paint::bad),
        (PlanVerdict::Refused, _) => ("refused", Paint::bad),
    };
    let text = match (group.verdict, plan.operation.as_str()) {
        (PlanVerdict::Act, _) if group.code.is_none() && !several_act(plan) => plain(&group.components),
        (PlanVerdict::Already, "on" | "off" | "soft-off" | "force-off") => plain(&group.components),
        _ => format!("{}: {}", plain(&group.components), plain(&group.text)),
    };
    row(label, &group.count, &text, colour, paint)
}

/// Whether not all that act do so in the same way.
fn several_act(plan: &Plan) -> bool {
    let act = plan
        .groups
        .iter()
        .filter(|group| group.verdict == PlanVerdict::Act);
    act.count() > 1
}

fn row(label: &str, count: &impl ToString, text: &str, colour: Colour, paint: Paint) -> String {
    format!(
        "  {}{:>6}  {text}",
        colour(paint, &format!("{label:<LABEL_WIDTH$}")),
        count.to_string()
    )
}

fn notice_line(notice: &Notice, paint: Paint) -> String {
    let text = format!("{} ({})", plain(&notice.text), plain(&notice.components));
    row("note", &notice.count, &text, Paint::odd, paint)
}
