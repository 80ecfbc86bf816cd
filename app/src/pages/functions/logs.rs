//! What a function printed, over all Revisions and instances.

use domain::log::{LogQuery, LogTarget};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{function_head::function_head, log_lines::log_lines, problem::panel_problem},
    frame::{self, Content, framed},
    islands::log_view::LogView,
    routes::{self, Tab},
    session::Look,
};

/// `/t/:tenant/functions/:name/logs`
#[component]
pub fn LogsPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let wrap = Look::of_request().wrap;
    let correlation = frame::query("correlation");
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let target = LogTarget::Function(name.clone());
    let query = LogQuery { correlation: correlation.clone(), ..LogQuery::default() };
    let page = api::logs::read_log(tenant.clone(), target.clone(), query).await;
    let lines = match page {
        Ok(page) => log_lines(&page),
        Err(error) => panel_problem(&error, "The log"),
    };
    let viewer = correlation.is_none().then(|| {
        view! {
            <LogView
                tenant=tenant.clone()
                target=target.clone()
                stream=routes::log_stream(&tenant, &target)
                raw=routes::raw_log(&tenant, &target)
                name=format!("Log of {name}")
                wrap
            />
        }
    });
    let one_call = correlation.is_some().then(|| {
        view! {
            <p class="quiet-text">"Only the lines of one call. "<a href=routes::function(&tenant, &name, Tab::Logs)>"Show all lines"</a></p>
        }
    });
    let body = view! {
        {function_head(&detail, Some(Tab::Logs))}
        <section class="stack">{one_call}{viewer}{lines}</section>
    };
    Ok(Content::functions(format!("{name} · Logs"), body))
}
