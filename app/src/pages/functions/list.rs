//! The list of functions: page, sort and filter by the server, all of it in the address.

use domain::{
    Cursor, Page, TenantName,
    function::{FunctionQuery, FunctionSort, FunctionSummary, Language, Phase},
    identity::Permission,
    view::ListName,
};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::link_button,
        empty::empty,
        field::summary,
        icon::icon,
        pager::pager,
        problem::done,
        sort::sort_head,
        status::{phase_look, phase_pill},
        table::{self, About, table},
        time::ago,
        views::{self, Place, columns_menu, views_menu},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// Columns that can be left out.
const COLUMNS: [(&str, &str); 4] =
    [("language", "Language"), ("instances", "Instances"), ("created", "Created"), ("changed", "Changed")];

/// `/t/:tenant/functions`
#[component]
pub fn ListPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let query = read_query();
    let deleted = frame::query("deleted").is_some();
    let path = routes::functions(&tenant);
    let here = href(&tenant, &FunctionQuery { cursor: None, ..query.clone() });
    let place = Place { tenant: &tenant, list: ListName::Functions, path: &path, here: &here };
    let mut problem = None;
    if let Some(posted) = Posted::of_request()
        && let Err(error) = views::act(&place, &posted, &COLUMNS).await
    {
        form::set_status(error.0.status);
        problem = Some(error);
    }
    // Without them the list is still a list.
    let saved = api::views::saved_views(tenant.clone(), ListName::Functions).await.unwrap_or_default();
    let left_out = api::views::left_out_columns(ListName::Functions).await.unwrap_or_default();
    let counts = api::functions::function_counts(tenant.clone()).await?;
    let page = api::functions::list_functions(tenant.clone(), query.clone()).await?;
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let body = view! {
        <div class="page-head">
            <h1>"Functions"</h1>
            <span class="gap"></span>
            {link_button(routes::new_function(&tenant), "primary", "plus", "New function", Some((Permission::Write, &tenant)))}
        </div>
        {deleted.then(|| done("The function is being deleted with all that belongs to it."))}
        {summary(problem.as_ref(), &[])}
        {(all > 0).then(|| view! {
            <div class="list-bar">
                {filters(&tenant, &query)}
                <div class="list-menus">{views_menu(&place, &saved)}{columns_menu(&place, &COLUMNS, &left_out)}</div>
            </div>
        })}
        <div id="functions" data-live="functions" data-list="">
            {(all > 0).then(|| phases(&tenant, &query, &counts, all))}
            {content(&tenant, &query, &page, all, &left_out)}
        </div>
    };
    Ok(Content::functions("Functions", body))
}

fn read_query() -> FunctionQuery {
    let sort = match frame::query("sort").as_deref() {
        Some("phase") => FunctionSort::Phase,
        Some("language") => FunctionSort::Language,
        Some("created") => FunctionSort::Created,
        Some("updated") => FunctionSort::Updated,
        _ => FunctionSort::Name,
    };
    FunctionQuery {
        q: frame::query("q"),
        phase: frame::query("phase").and_then(|text| Phase::parse(&text)),
        language: frame::query("language").and_then(|text| Language::parse(&text)),
        sort,
        desc: frame::query("desc").is_some(),
        cursor: frame::query("cursor").map(Cursor),
        limit: None,
    }
}

const fn sort_name(sort: FunctionSort) -> &'static str {
    match sort {
        FunctionSort::Name => "name",
        FunctionSort::Phase => "phase",
        FunctionSort::Language => "language",
        FunctionSort::Created => "created",
        FunctionSort::Updated => "updated",
    }
}

/// The address of the list with this query.
fn href(tenant: &TenantName, query: &FunctionQuery) -> String {
    let sort = if query.sort == FunctionSort::Name { "" } else { sort_name(query.sort) };
    let pairs = [
        ("q", query.q.clone().unwrap_or_default()),
        ("phase", query.phase.map(Phase::as_str).unwrap_or_default().to_owned()),
        ("language", query.language.map(Language::as_str).unwrap_or_default().to_owned()),
        ("sort", sort.to_owned()),
        ("desc", if query.desc { "true".to_owned() } else { String::new() }),
        ("cursor", query.cursor.clone().map(|cursor| cursor.0).unwrap_or_default()),
    ];
    routes::functions(tenant) + &routes::query(pairs)
}

fn filters(tenant: &TenantName, query: &FunctionQuery) -> AnyView {
    let languages: Vec<_> = Language::ALL
        .into_iter()
        .map(|language| {
            let chosen = query.language == Some(language);
            view! { <option value=language.as_str() selected=chosen>{language.label()}</option> }
        })
        .collect();
    let narrowed = query.q.is_some() || query.language.is_some() || query.phase.is_some();
    view! {
        <form class="filters" method="get" action=routes::functions(tenant) role="search">
            <div class="with-icon">
                {icon("search")}
                <label class="sr" for="q">"Part of the name"</label>
                <input id="q" name="q" type="search" placeholder="Filter by name" value=query.q.clone() data-slash="" autocomplete="off"/>
            </div>
            <label class="sr" for="language">"Language"</label>
            <select id="language" name="language"><option value="">"All languages"</option>{languages}</select>
            {query.phase.map(|phase| view! { <input type="hidden" name="phase" value=phase.as_str()/> })}
            {(query.sort != FunctionSort::Name).then(|| view! { <input type="hidden" name="sort" value=sort_name(query.sort)/> })}
            {query.desc.then(|| view! { <input type="hidden" name="desc" value="true"/> })}
            <button class="button">"Apply"</button>
            {narrowed.then(|| view! { <a class="button quiet" href=routes::functions(tenant)>{icon("cross")}"Clear filters"</a> })}
        </form>
    }
    .into_any()
}

/// Counts by phase, each a filter.
fn phases(tenant: &TenantName, query: &FunctionQuery, counts: &[(Phase, i64)], all: i64) -> AnyView {
    let link = |phase: Option<Phase>, count: i64| {
        let here = (query.phase == phase).then_some("true");
        let to = href(tenant, &FunctionQuery { phase, cursor: None, ..query.clone() });
        let look = phase.map(phase_look);
        let text = phase.map_or("All", Phase::as_str);
        view! {
            <li><a href=to aria-current=here>
                {look.map(|(tone, shape)| view! { <span class=format!("tone {tone}")>{icon(shape)}</span> })}
                {text}<span class="count">{count}</span>
            </a></li>
        }
        .into_any()
    };
    let shown = counts.iter().filter(|(phase, count)| *count > 0 || query.phase == Some(*phase));
    let links: Vec<_> = shown.map(|(phase, count)| link(Some(*phase), *count)).collect();
    view! { <nav class="chips" aria-label="Phase"><ul>{link(None, all)}{links}</ul></nav> }.into_any()
}

fn content(
    tenant: &TenantName,
    query: &FunctionQuery,
    page: &Page<FunctionSummary>,
    all: i64,
    left_out: &[String],
) -> AnyView {
    let shown = |name: &str| !left_out.iter().any(|other| other == name);
    if all == 0 {
        let text =
            "A function is some code with an address: write it here or upload an archive, and it runs.";
        let create = link_button(
            routes::new_function(tenant),
            "primary",
            "plus",
            "Create the first function",
            Some((Permission::Write, tenant)),
        );
        return empty("lambda", "No functions yet", text, create);
    }
    if page.items.is_empty() {
        let clear = link_button(routes::functions(tenant), "", "cross", "Clear filters", None);
        return empty(
            "search",
            "No function matches",
            "No function has this name, language and phase together.",
            clear,
        );
    }
    let head = |text: &'static str, sort: FunctionSort, class: &'static str| {
        let present = (query.sort == sort).then_some(query.desc);
        let desc = present == Some(false);
        let to = FunctionQuery { sort, desc, cursor: None, ..query.clone() };
        sort_head(text, href(tenant, &to), present, class)
    };
    let rows: Vec<_> = page.items.iter().map(|function| row(function, &shown)).collect();
    let next = page
        .next
        .clone()
        .map(|cursor| href(tenant, &FunctionQuery { cursor: Some(cursor), ..query.clone() }));
    let first =
        query.cursor.is_some().then(|| href(tenant, &FunctionQuery { cursor: None, ..query.clone() }));
    let about = About { caption: format!("Functions of {tenant}"), linked: true, ..About::default() };
    let heads = [
        Some(head("Name", FunctionSort::Name, "")),
        Some(head("Phase", FunctionSort::Phase, "")),
        shown("language").then(|| head("Language", FunctionSort::Language, "wide-only")),
        shown("instances").then(|| table::head("Instances", "number wide-only")),
        shown("created").then(|| head("Created", FunctionSort::Created, "number wide-only")),
        shown("changed").then(|| head("Changed", FunctionSort::Updated, "number")),
    ]
    .into_iter()
    .flatten();
    view! {
        {table(about, heads, rows)}
        {pager(first, next, page.items.len(), "functions")}
    }
    .into_any()
}

fn row(function: &FunctionSummary, shown: &impl Fn(&str) -> bool) -> AnyView {
    let reason =
        (function.phase != Phase::Ready && !function.reason.is_empty()).then(|| function.reason.clone());
    let language = function.language.map_or("Image", Language::label);
    let below = match function.replicas {
        1 => format!("{language} · 1 instance"),
        count => format!("{language} · {count} instances"),
    };
    view! {
        <tr id=format!("function-{}", function.name)>
            <td>
                <a class="row-link strong" href=routes::function(&function.tenant, &function.name, Tab::Overview)>
                    {function.name.to_string()}
                </a>
                <span class="below">{below}</span>
            </td>
            <td>{phase_pill(function.phase)}{reason.map(|reason| view! { <span class="reason clip">{reason}</span> })}</td>
            {shown("language").then(|| view! { <td class="wide-only">{language}</td> })}
            {shown("instances").then(|| view! { <td class="number wide-only">{function.replicas}</td> })}
            {shown("created").then(|| view! { <td class="number wide-only">{ago(function.created_at)}</td> })}
            {shown("changed").then(|| view! { <td class="number">{ago(function.updated_at)}</td> })}
        </tr>
    }
    .into_any()
}
