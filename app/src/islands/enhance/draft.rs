//! Drafts: what was typed into a form with `data-draft` survives a reload, a lost session and a
//! closed tab, until the form was taken, the draft is thrown away, or its writer signs out. A draft belongs to the
//! person: who signs in next in the same browser does not get it.

use std::{cell::Cell, rc::Rc};

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement};

use super::{add_row, traffic};
use crate::islands::dom::{self, all, by_id, everywhere, on};

/// Key of the form that was sent last; its draft goes when the next page says that it was taken.
const SENT: &str = "kl:sent";

pub(super) fn keep() {
    let taken = ["created=", "saved=", "deployed="].iter().any(|word| dom::search_params().contains(word));
    if taken && let Some(key) = dom::stored(SENT) {
        // The form of a new function and its manifest are two views of one draft.
        for key in [key.replace(":new-yaml:", ":new:"), key.replace(":new:", ":new-yaml:"), SENT.to_owned()] {
            dom::store(&key, None);
        }
    }
    for form in everywhere("form[data-draft]") {
        if let Ok(form) = form.dyn_into::<HtmlFormElement>() {
            follow(form);
        }
    }
}

/// Throws the drafts of the page's forms away: the link that was followed starts over.
pub(super) fn discard() {
    for form in everywhere("form[data-draft]") {
        dom::store(&key_of(&form), None);
        // Nobody is asked whether to leave what they throw away.
        dom::set(&form, "data-draft", None);
    }
}

/// What the keys of this person's drafts begin with.
fn mine() -> String {
    let user = document().document_element().and_then(|root| root.get_attribute("data-user"));
    ["kl:draft:", &user.unwrap_or_default(), ":"].concat()
}

fn key_of(form: &Element) -> String {
    [mine(), form.get_attribute("data-draft").unwrap_or_default()].concat()
}

/// Throws all drafts of this person away.
pub(super) fn sign_out() {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok()?);
    // First all keys: they move while some are removed.
    for key in keys.collect::<Vec<_>>() {
        if key.starts_with(&mine()) {
            dom::store(&key, None);
        }
    }
}

fn follow(form: HtmlFormElement) {
    let key = key_of(&form);
    let first = read(&form);
    if form.has_attribute("data-taken") {
        dom::store(&key, None);
    } else if form.has_attribute("data-sent") {
        // In the answer to a form the fields hold what was sent: newer than any draft.
        dom::store(&key, Some(&first));
    } else if by_id::<Element>("errors").is_none()
        && let Some(draft) = dom::stored(&key)
        && draft != first
        && write(&form, &draft)
    {
        traffic::tell_all();
        offer_discard(&form);
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
        if dirty.get() && form.has_attribute("data-draft") {
            event.prevent_default();
        }
    });
}

fn fields(form: &Element) -> Vec<Element> {
    all(
        form,
        "input[name]:not([type=hidden]):not([type=file]):not([type=password]),[data-draft-too],textarea[name],select[name]",
    )
}

/// The input that is ticked rather than filled.
fn tick(field: &Element) -> Option<&HtmlInputElement> {
    let input = field.dyn_ref::<HtmlInputElement>()?;
    ["radio", "checkbox"].contains(&input.type_().as_str()).then_some(input)
}

/// What a field is called in a draft: several have the same name, of ticks each stands for a value.
fn name(field: &Element) -> String {
    let name = field.get_attribute("name").unwrap_or_default();
    match tick(field) {
        Some(input) => format!("{name}={}", input.value()),
        None => name,
    }
}

fn value(field: &Element) -> String {
    match tick(field) {
        Some(input) => if input.checked() { "on" } else { "" }.to_owned(),
        None => Reflect::get(field, &"value".into()).map(|value| dom::text(&value)).unwrap_or_default(),
    }
}

/// The fields as JSON: names and values, in the order of the page.
fn read(form: &Element) -> String {
    let pairs: Vec<_> = fields(form).iter().map(|field| (name(field), value(field))).collect();
    serde_json::to_string(&pairs).unwrap_or_default()
}

/// Puts a draft into the fields, with as many rows as it has; whether that changed anything.
fn write(form: &Element, draft: &str) -> bool {
    let Ok(pairs) = serde_json::from_str::<Vec<(String, String)>>(draft) else { return false };
    let (mut left, mut changed) = (fields(form), false);
    for (wanted, typed) in pairs {
        let place = |left: &[Element]| left.iter().position(|field| name(field) == wanted);
        let at = place(&left).or_else(|| {
            left.extend(fields(&another_row(form, &wanted)?));
            place(&left)
        });
        let Some(field) = at.map(|at| left.remove(at)).filter(|field| value(field) != typed) else {
            continue;
        };
        changed = true;
        match tick(&field) {
            Some(input) => input.set_checked(typed == "on"),
            None => {
                let _ = Reflect::set(&field, &"value".into(), &typed.into());
                if let Ok(event) = Event::new("kl:set") {
                    let _ = field.dispatch_event(&event);
                }
            }
        }
    }
    changed
}

/// One more row like the last one that has a field of this name.
fn another_row(form: &Element, wanted: &str) -> Option<Element> {
    let like = fields(form).into_iter().rfind(|field| name(field) == wanted)?;
    let rows = like.closest(".pair").ok()??.closest("fieldset").ok()??;
    add_row(&dom::one(&rows, "[data-add-row]")?)
}

fn offer_discard(form: &HtmlFormElement) {
    let Ok(note) = document().create_element("div") else { return };
    note.set_class_name("notice");
    dom::set(&note, "role", Some("status"));
    note.set_inner_html(
        "<div><p>What you typed before is here again.</p></div><button type=\"button\" class=\"button small\">Start over</button>",
    );
    if let Some(button) = dom::one::<Element>(&note, "button") {
        on(&button, "click", move |_| {
            discard();
            let _ = window().location().reload();
        });
    }
    let _ = form.before_with_node_1(&note);
}
