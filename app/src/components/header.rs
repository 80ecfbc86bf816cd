//! The header: product, tenant, sections, search, preferences. Sticky, on every page.

use domain::TenantName;
use leptos::prelude::*;

use super::icon::icon;
use crate::{frame::Section, islands::live::Live, routes, session};

/// The header of a page.
#[component]
pub fn Header(
    tenant: Option<TenantName>,
    tenants: Vec<TenantName>,
    section: Section,
    /// Dead letters, up to a hundred.
    dead: u64,
    /// Where the stream of changes stood before the page was read.
    live_after: u64,
) -> impl IntoView {
    let home = tenant.as_ref().map_or_else(|| "/".to_owned(), routes::functions);
    let above = matches!(section, Section::Tenants | Section::Trail);
    let own = tenants.first().map(routes::preferences).unwrap_or_default();
    view! {
        <header class="top">
            <a class="brand" href=home>
                <svg class="logo" aria-hidden="true"><use href="#i-logo"></use></svg>
                <span class="brand-name">"Knative Lambda"</span>
            </a>
            {above.then(|| view! {
                <nav class="sections" aria-label="Sections">
                    {entry(routes::admin(), "tenant", "All tenants", section == Section::Tenants)}
                    {entry(routes::admin_audit(), "file", "Audit trail", section == Section::Trail)}
                </nav>
                <span class="gap"></span>
                {follow(None, live_after)}
                {(!own.is_empty()).then(|| preferences(own))}
            })}
            {tenant.map(|tenant| view! {
                {switcher(&tenant, tenants)}
                <nav class="sections" aria-label="Sections">
                    {entry(routes::functions(&tenant), "lambda", "Functions", section == Section::Functions)}
                    {entry(routes::events(&tenant), "events", "Events", section == Section::Events)}
                    {dead_letters(&tenant, dead, section == Section::DeadLetters)}
                </nav>
                <span class="gap"></span>
                {follow(Some(tenant.clone()), live_after)}
                {preferences(routes::preferences(&tenant))}
            })}
        </header>
    }
}

/// How current the page is, and the way to search: of one tenant, or of all.
fn follow(tenant: Option<TenantName>, after: u64) -> AnyView {
    view! {
        <button type="button" class="live" hidden aria-pressed="false" title="Live updates: press to pause">
            <span class="live-dot" aria-hidden="true"></span><span class="live-text" role="status">"Connecting"</span>
        </button>
        <Live tenant after/>
        <button type="button" class="button quiet small find" hidden data-open="palette" aria-keyshortcuts="Control+K Meta+K">
            {icon("search")}<span class="label">"Search"</span><kbd>"Ctrl K"</kbd>
        </button>
    }
    .into_any()
}

fn preferences(href: String) -> AnyView {
    view! {
        <a class="button quiet small square" href=href>
            {icon("user")}<span class="sr">"Preferences and sign-out"</span>
        </a>
    }
    .into_any()
}

fn entry(href: String, shape: &'static str, text: &'static str, here: bool) -> AnyView {
    let current = here.then_some("page");
    view! { <a href=href aria-current=current>{icon(shape)}<span>{text}</span></a> }.into_any()
}

/// With a count while there is something to do.
fn dead_letters(tenant: &TenantName, dead: u64, here: bool) -> AnyView {
    let count = (dead > 0).then(|| {
        let text = if dead < 100 { dead.to_string() } else { "99+".to_owned() };
        view! { <span class="count">{text}</span> }
    });
    view! {
        <a href=routes::dead_letters(tenant) aria-current=here.then_some("page") id="nav-deadletters" data-live="deadletters">
            {icon("warn")}<span>"Dead letters"</span>{count}
        </a>
    }
    .into_any()
}

/// The tenant in words, and links to the others behind it: nothing switches by itself.
fn switcher(tenant: &TenantName, tenants: Vec<TenantName>) -> AnyView {
    let role = session::caller().and_then(|caller| caller.role_in(tenant)).map(|role| role.as_str());
    let admin = session::caller().is_some_and(|caller| caller.user.platform_admin);
    let others: Vec<_> = tenants
        .into_iter()
        .map(|other| {
            let here = (other == *tenant).then_some("true");
            view! { <li><a href=routes::functions(&other) aria-current=here>{icon("tenant")}{other.to_string()}</a></li> }
        })
        .collect();
    view! {
        <details class="menu tenant">
            <summary><span class="sr">"Tenant "</span>{icon("tenant")}<span class="tenant-name">{tenant.to_string()}</span>{icon("down")}</summary>
            <div class="menu-panel">
                <p class="quiet-text">"Tenants"{role.map(|role| format!(" · you are {role} here"))}</p>
                <ul>{others}</ul>
                <ul>
                    <li><a href=routes::members(tenant)>{icon("user")}"Members"</a></li>
                    <li><a href=routes::audit(tenant)>{icon("file")}"Audit trail"</a></li>
                    {admin.then(|| view! { <li><a href=routes::admin()>{icon("tenant")}"All tenants"</a></li> })}
                </ul>
            </div>
        </details>
    }
    .into_any()
}
