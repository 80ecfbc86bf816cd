//! What every page has: skip link, header with the tenant, main, live island.

use std::{future::Future, task::Poll};

use domain::{FunctionName, TenantName};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::{
    AppError, api,
    components::{
        header::Header, outages::outages, palette::PaletteDialogs, problem::ProblemPanel,
        session_end::session_end,
    },
    form,
    islands::enhance::Enhance,
    session,
};

/// Where in the product a page is; marks the entry of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Functions and all below one.
    Functions,
    /// The tenant's timeline.
    Events,
    /// Events that could not be delivered.
    DeadLetters,
    /// All tenants, for administrators.
    Tenants,
    /// The trail of all tenants, for administrators.
    Trail,
    /// None of them.
    Other,
}

/// A page that loaded.
pub struct Content {
    /// Object · page; the tenant and the product are added.
    pub title: String,
    /// Marks the header's entry.
    pub section: Section,
    /// What is between header and end.
    pub body: AnyView,
}

impl Content {
    /// A page of the section Functions.
    pub fn functions(title: impl Into<String>, body: impl IntoAny) -> Self {
        Self { title: title.into(), section: Section::Functions, body: body.into_any() }
    }

    /// A page of the section Events.
    pub fn events(title: impl Into<String>, body: impl IntoAny) -> Self {
        Self { title: title.into(), section: Section::Events, body: body.into_any() }
    }

    /// A page of the section Dead letters.
    pub fn dead_letters(title: impl Into<String>, body: impl IntoAny) -> Self {
        Self { title: title.into(), section: Section::DeadLetters, body: body.into_any() }
    }

    /// A page of no section.
    pub fn other(title: impl Into<String>, body: impl IntoAny) -> Self {
        Self { title: title.into(), section: Section::Other, body: body.into_any() }
    }
}

/// Loads a page and shows it in the frame; an error becomes the page, with its status.
pub fn framed<F>(load: impl Fn() -> F + Send + Sync + 'static) -> impl IntoView
where
    F: Future<Output = Result<Content, AppError>> + Send + 'static,
{
    let page = move || {
        // Before anything is read: what changes from here on, the stream tells.
        let live_after = session::live_position();
        let load = form::refuse_forged().map(|()| load());
        Suspend::new(async move {
            in_earnest().await;
            let tenant = param("tenant").and_then(|text| text.parse::<TenantName>().ok());
            let content = match load {
                Ok(load) => load.await,
                Err(forged) => Err(forged),
            };
            let content = content.unwrap_or_else(|error| failed(&error));
            let tenants = api::session::tenants().await.unwrap_or_default();
            let dead = match &tenant {
                Some(tenant) => api::dead_letters::badge(tenant.clone()).await.unwrap_or_default(),
                None => 0,
            };
            let title = match &tenant {
                Some(tenant) => format!("{} · {tenant}", content.title),
                None => content.title.clone(),
            };
            let above = matches!(content.section, Section::Tenants | Section::Trail);
            view! {
                <Title text=title/>
                <a class="skip" href="#main">"Skip to content"</a>
                <Header tenant=tenant.clone() tenants=tenants.clone() section=content.section dead live_after/>
                <main id="main" tabindex="-1">{session_end()}{outages(&session::outages())}{content.body}</main>
                {(tenant.is_some() || above).then(|| view! { <PaletteDialogs tenant tenants function=param("name").and_then(|name| name.parse().ok())/> })}
                <Enhance/>
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// Pending once. Before `Suspense` waits for a page it tries it, more than once, each time with a single poll: what could
/// be done within that poll would be done again, and a form that is sent once would start two replays.
async fn in_earnest() {
    let mut tried = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut tried, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn failed(error: &AppError) -> Content {
    form::set_status(error.0.status);
    let retry = error.0.status >= 500;
    Content::other(
        error.0.title.trim_end_matches('.').to_owned(),
        view! { <ProblemPanel error=error.clone() retry/> },
    )
}

/// A part of the path.
pub fn param(name: &str) -> Option<String> {
    // The page for unknown addresses has no route, and so no parts.
    use_context::<ArcMemo<ParamsMap>>()?.read_untracked().get(name)
}

/// A part of the query string; none when empty.
pub fn query(name: &str) -> Option<String> {
    use_query_map().read_untracked().get(name).filter(|text| !text.is_empty())
}

/// All parts of the query string.
pub fn queries() -> Vec<(String, String)> {
    let pairs = use_query_map().read_untracked().clone().into_iter();
    pairs.map(|(name, value)| (name.into_owned(), value)).collect()
}

/// The tenant of the path.
pub fn tenant() -> Result<TenantName, AppError> {
    param("tenant").and_then(|text| text.parse().ok()).ok_or_else(|| AppError::not_found("tenant"))
}

/// Tenant and function of the path.
pub fn target() -> Result<(TenantName, FunctionName), AppError> {
    let name = param("name").and_then(|text| text.parse().ok());
    Ok((tenant()?, name.ok_or_else(|| AppError::not_found("function"))?))
}
