//! One event: attributes, data, and the chain that it is part of.

use domain::{
    CorrelationId, FunctionName, TenantName,
    event::{CloudEvent, EventRecord, EventStatus},
};
use leptos::prelude::*;

use super::{
    export::export,
    life::{capture, life},
};
use crate::{
    AppError, api,
    components::{
        button::copy,
        field::summary,
        icon::icon,
        problem::panel_problem,
        redacted::{about_marks, with_marks},
        status::{event_label, event_look},
        time::{clock, duration, full},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/events/:position`
#[component]
pub fn EventPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let position = frame::param("position")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| AppError::not_found("event"))?;
    let whole = api::events::life_of_event(tenant.clone(), position).await?;
    let record = whole.record.clone();
    let posted = Posted::of_request();
    let mut problem = None;
    if let Some(posted) = &posted {
        let saved = match posted.text("function").parse::<FunctionName>() {
            Ok(function) => {
                api::events::capture_event(tenant.clone(), position, function.clone(), posted.text("test"))
                    .await
                    .map(|()| function)
            }
            Err(error) => Err(AppError::invalid("function", error.to_string())),
        };
        match saved {
            Ok(function) => {
                let test = routes::query([("saved", "yes".to_owned()), ("test", posted.text("test"))]);
                form::see_other(&(routes::function(&tenant, &function, Tab::Test) + &test));
            }
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let typed = |name: &str, default: String| posted.as_ref().map_or(default, |posted| posted.text(name));
    let function = typed("function", record.function.as_ref().map(ToString::to_string).unwrap_or_default());
    let test = typed("test", record.event.id.chars().take(80).collect());
    let chain = match record.event.correlation_id().and_then(|id| id.parse::<CorrelationId>().ok()) {
        Some(id) => Some(api::events::event_chain(tenant.clone(), id).await),
        None => None,
    };
    let label = event_label(&record.event);
    let failed = record.event.status() == EventStatus::Failed;
    let (tone, shape) = event_look(&record.event);
    let json = serde_json::to_string_pretty(&record.event).unwrap_or_default();
    let body = view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                <li><a href=routes::events(&tenant)>"Events"</a></li>
                {record.function.as_ref().map(|name| view! {
                    <li><a href=routes::function(&tenant, name, Tab::Events)>{name.to_string()}</a></li>
                })}
            </ol>
        </nav>
        <div class="page-head">
            <h1>{label.clone()}</h1>
            <span class=format!("pill {tone}")>{icon(shape)}{if failed { "Failure" } else { "Ok" }}</span>
        </div>
        {summary(problem.as_ref(), &[("function", "function"), ("name", "test")])}
        {life(&tenant, &whole)}
        <div class="event-page">
            <div class="stack">
                <section class="card"><h2>"Attributes"</h2>{attributes(&tenant, &record)}</section>
                <section class="card"><h2>"Data"</h2>{data(&record.event)}</section>
                <section class="card">
                    <div class="section-head"><h2>"The whole event as JSON"</h2>{copy(&json, "the event")}</div>
                    <pre class="json" tabindex="0" role="group" aria-label="The event as JSON"><code>{with_marks(&json)}</code></pre>
                </section>
                {export(&tenant, position, &record.event)}
            </div>
            <div class="stack"><section class="card">
                <h2>"Its chain"</h2>
                <p class="quiet-text">"Everything that the same click or call set off, in order."</p>
                {match chain {
                    None => view! { <p>"This event has no correlation id."</p> }.into_any(),
                    Some(Err(error)) => panel_problem(&error, "The chain"),
                    Some(Ok(records)) => chain_list(&tenant, &records, position),
                }}
            </section>
            {capture(&tenant, &function, &test, problem.as_ref())}</div>
        </div>
    };
    Ok(Content::events(format!("{label} · Event {position}"), body))
}

fn attributes(tenant: &TenantName, record: &EventRecord) -> AnyView {
    let event = &record.event;
    let line = |name: &str, value: AnyView| {
        view! { <div><dt>{name.to_owned()}</dt><dd>{value}</dd></div> }.into_any()
    };
    let text = |name: &str, value: &str| line(name, view! { <code>{with_marks(value)}</code> }.into_any());
    let mut lines = vec![
        text("type", &event.kind),
        text("id", &event.id),
        text("source", &event.source),
        line("time", full(record.at())),
        line("received", full(record.received_at)),
    ];
    lines.extend(event.subject.as_deref().map(|subject| text("subject", subject)));
    lines.extend(event.datacontenttype.as_deref().map(|kind| text("datacontenttype", kind)));
    lines.extend(event.extensions.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if name == "correlationid" {
            let href = format!("{}?correlation={}", routes::events(tenant), routes::encode(&value));
            return line(name, view! { <a href=href><code>{value}</code></a> }.into_any());
        }
        text(name, &value)
    }));
    view! { <dl class="facts">{lines}</dl> }.into_any()
}

fn data(event: &CloudEvent) -> AnyView {
    if let Some(data) = &event.data {
        let kind = event.datacontenttype.as_deref().unwrap_or("application/json");
        let text = match data.as_str() {
            Some(text) if !kind.contains("json") => text.to_owned(),
            _ => serde_json::to_string_pretty(data).unwrap_or_default(),
        };
        return view! {
            <div class="copy-line">
                <pre class="json" tabindex="0" role="group" aria-label="Data"><code>{with_marks(&text)}</code></pre>
                {copy(&text, "the data")}
            </div>
            {about_marks(&text)}
        }
        .into_any();
    }
    match &event.data_base64 {
        Some(bytes) => {
            let size = size_of_base64(bytes);
            let file = format!("data:application/octet-stream;base64,{bytes}");
            view! {
                <p>{format!("{size} bytes that are no text, in base64 below as part of the event.")}</p>
                <p><a class="button small" href=file download="event-data">{icon("download")}"Download"</a></p>
            }
            .into_any()
        }
        None => view! { <p class="quiet-text">"The event carries no data."</p> }.into_any(),
    }
}

/// Bytes that base64 stands for: three for four letters, less what only pads.
fn size_of_base64(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

fn chain_list(tenant: &TenantName, records: &[EventRecord], here: i64) -> AnyView {
    let first = records.first().map(EventRecord::at);
    let items: Vec<_> = records
        .iter()
        .map(|record| {
            let (tone, shape) = event_look(&record.event);
            let current = (record.position == here).then_some("true");
            let after = first.map(|first| format!("+{}", duration(record.at().millis_since(first) as f64)));
            view! {
                <li>
                    <span class=format!("tone {tone}")>{icon(shape)}</span>
                    <a href=routes::event(tenant, record.position) aria-current=current>{event_label(&record.event)}</a>
                    <span class="quiet-text" title=record.at().to_string()>{after}</span>
                </li>
            }
        })
        .collect();
    let began = first.map(|first| view! { <p class="quiet-text">"Began at "{clock(first)}</p> });
    view! { {began}<ol class="chain">{items}</ol> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counted_as_data() {
        for (text, size) in [("", 0), ("/w==", 1), ("//4=", 2), ("AAAA", 3), ("AAAA/w==", 4)] {
            assert_eq!(size_of_base64(text), size, "{text}");
        }
    }
}
