//! What was found in an archive, and what the form makes of it.

use domain::function::UploadReceipt;
use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlInputElement};

use super::Area;
use crate::islands::dom::{self, by_id, everywhere};

impl Area {
    /// Sets language and handler of the form to what was found.
    pub(super) fn choose(receipt: &UploadReceipt) {
        if let Some(language) = receipt.language {
            for radio in everywhere("input[name=language]") {
                let radio = radio.unchecked_into::<HtmlInputElement>();
                if radio.value() == language.as_str() && !radio.disabled() {
                    radio.set_checked(true);
                }
            }
        }
        if let (Some(field), Some(handler)) = (by_id::<HtmlInputElement>("handler"), &receipt.handler) {
            field.set_value(handler);
        }
    }

    /// Says what was found.
    pub(super) fn tell(&self, receipt: &UploadReceipt) {
        let Some(place) = self.part(".found") else { return };
        place.set_inner_html(
            "<p class=\"found-title\"></p><ul class=\"found-notes\"></ul><ul class=\"found-files\"></ul>",
        );
        let kind = receipt.language.map_or("no known language", |language| language.label());
        let files = dom::count(receipt.file_count as usize, "file");
        let title = [&*receipt.filename, ": ", &*files, ", ", kind].concat();
        if let Some(line) = dom::one::<Element>(&place, ".found-title") {
            line.set_text_content(Some(&title));
        }
        let lines = |selector: &str, texts: Vec<String>| {
            let Some(list) = dom::one::<Element>(&place, selector) else { return };
            for text in texts {
                let Ok(item) = document().create_element("li") else { continue };
                item.set_text_content(Some(&text));
                let _ = list.append_child(&item);
            }
        };
        lines(".found-notes", receipt.notes.clone());
        let mut files: Vec<String> =
            receipt.files.iter().take(12).map(|(path, size)| format!("{path} ({size} B)")).collect();
        let more = receipt.file_count - files.len() as i64;
        if more > 0 {
            files.push(format!("and {more} more"));
        }
        lines(".found-files", files);
        self.language.set(receipt.language);
        self.warn_about_language();
    }

    /// A chosen language that the files do not look like is said, not refused.
    pub(super) fn warn_about_language(&self) {
        let Some(found) = self.language.get() else { return };
        let chosen = dom::first("input[name=language]:checked");
        let chosen = chosen.map(|radio| radio.unchecked_into::<HtmlInputElement>().value());
        let differs = chosen.is_some_and(|chosen| chosen != found.as_str());
        let text = ["The files look like ", found.label(), ", but another runtime is chosen."].concat();
        self.say(".upload-error", if differs { &text } else { "" });
    }
}
