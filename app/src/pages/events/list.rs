//! Timelines: of a function, and of the whole tenant.

use domain::{Cursor, FunctionName, TenantName, event::EventFilter, view::ListName};
use leptos::prelude::*;

use super::filter::{self, Asked};
use crate::{
    AppError, api,
    components::{
        button::link_button,
        empty::empty,
        event_table::event_table,
        field::summary,
        function_head::function_head,
        overview::overview,
        pager::pager,
        timeline::{legend, timeline},
        views::{self, Place, views_menu},
    },
    form::{self, Posted},
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
    let body = view! {
        <div class="page-head">
            <h1>"Events"</h1>
            <span class="gap"></span>
            {link_button(routes::event_types(&tenant), "quiet", "info", "Event types", None)}
        </div>
        {content}
    };
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
    let asked = Asked::of_request(function.clone());
    let mut wanted = asked.filter.clone();
    if let Some((since, until)) = filter::zoomed() {
        (wanted.since, wanted.until) = (Some(since), Some(until));
        form::see_other(&filter::href(&here, &wanted, of_tenant, None));
    }
    let narrowed = filter::href(&here, &wanted, of_tenant, None);
    let place = Place { tenant: &tenant, list: ListName::Events, path: &here, here: &narrowed };
    let mut problem = None;
    if let Some(posted) = Posted::of_request()
        && let Err(error) = views::act(&place, &posted, &[]).await
    {
        form::set_status(error.0.status);
        problem = Some(error);
    }
    if let Some(unread) = asked.problem() {
        form::set_status(unread.0.status);
        return Ok(view! {
            {summary(Some(&unread), &[("function", "function"), ("since", "since"), ("until", "until"), ("status", "status")])}
            <div class="list-bar">{filter::form(&here, &asked, of_tenant)}</div>
        }
        .into_any());
    }
    // A function's timeline is a filter of the tenant's, which has the views.
    let saved = if of_tenant {
        Some(api::views::saved_views(tenant.clone(), ListName::Events).await.unwrap_or_default())
    } else {
        None
    };
    let cursor = frame::query("cursor").map(Cursor);
    let later = cursor.is_some();
    let page = api::events::list_events(tenant.clone(), wanted.clone(), cursor, None).await?;
    let seen = if later {
        None
    } else {
        // The list without it is better than none.
        api::events::overview_of_events(tenant.clone(), wanted.clone()).await.unwrap_or_default()
    };
    let whole = (wanted.since.is_some() || wanted.until.is_some()).then(|| {
        let whole = EventFilter { since: None, until: None, ..wanted.clone() };
        filter::href(&here, &whole, of_tenant, None)
    });
    let seen = seen
        .filter(|seen| seen.total() > 1)
        .map(|seen| overview(&here, filter::fields(&wanted, of_tenant), &seen, whole));
    let topic = function.as_ref().map_or_else(|| "events".to_owned(), |name| format!("events:{name}"));
    let next = page.next.as_ref().map(|cursor| filter::href(&here, &wanted, of_tenant, Some(&cursor.0)));
    let first = later.then(|| filter::href(&here, &wanted, of_tenant, None));
    let list = if page.items.is_empty() {
        nothing(&here, &wanted, function)
    } else {
        view! {
            {event_table(&tenant, &page.items, of_tenant)}
            {pager(first, next, page.items.len(), "events")}
        }
        .into_any()
    };
    // Later pages stand still; the first one says when there is more.
    let live = (!later).then_some(topic);
    let drawn = timeline(&tenant, &page.items, live.clone(), of_tenant);
    Ok(view! {
        {summary(problem.as_ref(), &[])}
        <div class="list-bar">
            {filter::form(&here, &asked, of_tenant)}
            {saved.map(|saved| view! { <div class="list-menus">{views_menu(&place, &saved)}</div> })}
        </div>
        <div class="stack">
            {seen}
            <div class="timeline-box">{drawn}{legend()}</div>
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
