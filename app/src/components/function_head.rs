//! Head of a function's pages: breadcrumb, name, state, tabs.

use domain::{FunctionName, TenantName, function::FunctionDetail, identity::Permission};
use leptos::prelude::*;

use super::{button::link_button, icon::icon, status::phase_pill};
use crate::routes::{self, Tab};

/// The head; `tab` is marked, none on pages below a tab.
pub fn function_head(detail: &FunctionDetail, tab: Option<Tab>) -> AnyView {
    let summary = &detail.summary;
    let (tenant, name) = (&summary.tenant, &summary.name);
    let pending = detail.is_pending();
    view! {
        <div class="page-head function-head" data-live=format!("function:{name}") id="function-head">
            {breadcrumb(tenant, None)}
            <h1>{name.to_string()}</h1>
            {phase_pill(summary.phase)}
            {summary.language.map(|language| view! { <span class="tag">{language.label()}</span> })}
            {pending.then(|| view! { <span class="tag warn">{icon("clock")}"Newest settings are not live yet"</span> })}
            <span class="gap"></span>
            <div class="actions">
                {link_button(routes::function(tenant, name, Tab::Code), "", "file", "Edit code", Some((Permission::Read, tenant)))}
                {link_button(routes::function(tenant, name, Tab::Test), "primary", "play", "Test", Some((Permission::Invoke, tenant)))}
            </div>
        </div>
        {tabs(tenant, name, tab)}
    }
    .into_any()
}

/// The way back to the list, and to the function when the page is below it.
pub fn breadcrumb(tenant: &TenantName, below: Option<(&FunctionName, Tab)>) -> AnyView {
    let parents = below.map(|(name, tab)| {
        let tab = (tab != Tab::Overview).then(|| {
            view! { <li><a href=routes::function(tenant, name, tab)>{tab.label()}</a></li> }
        });
        view! {
            <li><a href=routes::function(tenant, name, Tab::Overview)>{name.to_string()}</a></li>
            {tab}
        }
    });
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol><li><a href=routes::functions(tenant)>"Functions"</a></li>{parents}</ol>
        </nav>
    }
    .into_any()
}

fn tabs(tenant: &TenantName, name: &FunctionName, present: Option<Tab>) -> AnyView {
    let links: Vec<_> = Tab::ALL
        .into_iter()
        .map(|tab| {
            let here = (Some(tab) == present).then_some("page");
            view! { <li><a href=routes::function(tenant, name, tab) aria-current=here>{tab.label()}</a></li> }
        })
        .collect();
    view! { <nav class="tabs" aria-label="Function"><ul>{links}</ul></nav> }.into_any()
}
