//! A table with its caption and its column heads, in the box that scrolls it sideways.

use leptos::prelude::*;

/// What is said of a table as a whole.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// What a screen reader says first.
    pub caption: String,
    /// More classes.
    pub class: &'static str,
    /// Name of the region, for a table that is wider than a narrow screen: it is scrolled by keyboard, too.
    pub wide: Option<&'static str>,
    /// Its rows are links: `j` and `k` go through them.
    pub linked: bool,
}

/// A column head.
pub fn head(text: &'static str, class: &'static str) -> AnyView {
    let class = (!class.is_empty()).then_some(class);
    view! { <th scope="col" class=class>{text}</th> }.into_any()
}

/// The head of a column whose cells speak for themselves.
pub fn unseen_head(text: &'static str) -> AnyView {
    view! { <th scope="col"><span class="sr">{text}</span></th> }.into_any()
}

/// The table.
pub fn table(about: About, heads: impl IntoIterator<Item = AnyView>, rows: impl IntoAny) -> AnyView {
    let About { caption, class, wide, linked } = about;
    let class = if class.is_empty() { "rows".to_owned() } else { format!("rows {class}") };
    let (focus, role) = (wide.map(|_| "0"), wide.map(|_| "group"));
    let name = wide.map(|name| format!("{name}, a wide table"));
    view! {
        <div class="table-box" tabindex=focus role=role aria-label=name>
            <table class=class data-rows=linked.then_some("")>
                <caption class="sr">{caption}</caption>
                <thead><tr>{heads.into_iter().collect::<Vec<_>>()}</tr></thead>
                <tbody>{rows.into_any()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
