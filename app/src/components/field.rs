//! A labelled input with its hint and its error.

use leptos::prelude::*;

use super::icon::icon;
use crate::{AppError, error::is_below};

/// What a text input shows.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Field name and id.
    pub name: &'static str,
    /// Visible label.
    pub label: &'static str,
    /// Said before anything is wrong.
    pub hint: &'static str,
    /// Present content.
    pub value: String,
    /// `text`, `number`, …
    pub kind: &'static str,
    /// Must be filled.
    pub required: bool,
    /// Must be filled if its part of the form is the chosen one; the browser can not know.
    pub needed: bool,
    /// HTML pattern.
    pub pattern: Option<String>,
    /// Smallest and largest number.
    pub range: Option<(i64, i64)>,
    /// Id of a list of choices.
    pub list: Option<&'static str>,
    /// Error next to the field.
    pub error: Option<String>,
    /// Gets the focus when the page opens.
    pub focus: bool,
}

/// The field.
pub fn input(field: Input) -> AnyView {
    let described = format!("{}-hint {}-error", field.name, field.name);
    let kind = if field.kind.is_empty() { "text" } else { field.kind };
    view! {
        <div class="field" data-invalid=field.error.is_some().then_some("")>
            <label for=field.name>
                {field.label}
                {(!field.required && !field.needed && field.kind != "number").then(|| view! { <span class="optional">"optional"</span> })}
            </label>
            <input
                id=field.name
                name=field.name
                type=kind
                value=field.value
                required=field.required
                pattern=field.pattern
                min=field.range.map(|(min, _)| min)
                max=field.range.map(|(_, max)| max)
                list=field.list
                autofocus=field.focus
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=field.error.is_some().then_some("true")
            />
            {hint(field.name, field.hint)}
            {error(field.name, field.error.clone())}
        </div>
    }
    .into_any()
}

/// The field of a function's handler.
pub fn handler(value: String, problem: Option<&AppError>) -> AnyView {
    input(Input {
        name: "handler",
        label: "Handler",
        hint: "Module and function, as in main.handler.",
        value,
        required: true,
        error: error_of(problem, &["spec.runtime.handler"]),
        ..Input::default()
    })
}

/// The hint below a field.
pub fn hint(name: &str, text: &'static str) -> AnyView {
    view! { <p class="hint" id=format!("{name}-hint")>{text}</p> }.into_any()
}

/// The error below a field; the element is always there, so that the description holds.
pub fn error(name: &str, text: Option<String>) -> AnyView {
    let shown = text.map(|text| view! { {icon("warn")}<span>{text}</span> });
    view! { <p class="field-error" id=format!("{name}-error")>{shown}</p> }.into_any()
}

/// The error of the first of `paths` that has one, or none.
pub fn error_of(problem: Option<&AppError>, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| problem?.field(path)).map(str::to_owned)
}

/// Errors at the top of a form, with links to the fields; takes the focus when it appears.
///
/// `fields` maps the paths of the platform to the ids of inputs.
pub fn summary(problem: Option<&AppError>, fields: &[(&str, &str)]) -> AnyView {
    let Some(AppError(problem)) = problem else { return ().into_any() };
    let items: Vec<_> = problem
        .errors
        .iter()
        .map(|error| {
            let known = fields.iter().find(|(path, _)| is_below(&error.field, path));
            let message = error.message.clone();
            match known {
                Some((_, id)) => view! { <li><a href=format!("#{id}")>{message}</a></li> }.into_any(),
                None => view! { <li>{message}" "<code>{error.field.clone()}</code></li> }.into_any(),
            }
        })
        .collect();
    view! {
        <div class="notice bad" role="alert" tabindex="-1" id="errors" data-focus="">
            {icon("warn")}
            <div>
                <p class="notice-title">{problem.title.clone()}</p>
                {items.is_empty().then(|| view! { <p>{problem.detail.clone()}</p> })}
                <ul>{items}</ul>
                <p class="quiet-text">"Id to quote: "<code>{problem.correlation_id.clone()}</code></p>
            </div>
        </div>
    }
    .into_any()
}
