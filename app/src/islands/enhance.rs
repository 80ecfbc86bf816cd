//! Small comforts of plain pages: local times, copy buttons, drafts of forms, busy buttons.
//! Works on what the server rendered, by data attributes; nothing depends on it.

use std::{cell::RefCell, rc::Rc, time::Duration};

use domain::TenantName;
use js_sys::Date;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, HtmlSelectElement, SubmitEvent};

use super::dom::{self, Debounce, all, by_id, closest, everywhere, on, set, show};
use crate::api;

mod choose;
mod draft;
mod overview;
mod traffic;

/// Wires the page up.
#[island]
pub fn Enhance() -> impl IntoView {
    dom::in_browser(|| {
        let document = document();
        times();
        set_interval(times, Duration::from_secs(15));
        reveal();
        on(&document, "kl:swapped", move |_| {
            times();
            reveal();
        });
        on(&document, "click", |event| clicked(&event));
        on(&document, "submit", |event| {
            busy(&event);
            if closest(&event, "[action='/sign-out']").is_some() {
                draft::sign_out();
            }
        });
        on(&document, "keydown", |event| {
            let escape =
                event.dyn_ref::<web_sys::KeyboardEvent>().is_some_and(|event| event.key() == "Escape");
            if escape {
                leave_menus();
            }
        });
        tabs();
        for errors in everywhere("[data-focus]") {
            let _ = errors.unchecked_ref::<HtmlElement>().focus();
        }
        draft::keep();
        check_names();
        traffic::follow();
        choose::follow();
        overview::follow();
    });
}

/// Shows the controls that need JavaScript.
fn reveal() {
    for control in everywhere(
        "[data-copy][hidden],[data-add-row][hidden],[data-remove-row][hidden],[data-open][hidden],[data-choose-all][hidden]",
    ) {
        show(&control, true);
    }
}

/// A row of tabs that is wider than the screen shows the present one.
fn tabs() {
    for tab in everywhere(".tabs a[aria-current]") {
        let (Ok(tab), Ok(Some(row))) = (tab.clone().dyn_into::<HtmlElement>(), tab.closest("ul")) else {
            continue;
        };
        let beside = (row.client_width() - tab.offset_width()) / 2;
        row.set_scroll_left(tab.offset_left() - beside);
    }
}

thread_local! {
    /// Milliseconds that the server's clock is ahead of the browser's; the page itself may take some to come.
    static SKEW: f64 = {
        let root = document().document_element();
        let server = root.and_then(|root| Some(js_sys::Number::parse_float(&root.get_attribute("data-now")?)));
        server.map(|server| server - Date::now()).filter(|ahead| ahead.abs() > 10_000.0).unwrap_or(0.0)
    };
}

/// Times in the reader's zone and words.
fn times() {
    let now = Date::now() + SKEW.with(|skew| *skew);
    for time in everywhere("time[datetime]") {
        let at = Date::new(&JsValue::from_str(&time.get_attribute("datetime").unwrap_or_default()));
        let text = if time.has_attribute("data-ago") {
            relative((now - at.get_time()).max(0.0))
        } else if time.has_attribute("data-clock") {
            clock(&at)
        } else if time.has_attribute("data-full") {
            let (year, month, day) = (at.get_full_year(), at.get_month() + 1, at.get_date());
            format!("{year}-{month:02}-{day:02} {} {}", &clock(&at)[..8], time_zone())
        } else {
            continue;
        };
        if time.text_content().as_deref() != Some(&text) {
            time.set_text_content(Some(&text));
        }
    }
}

/// `14:03:21.042` in the reader's zone.
pub(super) fn clock(at: &Date) -> String {
    let (hour, minute, second) = (at.get_hours(), at.get_minutes(), at.get_seconds());
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", at.get_milliseconds())
}

/// The reader's zone: `UTC`, `UTC+2`, `UTC-3:30`.
pub(super) fn time_zone() -> String {
    let minutes = -(Date::new_0().get_timezone_offset() as i32);
    let sign = if minutes < 0 { "-" } else { "+" };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

fn relative(millis: f64) -> String {
    match (millis / 1000.0) as i64 {
        0..5 => "just now".to_owned(),
        seconds @ 5..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

fn clicked(event: &Event) {
    close_menus(closest(event, "details.menu"));
    if let Some(button) = closest(event, "[data-copy]") {
        spawn_local(copied(button));
    } else if let Some(button) = closest(event, "[data-add-row]") {
        if let Some(first) = add_row(&button).and_then(|row| dom::one::<HtmlElement>(&row, "input,select")) {
            let _ = first.focus();
        }
    } else if let Some(button) = closest(event, "[data-remove-row]") {
        remove_row(&button);
    } else if closest(event, "[data-discard-draft]").is_some() {
        draft::discard();
    }
}

/// Copies what the button names, and says so on it.
async fn copied(button: Element) {
    let copied = dom::copy(&button.get_attribute("data-copy").unwrap_or_default()).await;
    let Some(label) = dom::one::<Element>(&button, ".label") else { return };
    label.set_text_content(Some(if copied { "Copied" } else { "The browser does not let it copy" }));
    set(&button, "data-copied", copied.then_some(""));
    let done = move || {
        label.set_text_content(None);
        set(&button, "data-copied", None);
    };
    set_timeout(done, Duration::from_secs(2));
}

/// Hides the row of the button; the focus goes on to what comes next.
fn remove_row(button: &Element) {
    let Some((row, rows)) =
        button.parent_element().and_then(|row| Some((row.clone(), row.parent_element()?)))
    else {
        return;
    };
    if traffic::is_last(&row) {
        return;
    }
    clear(&row);
    show(&row, false);
    let next = all(&rows, ".pair:not([hidden]) [data-remove-row],[data-add-row]")
        .into_iter()
        .find(|place| row.compare_document_position(place) & web_sys::Node::DOCUMENT_POSITION_FOLLOWING != 0);
    if let Some(next) = next {
        let _ = next.unchecked_ref::<HtmlElement>().focus();
    }
    // What is gone is no part of the draft any more.
    if let (Ok(Some(form)), Ok(event)) = (row.closest("form"), Event::new("input")) {
        let _ = form.dispatch_event(&event);
    }
}

/// Closes the open menu and gives the focus back to what opened it.
fn leave_menus() {
    let focused = document().active_element();
    for menu in everywhere("details.menu[open]") {
        set(&menu, "open", None);
        if menu.contains(focused.as_deref())
            && let Some(opener) = dom::one::<HtmlElement>(&menu, "summary")
        {
            let _ = opener.focus();
        }
    }
}

fn close_menus(except: Option<Element>) {
    for menu in everywhere("details.menu[open]") {
        if except.as_ref() != Some(&menu) {
            set(&menu, "open", None);
        }
    }
}

/// Empties the fields of a row.
fn clear(row: &Element) {
    for field in all(row, "input,select") {
        match field.dyn_ref::<HtmlSelectElement>() {
            Some(select) => select.set_value(""),
            None => field.unchecked_ref::<HtmlInputElement>().set_value(""),
        }
    }
}

/// Copies the last row before the button, empty.
fn add_row(button: &Element) -> Option<Element> {
    let row = button.previous_element_sibling()?;
    let new: Element = row.clone_node_with_deep(true).ok()?.unchecked_into();
    show(&new, true);
    clear(&new);
    row.after_with_node_1(&new).ok()?;
    Some(new)
}

/// The pressed button of a form says that it works, and cannot be pressed twice.
fn busy(event: &Event) {
    let Some(form) = closest(event, "form[data-busy]") else { return };
    let Some(button) = dom::one::<HtmlElement>(&form, "button.primary") else { return };
    let pressed = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter);
    // By what they do: the Enter key presses one that is not seen.
    let does = |button: &HtmlElement| button.get_attribute("value");
    if pressed.is_some_and(|pressed| does(&pressed) != does(&button)) {
        return;
    }
    let text = form.get_attribute("data-busy").unwrap_or_default();
    // After this turn: a disabled button would not be sent with the form.
    set_timeout(
        move || {
            set(&button, "disabled", Some(""));
            set(&button, "aria-busy", Some("true"));
            button.set_text_content(Some(&text));
        },
        Duration::ZERO,
    );
}

/// Asks while a name is typed whether it is free.
fn check_names() {
    for place in everywhere("[data-name-check]") {
        let Some(input) = dom::one::<HtmlInputElement>(&place, "input") else { continue };
        let Ok(tenant) = place.get_attribute("data-name-check").unwrap_or_default().parse::<TenantName>()
        else {
            continue;
        };
        let (debounce, newest) = (Debounce::default(), Rc::new(RefCell::new(String::new())));
        on(&input.clone(), "input", move |_| {
            let (tenant, input, newest) = (tenant.clone(), input.clone(), newest.clone());
            debounce.call(250, move || {
                let text = input.value();
                newest.borrow_mut().clone_from(&text);
                if text.is_empty() {
                    return tell(&input, &Name::Unknown);
                }
                spawn_local(async move {
                    let answer = api::functions::check_name(tenant, text.clone()).await;
                    if *newest.borrow() == text {
                        let name = match answer.map(|check| check.problem) {
                            Ok(None) => Name::Free,
                            Ok(Some(why)) => Name::Refused(why),
                            Err(_) => Name::Unknown,
                        };
                        tell(&input, &name);
                    }
                });
            });
        });
    }
}

/// Whether a name can be taken, as far as it is known.
enum Name {
    Unknown,
    Free,
    Refused(String),
}

fn tell(input: &HtmlInputElement, name: &Name) {
    let Some(error) = by_id::<Element>("name-error") else { return };
    set(input, "aria-invalid", matches!(name, Name::Refused(_)).then_some("true"));
    set(&error, "data-free", matches!(name, Name::Free).then_some(""));
    set(&error, "role", Some("status"));
    let text = match name {
        Name::Unknown => "",
        Name::Free => "This name is free.",
        Name::Refused(why) => why,
    };
    error.set_text_content(Some(text));
}
