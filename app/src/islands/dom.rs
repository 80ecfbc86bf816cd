//! The browser's document in short words. Only called in effects, so only in the browser.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, Event, EventTarget, HtmlElement};

/// What an island does: at once in the browser, where the page is parsed by then; never on the server.
///
/// An effect would do the same, and bring the reactive graph with it.
pub(super) fn in_browser(work: impl FnOnce()) {
    if cfg!(feature = "hydrate") {
        work();
    }
}

/// Calls `f` on every `name` event of `target`, as long as the page lives.
pub(super) fn on(target: &EventTarget, name: &str, f: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(f);
    // Fails only for a name that is no text.
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// All elements below `root` that fit.
pub(super) fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = root.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|at| list.get(at)?.dyn_into().ok()).collect()
}

/// The first element below `root` that fits, as `T`.
pub(super) fn one<T: JsCast>(root: &Element, selector: &str) -> Option<T> {
    root.query_selector(selector).ok()??.dyn_into().ok()
}

/// The element of the document with that id, as `T`.
pub(super) fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// All elements of the document that fit.
pub(super) fn everywhere(selector: &str) -> Vec<Element> {
    document().document_element().map(|root| all(&root, selector)).unwrap_or_default()
}

/// The first element of the document that fits.
pub(super) fn first(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok()?
}

/// The element at or above the event's target that fits.
pub(super) fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// Shows or hides.
pub(super) fn show(element: &Element, shown: bool) {
    let _ = if shown { element.remove_attribute("hidden") } else { element.set_attribute("hidden", "") };
}

/// Sets or removes an attribute.
pub(super) fn set(element: &Element, name: &str, value: Option<&str>) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Sets one CSS property; allowed by the content security policy, unlike a style attribute.
pub(super) fn style(element: &HtmlElement, property: &str, value: &str) {
    let _ = element.style().set_property(property, value);
}

/// The page's address after `?`.
pub(super) fn search_params() -> String {
    window().location().search().unwrap_or_default()
}

/// What came instead of a page.
pub(super) enum NoPage {
    /// Nobody is signed in any more.
    SignedOut,
    /// It is not there any more, or not for this person; with the answer's status.
    Gone(u16),
    /// Nothing, or something else: it may come another time.
    Failed,
}

/// GET of an address as a document.
pub(super) async fn fetch_document(url: &str) -> Result<Document, NoPage> {
    let response = fetched(url).await.ok_or(NoPage::Failed)?;
    if response.status() == 401 || (response.redirected() && response.url().contains("/signed-out")) {
        return Err(NoPage::SignedOut);
    }
    if [403, 404].contains(&response.status()) {
        return Err(NoPage::Gone(response.status()));
    }
    if !response.ok() || response.redirected() {
        return Err(NoPage::Failed);
    }
    parsed(&response).await.ok_or(NoPage::Failed)
}

async fn fetched(url: &str) -> Option<web_sys::Response> {
    let response = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str(url)).await.ok()?;
    response.dyn_into().ok()
}

async fn parsed(response: &web_sys::Response) -> Option<Document> {
    let text = wasm_bindgen_futures::JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    web_sys::DomParser::new().ok()?.parse_from_string(&text, web_sys::SupportedType::TextHtml).ok()
}

/// Says once at the top of the page that the session is over. Its link asks for this page again, so that signing in
/// leads back to it.
pub(super) fn say_signed_out() {
    let html = "<div><p class=\"notice-title\">You are signed out.</p><p>This page is not current any more. What you typed \
        into a form is kept in this browser.</p></div><a class=\"button small\" href=\"\">Sign in again</a>";
    note("signed-out", "alert", "notice warn", html);
}

/// Says once at the top of the page that what it shows is gone, or not for this person any more.
pub(super) fn say_gone(status: u16, list: &str) {
    let text = if status == 403 {
        "You may not see this any more.</p><p>Your role changed after this page was opened."
    } else {
        "This is gone.</p><p>It was deleted, or you are not in its tenant any more. What you see was its last state."
    };
    let list = if list == "/admin" { ["/", "Go to the functions"] } else { [list, "Go to the list"] };
    let html = [
        "<div><p class=\"notice-title\">",
        text,
        "</p></div><a class=\"button small\" href=\"",
        list[0],
        "\">",
        list[1],
        "</a>",
    ];
    note("gone", "alert", "notice warn", &html.concat());
}

/// A note at the top of the page, once.
pub(super) fn note(id: &str, role: &str, class: &str, html: &str) {
    let Some(main) = by_id::<Element>("main").filter(|_| by_id::<Element>(id).is_none()) else { return };
    let Ok(note) = document().create_element("div") else { return };
    note.set_id(id);
    note.set_class_name(class);
    set(&note, "role", Some(role));
    note.set_inner_html(html);
    let _ = main.prepend_with_node_1(&note);
}

/// A value of the browser's storage.
pub(super) fn stored(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Keeps or forgets a value in the browser's storage.
pub(super) fn store(key: &str, value: Option<&str>) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}

/// Puts a text onto the clipboard; whether the browser let it.
pub(super) async fn copy(text: &str) -> bool {
    let written = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
}

/// Lets the browser draw and answer before long work goes on.
pub(super) async fn breathe() {
    let turn = js_sys::Promise::new(&mut |resolve, _| drop(window().set_timeout_with_callback(&resolve)));
    drop(wasm_bindgen_futures::JsFuture::from(turn).await);
}

/// Runs the newest of many calls, `millis` after the last one.
#[derive(Clone, Default)]
pub(super) struct Debounce(Rc<RefCell<u32>>);

impl Debounce {
    pub(super) fn call(&self, millis: u64, f: impl FnOnce() + 'static) {
        *self.0.borrow_mut() += 1;
        let (mine, newest) = (*self.0.borrow(), self.0.clone());
        set_timeout(
            move || {
                if *newest.borrow() == mine {
                    f();
                }
            },
            Duration::from_millis(millis),
        );
    }
}

/// The text of a JavaScript value.
pub(super) fn text(value: &JsValue) -> String {
    value.as_string().unwrap_or_default()
}

/// `1 line`, `2 lines`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
