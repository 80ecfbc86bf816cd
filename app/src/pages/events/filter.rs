//! The filter of a timeline, all of it in the address.

use domain::{
    FunctionName, Timestamp,
    event::{Category, EventFilter, EventStatus, EventType},
};
use leptos::prelude::*;

use crate::{components::icon::icon, frame, routes};

/// The filter of this request's address.
pub(super) fn read(function: Option<FunctionName>) -> EventFilter {
    let time = |name: &str| {
        let text = frame::query(name)?;
        // A date-time field sends no zone, and seconds only where there are some: read as UTC.
        let whole = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
        whole.or_else(|_| format!("{text}:00Z").parse()).ok()
    };
    EventFilter {
        function: function.or_else(|| frame::query("function").and_then(|text| text.parse().ok())),
        kind: frame::query("type"),
        source: frame::query("source"),
        status: match frame::query("status").as_deref() {
            Some("failed") => Some(EventStatus::Failed),
            Some("ok") => Some(EventStatus::Ok),
            _ => None,
        },
        correlation: frame::query("correlation"),
        text: frame::query("q"),
        since: time("since"),
        until: time("until"),
    }
}

/// The filter as a query string.
pub(super) fn href(here: &str, filter: &EventFilter, with_function: bool, cursor: Option<&str>) -> String {
    let mut pairs = fields(filter, with_function);
    let time = |part: Option<Timestamp>| part.map(|at| at.to_string()).unwrap_or_default();
    pairs.push(("since", time(filter.since)));
    pairs.push(("until", time(filter.until)));
    pairs.push(("cursor", cursor.unwrap_or_default().to_owned()));
    here.to_owned() + &routes::query(pairs)
}

/// What a form has to keep of the filter, apart from its range of time.
pub(super) fn fields(filter: &EventFilter, with_function: bool) -> Vec<(&'static str, String)> {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let function = filter.function.as_ref().filter(|_| with_function).map(ToString::to_string);
    let status = match filter.status {
        Some(EventStatus::Failed) => "failed",
        Some(EventStatus::Ok) => "ok",
        None => "",
    };
    vec![
        ("function", function.unwrap_or_default()),
        ("type", text(&filter.kind)),
        ("source", text(&filter.source)),
        ("status", status.to_owned()),
        ("correlation", text(&filter.correlation)),
        ("q", text(&filter.text)),
    ]
}

/// The range that the handles of the overview chose, when the address has that instead of times.
pub(super) fn zoomed() -> Option<(Timestamp, Timestamp)> {
    let number = |name: &str| frame::query(name)?.parse::<i64>().ok();
    let (base, step) = (number("zoom-base")?, number("zoom-step")?.max(1));
    let (a, b) = (number("zoom-from")?.clamp(0, 1000), number("zoom-to")?.clamp(0, 1000));
    let at = |place: i64| Timestamp::from_millis(base.saturating_add(place.saturating_mul(step)));
    // Two handles at one place mean the stretch that begins there.
    Some((at(a.min(b)), at(a.max(b).max(a.min(b) + 1))))
}

/// The form.
pub(super) fn form(here: &str, filter: &EventFilter, with_function: bool) -> AnyView {
    let chosen = filter.kind.clone().unwrap_or_default();
    let group = |name: &'static str, kind: &'static str| {
        view! { <option value=kind selected=chosen == kind>{name}</option> }
    };
    let kinds: Vec<_> = EventType::ALL
        .iter()
        .filter(|kind| kind.category() != Category::Command)
        .map(
            |kind| view! { <option value=kind.name() selected=chosen == kind.name()>{kind.label()}</option> },
        )
        .collect();
    let status = |value: &'static str, text: &'static str, wanted: Option<EventStatus>| {
        view! { <option value=value selected=filter.status == wanted>{text}</option> }
    };
    let function = with_function.then(|| {
        let value = filter.function.as_ref().map(ToString::to_string);
        view! {
            <label class="sr" for="function">"Function"</label>
            <input id="function" name="function" placeholder="Function" value=value autocomplete="off"/>
        }
    });
    let narrowed = href(here, filter, with_function, None) != here;
    let local = |at: Option<Timestamp>| at.map(|at| at.to_string().trim_end_matches('Z').to_owned());
    let open = filter.since.is_some()
        || filter.until.is_some()
        || filter.source.is_some()
        || filter.correlation.is_some();
    view! {
        <form class="filters" method="get" action=here.to_owned() role="search">
            <div class="with-icon">
                {icon("search")}
                <label class="sr" for="q">"Text in id, type, subject or data"</label>
                <input id="q" name="q" type="search" placeholder="Text in id, type or data" value=filter.text.clone() data-slash="" autocomplete="off"/>
            </div>
            {function}
            <label class="sr" for="type">"Type"</label>
            <select id="type" name="type">
                <option value="">"All types"</option>
                {group("Builds", "lifecycle.build.*")}
                {group("Calls", "lifecycle.parser.*")}
                {kinds}
            </select>
            <label class="sr" for="status">"Outcome"</label>
            <select id="status" name="status">
                {status("", "All outcomes", None)}
                {status("failed", "Failures", Some(EventStatus::Failed))}
                {status("ok", "No failures", Some(EventStatus::Ok))}
            </select>
            <button class="button">"Apply"</button>
            {narrowed.then(|| view! { <a class="button quiet" href=here.to_owned()>{icon("cross")}"Clear filters"</a> })}
            <details class="advanced more" open=open>
                <summary>{icon("right")}"More filters"</summary>
                <div class="grid-fields">
                    <div class="field"><label for="since">"From (UTC)"</label><input id="since" name="since" type="datetime-local" step="0.001" value=local(filter.since)/></div>
                    <div class="field"><label for="until">"Until (UTC)"</label><input id="until" name="until" type="datetime-local" step="0.001" value=local(filter.until)/></div>
                    <div class="field"><label for="correlation">"Correlation id"</label><input id="correlation" name="correlation" value=filter.correlation.clone() autocomplete="off"/></div>
                    <div class="field"><label for="source">"Source"</label><input id="source" name="source" value=filter.source.clone() autocomplete="off"/></div>
                </div>
            </details>
        </form>
    }
    .into_any()
}
