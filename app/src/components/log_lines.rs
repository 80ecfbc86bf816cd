//! A log as plain lines: what people without JavaScript read, until the log island takes over.

use domain::log::{Level, LogPage, LogState};
use leptos::prelude::*;

use super::icon::icon;

/// The newest lines, and the way to all of them. `expired`: the day on which they go, or went.
pub fn log_lines(page: &LogPage, raw: String, expired: Option<&str>) -> AnyView {
    let lines: Vec<_> = page
        .lines
        .iter()
        .map(|line| {
            let level = match line.level {
                Level::Error => Some("error"),
                Level::Warn => Some("warn"),
                Level::Info => None,
                Level::Debug => Some("debug"),
            };
            let text = without_escapes(&line.text);
            view! { <li class=level value=line.number.to_string() id=format!("L{}", line.number)>{text}</li> }
        })
        .collect();
    let empty =
        lines.is_empty().then(|| view! { <p class="quiet-text">{empty_text(page.state, expired)}</p> });
    let some = (!lines.is_empty()).then(|| whole_log(raw));
    view! { <div class="stack" data-log-plain=""><div class="log-plain">{empty}<ol>{lines}</ol></div>{some}</div> }
        .into_any()
}

/// A link to all lines as text, also those that a page does not hold.
pub fn whole_log(raw: String) -> AnyView {
    view! { <p><a class="button quiet small" href=raw>{icon("file")}"Whole log as text"</a></p> }.into_any()
}

fn empty_text(state: LogState, expired: Option<&str>) -> String {
    match (state, expired) {
        (LogState::Waiting | LogState::Open, _) => "Waiting for the first line.".to_owned(),
        (LogState::Ended, _) => "It ended without a line.".to_owned(),
        (LogState::Expired, Some(date)) => format!("This log expired on {date}: its lines were removed."),
        (LogState::Expired, None) => "This log expired: its lines were removed.".to_owned(),
    }
}

/// The text without ANSI escapes.
fn without_escapes(text: &str) -> String {
    crate::islands::ansi::parse(text).into_iter().map(|span| span.text).collect()
}
