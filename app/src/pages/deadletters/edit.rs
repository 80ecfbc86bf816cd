//! Sends a dead letter with other data; what differs is shown first.

use domain::identity::Permission;
use leptos::prelude::*;
use serde_json::Value;

use super::detail::{breadcrumb, data_text, position};
use crate::{
    AppError, api,
    components::{
        button::submit,
        diff::diff,
        field::{error, error_of, summary},
        icon::icon,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes,
};

/// `/t/:tenant/deadletters/:position/edit`
#[component]
pub fn EditPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, position) = (frame::tenant()?, position()?);
    let letter = api::dead_letters::get_dead_letter(tenant.clone(), position).await?;
    let before = data_text(&letter.event);
    let posted = Posted::of_request();
    let typed = posted.as_ref().map_or_else(|| before.clone(), |posted| posted.area("data"));
    let mut problem = None;
    if let Some(posted) = &posted {
        let parsed = serde_json::from_str::<Value>(&typed)
            .map_err(|why| AppError::invalid("data", format!("This is not JSON: {why}.")));
        let done = match parsed {
            Ok(data) if posted.action() == "replay" => {
                api::dead_letters::replay_dead_letter(tenant.clone(), position, Some(data)).await.map(Some)
            }
            Ok(_) => Ok(None),
            Err(error) => Err(error),
        };
        match done {
            Ok(Some(event)) => form::see_other(&routes::sent_again(&tenant, &event)),
            Ok(None) => {}
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let compared = (posted.is_some() && problem.is_none()).then(|| {
        view! {
            <section class="card" id="difference">
                <h2>"What differs from the dead letter"</h2>
                {diff(&before, &typed, "What differs")}
            </section>
        }
    });
    let body = view! {
        {breadcrumb(&tenant)}
        <div class="page-head"><h1>"Edit and replay "<code>{letter.event.id.clone()}</code></h1></div>
        <p class="lead quiet-text">"The event keeps its id and correlation id, so that the function can tell that it knows it. The dead letter as it was is kept with the replay."</p>
        {summary(problem.as_ref(), &[("data", "data")])}
        {compared}
        <form method="post" class="stack" data-busy="One moment…">{form::token()}
            <div class="field" data-invalid=error_of(problem.as_ref(), &["data"]).is_some().then_some("")>
                <label for="data">"Data"</label>
                <textarea id="data" name="data" class="code" rows="16" spellcheck="false" aria-describedby="data-error">{format!("\n{typed}")}</textarea>
                {error("data", error_of(problem.as_ref(), &["data"]))}
            </div>
            <div class="form-end">
                {submit("primary", "refresh", "Replay with this data", "replay", (Permission::Invoke, &tenant))}
                <button class="button" name="do" value="compare">{icon("search")}"Show what differs"</button>
                <a class="button quiet" href=routes::dead_letter(&tenant, position)>"Back"</a>
            </div>
        </form>
    };
    Ok(Content::dead_letters(format!("Edit dead letter {position}"), body))
}
