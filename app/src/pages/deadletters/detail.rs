//! One dead letter: why it died, every try, the event, and what was done with it before.

use domain::{
    TenantName,
    deadletter::{DeadLetter, FailureKind, ReplayRecord},
    identity::Permission,
};
use leptos::prelude::*;

use super::filter::kind_pill;
use crate::{
    AppError, api,
    components::{
        button::{copy, link_button, submit},
        diff::diff,
        field::summary,
        icon::icon,
        problem::panel_problem,
        redacted::{about_marks, with_marks},
        status::{event_label, http_pill},
        table::{About, head, table},
        time::{ago, duration, full},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/deadletters/:position`
#[component]
pub fn DetailPage() -> impl IntoView {
    framed(load)
}

/// The position in the address.
pub(super) fn position() -> Result<i64, AppError> {
    frame::param("position")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| AppError::not_found("dead letter"))
}

/// The event's data as people read it.
pub(super) fn data_text(letter: &domain::event::CloudEvent) -> String {
    match &letter.data {
        Some(data) => serde_json::to_string_pretty(data).unwrap_or_default(),
        None => String::new(),
    }
}

async fn load() -> Result<Content, AppError> {
    let (tenant, position) = (frame::tenant()?, position()?);
    let letter = api::dead_letters::get_dead_letter(tenant.clone(), position).await?;
    let mut problem = None;
    if Posted::of_request().is_some() {
        match api::dead_letters::replay_dead_letter(tenant.clone(), position, None).await {
            Ok(event) => form::see_other(&routes::sent_again(&tenant, &event)),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let lineage = api::dead_letters::lineage(tenant.clone(), letter.event.clone()).await;
    let label = event_label(&letter.event);
    let json = serde_json::to_string_pretty(&letter).unwrap_or_default();
    let discard = format!("{}?p={position}", routes::discard(&tenant));
    let body = view! {
        {breadcrumb(&tenant)}
        <div class="page-head">
            <h1>{label.clone()}" "<code>{letter.event.id.clone()}</code></h1>
            {kind_pill(letter.kind)}
        </div>
        {summary(problem.as_ref(), &[])}
        <div class="notice bad" role="status">
            {icon("fail")}
            <div>
                <p class="notice-title">{letter.reason.clone()}</p>
                <p>{letter.remedy()}</p>
                <p class="quiet-text">
                    {match letter.kind {
                        FailureKind::Permanent => "Permanent: the function answered that it will never take this event. ",
                        FailureKind::Transient => "Transient: it was tried as often as the function allows. ",
                    }}
                    "It died "{ago(letter.died_at)}"."
                </p>
            </div>
        </div>
        <form method="post" class="actions lead" data-busy="Sending…">{form::token()}
            {submit("primary", "refresh", "Replay", "replay", (Permission::Invoke, &tenant))}
            {link_button(routes::edit_dead_letter(&tenant, position), "", "file", "Edit and replay", Some((Permission::Invoke, &tenant)))}
            {link_button(discard, "quiet", "trash", "Discard", Some((Permission::Write, &tenant)))}
        </form>
        <div class="event-page">
            <div class="stack">
                <section class="card"><h2>"Tries"</h2>{attempts(&letter)}</section>
                <section class="card"><h2>"Data"</h2>{data(&letter)}</section>
                <section class="card">
                    <div class="section-head"><h2>"Everything as JSON"</h2>{copy(&json, "the dead letter")}</div>
                    <pre class="json" tabindex="0" role="group" aria-label="The dead letter as JSON"><code>{with_marks(&json)}</code></pre>
                </section>
            </div>
            <div class="stack">
                <section class="card"><h2>"Facts"</h2>{facts(&tenant, &letter)}</section>
                <section class="card">
                    <h2>"Replays"</h2>
                    {match lineage {
                        Ok(records) => story(&tenant, &records),
                        Err(error) => panel_problem(&error, "The replays"),
                    }}
                </section>
            </div>
        </div>
    };
    Ok(Content::dead_letters(format!("{label} · Dead letter {position}"), body))
}

/// Back to the list.
pub(super) fn breadcrumb(tenant: &TenantName) -> AnyView {
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol><li><a href=routes::dead_letters(tenant)>"Dead letters"</a></li></ol>
        </nav>
    }
    .into_any()
}

fn attempts(letter: &DeadLetter) -> AnyView {
    if letter.attempts.is_empty() {
        return view! { <p class="quiet-text">"No try is known: the queue itself gave the event up."</p> }
            .into_any();
    }
    let rows: Vec<_> = letter
        .attempts
        .iter()
        .map(|attempt| {
            let status = match attempt.status {
                Some(status) => http_pill(status),
                None => view! { <span class="quiet-text">"no answer"</span> }.into_any(),
            };
            view! {
                <tr>
                    <td class="number">{attempt.number}</td>
                    <td>{full(attempt.at)}</td>
                    <td>{status}</td>
                    <td class="number">{duration(attempt.duration_ms)}</td>
                    <td>{attempt.reason.clone()}</td>
                </tr>
            }
        })
        .collect();
    let about = About {
        caption: "Every try to deliver the event".to_owned(),
        wide: Some("Tries"),
        ..About::default()
    };
    let heads = [
        head("Try", "number"),
        head("Began", ""),
        head("Answer", ""),
        head("Took", "number"),
        head("Reason", ""),
    ];
    table(about, heads, rows)
}

fn data(letter: &DeadLetter) -> AnyView {
    let text = data_text(&letter.event);
    if text.is_empty() {
        return view! { <p class="quiet-text">"The event carries no JSON data."</p> }.into_any();
    }
    view! {
        <div class="copy-line">
            <pre class="json" tabindex="0" role="group" aria-label="Data"><code>{with_marks(&text)}</code></pre>
            {copy(&text, "the data")}
        </div>
        {about_marks(&text)}
    }
    .into_any()
}

fn facts(tenant: &TenantName, letter: &DeadLetter) -> AnyView {
    let event = &letter.event;
    let chain = event.correlation_id().map(|id| {
        let href = format!("{}?correlation={}", routes::events(tenant), routes::encode(id));
        view! { <div><dt>"Correlation id"</dt><dd><a href=href><code>{id.to_owned()}</code></a></dd></div> }
    });
    let function = match &letter.function {
        Some(name) => view! {
            <div><dt>"Function"</dt><dd><a href=routes::function(tenant, name, Tab::Overview)>{name.to_string()}</a></dd></div>
            <div><dt>"Log"</dt><dd><a href=routes::function(tenant, name, Tab::Logs)>"What it printed"</a></dd></div>
        }
        .into_any(),
        None => view! { <div><dt>"Function"</dt><dd>"None: it came over the message broker for no function."</dd></div> }.into_any(),
    };
    view! {
        <dl class="facts">
            {function}
            <div><dt>"Queue"</dt><dd><code>{letter.queue.clone()}</code></dd></div>
            <div><dt>"Died"</dt><dd>{full(letter.died_at)}</dd></div>
            <div><dt>"Type"</dt><dd><code>{event.kind.clone()}</code></dd></div>
            <div><dt>"Source"</dt><dd><code>{event.source.clone()}</code></dd></div>
            <div><dt>"Id"</dt><dd><code>{event.id.clone()}</code></dd></div>
            {chain}
            <div><dt>"Error group"</dt><dd><a href=format!("{}?error={}", routes::dead_letters(tenant), routes::encode(&letter.error()))>{letter.error()}</a></dd></div>
        </dl>
    }
    .into_any()
}

/// What was done with the event before, and how it was edited.
fn story(tenant: &TenantName, records: &[ReplayRecord]) -> AnyView {
    if records.is_empty() {
        return view! { <p class="quiet-text">"It was never replayed."</p> }.into_any();
    }
    let items: Vec<_> = records
        .iter()
        .map(|record| {
            let edited = record.event.data != record.letter.event.data;
            let job = record.job.as_ref().map(|job| {
                view! { " in "<a href=routes::replay_job(tenant, job)>"a replay of many"</a> }
            });
            view! {
                <li>
                    {full(record.at)}" by "{record.by.clone()}{job}
                    {if edited { ", edited:" } else { ", as it was." }}
                    {edited.then(|| diff(&data_text(&record.letter.event), &data_text(&record.event), "What was edited"))}
                    <p class="quiet-text">"Before that it had died of: "{record.letter.reason.lines().next().unwrap_or_default().to_owned()}</p>
                </li>
            }
        })
        .collect();
    view! { <ol class="lines">{items}</ol> }.into_any()
}
