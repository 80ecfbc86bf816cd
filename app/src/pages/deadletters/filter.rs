//! The filter of dead letters, all of it in the address.

use domain::{
    TenantName,
    deadletter::{DeadLetterFilter, FailureKind},
    event::EventType,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    components::{button::link_button, empty::empty, icon::icon},
    frame, routes,
};

/// The filter of this request's address.
pub(super) fn read() -> DeadLetterFilter {
    let chosen = use_query_map().read_untracked().get_all("p").unwrap_or_default();
    DeadLetterFilter {
        function: frame::query("function").and_then(|text| text.parse().ok()),
        kind: frame::query("kind").and_then(|text| text.parse().ok()),
        error: frame::query("error"),
        event_type: frame::query("type"),
        correlation: frame::query("correlation"),
        positions: chosen.iter().filter_map(|text| text.parse().ok()).collect(),
    }
}

/// Whether the chosen ones were asked for and there are none: all that match is another thing.
pub(super) fn none_chosen(filter: &DeadLetterFilter) -> bool {
    frame::query("chosen").is_some() && filter.positions.is_empty()
}

/// What to do first, where none were chosen.
pub(super) fn choose_first(tenant: &TenantName) -> AnyView {
    let back = link_button(routes::dead_letters(tenant), "", "left", "Back to the list", None);
    empty("search", "Nothing chosen", "Tick the dead letters that you mean in the list first.", back)
}

/// An address with this filter.
pub(super) fn href(here: &str, filter: &DeadLetterFilter, cursor: Option<&str>) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let mut pairs = vec![
        ("function", filter.function.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("kind", filter.kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default()),
        ("error", text(&filter.error)),
        ("type", text(&filter.event_type)),
        ("correlation", text(&filter.correlation)),
        ("cursor", cursor.unwrap_or_default().to_owned()),
    ];
    pairs.extend(filter.positions.iter().map(|position| ("p", position.to_string())));
    here.to_owned() + &routes::query(pairs)
}

/// What the filter says, in words.
pub(super) fn words(filter: &DeadLetterFilter) -> String {
    let mut parts = Vec::new();
    if !filter.positions.is_empty() {
        parts.push("those that you chose".to_owned());
    }
    parts.extend(filter.function.as_ref().map(|function| format!("function {function}")));
    parts.extend(filter.kind.map(|kind| kind_label(kind).to_lowercase()));
    parts.extend(filter.error.as_ref().map(|error| format!("error “{error}”")));
    parts.extend(filter.event_type.as_ref().map(|kind| format!("type {kind}")));
    parts.extend(filter.correlation.as_ref().map(|id| format!("correlation id {id}")));
    if none_chosen(filter) {
        return "none".to_owned();
    }
    if parts.is_empty() { "all dead letters of this tenant".to_owned() } else { parts.join(", ") }
}

/// A kind for people.
pub(super) const fn kind_label(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Permanent => "Permanent",
        FailureKind::Transient => "Transient",
    }
}

/// The kind as a pill: told apart by its words and shape.
pub(super) fn kind_pill(kind: FailureKind) -> AnyView {
    let (tone, shape) = match kind {
        FailureKind::Permanent => ("bad", "fail"),
        FailureKind::Transient => ("busy", "clock"),
    };
    view! { <span class=format!("pill {tone}")>{icon(shape)}{kind_label(kind)}</span> }.into_any()
}

/// The form.
pub(super) fn form(here: &str, filter: &DeadLetterFilter) -> AnyView {
    let kind = |value: &'static str, text: &'static str, wanted: Option<FailureKind>| {
        view! { <option value=value selected=filter.kind == wanted>{text}</option> }
    };
    let invoke = EventType::InvokeAsync.full_name();
    let narrowed = *filter != DeadLetterFilter::default();
    view! {
        <form class="filters" method="get" action=here.to_owned() role="search">
            <label class="sr" for="function">"Function"</label>
            <input id="function" name="function" placeholder="Function" value=filter.function.as_ref().map(ToString::to_string) autocomplete="off"/>
            <label class="sr" for="kind">"Kind of failure"</label>
            <select id="kind" name="kind">
                {kind("", "All kinds", None)}
                {kind("permanent", "Permanent: the same event fails again", Some(FailureKind::Permanent))}
                {kind("transient", "Transient: trying again can help", Some(FailureKind::Transient))}
            </select>
            <label class="sr" for="type">"Event type"</label>
            <input id="type" name="type" placeholder="Event type" value=filter.event_type.clone() list="types" autocomplete="off"/>
            <datalist id="types"><option value=invoke></option></datalist>
            {filter.error.clone().map(|error| view! { <input type="hidden" name="error" value=error/> })}
            <button class="button">"Apply"</button>
            {narrowed.then(|| view! { <a class="button quiet" href=here.to_owned()>{icon("cross")}"Clear filters"</a> })}
        </form>
    }
    .into_any()
}
