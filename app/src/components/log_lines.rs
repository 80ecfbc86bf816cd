//! A log as plain lines: what people without JavaScript read, until the log island takes over.

use domain::log::{Level, LogPage, LogState};
use leptos::prelude::*;

/// The newest lines.
pub fn log_lines(page: &LogPage) -> AnyView {
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
    let empty = lines.is_empty().then(|| view! { <p class="quiet-text">{empty_text(page.state)}</p> });
    view! { <div class="log-plain" data-log-plain="">{empty}<ol>{lines}</ol></div> }.into_any()
}

fn empty_text(state: LogState) -> &'static str {
    match state {
        LogState::Waiting | LogState::Open => "Waiting for the first line.",
        LogState::Ended => "It ended without a line.",
        LogState::Expired => "These lines were removed by the retention.",
    }
}

/// The text without ANSI escapes.
fn without_escapes(text: &str) -> String {
    crate::islands::ansi::parse(text).into_iter().map(|span| span.text).collect()
}
