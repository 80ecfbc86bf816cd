//! The two forms of the Triggers tab.

use domain::{TenantName, identity::Permission};
use leptos::prelude::*;

use crate::{
    AppError,
    components::{
        button::submit,
        field::{self, Input, error_of, input},
        icon::icon,
    },
    form::{self, Posted},
};

/// What was typed, so that nothing of it is lost.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) filter: Vec<(String, String)>,
    pub(super) cron: String,
    pub(super) timezone: String,
    pub(super) data: String,
}

impl Typed {
    pub(super) fn of(posted: Option<&Posted>) -> Self {
        let text = |name: &str, default: &str| {
            let given = posted.map(|posted| posted.text(name)).filter(|text| !text.is_empty());
            given.unwrap_or_else(|| default.to_owned())
        };
        let filter = posted.map(|posted| {
            let pairs = posted.all("attribute").zip(posted.all("value"));
            pairs
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .filter(|(name, value)| !name.is_empty() || !value.is_empty())
                .collect()
        });
        Self {
            filter: filter.unwrap_or_default(),
            cron: text("cron", ""),
            timezone: text("timezone", "UTC"),
            data: posted.map(|posted| posted.area("data")).unwrap_or_default(),
        }
    }
}

/// Attributes and what they must be.
pub(super) fn by_events(tenant: &TenantName, typed: &Typed, problem: Option<&AppError>) -> AnyView {
    let empty = if typed.filter.is_empty() { "type" } else { "" };
    let blank = std::iter::once((empty.to_owned(), String::new()));
    let rows: Vec<_> = typed
        .filter
        .iter()
        .cloned()
        .chain(blank)
        .map(|(name, value)| {
            view! {
                <div class="pair">
                    <input name="attribute" aria-label="Attribute" placeholder="type" value=name list="attributes" autocomplete="off" autocapitalize="none" spellcheck="false"/>
                    <input name="value" aria-label="Must be" placeholder="com.example.order.placed" value=value autocomplete="off" autocapitalize="none" spellcheck="false"/>
                    <button type="button" class="button quiet small square" hidden data-remove-row="">
                        {icon("cross")}<span class="sr">"Remove this attribute"</span>
                    </button>
                </div>
            }
        })
        .collect();
    let known: Vec<_> = ["type", "source", "subject", "datacontenttype", "dataschema"]
        .into_iter()
        .map(|name| view! { <option value=name></option> })
        .collect();
    let wrong = error_of(problem, &["filter", "trigger"]);
    view! {
        <form method="post" class="stack" data-busy="One moment…">{form::token()}
            <fieldset class="pairs">
                <legend>"Attributes of the event"</legend>
                <p class="hint">"All of them must be equal. An attribute may be one of CloudEvents or an extension of your own."</p>
                {rows}
                <datalist id="attributes">{known}</datalist>
                <button type="button" class="button quiet small" hidden data-add-row="">{icon("plus")}"Add an attribute"</button>
                {field::error("filter", wrong)}
            </fieldset>
            <div class="form-end">
                {submit("primary", "plus", "Add trigger", "add-events", (Permission::Write, tenant))}
                <button class="button" name="do" value="test">{icon("check")}"Test"</button>
            </div>
        </form>
    }
    .into_any()
}

/// A cron text, a zone and data.
pub(super) fn by_clock(tenant: &TenantName, typed: &Typed, problem: Option<&AppError>) -> AnyView {
    view! {
        <form method="post" class="stack" data-busy="One moment…">{form::token()}
            {input(Input {
                name: "cron",
                label: "Schedule",
                hint: "Minute, hour, day of the month, month, day of the week. 0 8 * * 1-5 is eight o'clock on weekdays; */15 * * * * every quarter of an hour.",
                value: typed.cron.clone(),
                required: true,
                error: error_of(problem, &["cron"]),
                ..Input::default()
            })}
            {input(Input {
                name: "timezone",
                label: "Time zone",
                hint: "For example UTC or Europe/Berlin.",
                value: typed.timezone.clone(),
                required: true,
                error: error_of(problem, &["timezone"]),
                ..Input::default()
            })}
            <div class="field">
                <label for="data">"Data"<span class="optional">"optional"</span></label>
                <textarea id="data" name="data" class="code" rows="3" spellcheck="false" aria-describedby="data-hint">{format!("\n{}", typed.data)}</textarea>
                {field::hint("data", "What the function gets: JSON, or else text.")}
            </div>
            <div class="form-end">
                {submit("primary", "plus", "Add schedule", "add-schedule", (Permission::Write, tenant))}
                <button class="button" name="do" value="runs">{icon("clock")}"Show the next runs"</button>
            </div>
        </form>
    }
    .into_any()
}
