//! Drafts: what was typed into a form with `data-draft` survives a reload, a lost session and a
//! closed tab, until the form was taken or the draft is thrown away.

use std::{cell::Cell, rc::Rc};

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};

use crate::islands::dom::{self, all, by_id, everywhere, on};

/// Key of the form that was sent last; its draft goes when the next page says that it was taken.
const SENT: &str = "kl:sent";

pub(super) fn keep() {
    let taken = ["created=", "saved=", "deployed="].iter().any(|word| dom::search_params().contains(word));
    if taken && let Some(key) = dom::stored(SENT) {
        dom::store(&key, None);
        dom::store(SENT, None);
    }
    for form in everywhere("form[data-draft]") {
        if let Ok(form) = form.dyn_into::<HtmlFormElement>() {
            follow(form);
        }
    }
}

fn follow(form: HtmlFormElement) {
    let key = format!("kl:draft:{}", form.get_attribute("data-draft").unwrap_or_default());
    let first = read(&form);
    // In the answer to a form the fields hold what was sent: newer than any draft.
    if form.has_attribute("data-sent") {
        dom::store(&key, Some(&first));
    } else if by_id::<Element>("errors").is_none()
        && let Some(draft) = dom::stored(&key)
        && draft != first
    {
        write(&form, &draft);
        offer_discard(&form, &key);
    }
    let dirty = Rc::new(Cell::new(false));
    let (at, mark, kept) = (form.clone(), dirty.clone(), key.clone());
    on(&form, "input", move |_| {
        mark.set(true);
        dom::store(&kept, Some(&read(&at)));
    });
    let (sent, mark) = (key, dirty.clone());
    on(&form, "submit", move |_| {
        mark.set(false);
        dom::store(SENT, Some(&sent));
    });
    on(&window(), "beforeunload", move |event: Event| {
        if dirty.get() {
            event.prevent_default();
        }
    });
}

fn fields(form: &HtmlFormElement) -> Vec<Element> {
    all(
        form,
        "input[name]:not([type=hidden]):not([type=file]):not([type=password]),textarea[name],select[name]",
    )
}

/// The fields as JSON: place in the form to value or checked.
fn read(form: &HtmlFormElement) -> String {
    let values: Vec<String> = fields(form)
        .iter()
        .map(|field| match field.dyn_ref::<HtmlInputElement>() {
            Some(input) if ["radio", "checkbox"].contains(&input.type_().as_str()) => {
                if input.checked() {
                    "on".to_owned()
                } else {
                    String::new()
                }
            }
            Some(input) => input.value(),
            None => {
                Reflect::get(field, &JsValue::from_str("value")).map(|v| dom::text(&v)).unwrap_or_default()
            }
        })
        .collect();
    serde_json::to_string(&values).unwrap_or_default()
}

fn write(form: &HtmlFormElement, draft: &str) {
    let Ok(values) = serde_json::from_str::<Vec<String>>(draft) else { return };
    let fields = fields(form);
    if fields.len() != values.len() {
        return;
    }
    for (field, value) in fields.iter().zip(values) {
        match field.dyn_ref::<HtmlInputElement>() {
            Some(input) if ["radio", "checkbox"].contains(&input.type_().as_str()) => {
                input.set_checked(value == "on");
            }
            Some(input) => input.set_value(&value),
            None => {
                if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>() {
                    area.set_value(&value);
                    if let Ok(event) = Event::new("kl:set") {
                        let _ = area.dispatch_event(&event);
                    }
                }
            }
        }
    }
}

fn offer_discard(form: &HtmlFormElement, key: &str) {
    let Ok(note) = document().create_element("div") else { return };
    note.set_class_name("notice");
    dom::set(&note, "role", Some("status"));
    note.set_inner_html(
        "<div><p>What you typed before is here again.</p></div><button type=\"button\" class=\"button small\">Start over</button>",
    );
    if let Some(button) = dom::one::<Element>(&note, "button") {
        let key = key.to_owned();
        on(&button, "click", move |_| {
            dom::store(&key, None);
            let _ = window().location().reload();
        });
    }
    let _ = form.before_with_node_1(&note);
}
