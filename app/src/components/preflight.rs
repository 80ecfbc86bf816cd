//! What stands in the way of a form, before it is sent.

use domain::preflight::{Check, Verdict};
use leptos::prelude::*;

use super::{icon::icon, problem::panel_problem};
use crate::AppError;

/// Closed when all is fine, open when something is not.
pub fn preflight(checks: Result<Vec<Check>, AppError>) -> AnyView {
    let checks = match checks {
        Ok(checks) => checks,
        Err(error) => return panel_problem(&error, "The pre-flight checks"),
    };
    let wrong = checks.iter().filter(|check| check.verdict != Verdict::Fine).count();
    let (shape, text) = match wrong {
        0 => ("ok", "Pre-flight: nothing stands in the way".to_owned()),
        1 => ("warn", "Pre-flight: one thing to look at".to_owned()),
        count => ("warn", format!("Pre-flight: {count} things to look at")),
    };
    view! {
        <details class="preflight" open={wrong > 0}>
            <summary>{icon(shape)}{text}</summary>
            <ul>{checks.iter().map(row).collect_view()}</ul>
        </details>
    }
    .into_any()
}

fn row(check: &Check) -> AnyView {
    let (tone, shape, word) = match check.verdict {
        Verdict::Fine => ("good", "ok", "Fine"),
        Verdict::Doubtful => ("warn", "warn", "Doubtful"),
        Verdict::Blocked => ("bad", "fail", "In the way"),
    };
    view! {
        <li>
            <span class=format!("tone {tone}")>{icon(shape)}<span class="sr">{word}</span></span>
            <span><strong>{check.subject.clone()}</strong>" "{check.detail.clone()}</span>
        </li>
    }
    .into_any()
}
