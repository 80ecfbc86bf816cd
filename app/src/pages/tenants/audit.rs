//! Who did what: page, filter and sort by the server, all of it in the address.

use domain::{
    Cursor, Page, TenantName,
    audit::{AuditFilter, AuditRecord, AuditResult},
    identity::Permission,
};
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::link_button,
        empty::empty,
        icon::icon,
        pager::pager,
        table::{About, head, table},
        time::full,
    },
    frame::{self, Content, Section, framed},
    routes, session,
};

/// `/t/:tenant/audit`
#[component]
pub fn AuditPage() -> impl IntoView {
    framed(async || {
        let tenant = frame::tenant()?;
        let own = !session::may(Permission::Administer, &tenant);
        load(routes::audit(&tenant), Some(tenant), own).await
    })
}

/// The trail of one tenant, or of all.
pub async fn load(here: String, tenant: Option<TenantName>, own: bool) -> Result<Content, AppError> {
    let filter = AuditFilter {
        tenant: tenant.clone().or_else(|| frame::query("tenant").and_then(|text| text.parse().ok())),
        actor: frame::query("actor"),
        action: frame::query("action"),
        object: frame::query("object"),
        result: frame::query("result").and_then(|text| AuditResult::parse(&text)),
        correlation: frame::query("correlation"),
        since: None,
        until: None,
    };
    let cursor = frame::query("cursor").map(Cursor);
    let page = api::tenants::list_audit(filter.clone(), cursor.clone()).await?;
    let export = match &tenant {
        Some(tenant) => format!("/api/v1/tenants/{tenant}/audit"),
        None => "/api/v1/admin/audit".to_owned(),
    };
    let file = |format: &str| {
        export.clone()
            + &routes::query(pairs(&filter, None).into_iter().chain([("format", format.to_owned())]))
    };
    let body = view! {
        <div class="page-head">
            <h1>"Audit trail"</h1>
            <span class="gap"></span>
            <a class="button quiet" href=file("csv") download="">{icon("download")}"CSV"</a>
            <a class="button quiet" href=file("json") download="">{icon("download")}"JSON"</a>
        </div>
        {own.then(|| view! { <p class="quiet-text">"You see what you did yourself; an owner sees everyone."</p> })}
        {filters(&here, &filter, tenant.is_none())}
        {content(&here, &filter, cursor.is_some(), &page, tenant.is_none())}
    };
    let section = if tenant.is_some() { Section::Other } else { Section::Trail };
    Ok(Content { title: "Audit trail".to_owned(), section, body: body.into_any() })
}

fn pairs(filter: &AuditFilter, cursor: Option<&Cursor>) -> [(&'static str, String); 7] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        ("tenant", filter.tenant.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("actor", text(&filter.actor)),
        ("action", text(&filter.action)),
        ("object", text(&filter.object)),
        ("result", filter.result.map(AuditResult::as_str).unwrap_or_default().to_owned()),
        ("correlation", text(&filter.correlation)),
        ("cursor", cursor.map(|cursor| cursor.0.clone()).unwrap_or_default()),
    ]
}

/// Whether the filter leaves out anything of this page's trail.
fn is_narrowed(filter: &AuditFilter, all: bool) -> bool {
    let tenant = filter.tenant.clone().filter(|_| !all);
    *filter != AuditFilter { tenant, ..AuditFilter::default() }
}

fn filters(here: &str, filter: &AuditFilter, all: bool) -> AnyView {
    let field = |name: &'static str, label: &'static str, value: Option<String>| {
        view! {
            <label class="sr" for=name>{label}</label>
            <input id=name name=name type="search" placeholder=label value=value autocomplete="off"/>
        }
    };
    let results: Vec<_> = AuditResult::ALL
        .into_iter()
        .map(|result| view! { <option value=result.as_str() selected=filter.result == Some(result)>{result.as_str()}</option> })
        .collect();
    let tenant = filter.tenant.as_ref().map(ToString::to_string);
    let narrowed = is_narrowed(filter, all);
    view! {
        <form class="filters" method="get" action=here.to_owned() role="search">
            {all.then(|| field("tenant", "Tenant", tenant))}
            {field("actor", "Who", filter.actor.clone())}
            {field("action", "Action, as function.delete", filter.action.clone())}
            {field("object", "To what", filter.object.clone())}
            <label class="sr" for="result">"Result"</label>
            <select id="result" name="result"><option value="">"Every result"</option>{results}</select>
            <button class="button">"Apply"</button>
            {narrowed.then(|| view! { <a class="button quiet" href=here.to_owned()>{icon("cross")}"Clear filters"</a> })}
        </form>
    }
    .into_any()
}

fn content(here: &str, filter: &AuditFilter, later: bool, page: &Page<AuditRecord>, all: bool) -> AnyView {
    if page.items.is_empty() {
        if !is_narrowed(filter, all) {
            return empty(
                "file",
                "No acts yet",
                "What people and scripts change is kept here.",
                ().into_any(),
            );
        }
        let clear = link_button(here.to_owned(), "", "cross", "Clear filters", None);
        return empty("search", "No act matches", "Nothing that was done fits the filters.", clear);
    }
    let rows: Vec<_> = page.items.iter().map(|record| row(record, all)).collect();
    let next = page.next.as_ref().map(|cursor| here.to_owned() + &routes::query(pairs(filter, Some(cursor))));
    let first = later.then(|| here.to_owned() + &routes::query(pairs(filter, None)));
    let about = About {
        caption: "Acts, newest first".to_owned(),
        class: "acts",
        wide: Some("Acts"),
        ..About::default()
    };
    let heads = [
        Some(head("When", "")),
        Some(head("Who", "wide-only")),
        all.then(|| head("Tenant", "wide-only")),
        Some(head("Action", "wide-only")),
        Some(head("To what", "wide-only")),
        Some(head("Result", "")),
        Some(head("Details", "")),
    ]
    .into_iter()
    .flatten();
    view! {
        {table(about, heads, rows)}
        {pager(first, next, page.items.len(), "acts")}
    }
    .into_any()
}

fn row(record: &AuditRecord, all: bool) -> AnyView {
    let entry = &record.entry;
    let (tone, shape) = match entry.result {
        AuditResult::Success => ("good", "ok"),
        AuditResult::Denied => ("bad", "stop"),
        AuditResult::Failed => ("bad", "fail"),
    };
    let who = if entry.actor.is_empty() { "nobody".to_owned() } else { entry.actor.clone() };
    let fields: std::collections::BTreeSet<_> =
        entry.before.keys().chain(entry.after.keys()).cloned().collect();
    let text = |value: Option<&serde_json::Value>| value.map_or("—".to_owned(), ToString::to_string);
    let changes: Vec<_> = fields
        .iter()
        .map(|path| {
            let (before, after) = (text(entry.before.get(path)), text(entry.after.get(path)));
            view! { <li><code>{path.clone()}</code>{format!(": {before} → {after}")}</li> }
        })
        .collect();
    let tenant = entry.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
    // What the columns say that a narrow screen leaves out.
    let place = if all { tenant.as_str() } else { "" };
    let parts = [who.as_str(), place, &entry.action, &entry.object];
    let below = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <tr>
            <td>
                {full(entry.at)}
                <span class="below">{below}</span>
            </td>
            <td class="wide-only">{who}</td>
            {all.then(|| view! { <td class="wide-only">{tenant}</td> })}
            <td class="wide-only"><code>{entry.action.clone()}</code></td>
            <td class="wide-only">{entry.object.clone()}</td>
            <td><span class=format!("tone {tone}")>{icon(shape)}</span>" "{entry.result.as_str()}</td>
            <td>
                <details>
                    <summary>{format!("Act {}", record.position)}</summary>
                    <ul class="lines">
                        {(!entry.reason.is_empty()).then(|| view! { <li>{format!("Refused: {}", entry.reason)}</li> })}
                        {changes}
                        <li>"From "{entry.address.clone().unwrap_or_else(|| "this machine".to_owned())}</li>
                        <li>"Correlation id "<code>{entry.correlation_id.clone()}</code></li>
                        <li>"Hash "<code class="mono">{record.hash.chars().take(16).collect::<String>()}</code></li>
                    </ul>
                </details>
            </td>
        </tr>
    }
    .into_any()
}
