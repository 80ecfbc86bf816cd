//! The filter of a timeline, all of it in the address.

use domain::{
    FunctionName, Problem, Timestamp,
    event::{Category, EventFilter, EventStatus, EventType},
};
use leptos::prelude::*;

use crate::{AppError, components::icon::icon, frame, routes};

/// Types that are chosen together.
const GROUPS: [(&str, &str); 2] = [("Builds", "lifecycle.build.*"), ("Calls", "lifecycle.parser.*")];

/// What the address asks for.
pub(super) struct Asked {
    /// As far as it can be read.
    pub(super) filter: EventFilter,
    /// Field and text of what can not be read; what it would show without them is not what was asked for.
    pub(super) unread: Vec<(&'static str, String)>,
}

impl Asked {
    /// The filter of this request's address.
    pub(super) fn of_request(function: Option<FunctionName>) -> Self {
        Self::of(function, frame::query)
    }

    fn of(function: Option<FunctionName>, query: impl Fn(&str) -> Option<String>) -> Self {
        let mut unread = Vec::new();
        let mut lost = |name: &'static str, text: String| unread.push((name, text));
        let mut read = |name: &'static str| {
            let text = query(name)?;
            let at = time(&text);
            if at.is_none() {
                lost(name, text);
            }
            at
        };
        let (since, until) = (read("since"), read("until"));
        let function = function.or_else(|| {
            let text = query("function")?;
            let name = text.parse().ok();
            if name.is_none() {
                lost("function", text);
            }
            name
        });
        let status = query("status").and_then(|text| match text.as_str() {
            "failed" => Some(EventStatus::Failed),
            "ok" => Some(EventStatus::Ok),
            _ => {
                lost("status", text);
                None
            }
        });
        // A type that was typed is newer than the one that the list still shows.
        let kind = query("own-type").map(|kind| kind.trim().to_owned()).filter(|kind| !kind.is_empty());
        let filter = EventFilter {
            function,
            kind: kind.or_else(|| query("type")),
            source: query("source"),
            status,
            correlation: query("correlation"),
            text: query("q"),
            since,
            until,
        };
        Self { filter, unread }
    }

    /// What can not be read, in words.
    pub(super) fn problem(&self) -> Option<AppError> {
        let mut problem: Option<AppError> = None;
        for (name, text) in &self.unread {
            let why = match *name {
                "function" => format!("“{text}” is no name of a function."),
                "status" => format!("“{text}” is no outcome."),
                _ => format!("“{text}” is no time; write it as 2026-01-31T08:00."),
            };
            let AppError(error) = AppError::invalid(name, why);
            match &mut problem {
                Some(AppError(first)) => first.errors.extend(error.errors),
                None => {
                    let title = "A part of the filter can not be read.".to_owned();
                    problem = Some(AppError(Problem { title, ..error }));
                }
            }
        }
        problem
    }

    fn unread(&self, name: &str) -> Option<String> {
        self.unread.iter().find(|(field, _)| *field == name).map(|(_, text)| text.clone())
    }
}

/// A date-time field sends no zone, and seconds only where there are some: read as UTC.
fn time(text: &str) -> Option<Timestamp> {
    let whole = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
    whole.or_else(|_| format!("{text}:00Z").parse()).ok()
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
pub(super) fn form(here: &str, asked: &Asked, with_function: bool) -> AnyView {
    let filter = &asked.filter;
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
        let value = asked.unread("function").or_else(|| filter.function.as_ref().map(ToString::to_string));
        view! {
            <label class="sr" for="function">"Function"</label>
            <input id="function" name="function" placeholder="Function" value=value autocomplete="off"/>
        }
    });
    let narrowed = !asked.unread.is_empty() || href(here, filter, with_function, None) != here;
    let known = |kind: &str| EventType::ALL.iter().any(|known| known.name() == kind);
    let own = (!chosen.is_empty() && !known(&chosen) && !GROUPS.iter().any(|(_, group)| *group == chosen))
        .then(|| view! { <option value=chosen.clone() selected>{chosen.clone()}</option> });
    let moment = |name: &'static str, label: &'static str, at: Option<Timestamp>| {
        let wrong = asked.unread(name);
        // A date-time field shows nothing at all for what is no time: then it is shown as text, to be mended.
        let kind = if wrong.is_some() { "text" } else { "datetime-local" };
        let invalid = wrong.is_some().then_some("true");
        let value = wrong.or_else(|| at.map(|at| at.to_string().trim_end_matches('Z').to_owned()));
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name type=kind step="0.001" value=value aria-invalid=invalid/></div> }
    };
    let open = !asked.unread.is_empty()
        || filter.since.is_some()
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
                {own}
                {GROUPS.map(|(name, kind)| group(name, kind)).into_iter().collect::<Vec<_>>()}
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
                    {moment("since", "From (UTC)", filter.since)}
                    {moment("until", "Until (UTC)", filter.until)}
                    <div class="field"><label for="own-type">"Another type"</label><input id="own-type" name="own-type" placeholder="com.example.order.*" autocomplete="off" autocapitalize="none" spellcheck="false"/></div>
                    <div class="field"><label for="correlation">"Correlation id"</label><input id="correlation" name="correlation" value=filter.correlation.clone() autocomplete="off"/></div>
                    <div class="field"><label for="source">"Source"</label><input id="source" name="source" value=filter.source.clone() autocomplete="off"/></div>
                </div>
            </details>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        Asked::of(None, |name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_filter_that_can_not_be_read_was_left_out_in_silence() {
        let wrong =
            asked(&[("function", "Not A Name"), ("since", "yesterday"), ("status", "odd"), ("q", "x")]);
        let problem = wrong.problem().unwrap();
        for field in ["function", "since", "status"] {
            assert!(problem.field(field).is_some(), "{field} of {problem:?}");
            assert!(wrong.unread(field).is_some());
        }
        assert_eq!(wrong.filter.text.as_deref(), Some("x"));
        let fine = asked(&[("function", "web"), ("since", "2026-01-31T08:00"), ("status", "ok")]);
        assert!(fine.problem().is_none() && fine.filter.since.is_some());
    }

    #[test]
    fn an_own_type_can_be_asked_for() {
        assert_eq!(asked(&[("type", "com.x")]).filter.kind.as_deref(), Some("com.x"));
        let typed = asked(&[("type", "lifecycle.build.*"), ("own-type", " com.x.* ")]);
        assert_eq!(typed.filter.kind.as_deref(), Some("com.x.*"));
    }
}
