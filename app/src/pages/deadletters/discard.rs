//! Asks before dead letters are thrown away: the number has to be typed.

use domain::identity::Permission;
use leptos::prelude::*;

use super::{detail::breadcrumb, filter};
use crate::{
    AppError, api,
    components::{
        button::submit,
        empty::empty,
        field::{Input, error_of, input, summary},
        time::full,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes,
};

/// `/t/:tenant/deadletters/discard`
#[component]
pub fn DiscardPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let wanted = filter::read();
    let plan = api::dead_letters::plan_replay(tenant.clone(), wanted.clone()).await?;
    let mut problem = None;
    if let Some(posted) = Posted::of_request().filter(|_| !filter::none_chosen(&wanted)) {
        let typed = posted.text("count").parse::<u64>();
        let upto = posted.text("upto").parse().unwrap_or(plan.upto);
        let done = match typed {
            Ok(count) => {
                api::dead_letters::discard_dead_letters(tenant.clone(), wanted.clone(), upto, count).await
            }
            Err(_) => Err(AppError::invalid("count", format!("Type {} to discard them.", plan.count))),
        };
        match done {
            Ok(gone) => form::see_other(&format!("{}?discarded={gone}", routes::dead_letters(&tenant))),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let main = if filter::none_chosen(&wanted) {
        filter::choose_first(&tenant)
    } else if plan.count == 0 {
        let back = view! { <a class="button" href=routes::dead_letters(&tenant)>"Back to the list"</a> };
        empty("search", "Nothing to discard", "No dead letter fits any more.", back.into_any())
    } else {
        view! {
            <section class="card">
                <h2>"This goes, for good"</h2>
                <dl class="facts">
                    <div><dt>"Dead letters"</dt><dd id="plan-count">{plan.count}</dd></div>
                    <div><dt>"Oldest died"</dt><dd>{plan.oldest.map(full)}</dd></div>
                    <div><dt>"Newest died"</dt><dd>{plan.newest.map(full)}</dd></div>
                </dl>
                <p class="quiet-text">"The events stay on the timeline; they can not be replayed any more."</p>
            </section>
            <form method="post" class="stack narrow" data-busy="Discarding…">{form::token()}
                <input type="hidden" name="upto" value=plan.upto/>
                {input(Input {
                    name: "count",
                    label: "Type how many they are",
                    hint: "Discarding cannot be undone.",
                    required: true,
                    error: error_of(problem.as_ref(), &["count"]),
                    ..Input::default()
                })}
                <div class="form-end">
                    {submit("danger", "trash", "Discard", "discard", (Permission::Write, &tenant))}
                    <a class="button quiet" href=filter::href(&routes::dead_letters(&tenant), &wanted, None)>"Keep them"</a>
                </div>
            </form>
        }
        .into_any()
    };
    let body = view! {
        {breadcrumb(&tenant)}
        <div class="page-head"><h1>"Discard dead letters"</h1></div>
        <p class="lead">"Of "{filter::words(&wanted)}"."</p>
        {summary(problem.as_ref(), &[("count", "count")])}
        <div class="stack">{main}</div>
    };
    Ok(Content::dead_letters("Discard dead letters", body))
}
