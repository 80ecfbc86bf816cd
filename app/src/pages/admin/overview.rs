//! All tenants at once: how they stand, what runs, what queues, and what is nearly used up.

use domain::{
    Cursor, Page, TenantName,
    function::Phase,
    tenant::{NOBODY, TenantQuery, TenantSort, TenantTotals},
};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::link_button,
        empty::empty,
        field::{Input, error_of, input, summary},
        icon::icon,
        pager::pager,
        problem::done,
        sort::sort_head,
        status::phase_pill,
        table::{self, About, table, unseen_head},
        time::ago,
    },
    form::{self, Posted},
    frame::{self, Content, Section, framed},
    routes,
};

/// `/admin`
#[component]
pub fn OverviewPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let query = read_query();
    let mut problem = None;
    if let Some(posted) = Posted::of_request() {
        match act(&posted).await {
            Ok(said) => form::see_other(&format!("{}?done={said}", routes::admin())),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let page = api::tenants::admin_overview(query.clone()).await?;
    let said = match frame::query("done").as_deref() {
        Some("made") => Some("The tenant is there."),
        Some("suspended") => Some("Suspended: its functions stop, nothing is lost."),
        Some("resumed") => Some("Resumed."),
        _ => None,
    };
    let body = view! {
        <div class="page-head"><h1>"All tenants"</h1></div>
        {said.map(done)}
        {summary(problem.as_ref(), &[("metadata.name", "name")])}
        {nobodys_letters().await}
        {filters(&query)}
        <div id="tenants" data-live="functions builds deadletters">{content(&query, &page)}</div>
        {create(problem.as_ref())}
    };
    Ok(Content { title: "All tenants".to_owned(), section: Section::Tenants, body: body.into_any() })
}

/// Dead letters that name no tenant: administrators see them, and no one else.
async fn nobodys_letters() -> Option<AnyView> {
    let nobody: TenantName = NOBODY.parse().ok()?;
    let count = api::dead_letters::badge(nobody.clone()).await.ok().filter(|count| *count > 0)?;
    let said = if count == 1 {
        "1 event could not be delivered and names no tenant.".to_owned()
    } else {
        format!("{count} events could not be delivered and name no tenant.")
    };
    let view = view! {
        <div class="notice warn">
            {icon("warn")}
            <div>
                <p class="notice-title">{said}</p>
                <p><a href=routes::dead_letters(&nobody)>"Look at the dead letters of nobody"</a></p>
            </div>
        </div>
    };
    Some(view.into_any())
}

async fn act(posted: &Posted) -> Result<&'static str, AppError> {
    let tenant = || posted.text("tenant").parse().map_err(|_| AppError::not_found("tenant"));
    match posted.action() {
        "suspend" => api::tenants::suspend_tenant(tenant()?, true).await.map(|()| "suspended"),
        "resume" => api::tenants::suspend_tenant(tenant()?, false).await.map(|()| "resumed"),
        _ => {
            let owner = posted.text("owner");
            let members = if owner.is_empty() {
                serde_json::json!([])
            } else {
                serde_json::json!([{"user": owner, "role": "owner"}])
            };
            let manifest = serde_json::json!({
                "apiVersion": "lambda.knative.io/v1alpha1", "kind": "Tenant",
                "metadata": {"name": posted.text("name")},
                "spec": {"displayName": posted.text("display"), "members": members},
            });
            api::tenants::create_tenant(manifest.to_string()).await.map(|()| "made")
        }
    }
}

fn read_query() -> TenantQuery {
    TenantQuery {
        q: frame::query("q"),
        suspended: frame::query("suspended").map(|text| text == "yes"),
        sort: frame::query("sort").and_then(|text| TenantSort::parse(&text)).unwrap_or_default(),
        desc: frame::query("desc").is_some(),
        cursor: frame::query("cursor").map(Cursor),
        limit: None,
    }
}

fn href(query: &TenantQuery) -> String {
    let suspended = query.suspended.map(|yes| if yes { "yes" } else { "no" });
    let sort = if query.sort == TenantSort::Name { "" } else { query.sort.as_str() };
    let pairs = [
        ("q", query.q.clone().unwrap_or_default()),
        ("suspended", suspended.unwrap_or_default().to_owned()),
        ("sort", sort.to_owned()),
        ("desc", if query.desc { "true".to_owned() } else { String::new() }),
        ("cursor", query.cursor.clone().map(|cursor| cursor.0).unwrap_or_default()),
    ];
    routes::admin() + &routes::query(pairs)
}

fn filters(query: &TenantQuery) -> AnyView {
    let option = |value: &'static str, text: &'static str, here: Option<bool>| {
        view! { <option value=value selected=query.suspended == here>{text}</option> }
    };
    let narrowed = query.q.is_some() || query.suspended.is_some();
    view! {
        <form class="filters" method="get" action=routes::admin() role="search">
            <div class="with-icon">
                {icon("search")}
                <label class="sr" for="q">"Part of the name"</label>
                <input id="q" name="q" type="search" placeholder="Filter by name" value=query.q.clone() data-slash="" autocomplete="off"/>
            </div>
            <label class="sr" for="suspended">"State"</label>
            <select id="suspended" name="suspended">
                {option("", "Every state", None)}{option("no", "Running", Some(false))}{option("yes", "Suspended", Some(true))}
            </select>
            <button class="button">"Apply"</button>
            {narrowed.then(|| view! { <a class="button quiet" href=routes::admin()>{icon("cross")}"Clear filters"</a> })}
        </form>
    }
    .into_any()
}

fn content(query: &TenantQuery, page: &Page<TenantTotals>) -> AnyView {
    if page.items.is_empty() {
        let clear = link_button(routes::admin(), "", "cross", "Clear filters", None);
        return empty("search", "No tenant matches", "No tenant has this name and this state.", clear);
    }
    let head = |text: &'static str, sort: TenantSort, class: &'static str| {
        let present = (query.sort == sort).then_some(query.desc);
        let to = TenantQuery { sort, desc: present == Some(false), cursor: None, ..query.clone() };
        sort_head(text, href(&to), present, class)
    };
    let rows: Vec<_> = page.items.iter().map(row).collect();
    let next = page.next.clone().map(|cursor| href(&TenantQuery { cursor: Some(cursor), ..query.clone() }));
    let first = query.cursor.is_some().then(|| href(&TenantQuery { cursor: None, ..query.clone() }));
    let about = About { caption: "All tenants".to_owned(), ..About::default() };
    let heads = [
        head("Tenant", TenantSort::Name, ""),
        head("Functions", TenantSort::Functions, "number"),
        head("Failed", TenantSort::Failed, "number wide-only"),
        head("Instances", TenantSort::Replicas, "number wide-only"),
        table::head("Builds", "number wide-only"),
        head("Members", TenantSort::Members, "number"),
        table::head("Fullest quota", "wide-only"),
        table::head("Created", "number wide-only"),
        unseen_head("Acts"),
    ];
    view! {
        {table(about, heads, rows)}
        {pager(first, next, page.items.len(), "tenants")}
    }
    .into_any()
}

fn row(totals: &TenantTotals) -> AnyView {
    let tenant = &totals.tenant;
    let failed =
        totals.functions.iter().find(|(phase, _)| *phase == Phase::Failed).map_or(0, |(_, count)| *count);
    let phases: Vec<_> = totals
        .functions
        .iter()
        .map(|(phase, count)| view! { <li>{phase_pill(*phase)}" "{*count}</li> })
        .collect();
    let quota = totals.quota.as_ref().map(|line| format!("{} {} %", line.what, line.percent));
    let (act, word) = if tenant.suspended { ("resume", "Resume") } else { ("suspend", "Suspend") };
    let builds = format!("{} run, {} wait", totals.builds_running, totals.builds_queued);
    // What the columns say that a narrow screen leaves out.
    let below = format!("{failed} failed · {} instances · {builds}", totals.replicas);
    let state = match (tenant.suspended, tenant.ready) {
        (true, _) => Some("Suspended".to_owned()),
        (false, false) => Some(tenant.reason.clone()),
        (false, true) => None,
    };
    view! {
        <tr id=format!("tenant-{}", tenant.name)>
            <td>
                <a class="row-link strong" href=routes::functions(&tenant.name)>{tenant.display_name.clone()}</a>
                <span class="reason">{tenant.name.to_string()}</span>
                <span class="below">{below}</span>
                {state.map(|state| view! { <span class="reason">{icon("pause")}{state}</span> })}
            </td>
            <td class="number">
                <details><summary>{totals.function_count}</summary><ul class="lines">{phases}</ul></details>
            </td>
            <td class="number wide-only">{failed}</td>
            <td class="number wide-only">{totals.replicas}</td>
            <td class="number wide-only">{builds}</td>
            <td class="number"><a href=routes::members(&tenant.name)>{totals.members}</a></td>
            <td class="wide-only">{quota}</td>
            <td class="number wide-only">{ago(tenant.created_at)}</td>
            <td>
                <form method="post" data-busy="One moment…">
                    {form::token()}
                    <input type="hidden" name="tenant" value=tenant.name.to_string()/>
                    <button class="button small" name="do" value=act aria-label=format!("{word} {}", tenant.name)>{word}</button>
                </form>
            </td>
        </tr>
    }
    .into_any()
}

fn create(problem: Option<&AppError>) -> AnyView {
    view! {
        <section class="card narrow">
            <h2>"New tenant"</h2>
            <form method="post" class="stack" data-busy="Creating…">
                {form::token()}
                {input(Input {
                    name: "name",
                    label: "Name",
                    hint: "Lower-case letters, digits and hyphens; it is part of addresses and can not be changed.",
                    required: true,
                    error: error_of(problem, &["metadata.name"]),
                    ..Input::default()
                })}
                {input(Input { name: "display", label: "What people call it", ..Input::default() })}
                {input(Input {
                    name: "owner",
                    label: "Its owner",
                    hint: "A checked e-mail address, oidc:subject, or local:name; more on the Members page.",
                    ..Input::default()
                })}
                <div class="form-end"><button class="button primary" name="do" value="create">{icon("plus")}"Create tenant"</button></div>
            </form>
        </section>
    }
    .into_any()
}
