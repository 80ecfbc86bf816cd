//! Rows of environment variables, as the create form and Settings show them.

use leptos::prelude::*;

use crate::components::{field, icon::icon};

/// Rows of names and values; blank ones are left out when the form is sent.
pub(super) fn env_rows(present: &[(String, String)], hint: &'static str, error: Option<String>) -> AnyView {
    let blank = std::iter::repeat_n((String::new(), String::new()), 2);
    let rows: Vec<_> = present
        .iter()
        .cloned()
        .chain(blank)
        .map(|(name, value)| {
            view! {
                <div class="pair">
                    <input name="env_name" aria-label="Variable name" aria-describedby="env-error" placeholder="NAME" value=name autocomplete="off" spellcheck="false"/>
                    <input name="env_value" aria-label="Value" aria-describedby="env-error" placeholder="value" value=value autocomplete="off" spellcheck="false"/>
                    <button type="button" class="button quiet small square" hidden data-remove-row="">
                        {icon("cross")}<span class="sr">"Remove this variable"</span>
                    </button>
                </div>
            }
        })
        .collect();
    view! {
        <fieldset id="env" class="pairs">
            <legend>"Environment"</legend>
            <p class="hint">{hint}</p>
            {rows}
            <button type="button" class="button quiet small" hidden data-add-row="">{icon("plus")}"Add a variable"</button>
            {field::error("env", error)}
        </fieldset>
    }
    .into_any()
}
