//! Icons: symbols of `icons.svg`, which the shell puts into the page once.

use leptos::prelude::*;

/// An icon beside text that says the same; hidden from screen readers.
pub fn icon(name: &'static str) -> AnyView {
    view! { <svg class="icon" aria-hidden="true"><use href=format!("#i-{name}")></use></svg> }.into_any()
}
