//! Texts in which the platform marked what it does not show.

use domain::event::REDACTED;
use leptos::prelude::*;

/// The text with its marks set off.
pub fn with_marks(text: &str) -> AnyView {
    let mut parts = text.split(REDACTED);
    let first = parts.next().unwrap_or_default().to_owned();
    let rest: Vec<_> =
        parts.map(|part| view! { <mark class="redacted">{REDACTED}</mark>{part.to_owned()} }).collect();
    view! { {first}{rest} }.into_any()
}

/// Says what the marks mean, when there are some.
pub fn about_marks(text: &str) -> AnyView {
    text.contains(REDACTED)
        .then(|| {
            view! { <p class="hint">"Marked: values that look like secrets, by their names. The function got them; nobody is shown them."</p> }
        })
        .into_any()
}
