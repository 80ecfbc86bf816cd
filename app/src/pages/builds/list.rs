//! Builds of a function, newest first.

use domain::{Cursor, TenantName, build::Build};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        empty::empty,
        function_head::function_head,
        pager::pager,
        status::build_pill,
        table::{About, head, table},
        time::{ago, duration},
    },
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/builds`
#[component]
pub fn BuildsPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let cursor = frame::query("cursor").map(Cursor);
    let later = cursor.is_some();
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let page = api::builds::list_builds(tenant.clone(), name.clone(), cursor).await?;
    let here = routes::function(&tenant, &name, Tab::Builds);
    let next = page.next.map(|cursor| format!("{here}?cursor={}", routes::encode(&cursor.0)));
    let rows: Vec<_> = page.items.iter().map(|build| row(&tenant, build)).collect();
    let shown = rows.len();
    let content = if rows.is_empty() {
        empty("file", "No builds yet", "A function that runs a ready image builds nothing.", ().into_any())
    } else {
        let about = About { caption: "Builds, newest first".to_owned(), linked: true, ..About::default() };
        let heads = [
            head("Build", ""),
            head("State", ""),
            head("Source", "wide-only"),
            head("Took", "number"),
            head("Asked for", "number"),
        ];
        view! {
            {table(about, heads, rows)}
            {pager(later.then_some(here), next, shown, "builds")}
        }
        .into_any()
    };
    let body = view! {
        {function_head(&detail, Some(Tab::Builds))}
        <div id="builds" data-live=format!("build:{name}")>{content}</div>
    };
    Ok(Content::functions(format!("{name} · Builds"), body))
}

/// How long it ran, or has run so far.
pub(super) fn took(build: &Build) -> String {
    let end = build.finished_at.unwrap_or_else(crate::session::now);
    build.started_at.map(|from| duration(end.millis_since(from) as f64)).unwrap_or_default()
}

fn row(tenant: &TenantName, build: &Build) -> AnyView {
    let attempt = (build.attempt > 1).then(|| format!(" · attempt {}", build.attempt));
    let queued = build.queue_position.map(|position| format!("{position} in the queue"));
    let why = build.report.failure.as_ref().map(|failure| failure.message.clone()).or(queued);
    let hash: String = build.source_hash.chars().take(12).collect();
    view! {
        <tr id=format!("build-{}", build.number)>
            <td>
                <a class="row-link strong" href=routes::build(tenant, &build.function, &build.id)>
                    {format!("Build {}", build.number)}{attempt}
                </a>
            </td>
            <td>{build_pill(build.state)}{why.map(|why| view! { <span class="reason clip">{why}</span> })}</td>
            <td class="wide-only mono">{hash}</td>
            <td class="number">{took(build)}</td>
            <td class="number">{ago(build.created_at)}</td>
        </tr>
    }
    .into_any()
}
