//! The two halves of the form of the Triggers tab.

use std::collections::BTreeMap;

use domain::{TenantName, identity::Permission};
use leptos::prelude::*;

use crate::{
    AppError,
    components::{
        button::submit,
        field::{self, Input, error_of, input},
        icon::icon,
    },
    form::Posted,
};

/// The zone that is offered.
const UTC: &str = "UTC";

/// What was typed, so that nothing of it is lost.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) filter: Vec<(String, String)>,
    pub(super) cron: String,
    pub(super) timezone: String,
    pub(super) data: String,
}

impl Typed {
    /// Of a form that was sent, or of an address that carries what was not used.
    pub(super) fn of(posted: &Posted) -> Self {
        let pairs = posted.all("attribute").zip(posted.all("value"));
        let filter = pairs
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .filter(|(name, value)| !name.is_empty() || !value.is_empty());
        Self {
            filter: filter.collect(),
            cron: posted.text("cron"),
            timezone: Some(posted.text("timezone"))
                .filter(|zone| !zone.is_empty())
                .unwrap_or_else(|| UTC.to_owned()),
            data: posted.area("data"),
        }
    }

    /// The attributes, each once.
    pub(super) fn attributes(&self) -> Result<BTreeMap<String, String>, AppError> {
        let mut attributes = BTreeMap::new();
        for (name, value) in &self.filter {
            if attributes.insert(name.clone(), value.clone()).is_some() {
                let why = format!("“{name}” stands here twice; an event has one value of it.");
                return Err(AppError::invalid("filter", why));
            }
        }
        Ok(attributes)
    }

    /// What was typed for the clock, as fields.
    pub(super) fn of_clock(&self) -> Vec<(&'static str, String)> {
        let zone = if self.timezone == UTC { String::new() } else { self.timezone.clone() };
        vec![("cron", self.cron.clone()), ("timezone", zone), ("data", self.data.clone())]
    }

    /// What was typed for events, as fields.
    pub(super) fn of_events(&self) -> Vec<(&'static str, String)> {
        let pairs = self.filter.iter().filter(|(name, value)| !name.is_empty() && !value.is_empty());
        pairs.flat_map(|(name, value)| [("attribute", name.clone()), ("value", value.clone())]).collect()
    }
}

/// Attributes and what they must be.
pub(super) fn by_events(tenant: &TenantName, typed: &Typed, problem: Option<&AppError>) -> AnyView {
    // The row that is offered comes back with every other button: it is no row of its own.
    let filled = || typed.filter.iter().filter(|(name, value)| !(name == "type" && value.is_empty()));
    let empty = if filled().next().is_none() { "type" } else { "" };
    let blank = std::iter::once((empty.to_owned(), String::new()));
    let rows: Vec<_> = filled()
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
        <div class="stack">
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
        </div>
    }
    .into_any()
}

/// A cron text, a zone and data.
pub(super) fn by_clock(tenant: &TenantName, typed: &Typed, problem: Option<&AppError>) -> AnyView {
    view! {
        <div class="stack">
            {input(Input {
                name: "cron",
                label: "Schedule",
                hint: "Minute, hour, day of the month, month, day of the week. 0 8 * * 1-5 is eight o'clock on weekdays; */15 * * * * every quarter of an hour.",
                value: typed.cron.clone(),
                needed: true,
                error: error_of(problem, &["cron"]),
                ..Input::default()
            })}
            {input(Input {
                name: "timezone",
                label: "Time zone",
                hint: "For example UTC or Europe/Berlin.",
                value: typed.timezone.clone(),
                needed: true,
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
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed::of(&Posted(
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ))
    }

    #[test]
    fn of_two_rows_with_one_attribute_the_first_was_dropped_in_silence() {
        let twice = [("attribute", "type"), ("value", "a"), ("attribute", "type"), ("value", "b")];
        let refused = typed(&twice).attributes().unwrap_err();
        assert!(refused.field("filter").is_some_and(|why| why.contains("type")), "{refused:?}");
        assert_eq!(typed(&twice[..2]).attributes().unwrap().len(), 1);
    }

    #[test]
    fn what_stands_in_one_half_is_there_again_after_the_other_was_used() {
        let clock = typed(&[("cron", "0 8 * * *"), ("timezone", "Europe/Berlin"), ("data", "{}")]);
        let again: Vec<_> = clock.of_clock();
        let again: Vec<_> = again.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let again = typed(&again);
        assert_eq!((again.cron, again.timezone, again.data), (clock.cron, clock.timezone, clock.data));
        let events =
            typed(&[("attribute", "source"), ("value", "/shop"), ("attribute", "type"), ("value", "")]);
        assert_eq!(events.of_events(), [("attribute", "source".to_owned()), ("value", "/shop".to_owned())]);
    }
}
