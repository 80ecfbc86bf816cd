//! One replay job: how far it is, and what can be done with it.

use domain::{
    TenantName,
    deadletter::{ReplayJob, ReplayState},
    identity::Permission,
};
use leptos::prelude::*;

use super::{detail::breadcrumb, filter};
use crate::{
    AppError, api,
    components::{button::submit, field::summary, icon::icon, time::full},
    form::{self, Posted},
    frame::{self, Content, framed},
    routes,
};

/// `/t/:tenant/deadletters/replays/:id`
#[component]
pub fn JobPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let id = frame::param("id").ok_or_else(|| AppError::not_found("replay"))?;
    let mut problem = None;
    if let Some(posted) = Posted::of_request() {
        let state = match posted.action() {
            "pause" => ReplayState::Paused,
            "abort" => ReplayState::Aborted,
            _ => ReplayState::Running,
        };
        match api::dead_letters::set_replay(tenant.clone(), id.clone(), state).await {
            Ok(_) => form::see_other(&routes::replay_job(&tenant, &id)),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let job = api::dead_letters::get_replay(tenant.clone(), id.clone()).await?;
    let body = view! {
        {breadcrumb(&tenant)}
        {summary(problem.as_ref(), &[])}
        <div class="stack" id="replay" data-live="deadletters">{state(&tenant, &job)}</div>
    };
    Ok(Content::dead_letters(format!("Replay of {}", job.total), body))
}

fn pill(state: ReplayState) -> AnyView {
    let (tone, shape, text) = match state {
        ReplayState::Running => ("busy", "run", "Running"),
        ReplayState::Paused => ("idle", "pause", "Paused"),
        ReplayState::Aborted => ("idle", "stop", "Aborted"),
        ReplayState::Stopped => ("bad", "fail", "Stopped by failures"),
        ReplayState::Done => ("good", "ok", "Done"),
    };
    view! { <span class=format!("pill {tone}")>{icon(shape)}{text}</span> }.into_any()
}

fn state(tenant: &TenantName, job: &ReplayJob) -> AnyView {
    let needs = (Permission::Invoke, tenant);
    let actions = match job.state {
        ReplayState::Running => view! {
            {submit("", "pause", "Pause", "pause", needs)}
            {submit("danger", "stop", "Abort", "abort", needs)}
        }
        .into_any(),
        ReplayState::Paused => view! {
            {submit("primary", "play", "Go on", "resume", needs)}
            {submit("danger", "stop", "Abort", "abort", needs)}
        }
        .into_any(),
        ReplayState::Stopped => submit("primary", "play", "Go on all the same", "resume", needs),
        ReplayState::Aborted | ReplayState::Done => ().into_any(),
    };
    let failures: Vec<_> = job
        .failures
        .iter()
        .map(|failure| {
            view! {
                <li><a href=routes::dead_letter(tenant, failure.position)>{format!("Dead letter {}", failure.position)}</a>": "{failure.reason.clone()}</li>
            }
        })
        .collect();
    let rate = job
        .asked
        .rate
        .map_or_else(|| "as fast as it goes".to_owned(), |rate| format!("{rate} a second at most"));
    let stop = job.asked.stop_after.map_or_else(
        || "never".to_owned(),
        |most| if most == 1 { "the first failure".to_owned() } else { format!("{most} failures") },
    );
    view! {
        <div class="page-head">
            <h1>{format!("Replay of {}", job.total)}</h1>
            {pill(job.state)}
            <span class="gap"></span>
            <form method="post" class="actions" data-busy="One moment…">{form::token()}{actions}</form>
        </div>
        <section class="card">
            <h2>"Progress"</h2>
            <progress max=job.total value=job.sent + job.failed aria-label="Dead letters that were dealt with"></progress>
            <dl class="facts">
                <div><dt>"Sent"</dt><dd id="sent">{job.sent}</dd></div>
                <div><dt>"Could not be sent"</dt><dd id="failed">{job.failed}</dd></div>
                <div><dt>"Died again"</dt><dd id="died-again">{job.died_again}</dd></div>
                <div><dt>"Left"</dt><dd id="left">{job.left()}</dd></div>
            </dl>
        </section>
        <section class="card">
            <h2>"Facts"</h2>
            <dl class="facts">
                <div><dt>"Of"</dt><dd><a href=filter::href(&routes::dead_letters(tenant), &job.asked.filter, None)>{filter::words(&job.asked.filter)}</a></dd></div>
                <div><dt>"Begun"</dt><dd>{full(job.created_at)}" by "{job.asked_by.clone()}</dd></div>
                {job.ended_at.map(|at| view! { <div><dt>"Ended"</dt><dd>{full(at)}</dd></div> })}
                <div><dt>"Rate"</dt><dd>{rate}</dd></div>
                <div><dt>"Stops after"</dt><dd>{stop}</dd></div>
            </dl>
        </section>
        {(!failures.is_empty()).then(|| view! {
            <section class="card"><h2>"Not sent"</h2><ul class="lines">{failures}</ul></section>
        })}
    }
    .into_any()
}
