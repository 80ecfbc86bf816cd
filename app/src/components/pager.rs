//! Links between pages of a list; cursors only go on, the browser's back goes back.

use leptos::prelude::*;

use super::{icon::icon, time::ago};
use crate::session;

/// "First page" and "Next page" where they lead somewhere.
pub fn pager(first: Option<String>, next: Option<String>, shown: usize, what: &'static str) -> AnyView {
    let counted = if shown == 1 { what.trim_end_matches('s') } else { what };
    view! {
        <nav class="pager" aria-label=format!("Pages of {what}")>
            <span class="quiet-text">{format!("{shown} {counted} on this page · read ")}{ago(session::now())}</span>
            {first.map(|href| view! { <a class="button quiet small" href=href>{icon("left")}"First page"</a> })}
            {next.map(|href| view! { <a class="button quiet small" href=href rel="next">"Next page"{icon("right")}</a> })}
        </nav>
    }
    .into_any()
}
