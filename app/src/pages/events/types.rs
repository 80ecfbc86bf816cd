//! The platform's event types, the schema of each, and a form that says whether data fits it.

use std::collections::BTreeMap;

use domain::{
    TenantName,
    event::{Category, CloudEvent, EventType, sample_data},
};
use leptos::prelude::*;
use serde_json::Value;

use super::export::curl;
use crate::{
    AppError, api,
    components::{
        button::copy,
        field::{error, error_of, summary},
        icon::icon,
        schema::properties,
        table::{About, head, table},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes,
};

/// `/t/:tenant/events/types`
#[component]
pub fn TypesPage() -> impl IntoView {
    framed(load_types)
}

/// `/t/:tenant/events/types/:type`
#[component]
pub fn TypePage() -> impl IntoView {
    framed(load_type)
}

const CATEGORIES: [(Category, &str, &str); 7] = [
    (Category::Function, "Functions", "A function was made, changed or deleted."),
    (Category::Build, "Builds", "From source to image."),
    (Category::Service, "Services", "The Knative Service that runs a function."),
    (Category::Status, "Phase and health", "How a function is."),
    (Category::Parser, "Calls", "One execution of a function."),
    (Category::Invocation, "Calls by event", "Send the first; the others answer it."),
    (Category::Command, "Commands", "Send them to have something done; an answer comes back."),
];

/// Whether anybody but the platform may send it.
fn is_yours(kind: EventType) -> bool {
    !kind.is_lifecycle()
}

async fn load_types() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let sections: Vec<_> = CATEGORIES.into_iter().map(|one| section(&tenant, one)).collect();
    let body = view! {
        {breadcrumb(&tenant, false)}
        <div class="page-head"><h1>"Event types"</h1></div>
        <p class="quiet-text">
            "What the platform says and understands. Events of your own may have any other type, and any data. Programs find the schemas at "
            <code>"/api/v1/schemas"</code>"."
        </p>
        {sections}
    };
    Ok(Content::events("Event types", body))
}

fn section(tenant: &TenantName, (category, title, about): (Category, &'static str, &'static str)) -> AnyView {
    let kinds = EventType::ALL.iter().copied().filter(|kind| kind.category() == category);
    let rows: Vec<_> = kinds
        .map(|kind| {
            let sender = if is_yours(kind) { "You" } else { "The platform" };
            view! {
                <tr>
                    <td><a class="row-link" href=routes::event_type(tenant, kind)>{kind.label()}</a></td>
                    <td><code class="dotted">{dotted(&kind.full_name())}</code></td>
                    <td class="wide-only">{sender}</td>
                </tr>
            }
        })
        .collect();
    let whole = About { caption: title.to_owned(), ..About::default() };
    let heads = [head("Event", ""), head("Type", ""), head("Who sends it", "wide-only")];
    view! {
        <section class="stack">
            <div><h2>{title}</h2><p class="quiet-text">{about}</p></div>
            {table(whole, heads, rows)}
        </section>
    }
    .into_any()
}

/// A name with places to break: after its dots.
fn dotted(name: &str) -> AnyView {
    let parts: Vec<_> = name.split_inclusive('.').map(|part| view! { {part.to_owned()}<wbr/> }).collect();
    view! { {parts} }.into_any()
}

fn breadcrumb(tenant: &TenantName, of_one: bool) -> AnyView {
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                <li><a href=routes::events(tenant)>"Events"</a></li>
                {of_one.then(|| view! { <li><a href=routes::event_types(tenant)>"Event types"</a></li> })}
            </ol>
        </nav>
    }
    .into_any()
}

async fn load_type() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let kind = api::schemas::known(&frame::param("type").unwrap_or_default())?;
    let schema = api::schemas::data_schema(kind.name().to_owned()).await?;
    let posted = Posted::of_request();
    let sample = serde_json::to_string_pretty(&sample_data(kind)).unwrap_or_default();
    let typed = posted.as_ref().map_or(sample, |posted| posted.area("data"));
    let (mut fits, mut problem) = (false, None);
    if posted.is_some() {
        let checked = match serde_json::from_str::<Value>(&typed) {
            Ok(data) => api::schemas::check_data(kind.name().to_owned(), data).await,
            Err(why) => Ok(Some(format!("This is not JSON: {why}."))),
        };
        match checked {
            Ok(None) => fits = true,
            Ok(Some(why)) => problem = Some(AppError::invalid("data", why)),
            Err(error) => problem = Some(error),
        }
        if problem.is_some() {
            form::set_status(422);
        }
    }
    let json = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let body = view! {
        {breadcrumb(&tenant, true)}
        <div class="page-head"><h1>{kind.label()}</h1><code>{kind.full_name()}</code></div>
        {summary(problem.as_ref(), &[("data", "data")])}
        {fits.then(|| view! {
            <div class="notice good" role="status">{icon("ok")}<div><p class="notice-title">"This data fits."</p></div></div>
        })}
        <div class="event-page">
            <div class="stack">
                <section class="card"><h2>"What its data holds"</h2>{properties(&schema)}</section>
                <section class="card">
                    <h2>"Try it"</h2>
                    <form method="post" class="stack" data-busy="Checking…">{form::token()}
                        <div class="field" data-invalid=problem.is_some().then_some("")>
                            <label for="data">"Data"</label>
                            <textarea id="data" name="data" class="code" rows="14" spellcheck="false" aria-describedby="data-error">{format!("\n{typed}")}</textarea>
                            {error("data", error_of(problem.as_ref(), &["data"]))}
                        </div>
                        <div class="form-end"><button class="button primary" name="do" value="check">{icon("check")}"Check the data"</button></div>
                    </form>
                </section>
            </div>
            <div class="stack">
                {is_yours(kind).then(|| send(&tenant, kind))}
                <section class="card">
                    <div class="section-head"><h2>"JSON Schema"</h2>{copy(&json, "the schema")}</div>
                    <pre class="json" tabindex="0" role="group" aria-label="The JSON Schema"><code>{json}</code></pre>
                </section>
            </div>
        </div>
    };
    Ok(Content::events(format!("{} · Event types", kind.label()), body))
}

/// How to send one.
fn send(tenant: &TenantName, kind: EventType) -> AnyView {
    let command = curl(&CloudEvent {
        specversion: "1.0".to_owned(),
        id: String::new(),
        source: "/me".to_owned(),
        kind: kind.full_name(),
        subject: Some(format!("{tenant}/hello")),
        time: None,
        datacontenttype: None,
        dataschema: None,
        data: Some(sample_data(kind)),
        data_base64: None,
        extensions: BTreeMap::new(),
    });
    view! {
        <section class="card">
            <div class="section-head"><h2>"Send one"</h2>{copy(&command, "the command")}</div>
            <pre class="json" tabindex="0" role="group" aria-label="A command that sends one"><code>{command}</code></pre>
        </section>
    }
    .into_any()
}
