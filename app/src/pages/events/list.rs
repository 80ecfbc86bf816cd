//! Timelines: of a function, and of the whole tenant.

use domain::{Cursor, FunctionName, TenantName, event::EventFilter};
use leptos::prelude::*;

use super::filter;
use crate::{
    AppError, api,
    components::{
        button::link_button, empty::empty, event_table::event_table, function_head::function_head,
        pager::pager, timeline::timeline,
    },
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/events`
#[component]
pub fn EventsPage() -> impl IntoView {
    framed(load_tenant)
}

/// `/t/:tenant/functions/:name/events`
#[component]
pub fn FunctionEventsPage() -> impl IntoView {
    framed(load_function)
}

async fn load_tenant() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let content = content(tenant.clone(), None).await?;
    let body = view! { <div class="page-head"><h1>"Events"</h1></div>{content} };
    Ok(Content::events("Events", body))
}

async fn load_function() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let content = content(tenant.clone(), Some(name.clone()));
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let content = content.await?;
    let body = view! { {function_head(&detail, Some(Tab::Events))}{content} };
    Ok(Content::functions(format!("{name} · Events"), body))
}

async fn content(tenant: TenantName, function: Option<FunctionName>) -> Result<AnyView, AppError> {
    let of_tenant = function.is_none();
    let here = function
        .as_ref()
        .map_or_else(|| routes::events(&tenant), |name| routes::function(&tenant, name, Tab::Events));
    let wanted = filter::read(function.clone());
    let cursor = frame::query("cursor").map(Cursor);
    let later = cursor.is_some();
    let page = api::events::list_events(tenant.clone(), wanted.clone(), cursor, None).await?;
    let topic = function.as_ref().map_or_else(|| "events".to_owned(), |name| format!("events:{name}"));
    let next = page.next.as_ref().map(|cursor| filter::href(&here, &wanted, of_tenant, Some(&cursor.0)));
    let first = later.then(|| filter::href(&here, &wanted, of_tenant, None));
    let list = if page.items.is_empty() {
        nothing(&here, &wanted, function)
    } else {
        view! {
            {timeline(&tenant, &page.items)}
            <p class="legend">
                <span>"● happened"</span><span>"✕ failed"</span><span>"▭ waited"</span><span>"▬ ran"</span>
                <span>"dashed: nothing happened, cut short"</span>
            </p>
            {event_table(&tenant, &page.items, of_tenant)}
            {pager(first, next, page.items.len(), "events")}
        }
        .into_any()
    };
    // Later pages stand still; the first one says when there is more.
    let live = (!later).then_some(topic);
    Ok(view! {
        {filter::form(&here, &wanted, of_tenant)}
        <div class="stack">
            <button type="button" class="button small primary new-chip" id="events-chip" hidden aria-live="polite"></button>
            <div class="stack" id="events" data-live=live data-chip="">{list}</div>
        </div>
    }
    .into_any())
}

fn nothing(here: &str, wanted: &EventFilter, function: Option<FunctionName>) -> AnyView {
    if *wanted == (EventFilter { function, ..EventFilter::default() }) {
        return empty(
            "events",
            "No events yet",
            "Each build, deployment and call leaves one here.",
            ().into_any(),
        );
    }
    let clear = link_button(here.to_owned(), "", "cross", "Clear filters", None);
    empty("search", "No event matches", "Nothing that happened fits the filters.", clear)
}
