//! One event's life: accepted, for whom, every try, the answer, the dead letter, the replays.

use domain::{
    TenantName,
    event::{EventLife, EventStatus, Mismatch, TriggerMatch, Try},
    identity::Permission,
};
use leptos::prelude::*;

use crate::{
    AppError,
    components::{
        button::submit,
        field::{Input, error_of, input},
        icon::icon,
        status::{event_label, http_pill},
        table::{About, head, table},
        time::{duration, full},
    },
    routes::{self, Tab},
    session,
};

/// The section; nothing for events that no function could get.
pub(super) fn life(tenant: &TenantName, life: &EventLife) -> AnyView {
    let event = &life.record.event;
    let mut steps = vec![step(
        "ok",
        "good",
        "Accepted",
        view! { {full(life.record.received_at)}" from "<code>{event.source.clone()}</code> }.into_any(),
    )];
    if event.event_type() == Some(domain::event::EventType::InvokeAsync) {
        let target = life.record.function.as_ref().map(|name| {
            view! { "For "<a href=routes::function(tenant, name, Tab::Overview)>{name.to_string()}</a>", which its subject names." }
        });
        steps.push(step("right", "good", "Addressed", view! { {target} }.into_any()));
    } else if !life.triggers.is_empty() {
        let matched = life.triggers.iter().filter(|found| found.fails.is_none()).count();
        let (shape, tone) = if matched > 0 { ("right", "good") } else { ("cross", "idle") };
        let title = format!("{matched} of {} triggers match", life.triggers.len());
        let rows: Vec<_> = life.triggers.iter().map(|found| trigger(tenant, found)).collect();
        steps.push(step(
            shape,
            tone,
            title,
            view! {
                <ul class="lines">{rows}</ul>
                <p class="quiet-text">"Triggers as they are now."</p>
            }
            .into_any(),
        ));
    } else if life.tries.is_empty() && life.answers.is_empty() && life.dead_letters.is_empty() {
        return ().into_any();
    }
    if !life.tries.is_empty() {
        let title = if life.tries.len() == 1 {
            "Tried once".to_owned()
        } else {
            format!("Tried {} times", life.tries.len())
        };
        steps.push(step("play", "busy", title, tries(tenant, &life.tries)));
    }
    for answer in &life.answers {
        let failed = answer.event.status() == EventStatus::Failed;
        let (shape, tone) = if failed { ("fail", "bad") } else { ("ok", "good") };
        let link = view! { <a href=routes::event(tenant, answer.position)>"What was answered"</a>", "{full(answer.at())} };
        steps.push(step(shape, tone, event_label(&answer.event), link.into_any()));
    }
    for record in &life.replays {
        let text = view! { {full(record.at)}" by "{record.by.clone()} };
        steps.push(step("refresh", "busy", "Replayed", text.into_any()));
    }
    for letter in &life.dead_letters {
        let text = view! {
            <a href=routes::dead_letter(tenant, letter.position)>"Read, edit, replay or discard it"</a>
            <p class="quiet-text">{letter.reason.lines().next().unwrap_or_default().to_owned()}" — "{letter.remedy()}</p>
        };
        steps.push(step("fail", "bad", "A dead letter", text.into_any()));
    }
    view! {
        <section class="card" id="life" data-live="events">
            <h2>"Its life"</h2>
            <ol class="life">{steps}</ol>
        </section>
    }
    .into_any()
}

fn step(shape: &'static str, tone: &'static str, title: impl Into<String>, body: AnyView) -> AnyView {
    let title = title.into();
    view! {
        <li>
            <span class=format!("tone {tone}")>{icon(shape)}</span>
            <div><p class="notice-title">{title}</p>{body}</div>
        </li>
    }
    .into_any()
}

fn trigger(tenant: &TenantName, found: &TriggerMatch) -> AnyView {
    let wants = if found.wants.is_empty() { "every event".to_owned() } else { found.wants.join(", ") };
    let outcome = match &found.fails {
        None => view! { <span class="pill good">{icon("ok")}"matches"</span> }.into_any(),
        Some(Mismatch { attribute, found, .. }) => {
            let has =
                found.as_ref().map_or_else(|| "is not there".to_owned(), |value| format!("is “{value}”"));
            view! { <span class="pill idle">{icon("cross")}{format!("no: {attribute} {has}")}</span> }
                .into_any()
        }
    };
    view! {
        <li>
            <a href=routes::function(tenant, &found.function, Tab::Triggers)>{found.function.to_string()}</a>
            " wants "<code>{wants}</code>" "{outcome}
        </li>
    }
    .into_any()
}

fn tries(tenant: &TenantName, tries: &[Try]) -> AnyView {
    let rows: Vec<_> = tries
        .iter()
        .map(|one| {
            view! {
                <tr>
                    <td class="number"><a href=routes::event(tenant, one.position)>{one.attempt}</a></td>
                    <td>{one.function.to_string()}</td>
                    <td>{full(one.at)}</td>
                    <td>{http_pill(one.status)}</td>
                    <td class="wide-only"><code>{one.revision.clone()}</code></td>
                    <td class="number">{duration(one.queue_ms)}{one.cold_start.then_some(" (cold)")}" · "{duration(one.run_ms)}</td>
                    <td class="number">{next_try(one)}</td>
                </tr>
            }
        })
        .collect();
    let about = About { caption: "Every try".to_owned(), wide: Some("Tries"), ..About::default() };
    let heads = [
        head("Try", "number"),
        head("Function", ""),
        head("Ended", ""),
        head("Answer", ""),
        head("Revision", "wide-only"),
        head("Wait · run", "number"),
        head("Next try", "number"),
    ];
    table(about, heads, rows)
}

/// How long after this try the next one began or begins.
fn next_try(one: &Try) -> String {
    match one.next_at {
        None => "none".to_owned(),
        Some(next) => {
            let after = duration(next.millis_since(one.at).max(0) as f64);
            if next > session::now() { format!("{after} later, to come") } else { format!("{after} later") }
        }
    }
}

/// Keeps the event as a test of a function.
pub(super) fn capture(
    tenant: &TenantName,
    function: &str,
    name: &str,
    problem: Option<&AppError>,
) -> AnyView {
    view! {
        <section class="card">
            <h2>"Keep it as a test"</h2>
            <p class="quiet-text">"The whole event becomes a saved request on the function's Test tab."</p>
            <form method="post" class="stack" data-busy="Saving…">{crate::form::token()}
                {input(Input {
                    name: "function",
                    label: "Function",
                    value: function.to_owned(),
                    required: true,
                    error: error_of(problem, &["function"]),
                    ..Input::default()
                })}
                {input(Input {
                    name: "test",
                    label: "Name of the test",
                    value: name.to_owned(),
                    required: true,
                    error: error_of(problem, &["name"]),
                    ..Input::default()
                })}
                <div class="form-end">{submit("", "plus", "Save as a test", "capture", (Permission::Write, tenant))}</div>
            </form>
        </section>
    }
    .into_any()
}
