//! A text area that becomes a code editor where JavaScript runs.

use domain::function::Language;
use leptos::prelude::*;

/// A code field.
#[component]
pub fn CodeArea(
    /// Field name and id.
    name: String,
    /// What a screen reader says.
    label: String,
    /// Present content.
    value: String,
    /// Colours: a language's name, `json`, `yaml` or `text`.
    kind: &'static str,
    /// Lines without the editor.
    #[prop(default = 14)]
    rows: u32,
    /// Id of a hint or error.
    #[prop(default = String::new())]
    described: String,
    /// Cannot be changed.
    #[prop(optional)]
    readonly: bool,
) -> impl IntoView {
    let described = (!described.is_empty()).then_some(described);
    view! {
        <div class="code-area">
            <textarea
                id=name.clone()
                name=name.clone()
                class="code"
                rows=rows
                spellcheck="false"
                autocapitalize="none"
                autocomplete="off"
                wrap="off"
                aria-label=label
                aria-describedby=described
                data-editor=kind
                readonly=readonly
            >{format!("\n{value}")}</textarea>
        </div>
    }
}

/// The editor's word for a file, by its name.
pub fn kind_of(path: &str, language: Option<Language>) -> &'static str {
    match path.rsplit('.').next() {
        Some("py") => "python",
        Some("js" | "mjs" | "cjs" | "ts") => "nodejs",
        Some("json") => "json",
        Some("yaml" | "yml") => "yaml",
        Some("txt" | "md" | "toml") => "text",
        _ => language.map_or("text", Language::as_str),
    }
}
