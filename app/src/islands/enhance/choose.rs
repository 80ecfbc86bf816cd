//! Ticks in the rows of a list: all of the page at once, and how many there are. What lies beyond the page has a
//! button of its own, so that nobody takes the one for the other.

use leptos::prelude::document;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlInputElement};

use crate::islands::dom::{all, closest, everywhere, on, one};

/// Keeps the counts current.
pub(super) fn follow() {
    on(&document(), "change", |event| changed(&event));
    // Rows came or went, and what was ticked is ticked again.
    on(&document(), "kl:swapped", |_| {
        for head in everywhere("[data-choose-all]") {
            if let Ok(Some(form)) = head.closest("form") {
                tell(&form);
            }
        }
    });
}

fn changed(event: &Event) {
    let Some(form) = closest(event, "form") else { return };
    if let Some(head) = closest(event, "[data-choose-all]") {
        for one in boxes(&form, &head) {
            one.set_checked(head.unchecked_ref::<HtmlInputElement>().checked());
        }
    }
    tell(&form);
}

/// How many are chosen, in words and in the head of the table.
fn tell(form: &Element) {
    let Some(head) = one::<HtmlInputElement>(form, "[data-choose-all]") else { return };
    let boxes = boxes(form, &head);
    let chosen = boxes.iter().filter(|one| one.checked()).count();
    head.set_checked(chosen > 0 && chosen == boxes.len());
    head.set_indeterminate(chosen > 0 && chosen < boxes.len());
    if let Some(place) = one::<Element>(form, "[data-chosen]") {
        let text = match chosen {
            0 => String::new(),
            _ if chosen == boxes.len() => format!("All {chosen} on this page are chosen."),
            _ => format!("{chosen} chosen."),
        };
        place.set_text_content(Some(&text));
    }
}

/// The ticks that the one in the head stands for.
fn boxes(form: &Element, head: &Element) -> Vec<HtmlInputElement> {
    let name = head.get_attribute("data-choose-all").unwrap_or_default();
    let found = all(form, &["tbody [name=", &name, "]"].concat());
    found.into_iter().filter_map(|one| one.dyn_into().ok()).collect()
}
