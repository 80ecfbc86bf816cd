//! A function at a glance.

use domain::{
    TenantName,
    build::Build,
    event::{EventFilter, EventRecord},
    function::{FunctionDetail, Phase},
    log::{LogQuery, LogTarget},
};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::copy,
        empty::empty,
        event_table::event_table,
        function_head::function_head,
        icon::icon,
        log::log,
        problem::{done, panel_problem},
        status::build_pill,
        steps::deploy_steps,
        time::{ago, duration},
    },
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name`
#[component]
pub fn OverviewPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let created = frame::query("created");
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let filter = EventFilter { function: Some(name.clone()), ..EventFilter::default() };
    let events = api::events::list_events(tenant.clone(), filter, None, Some(8)).await;
    let build_log = match &detail.build {
        Some(build) if created.is_some() || shows_log(build) => Some(newest_log(&tenant, build).await),
        _ => None,
    };
    let (live, live_events) = (format!("function:{name} build:{name}"), format!("events:{name}"));
    let body = view! {
        {function_head(&detail, Some(Tab::Overview))}
        {created.map(|how| done(match how.as_str() {
            "again" => "Deployed. The log of its build is below.",
            "rebuilt" => "Built again. The log of the build is below.",
            _ => "Created. The log of its build is below.",
        }))}
        <div id="overview" data-live=live>
            {failure(&detail)}
            <section class="card way" aria-label="From code to traffic">{deploy_steps(&detail)}</section>
            <div class="columns">
                <div class="stack">{address(&detail)}{revisions(&detail)}</div>
                {facts(&detail)}
            </div>
        </div>
        {build_log}
        <section class="stack" id="overview-events" data-live=live_events>
            <div class="section-head">
                <h2>"Recent events"</h2>
                <a href=routes::function(&tenant, &name, Tab::Events)>"All events"{icon("right")}</a>
            </div>
            {match events {
                Ok(page) if page.items.is_empty() => empty("events", "No events yet", "Each build, deployment and call leaves one here.", ().into_any()),
                Ok(page) => recent(&tenant, &page.items),
                Err(error) => panel_problem(&error, "Events"),
            }}
        </section>
    };
    Ok(Content::functions(format!("{name} · Overview"), body))
}

fn recent(tenant: &TenantName, events: &[EventRecord]) -> AnyView {
    event_table(tenant, events, false)
}

/// A build that runs or failed is what people came for.
fn shows_log(build: &Build) -> bool {
    !build.state.is_final() || build.report.failure.is_some()
}

async fn newest_log(tenant: &TenantName, build: &Build) -> AnyView {
    let target = LogTarget::Build(build.id.clone());
    let page = api::logs::read_log(tenant.clone(), target.clone(), LogQuery::default()).await;
    view! {
        <section class="stack" id="build-log">
            <div class="section-head">
                <h2>{format!("Log of build {}", build.number)}</h2>
                <a href=routes::build(tenant, &build.function, &build.id)>"Build details"{icon("right")}</a>
            </div>
            {log(tenant, &target, format!("Log of build {}", build.number), None, build.finished_at, page)}
        </section>
    }
    .into_any()
}

fn failure(detail: &FunctionDetail) -> AnyView {
    let summary = &detail.summary;
    if summary.phase != Phase::Failed {
        return ().into_any();
    }
    let failed = detail.build.as_ref().and_then(|build| Some((build, build.report.failure.as_ref()?)));
    let (text, remedy) = match failed {
        Some((_, failure)) => (failure.message.clone(), failure.category.remedy()),
        None => (
            summary.reason.clone(),
            "The log of the function says more; a change of code or settings tries again.",
        ),
    };
    let to = match failed {
        Some((build, _)) => routes::build(&summary.tenant, &summary.name, &build.id),
        None => routes::function(&summary.tenant, &summary.name, Tab::Logs),
    };
    view! {
        <div class="notice bad" role="status">
            {icon("fail")}
            <div>
                <p class="notice-title">{text}</p>
                <p>{remedy}</p>
                <p><a href=to>"Open the log"</a></p>
            </div>
        </div>
    }
    .into_any()
}

fn address(detail: &FunctionDetail) -> AnyView {
    let Some(url) = detail.summary.url.clone() else {
        return view! {
            <section class="card">
                <h2>"Address"</h2>
                <p class="quiet-text">"The address appears here when the first Revision is ready."</p>
            </section>
        }
        .into_any();
    };
    let curl = format!(
        "curl -X POST {} -H 'content-type: application/json' -d '{{\"name\":\"world\"}}'",
        detail.path_url
    );
    view! {
        <section class="card">
            <h2>"Address"</h2>
            <div class="copy-line">
                <a class="mono" href=url.clone() rel="noreferrer" target="_blank">{url.clone()}<span class="sr">" (opens a new tab)"</span>{icon("external")}</a>
                {copy(&url, "the address")}
            </div>
            <div class="copy-line">
                <pre class="command" tabindex="0" role="group" aria-label="Call it with curl"><code>{curl.clone()}</code></pre>
                {copy(&curl, "the curl command")}
            </div>
        </section>
    }
    .into_any()
}

fn facts(detail: &FunctionDetail) -> AnyView {
    let summary = &detail.summary;
    let build = detail.build.as_ref().map(|build| {
        let took = build.started_at.zip(build.finished_at).map(|(from, to)| duration(to.millis_since(from) as f64));
        view! {
            <div>
                <dt>"Newest build"</dt>
                <dd>
                    <a href=routes::build(&summary.tenant, &summary.name, &build.id)>{format!("Build {}", build.number)}</a>" "
                    {build_pill(build.state)}" "<span class="whole">{took}</span>
                </dd>
            </div>
        }
    });
    let scaling = &detail.scaling;
    view! {
        <section class="card">
            <h2>"Facts"</h2>
            <dl class="facts">
                {build}
                <div><dt>"Handler"</dt><dd class="mono">{detail.handler.clone().unwrap_or_else(|| "of the image".to_owned())}</dd></div>
                <div><dt>"Source"</dt><dd>{summary.source.as_str()}</dd></div>
                <div><dt>"Instances"</dt><dd>{format!("{} now, {} to {}", summary.replicas, scaling.min_replicas, scaling.max_replicas)}</dd></div>
                <div><dt>"Created"</dt><dd>{ago(summary.created_at)}</dd></div>
                <div><dt>"Changed"</dt><dd>{ago(summary.updated_at)}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

fn revisions(detail: &FunctionDetail) -> AnyView {
    let rows: Vec<_> = detail
        .revisions
        .iter()
        .take(5)
        .map(|revision| {
            let (tone, shape, word) = if revision.ready { ("good", "ok", "ready") } else { ("bad", "fail", "not ready") };
            view! {
                <li>
                    <span class=format!("tone {tone}")>{icon(shape)}<span class="sr">{word}</span></span>
                    <span class="mono clip">{revision.name.clone()}</span>
                    <span class="gap"></span>
                    <span>{format!("{} %", revision.percent)}</span>
                    <span class="quiet-text">{ago(revision.created_at)}</span>
                    {(!revision.ready && !revision.reason.is_empty()).then(|| view! { <span class="reason">{revision.reason.clone()}</span> })}
                </li>
            }
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! { <section class="card"><h2>"Revisions"</h2><ul class="lines">{rows}</ul></section> }.into_any()
}
