//! The page docs/api/errors.md, written from the list of codes.

use switchyard_wire::v2::codes::{FAILURE_CODES, ProblemCode, problem_codes};
use switchyard_wire::v2::problem::TYPE_PREFIX;

/// The page in Markdown.
pub fn errors_page() -> String {
    let mut page = format!(
        "# Errors\n\n\
         Codes are stable: programs go by `code`, people by `detail` and `hint`. This page is written by `cargo xtask openapi`.\n\n\
         ## Refused requests\n\n\
         Under `/v2` a refused request is answered with a body of type `application/problem+json` (RFC 9457). Its `type` is\n\
         `{TYPE_PREFIX}` and the code.\n\n\
         | code | status | meaning | what to do |\n|---|---|---|---|\n"
    );
    let mut problems: Vec<&ProblemCode> = problem_codes().collect();
    problems.sort_by_key(|row| row.code);
    for row in problems {
        let (code, status) = (format!("`{}`", row.code), row.status.to_string());
        page.push_str(&line([&code, &status, row.meaning, row.remedy]));
    }
    page.push_str(
        "\n## Components\n\n\
         What went wrong with one component stands in the `failure` of a task, of a member of a transition or of the component\n\
         itself. The words of the BMC, where it spoke, are in `text`.\n\n\
         | code | meaning | what to do |\n|---|---|---|\n",
    );
    for row in FAILURE_CODES {
        let code = format!("`{}`", row.code);
        page.push_str(&line([&code, row.meaning, row.remedy]));
    }
    page
}

/// One row of a table.
fn line<const CELLS: usize>(cells: [&str; CELLS]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
