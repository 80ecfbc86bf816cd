//! The log viewer: earlier lines at once, then new ones as they come; only rows in view are in
//! the document. Its markup is `components/log_view.rs`.

mod address;
mod controls;
mod fields;
mod find;
mod follow;
mod groups;
mod model;
mod paint;
mod rows;
mod scroll;
mod seek;
mod source;
mod tell;
mod text;
mod viewer;

use domain::{TenantName, log::LogTarget};
use leptos::prelude::*;

pub(super) use super::dom;

/// Fills and wires the markup of the page's log.
#[island]
pub fn LogViewer(
    /// Whose.
    tenant: TenantName,
    /// Which log.
    target: LogTarget,
    /// Address of new lines, as server-sent events.
    stream: String,
    /// Only the lines of this call.
    correlation: Option<String>,
    /// Wrap long lines at first.
    wrap: bool,
) -> impl IntoView {
    dom::in_browser(move || {
        if let Some(root) = dom::first(".log") {
            viewer::Viewer::start(root, source::Source { tenant, target, stream, correlation }, wrap);
        }
    });
}
