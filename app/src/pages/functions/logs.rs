//! What a function printed, over all Revisions and instances; with `correlation` in one call.

use domain::log::{LogQuery, LogTarget};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{function_head::function_head, icon::icon, log::log},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// What the store's limits of a function's log are in words.
const KEPT: &str = "The newest 100,000 lines are kept, at most 50 MiB of them.";

/// `/t/:tenant/functions/:name/logs`
#[component]
pub fn LogsPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let correlation = frame::query("correlation");
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let target = LogTarget::Function(name.clone());
    let query = LogQuery { correlation: correlation.clone(), ..LogQuery::default() };
    let page = api::logs::read_log(tenant.clone(), target.clone(), query).await;
    let one_call = correlation.as_deref().map(|id| {
        let here = |tab| routes::function(&tenant, &name, tab);
        let events = format!("{}?correlation={}", here(Tab::Events), routes::encode(id));
        view! {
            <div class="scope">
                <span>"Only the lines of the call "<code>{id.to_owned()}</code></span>
                <a class="button quiet small" href=here(Tab::Logs)>{icon("cross")}"Show all lines"</a>
                <a class="button quiet small" href=events>{icon("events")}"Events of this call"</a>
            </div>
        }
    });
    let body = view! {
        {function_head(&detail, Some(Tab::Logs))}
        <section class="stack">{one_call}<p class="hint">{KEPT}</p>{log(&tenant, &target, format!("Log of {name}"), correlation, None, page)}</section>
    };
    Ok(Content::functions(format!("{name} · Logs"), body))
}
