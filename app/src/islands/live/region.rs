//! New HTML in the place of what a page shows already.

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{CustomEvent, Element, HtmlElement, HtmlInputElement};

use crate::islands::dom::{all, by_id, one, set, show};

/// Tells the other islands that there is new HTML.
pub(super) fn swapped() {
    if let Ok(event) = CustomEvent::new("kl:swapped") {
        let _ = document().dispatch_event(&event);
    }
}

/// Whether the pointer or the focus is in it.
pub(super) fn in_use(region: &Element) -> bool {
    let focused = document().active_element();
    region.matches(":hover").unwrap_or(false)
        || focused.is_some_and(|element| region.contains(Some(&element)))
}

/// Puts new content in place and keeps the focus where it was, what is ticked, and what was opened.
pub(super) fn replace(old: &Element, new: &Element) {
    if old.inner_html() == new.inner_html() {
        return;
    }
    let focused = document().active_element().filter(|element| old.contains(Some(element)));
    let href = focused.as_ref().and_then(|element| element.get_attribute("href"));
    let id = focused.as_ref().map(|element| element.id()).filter(|id| !id.is_empty());
    // What has no name of its own is known by the row that it is in.
    let inside = focused.and_then(|element| Some((element.closest("[id]").ok()??.id(), element.tag_name())));
    let ticked: Vec<String> = ticks(old).filter(HtmlInputElement::checked).map(|tick| tick.value()).collect();
    let opened = all(old, "details[open]").into_iter().filter_map(|it| Some(it.closest("[id]").ok()??.id()));
    let opened: Vec<String> = opened.collect();
    old.set_inner_html(&new.inner_html());
    for id in opened {
        if let Some(details) = by_id(&id).and_then(|place| one::<Element>(&place, "details")) {
            set(&details, "open", Some(""));
        }
    }
    for tick in ticks(old).filter(|tick| ticked.contains(&tick.value())) {
        tick.set_checked(true);
    }
    let again = id.and_then(|id| by_id::<HtmlElement>(&id)).or_else(|| {
        let href = href?;
        all(old, "a[href]")
            .into_iter()
            .find(|a| a.get_attribute("href").as_deref() == Some(&href))?
            .dyn_into()
            .ok()
    });
    let again = again.or_else(|| inside.and_then(|(id, tag)| one(&by_id(&id)?, &tag)));
    if let Some(element) = again {
        let _ = element.focus();
    }
}

fn ticks(root: &Element) -> impl Iterator<Item = HtmlInputElement> + use<> {
    all(root, "input[type=checkbox]").into_iter().filter_map(|tick| tick.dyn_into().ok())
}

/// Says how many rows are new; they come when asked for. Rows that are gone go at once.
pub(super) fn offer(old: &Element, new: Element) {
    let rows =
        |region: &Element| -> Vec<String> { all(region, "tbody tr").iter().map(Element::id).collect() };
    let (known, newest) = (rows(old), rows(&new));
    let count = newest.iter().filter(|id| !known.contains(id)).count();
    let Some(chip) = by_id::<HtmlElement>(&format!("{}-chip", old.id())) else { return };
    if count == 0 || known.is_empty() {
        show(&chip, false);
        return replace(old, &new);
    }
    // Those after the last one that is still there may only have gone to the next page.
    let last = known.iter().rposition(|id| newest.contains(id)).unwrap_or(0);
    for gone in known[..last].iter().filter(|id| !newest.contains(id)) {
        if let Some(row) = by_id::<Element>(gone) {
            row.remove();
        }
    }
    let word = if count == 1 { "event" } else { "events" };
    chip.set_text_content(Some(&format!("{count} new {word}")));
    show(&chip, true);
    let (region, hidden) = (old.clone(), chip.clone());
    let take = Closure::<dyn FnMut()>::new(move || {
        replace(&region, &new);
        // The button goes away, and the focus must not go with it.
        if let Some(newest) = one::<HtmlElement>(&region, "tbody a") {
            let _ = newest.focus();
        }
        show(&hidden, false);
        swapped();
    });
    chip.set_onclick(Some(take.as_ref().unchecked_ref()));
    take.forget();
}
