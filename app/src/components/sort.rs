//! Column heads that sort by a link.

use leptos::prelude::*;

use super::icon::icon;

/// A column head; `href` sorts by it, or the other way round when it is the present one.
pub fn sort_head(text: &'static str, href: String, present: Option<bool>, class: &'static str) -> AnyView {
    let order = present.map(|desc| if desc { "descending" } else { "ascending" });
    let shape = present.map(|desc| icon(if desc { "down" } else { "up" }));
    view! { <th scope="col" class=class aria-sort=order><a href=href>{text}{shape}</a></th> }.into_any()
}
