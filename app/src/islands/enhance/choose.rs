//! Ticks in the rows of a list: all of the page at once, and how many there are. What lies beyond the page has a
//! button of its own, so that nobody takes the one for the other.

use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlInputElement};

use crate::islands::dom::{all, closest, on, one};

/// Keeps the counts current.
pub(super) fn follow() {
    on(&document(), "change", |event| changed(&event));
}

fn changed(event: &Event) {
    let Some(form) = closest(event, "form") else { return };
    let Some(head) = one::<HtmlInputElement>(&form, "[data-choose-all]") else { return };
    let boxes = boxes(&form, &head.get_attribute("data-choose-all").unwrap_or_default());
    if closest(event, "[data-choose-all]").is_some() {
        for one in &boxes {
            one.set_checked(head.checked());
        }
    }
    let chosen = boxes.iter().filter(|one| one.checked()).count();
    head.set_checked(chosen == boxes.len());
    head.set_indeterminate(chosen > 0 && chosen < boxes.len());
    if let Some(place) = one::<Element>(&form, "[data-chosen]") {
        let text = match chosen {
            0 => String::new(),
            _ if chosen == boxes.len() => format!("All {chosen} on this page are chosen."),
            _ => format!("{chosen} chosen."),
        };
        place.set_text_content(Some(&text));
    }
}

fn boxes(form: &Element, name: &str) -> Vec<HtmlInputElement> {
    let found = all(form, &["tbody [name=", name, "]"].concat());
    found.into_iter().filter_map(|one| one.dyn_into().ok()).collect()
}
