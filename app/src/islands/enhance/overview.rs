//! Says what the two handles of the overview of events choose, while they move.

use js_sys::{Date, Number};
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::clock;
use crate::islands::dom::{all, everywhere, on, one, set, style};

/// Follows the handles.
pub(super) fn follow() {
    for form in everywhere(".overview") {
        let at = form.clone();
        on(&form, "input", move |_| tell(&at));
    }
}

fn tell(form: &Element) {
    let number = |name: &str| {
        let field = one::<HtmlInputElement>(form, &["[name=", name, "]"].concat());
        field.map_or(0.0, |field| Number::parse_float(&field.value()))
    };
    let (base, step) = (number("zoom-base"), number("zoom-step"));
    let said = |at: f64| clock(&Date::new(&(base + at * step).into()));
    let (a, b) = (number("zoom-from"), number("zoom-to"));
    for (handle, at) in all(form, "[type=range]").iter().zip([a, b]) {
        set(handle, "aria-valuetext", Some(&said(at)));
    }
    let (from, to) = (a.min(b), a.max(b));
    if let Some(text) = one::<Element>(form, ".overview-range") {
        text.set_text_content(Some(&[said(from), said(to)].join(" to ")));
    }
    if let Some(chosen) = one::<HtmlElement>(form, ".overview-chosen") {
        // Whole numbers: what writes a fraction would be 9 kB of every page.
        let percent = |share: f64| [&(share as i32).to_string(), "%"].concat();
        style(&chosen, "left", &percent(from / 0.6));
        style(&chosen, "right", &percent(100.0 - to / 0.6));
    }
}
