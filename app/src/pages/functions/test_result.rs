//! The answer of a call: status, where the time went, headers, body, log lines.

use domain::{
    FunctionName, TenantName,
    invocation::{ColdStart, InvokeResult},
    log::LogTarget,
};
use leptos::prelude::*;

use crate::{
    api,
    components::{button::copy, icon::icon, log::log, status::http_pill, time::duration},
    routes::{self, Tab},
};

pub(super) async fn test_result(tenant: &TenantName, name: &FunctionName, result: InvokeResult) -> AnyView {
    let call = result.correlation_id.clone();
    let logs = api::logs::read_call_log(tenant.clone(), name.clone(), call.clone()).await;
    let target = LogTarget::Function(name.clone());
    let body = pretty(&result.body);
    let headers: Vec<_> = result
        .headers
        .iter()
        .map(|(key, value)| view! { <div><dt><code>{key.clone()}</code></dt><dd><code>{value.clone()}</code></dd></div> })
        .collect();
    let note = match (result.binary, result.truncated) {
        (true, _) => Some("The body is no text; this is its base64."),
        (_, true) => Some("The body is longer; this is its first MiB."),
        _ => None,
    };
    let log_page = format!(
        "{}?correlation={}",
        routes::function(tenant, name, Tab::Logs),
        routes::encode(&result.correlation_id)
    );
    let chain = format!(
        "{}?correlation={}",
        routes::function(tenant, name, Tab::Events),
        routes::encode(&result.correlation_id)
    );
    view! {
        <section class="card">
            <div class="section-head"><h2>"Answer"</h2>{http_pill(result.status)}</div>
            {split(&result)}
            {note.map(|note| view! { <p class="hint">{note}</p> })}
            <div class="copy-line">
                <pre class="json" tabindex="0" role="group" aria-label="Body of the answer"><code>{body.clone()}</code></pre>
                {copy(&body, "the body")}
            </div>
            <details class="advanced">
                <summary>{icon("right")}{format!("Headers ({})", headers.len())}</summary>
                <dl class="facts">{headers}</dl>
            </details>
        </section>
        <section class="card">
            <div class="section-head"><h2>"Log of this call"</h2><a href=log_page>"Open in Logs"{icon("right")}</a></div>
            {log(tenant, &target, "Log of this call".to_owned(), Some(call), None, logs)}
            <p><a href=chain>"Events of this call"{icon("right")}</a></p>
        </section>
    }
    .into_any()
}

/// Waiting, cold start and running as one bar with its numbers.
fn split(result: &InvokeResult) -> AnyView {
    let total = (result.queue_ms + result.run_ms).max(0.001);
    let wait = result.queue_ms / total * 100.0;
    let cold = result.cold_start.is_some();
    let (class, label) = if cold { ("cold", "Cold start") } else { ("wait", "Waited") };
    let why = result.cold_start.map(|why| match why {
        ColdStart::Zero => " · cold start: no instance was running",
        ColdStart::Burst => " · cold start: all instances were busy",
        ColdStart::NewRevision => " · cold start: the Revision was new",
    });
    let revision = result.revision.clone().map(|revision| format!(" · {revision}"));
    view! {
        <div class="split" aria-hidden="true">
            <svg viewBox="0 0 100 10" preserveAspectRatio="none">
                <rect class=format!("split-{class}") x="0" y="0" width=format!("{wait:.2}") height="10"></rect>
                <rect class="split-run" x=format!("{wait:.2}") y="0" width=format!("{:.2}", 100.0 - wait) height="10"></rect>
            </svg>
        </div>
        <p class="legend">
            <span><span class=format!("swatch {class}")></span>{format!("{label} {}", duration(result.queue_ms))}</span>
            <span><span class="swatch run"></span>{format!("Ran {}", duration(result.run_ms))}</span>
            <span>{format!("{} in all", duration(result.total_ms))}{why}{revision}</span>
        </p>
    }
    .into_any()
}

/// JSON with line breaks; anything else as it came.
fn pretty(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| body.to_owned())
}
