//! A whole page or panel that could not be shown.

use domain::Problem;
use leptos::prelude::*;

use super::{button::copy, icon::icon};
use crate::AppError;

/// What happened, what to do, and the id to quote.
#[component]
pub fn ProblemPanel(error: AppError, retry: bool) -> impl IntoView {
    let Problem { title, detail, correlation_id, status, .. } = error.0;
    let forbidden = status == 403;
    view! {
        <section class="empty problem" role="alert">
            {icon(if forbidden { "stop" } else { "warn" })}
            <h1>{title}</h1>
            <p>{detail}</p>
            <div class="actions">
                {retry.then(|| view! { <a class="button" href="">{icon("refresh")}"Try again"</a> })}
                <a class=if retry { "button quiet" } else { "button" } href="/">"Go to the functions"</a>
            </div>
            {(!correlation_id.is_empty()).then(|| view! {
                <p class="quiet-text">"Id to quote: "<code>{correlation_id.clone()}</code>{copy(&correlation_id, "the id")}</p>
            })}
        </section>
    }
}

/// The same for a part of a page: the rest stays useful.
pub fn panel_problem(error: &AppError, what: &str) -> AnyView {
    let AppError(problem) = error;
    view! {
        <div class="notice warn" role="status">
            {icon("warn")}
            <div>
                <p class="notice-title">{format!("{what} cannot be shown.")}</p>
                <p>{problem.title.clone()}" "{problem.detail.clone()}" "<a href="">"Try again"</a></p>
                <p class="quiet-text">"Id to quote: "<code>{problem.correlation_id.clone()}</code></p>
            </div>
        </div>
    }
    .into_any()
}

/// A sentence that something went well.
pub fn done(text: &'static str) -> AnyView {
    view! { <div class="notice good" role="status">{icon("ok")}<p>{text}</p></div> }.into_any()
}
