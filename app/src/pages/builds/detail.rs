//! One build: steps, failure, log; cancel and retry.

use domain::{
    BuildId, TenantName,
    build::{Build, BuildState},
    identity::Permission,
    log::{LogQuery, LogTarget},
};
use leptos::prelude::*;

use super::list::took;
use crate::{
    AppError, api,
    components::{
        button::{copy, submit},
        field::summary,
        function_head::breadcrumb,
        icon::icon,
        log::log,
        status::build_pill,
        steps::build_steps,
        time::full,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
    session::{self, BuildLogsKept},
};

/// How long the log is there, or since when it is not.
fn kept(build: &Build) -> AnyView {
    let Some(age) = BuildLogsKept::of_server().0 else { return ().into_any() };
    let days = age.as_secs() / 86_400;
    match BuildLogsKept(Some(age)).until(build.finished_at) {
        None => view! { <p class="hint">{format!("Kept for {days} days after the build ends.")}</p> }.into_any(),
        Some(until) if until > session::now() => {
            view! { <p class="hint">{format!("Kept for {days} days, until ")}{full(until)}"."</p> }.into_any()
        }
        Some(until) => {
            view! { <p class="hint">{format!("Logs are kept for {days} days; this one expired on ")}{full(until)}"."</p> }
                .into_any()
        }
    }
}

/// `/t/:tenant/functions/:name/builds/:build`
#[component]
pub fn BuildPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let id: BuildId = frame::param("build")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| AppError::not_found("build"))?;
    let posted = Posted::of_request();
    let build = api::builds::get_build(tenant.clone(), id.clone()).await?;
    if build.function != name {
        return Err(AppError::not_found("build"));
    }
    let mut problem = None;
    if let Some(posted) = posted {
        let (done, to) = match posted.action() {
            "cancel" => (
                api::builds::cancel_build(tenant.clone(), id.clone()).await,
                routes::build(&tenant, &name, &id),
            ),
            _ => (
                api::builds::retry_build(tenant.clone(), id.clone()).await,
                routes::function(&tenant, &name, Tab::Overview) + "?created=rebuilt#build-log",
            ),
        };
        match done {
            Ok(()) => form::see_other(&to),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let target = LogTarget::Build(id.clone());
    let lines = api::logs::read_log(tenant.clone(), target.clone(), LogQuery::default()).await;
    let body = view! {
        {breadcrumb(&tenant, Some((&name, Tab::Builds)))}
        {summary(problem.as_ref(), &[])}
        <div id="build" data-live=format!("build-id:{id}")>{head(&tenant, &build)}</div>
        <section class="stack" id="build-log">
            <h2>"Log"</h2>
            {kept(&build)}
            {log(&tenant, &target, format!("Log of build {}", build.number), None, build.finished_at, lines)}
        </section>
    };
    Ok(Content::functions(format!("Build {} · {name}", build.number), body))
}

fn head(tenant: &TenantName, build: &Build) -> AnyView {
    let action = match build.state {
        BuildState::Queued | BuildState::Running => {
            submit("danger", "stop", "Cancel the build", "cancel", (Permission::Write, tenant))
        }
        state => {
            // What worked is rarely built again: for a branch that moved, or newer dependencies.
            let class = if state == BuildState::Completed { "" } else { "primary" };
            view! {
                <span class="hint">"Builds the present source, which may be newer than this build's."</span>
                {submit(class, "refresh", "Build again", "retry", (Permission::Write, tenant))}
            }
            .into_any()
        }
    };
    let failure = build.report.failure.as_ref().map(|failure| {
        view! {
            <div class="notice bad" role="status">
                {icon("fail")}
                <div>
                    <p class="notice-title">{failure.message.clone()}</p>
                    <p>{failure.category.remedy()}</p>
                    <p class="quiet-text">
                        {if failure.category.retryable() { "Trying again without a change can help. " } else { "Trying again without a change will not help. " }}
                        "Code: "<code>{failure.category.as_str()}</code>
                    </p>
                </div>
            </div>
        }
    });
    let digest = build.report.digest.clone().map(|digest| {
        view! { <div><dt>"Image"</dt><dd class="copy-line"><code>{digest.clone()}</code>{copy(&digest, "the digest")}</dd></div> }
    });
    let position = build
        .queue_position
        .map(|position| view! { <div><dt>"Queue"</dt><dd>{format!("{position} in the queue")}</dd></div> });
    view! {
        <div class="page-head">
            <h1>{format!("Build {}", build.number)}</h1>
            {build_pill(build.state)}
            <span class="gap"></span>
            <form method="post" class="actions" data-busy="One moment…">{form::token()}{action}</form>
        </div>
        {failure}
        <div class="columns">
            <section class="card"><h2>"Steps"</h2>{build_steps(build)}</section>
            <section class="card">
                <h2>"Facts"</h2>
                <dl class="facts">
                    {position}
                    <div><dt>"Took"</dt><dd>{took(build)}</dd></div>
                    <div><dt>"Asked for"</dt><dd>{full(build.created_at)}</dd></div>
                    <div><dt>"Language"</dt><dd>{build.language.label()}</dd></div>
                    <div><dt>"Attempt"</dt><dd>{build.attempt}</dd></div>
                    {digest}
                    <div>
                        <dt>"What led to it"</dt>
                        <dd><a href=format!("{}?correlation={}", routes::events(tenant), routes::encode(build.correlation_id.as_str()))>"Events of this deployment"</a></dd>
                    </div>
                </dl>
            </section>
        </div>
    }
    .into_any()
}
