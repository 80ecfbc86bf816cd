//! Nothing to show, and what to do about it.

use leptos::prelude::*;

use super::icon::icon;

/// An empty list: why, and the next step.
pub fn empty(
    shape: &'static str,
    title: impl Into<String>,
    text: impl Into<String>,
    action: AnyView,
) -> AnyView {
    let (title, text) = (title.into(), text.into());
    view! {
        <div class="empty">
            {icon(shape)}
            <h2>{title}</h2>
            <p>{text}</p>
            <div class="actions">{action}</div>
        </div>
    }
    .into_any()
}
