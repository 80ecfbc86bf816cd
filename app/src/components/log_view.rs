//! The tool bar and the box of a log; `islands/log_view.rs` fills it and shows it.

use domain::{TenantName, log::LogTarget};
use leptos::prelude::*;

use crate::islands::log_view::LogViewer;

/// Tool bar and lines of one log; one on a page.
#[component]
pub fn LogView(
    /// Whose.
    tenant: TenantName,
    /// Which log.
    target: LogTarget,
    /// Address of new lines, as server-sent events.
    stream: String,
    /// Address of the whole text.
    raw: String,
    /// The day on which its lines go, or went.
    expired: Option<String>,
    /// Only the lines of this call.
    correlation: Option<String>,
    /// What a screen reader calls it.
    name: String,
    /// Wrap long lines at first.
    wrap: bool,
) -> impl IntoView {
    let download = raw.clone();
    let pressed = if wrap { "true" } else { "false" };
    view! {
        <div class="log" hidden data-expired=expired>
            <div class="log-bar" role="toolbar" aria-label="Log tools">
                <input type="search" class="log-search" placeholder="Search all lines" aria-label="Search all lines"/>
                <button type="button" class="toggle" data-do="case" aria-pressed="false" title="Match case"><span aria-hidden="true">"Aa"</span><span class="sr">"Match case"</span></button>
                <button type="button" class="toggle" data-do="regex" aria-pressed="false" title="Regular expression"><span aria-hidden="true">".*"</span><span class="sr">"Regular expression"</span></button>
                <span class="log-found" role="status"></span>
                <button type="button" class="toggle" data-do="previous" title="Previous match (Shift+Enter)"><span aria-hidden="true">"↑"</span><span class="sr">"Previous match"</span></button>
                <button type="button" class="toggle" data-do="next" title="Next match (Enter)"><span aria-hidden="true">"↓"</span><span class="sr">"Next match"</span></button>
                <span class="gap"></span>
                <select class="log-level" aria-label="Least level">
                    <option value="">"All levels"</option>
                    <option value="info">"Info and up"</option>
                    <option value="warn">"Warnings and up"</option>
                    <option value="error">"Errors"</option>
                </select>
                <button type="button" class="toggle" data-do="wrap" aria-pressed=pressed>"Wrap"</button>
                <button type="button" class="toggle" data-do="time" aria-pressed="false">"Times"</button>
                <button type="button" class="toggle" data-do="pause" aria-pressed="false">"Pause"</button>
                <button type="button" class="toggle" data-do="copy">"Copy all"</button>
                <button type="button" class="toggle" data-do="copy-lines" hidden>"Copy line"</button>
                <a class="toggle" href=download download="log.txt">"Download"</a>
                <a class="toggle" href=raw target="_blank" rel="noopener">"Raw"<span class="sr">" (opens a new tab)"</span></a>
            </div>
            <p class="log-notice" hidden>
                <span class="log-notice-text" role="status"></span>
                <button type="button" class="toggle" data-do="all">"Show all lines"</button>
            </p>
            <div class="log-scroll" role="log" tabindex="0" aria-label=name aria-live="off">
                <div class="log-space"><div class="log-window"></div></div>
            </div>
            <button type="button" class="button small primary log-jump" hidden data-do="latest">"Jump to latest"</button>
            <p class="log-state"><span class="log-state-text" role="status"></span><span class="log-limits"></span></p>
        </div>
        <LogViewer tenant target stream correlation wrap/>
    }
}
